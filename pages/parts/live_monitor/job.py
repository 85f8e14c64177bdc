"""Head, problems, pictures and texts of one job."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from pathlib import Path
from time import monotonic
from uuid import UUID

import streamlit as st

from feedly_core.domain.pipeline import TEXT_STEPS, VARIANT_STEPS, order, title
from feedly_core.domain.rollup import RowState
from feedly_core.domain.status import ACTIVE, State
from feedly_core.images.assets import asset_path
from feedly_core.jobs.rerun import RerunPlan, RowChange, plan_rerun, rerun
from feedly_core.live.events import Event
from feedly_core.live.job_history import JobRecord, read_job_record
from feedly_core.live.job_view import JobView, TimeLeft
from feedly_core.live.problems import NextAction, Problem, acknowledge, log_command
from feedly_core.live.timeline import Lane, fold, lanes
from feedly_core.permissions import Role
from feedly_core.results.report import job_report
from feedly_core.results.report_types import Asset, JobReport, VariantReport
from pages.parts.live_monitor.marks import progress_bar, remark, step_name
from pages.shared.actions import job_row
from pages.shared.ask import ask, dashboard, page_errors
from pages.shared.badges import status_badge
from pages.shared.formatting import age, duration, moment, percent
from pages.shared.language import _
from pages.shared.latest_cache import LatestCache
from pages.shared.lightbox import before_it, opener
from pages.shared.navigation import name_tab, picture_url, section
from pages.shared.person import current_person
from pages.shared.streamlit_workarounds.reliable_button import pressed

KEPT_SECONDS = 3600
"""A version of a job is read once for all its viewers, and again for each who opens it: fifty people on
fifty quiet jobs must not add up to one statement per second."""
UNUSED_SECONDS = 120
"""Whoever looks asks again after 15. A report is a tenth of a megabyte: those of jobs that nobody looks at
any more are not kept."""
_stories: LatestCache[UUID, JobRecord] = LatestCache(100, UNUSED_SECONDS)
_reports: LatestCache[UUID, JobReport] = LatestCache(100, UNUSED_SECONDS)
GOING_ON = ACTIVE | {State.RETRYING}
"""States in which a step's bar has no end yet."""


def forget(job_id: UUID) -> None:
    """Read the job anew for who opens it."""
    _stories.forget(job_id)
    _reports.forget(job_id)


def read_history(job_id: UUID) -> JobRecord:
    """Rows and recorded events of the job, read once per version."""
    return _stories.get(job_id, _key_version(job_id), lambda: ask(read_job_record, job_id))


def read_report(job_id: UUID) -> JobReport:
    """Report of the job, read once per version."""
    return _reports.get(job_id, _key_version(job_id), lambda: ask(job_report, job_id))


def all_events(history: JobRecord) -> list[Event]:
    """Recorded events, and those that only this process has received.

    Repeats folded.
    """
    return fold([*history.events, *_unrecorded(history)])


def _key_version(job_id: UUID) -> tuple[int, int]:
    return _version(job_id), int(monotonic() / KEPT_SECONDS)


def _version(job_id: UUID) -> int:
    hub = dashboard().hub
    return hub.job_version(job_id) if hub else int(datetime.now(UTC).timestamp())


def _unrecorded(story: JobRecord) -> list[Event]:
    """What this process heard and nobody has written down (yet)."""
    hub = dashboard().hub
    known = {event.key for event in story.events}
    heard = hub.recent(story.tracked.facts.job_id, 1000) if hub else ()
    return [event for event in heard if event.key not in known]


def timeline_rows(view: JobView, events: list[Event], history: JobRecord) -> list[Lane]:
    """One lane per variant, and one for the job."""
    told = [(None, view.status), *((v.facts.variant_id, v.status) for v in view.variants)]
    doing = {row: status.step for row, status in told if status.step and status.state in GOING_ON}
    return lanes([v.facts.variant_id for v in view.variants], events, history.works, doing)


def show_head(view: JobView) -> None:
    """Description, tenant, id, status, progress and time left."""
    facts, status = view.facts, view.status
    name_tab(facts.description or str(facts.job_id)[:8], _("Live monitor"))
    about = " · ".join(filter(None, (facts.tenant_id, str(facts.job_id), age(facts.created_at))))
    name = escape(facts.description or _("(no description)"))
    texts = _("Texts {done} of {all}", done=_texts_done(view), all=len(TEXT_STEPS))
    rest = f"{escape(texts)}{escape(_time_left(view.time_left))}"
    st.html(
        f'<div class="fd-job-head"><div><h2>{name}</h2>'
        f"<small>{escape(about)}</small></div>"
        f"<div>{status_badge(status).html()}{remark(status)}</div>"
        f'<div class="fd-job-progress">{progress_bar(view.progress)}'
        f"<small><b>{percent(view.progress)}</b> · {rest}</small>"
        "</div></div>"
    )


