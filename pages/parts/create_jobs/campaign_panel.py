"""Campaigns: state, progress, times, jobs, buttons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from html import escape

import streamlit as st

from feedly_core.analytics.gallery import cards_of_jobs
from feedly_core.campaigns.campaigns import (
    campaign_members,
    list_campaigns,
    pause_campaign,
    resume_campaign,
    stop_campaign,
)
from feedly_core.campaigns.pace import statistics
from feedly_core.campaigns.schedule import Mode, OnFailure, State
from feedly_core.campaigns.store import STATE_LABELS, Campaign, CampaignJob, CampaignSummary
from feedly_core.errors import FeedlyError
from feedly_core.i18n import N_, Message
from pages.parts.create_jobs.campaign_form import FAILURE_LABELS, MODE_LABELS, campaign_form
from pages.parts.create_jobs.preview import diagnostics_link
from pages.parts.create_jobs.request_form import JOB_KIND_LABELS
from pages.shared.actions import campaign_row
from pages.shared.ask import ask, dashboard
from pages.shared.badges import BAD, BUSY, GOOD, IDLE, WARN, Badge, badge
from pages.shared.formatting import age, clock, duration, shortened
from pages.shared.language import _, _n
from pages.shared.live import live
from pages.shared.navigation import page_href, picture_url, section
from pages.shared.own_schema import has_own_schema
from pages.shared.person import current_person
from pages.shared.placeholders import empty, error_card

_LOOKS = {
    State.RUNNING: BUSY,
    State.PAUSED: WARN,
    State.DRAINING: BUSY,
    State.FINISHED: GOOD,
    State.STOPPED: IDLE,
    State.FAILED: BAD,
}
_OUTCOMES = {"completed": (N_("Complete"), GOOD), "failed": (N_("Failed"), BAD)}
_OPEN = (N_("On its way"), BUSY)
_PLANNED = (N_("Waiting for its turn"), IDLE)
_RESTS = (N_("Not started"), IDLE)
_BUTTONS: dict[State, tuple[str, ...]] = {
    State.RUNNING: ("pause", "stop"),
    State.DRAINING: ("stop",),
    State.PAUSED: ("resume", "stop"),
    State.STOPPED: ("resume",),
    State.FAILED: ("resume",),
    State.FINISHED: (),
}
_TURNS: dict[str, tuple[Message, str, Callable[..., None]]] = {
    "pause": (N_("Pause"), ":material/pause:", pause_campaign),
    "resume": (N_("Resume"), ":material/play_arrow:", resume_campaign),
    "stop": (N_("Stop"), ":material/stop:", stop_campaign),
}
BARS = 60


def campaigns() -> None:
    """The form, folded when there is something to look at, and the live panel."""
    if not has_own_schema(_("Campaigns are kept in the database, so that they survive a restart.")):
        return
    with st.expander(_("New campaign"), icon=":material/add:", expanded=not ask(list_campaigns, 1)):
        campaign_form()
    section(_("Campaigns"))
    live("campaigns", pulse=3, delay=0.5)(_panel)()


def _panel() -> None:
    found = ask(list_campaigns)
    if not found:
        empty(
            _("No campaign yet"),
            _("A campaign makes test jobs one after the other, also while nobody looks."),
        )
        return
    _detail(_chosen(found))


def _chosen(found: Sequence[CampaignSummary]) -> CampaignSummary:
    table = st.dataframe(
        [_row(each) for each in found],
        hide_index=True,
        column_config={
            "name": st.column_config.TextColumn(_("Name"), width="medium"),
            "state": st.column_config.TextColumn(_("State"), width="medium"),
            "progress": st.column_config.ProgressColumn(
                _("Progress"), format="percent", min_value=0, max_value=1
            ),
            "jobs": st.column_config.TextColumn(_("Jobs")),
            "pace": st.column_config.TextColumn(_("Pace")),
            "tenant": st.column_config.TextColumn(_("Tenant")),
            "by": st.column_config.TextColumn(_("Started by")),
            "age": st.column_config.TextColumn(_("Started")),
        },
        on_select="rerun",
        selection_mode="single-row",
        key="campaign-list",
    )
    rows = [row for row in table.selection.rows if row < len(found)]
    if rows:
        st.query_params["run"] = str(found[rows[0]].campaign.campaign_id)
    asked = st.query_params.get("run")
    return next((each for each in found if str(each.campaign.campaign_id) == asked), found[0])


def _row(summary: CampaignSummary) -> dict[str, object]:
    one = summary.campaign
    limit = 1 if one.schedule.mode is Mode.ONCE else one.schedule.max_jobs
    return {
        "name": one.title,
        "state": _state(one).text(),
        "jobs": f"{summary.made} / {limit or '∞'}",
        "progress": summary.made / limit if limit else None,
        "pace": _(MODE_LABELS[one.schedule.mode]),
        "tenant": one.template.tenant_id,
        "by": one.created_by,
        "age": age(one.created_at),
    }


def _state(campaign: Campaign) -> Badge:
    return badge(STATE_LABELS[campaign.state], _LOOKS[campaign.state])


def _detail(summary: CampaignSummary) -> None:
    campaign, members = summary.campaign, ask(campaign_members, summary.campaign.campaign_id)
    title = escape(shortened(campaign.title, 80), quote=True)
    st.html(f"<h3 class='fd-jobs-campaign'>{title} <code>{str(campaign.campaign_id)[:8]}</code></h3>")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html(_state(campaign).html())
        for name in _BUTTONS[campaign.state]:
            word, icon, turn = _TURNS[name]
            st.button(_(word), icon=icon, key=f"campaign-{name}", on_click=_turn, args=(turn, campaign))
        if any(job.outcome is None and job.started for job in members):
            st.page_link(
                "pages/live_monitor.py",
                label=_("Watch them live"),
                icon=":material/monitor_heart:",
                query_params={"campaign": str(campaign.campaign_id)[:8]},
            )
        if summary.completed or summary.failed:
            st.page_link(
                "pages/results.py",
                label=_("Its gallery"),
                icon=":material/photo_library:",
                query_params={"campaign": str(campaign.campaign_id)},
            )
    st.html(campaign_row(campaign.campaign_id))
    st.html(f'<p class="fd-jobs-pace">{escape(_pace(campaign), quote=True)}</p>')
    problem = st.session_state.pop("campaign-problem", None)
    if problem is not None:
        error_card(problem)
    if campaign.last_error:
        what, *rest = campaign.last_error
        error_card(FeedlyError(what, **dict(zip(("detail", "hint"), rest, strict=False))))
        diagnostics_link()
    _figures(members)
    _pictures(campaign)
    waiting = _waiting(campaign, len(members))
    if not members and not waiting:
        return
    times, jobs = st.columns([2, 3], gap="large")
    with times:
        _times([(job.sequence, job.seconds) for job in members if job.outcome == "completed" and job.seconds])
    with jobs:
        _jobs(members, waiting)


_NEWEST_PICTURES = 12


def _pictures(campaign: Campaign) -> None:
    """Its newest pictures, as they arrive."""
    newest = ask(campaign_members, campaign.campaign_id)[-_NEWEST_PICTURES:]
    cards = ask(cards_of_jobs, [job.job_id for job in newest], datetime.now(UTC)) if newest else ()
    shown = sorted(
        (card for card in cards if card.picture_id), key=lambda card: card.created_at, reverse=True
    )
    figures = "".join(
        f"<a class='fd-card' target='_self'"
        f" href='{escape(page_href('results', job=card.job_id), quote=True)}'>"
        f"<img src='{escape(picture_url(card.finished_id), quote=True)}' width='160' height='160'"
        f" alt='{escape(card.text or card.description or str(card.variant), quote=True)}'></a>"
        for card in shown[:_NEWEST_PICTURES]
    )
    if figures:
        st.html(f"<div class='fd-jobs-arrived'>{figures}</div>")


def _waiting(campaign: Campaign, made: int) -> list[int]:
    """Numbers of the jobs that are still to be made, the next first; of an endless campaign the next one."""
    if campaign.state not in {State.RUNNING, State.PAUSED}:
        return []
    limit = 1 if campaign.schedule.mode is Mode.ONCE else campaign.schedule.max_jobs
    return list(range(made + 1, min(limit or made + 1, made + _MOST_WAITING) + 1))


_MOST_WAITING = 50


def _pace(campaign: Campaign) -> str:
    """The rules of the campaign and who drives it, in one line."""
    schedule = campaign.schedule
    parts = [_(JOB_KIND_LABELS[campaign.template.kind]), _(MODE_LABELS[schedule.mode])]
    if schedule.mode is Mode.INTERVAL:
        parts[-1] = _("every {time}", time=duration(schedule.interval_s))
    if schedule.mode is Mode.COMPLETION:
        parts.append(_("after a failure: {answer}", answer=FAILURE_LABELS[schedule.on_failure]))
    if schedule.on_failure is OnFailure.RETRY:
        parts.append(_n("{n} retry", "{n} retries", schedule.max_retries))
    if schedule.max_duration_s is not None:
        parts.append(_("at most {time}", time=duration(schedule.max_duration_s)))
    parts.append(_n("{n} description", "{n} descriptions", len(campaign.descriptions)))
    if campaign.driver and campaign.state in {State.RUNNING, State.DRAINING}:
        parts.append(_("driven by {process}", process=campaign.driver))
    return " · ".join(parts)


def _turn(turn: Callable[..., None], campaign: Campaign) -> None:
    here = dashboard()
    try:
        turn(here.engine, campaign.campaign_id, current_person(), here.settings)
    except FeedlyError as error:
        st.session_state["campaign-problem"] = error
    if here.driver is not None:
        here.driver.wake()


def _figures(members: Sequence[CampaignJob]) -> None:
    figures = statistics(members)
    tiles = (
        (_("Jobs made"), str(figures.created), "busy"),
        (_("Completed"), str(figures.completed), "good"),
        (_("Failed"), str(figures.failed), "bad" if figures.failed else "idle"),
        (_("Mean time"), duration(figures.mean_s), "idle"),
        (_("95% within"), duration(figures.p95_s), "idle"),
    )
    cells = "".join(
        f'<div class="fd-tile fd-{tone}"><span>{escape(name)}</span><strong>{escape(value)}</strong></div>'
        for name, value, tone in tiles
    )
    st.html(f'<div class="fd-tiles">{cells}</div>')


def _times(times: Sequence[tuple[int, float]]) -> None:
    if not times:
        empty(_("No job is complete yet"), _("Completion times appear here, a bar a job."))
        return
    newest = times[-BARS:]
    shown = _n("Completion time of the last {n} job", "Completion times of the last {n} jobs", len(newest))
    st.caption(shown)
    st.html(_bars(newest))


def _bars(times: Sequence[tuple[int, float]]) -> str:
    """One bar per job over a line at zero. The longest is as high as the chart, its time is at the top."""
    longest = max(seconds for _number, seconds in times)
    bars = "".join(
        f'<i style="height:{100 * seconds / longest:.0f}%" title="{number}: {duration(seconds)}"></i>'
        for number, seconds in times
    )
    first, last = (_("No. {number}", number=times[place][0]) for place in (0, -1))
    ends = f"<span>{escape(first)}</span>" + (f"<span>{escape(last)}</span>" if len(times) > 1 else "")
    top = escape(_("longest {time}", time=duration(longest)), quote=True)
    return (
        f'<div class="fd-jobs-chart fd-good" role="img" aria-label="{top}" '
        f'style="max-width: {4 * len(times)}rem"><small>{top}</small>'
        f'<div class="fd-jobs-bars">{bars}</div><div class="fd-jobs-ends">{ends}</div></div>'
    )


def _jobs(members: Sequence[CampaignJob], waiting: Sequence[int]) -> None:
    planned = [
        {"number": number, "state": badge(*_PLANNED).text(), "made": "–", "time": "–", "job": None}
        for number in reversed(waiting)
    ]
    rows = [
        *planned,
        *(
            {
                "number": job.sequence,
                "state": badge(*_OUTCOMES.get(job.outcome or "", _OPEN if job.started else _RESTS)).text(),
                "made": clock(job.created_at),
                "time": duration(job.seconds) if job.outcome else "–",
                "job": page_href("live_monitor", job=job.job_id),
            }
            for job in reversed(members)
        ),
    ]
    st.dataframe(
        rows[:200],
        hide_index=True,
        column_config={
            "number": st.column_config.NumberColumn(_("No."), width="small"),
            "state": st.column_config.TextColumn(_("State")),
            "made": st.column_config.TextColumn(_("Made")),
            "time": st.column_config.TextColumn(_("Time")),
            "job": st.column_config.LinkColumn(_("Job"), display_text=r"job=([0-9a-f]{8})"),
        },
        key="campaign-jobs",
    )