def show_actions(report: JobReport) -> None:
    """Where the job leads on; to the judging as soon as a picture is finished."""
    finished = [variant.variant_id for variant in report.variants if variant.overlaid]
    st.html(job_row(report.job.job_id, finished))


def _texts_done(view: JobView) -> int:
    return view.status.finished


def _time_left(left: TimeLeft | None) -> str:
    """The estimate, its usual range, and where it comes from."""
    if left is None:
        return ""
    words = _(
        "about {time} left (usually {low} to {high})",
        time=duration(left.median),
        low=duration(left.low),
        high=duration(left.high),
    )
    source = _("from recorded runs") if left.recorded else _("from stored latencies, without waiting")
    return f" · {words}, {source}"


TEXT_WIDTH = 520
"""Pixels; the actions stand beside the text, or below it where the page is narrower."""


def show_problems(view: JobView, found: list[Problem]) -> None:
    """One card a trouble.

    A failed job can be acknowledged, which takes it off the board.
    """
    for number, problem in enumerate(found):
        _problem_card(view, problem, f"{problem.kind}-{number}")
    if view.status.state is State.FAILED and current_person().role >= Role.REVIEWER:
        st.button(
            _("Acknowledge and hide"),
            icon=":material/check:",
            key="acknowledge",
            on_click=_acknowledge,
            args=(view.job_id,),
        )


def _problem_card(view: JobView, problem: Problem, key: str) -> None:
    with st.container(
        border=True,
        key=f"trouble-{key}",
        horizontal=True,
        horizontal_alignment="distribute",
        vertical_alignment="center",
    ):
        since = escape(age(problem.since))
        st.html(
            f'<div class="fd-trouble fd-warn"><i aria-hidden="true">▲</i><div><strong>'
            f"{escape(_(problem.message))}</strong> "
            f'<small title="{escape(moment(problem.since), quote=True)}">'
            f"{since}</small><p>{escape(_(problem.detail))}</p></div></div>",
            width=TEXT_WIDTH,
        )
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            if NextAction.RERUN in problem.actions and problem.rerun_step and problem.variant_id:
                _rerun_button(problem.variant_id, problem.rerun_step, key)
            if NextAction.DIAGNOSTICS in problem.actions:
                st.page_link(
                    "pages/trigger_diagnostics.py", label=_("Diagnostics"), icon=":material/troubleshoot:"
                )
            if NextAction.LOG in problem.actions:
                with st.popover(_("Log command"), icon=":material/terminal:", type="tertiary"):
                    st.code(log_command(view), language="bash", wrap_lines=True)


def _rerun_button(variant_id: UUID, step: str, key: str) -> None:
    may = current_person().role >= Role.OPERATOR and not dashboard().settings.read_only
    if st.button(
        _("Run a step again"),
        icon=":material/replay:",
        key=f"rerun-{key}",
        disabled=not may,
        help=None if may else _("Only an operator may do this."),
    ):
        _confirm(variant_id, step)


def _confirm(variant_id: UUID, step: str) -> None:
    """The dialog: which step, the rows that change, the events that follow, and yes."""

    @st.dialog(_("Run a step again?"), width="medium")
    def dialog() -> None:
        earlier = [known.name for known in VARIANT_STEPS if order(known.name) <= order(step)]
        chosen = st.selectbox(
            _("Step"), earlier, index=len(earlier) - 1, format_func=lambda name: _(title(name))
        )
        with page_errors():
            plan = ask(plan_rerun, variant_id, chosen)
            _preview(plan)
            if pressed(_("Yes, run it again"), type="primary", key="rerun-confirmed"):
                rerun(dashboard().engine, dashboard().settings, current_person(), variant_id, chosen)
                st.toast(_("{step} is starting again.", step=step_name(chosen)))
                st.rerun()

    dialog()


def _preview(plan: RerunPlan) -> None:
    changes = "".join(_change(change) for change in plan.changes)
    follows = "".join(f"<li>{escape(_(event))}</li>" for event in plan.events)
    rows, then = escape(_("Rows that change")), escape(_("What follows"))
    st.html(f'<div class="fd-plan"><h3>{rows}</h3><ul>{changes}</ul><h3>{then}</h3><ol>{follows}</ol></div>')


def _change(change: RowChange) -> str:
    row = escape(f"{change.table} {str(change.row_id)[:8]}")
    before, after = _state(change.before), _state(change.after)
    return f"<li><code>{row}</code> {before} → <b>{after}</b></li>"


def _state(state: RowState) -> str:
    step, status = state
    return escape(f"({step or '–'}, {status or '–'})")


def _acknowledge(job_id: UUID) -> None:
    with page_errors():
        acknowledge(dashboard().engine, dashboard().settings, current_person(), job_id)
        hub = dashboard().hub
        if hub:
            hub.reread()
        st.query_params.pop("job", None)


def show_pictures(report: JobReport) -> None:
    """One row per variant.

    A place stays free until its picture is there.
    """
    if report.variants:
        st.html(f'<div class="fd-shots">{"".join(_variant(variant) for variant in report.variants)}</div>')
    else:
        st.caption(_("No variant has been made yet."))


def _variant(variant: VariantReport) -> str:
    shots = (
        (_("Background"), variant.picture),
        (_("Planner"), variant.planner_picture),
        (_("Finished"), variant.overlaid),
    )
    inside = "".join(_shot(variant, label, asset) for label, asset in shots)
    paths = "".join(_file(label, asset) for label, asset in shots[1:] if asset)
    name, files = escape(_("Variant {number}", number=variant.order)), escape(_("Files"))
    folded = f"<details><summary>{files}</summary>{paths}</details>" if paths else ""
    return f"<section><h3>{name}</h3><div>{inside}</div>{folded}</section>"


def _shot(variant: VariantReport, label: str, asset: Asset | None) -> str:
    if asset is None:
        waiting = escape(_("not there yet"))
        place = f'<div class="fd-shot-empty">{waiting}</div>'
        return f"<figure>{place}<figcaption>{escape(label)}</figcaption></figure>"
    name = " · ".join((_("Variant {number}", number=variant.order), label))
    before = before_it(variant) if asset is variant.overlaid else ()
    thumb = escape(picture_url(asset.asset_id), quote=True)
    return (
        f'<figure><a {opener(asset.asset_id, name, before=before)}><img src="{thumb}" '
        f'alt="{escape(name, quote=True)}" '
        f'width="320" height="320" loading="lazy"></a><figcaption>{escape(label)}</figcaption></figure>'
    )


def _file(label: str, asset: Asset) -> str:
    """The absolute path where this machine knows it, and the untouched file to keep."""
    folder = dashboard().settings.assets_dir
    found = asset_path(asset.url, folder) if folder else None
    path = str(found) if isinstance(found, Path) else asset.url
    href = escape(picture_url(asset.asset_id, "full"), quote=True)
    name = escape(f"{asset.asset_id}{Path(asset.url).suffix}", quote=True)
    save = escape(_("Download"))
    return f'<p>{escape(label)} <a href="{href}" download="{name}">{save}</a><code>{escape(path)}</code></p>'


_ON_PICTURE, _FOR_FEED = "ad_copy_kor", "eng_to_kor"


def show_texts(report: JobReport) -> None:
    """Plain text only: model output is never markup."""
    stages = {copy.stage: copy.text for copy in report.copies if copy.text}
    if not {_ON_PICTURE, _FOR_FEED} & stages.keys() and not report.feed:
        return
    section(_("Texts"))
    copy, feed = st.columns(2, gap="large")
    with copy:
        _text(_("On the picture"), stages.get(_ON_PICTURE))
        _text(_("Full Korean copy"), stages.get(_FOR_FEED))
    with feed:
        _text(_("Feed post"), report.feed.caption if report.feed else None)
        _text(_("Hashtags"), " ".join(report.feed.hashtags) if report.feed else None)
        if report.feed:
            post = f"{report.feed.caption}\n\n{' '.join(report.feed.hashtags)}\n"
            st.download_button(
                _("Download the post"),
                post,
                file_name=f"{str(report.job.job_id)[:8]}.txt",
                icon=":material/download:",
                on_click="ignore",
            )


def _text(label: str, value: str | None) -> None:
    st.caption(label)
    st.text(value or _("not written yet"))
