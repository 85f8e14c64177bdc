"""Start a campaign: what each job gets, and the pace."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import streamlit as st

from feedly_core.campaigns.campaigns import MAX_CAMPAIGN_NAME, start_campaign
from feedly_core.campaigns.schedule import Mode, OnFailure, Schedule
from feedly_core.campaigns.store import CampaignPlan
from feedly_core.i18n import N_
from feedly_core.jobs.create import preview_job
from feedly_core.jobs.request import JobKind, request_problems
from feedly_core.jobs.samples import texts_for
from feedly_core.jobs.storage import assets_folder
from pages.parts.create_jobs.picture_choice import choose_pictures, show_pictures
from pages.parts.create_jobs.preview import show_missing
from pages.parts.create_jobs.request_form import choose_kind, offer, request_form
from pages.shared.ask import ask, dashboard, page_errors
from pages.shared.badges import GOOD, badge
from pages.shared.language import _
from pages.shared.person import current_person
from pages.shared.streamlit_workarounds.reliable_button import forget_click, pressed

MODE_LABELS = {
    Mode.COMPLETION: N_("Next when the previous is complete"),
    Mode.INTERVAL: N_("At a fixed interval"),
    Mode.ONCE: N_("Once"),
}
FAILURE_LABELS = {
    OnFailure.STOP: N_("stop the campaign"),
    OnFailure.SKIP: N_("go on with the next"),
    OnFailure.RETRY: N_("try it again"),
}


_WAITS = {
    (JobKind.FULL, False): N_(
        "The jobs are not started: each waits, and the campaign with it, until somebody starts the job."
    ),
    (JobKind.YE, False): N_(
        "Each job waits, and the campaign with it, until somebody moves its variants on with “Simulate YE”."
    ),
    (JobKind.YE, True): N_(
        "Complete means here: the three variants that the image generation adds are measured. "
        "Those made here stay at the upload."
    ),
}
_KEY, _STARTED = "campaign-key", "campaign-started"


def campaign_form() -> None:
    """The form and its button.

    A started campaign appears in the panel.
    """
    what, pace = st.columns([3, 2], gap="large")
    with what, page_errors() as asked:
        name = st.text_input(
            _("Name of the campaign"),
            key="campaign-name",
            max_chars=MAX_CAMPAIGN_NAME,
            placeholder=_("Else its first description"),
        )
        kind = choose_kind("campaign")
        pictures = choose_pictures(f"campaign-{kind}", several=True)
        show_pictures(pictures, 64)
        offer(f"campaign-{kind}-descriptions", texts_for(kind, pictures).description)
        lines = st.text_area(
            _("Descriptions, one a line; they go round"), height=96, key=f"campaign-{kind}-descriptions"
        )
        base = request_form("campaign", kind, (), shown=pictures, description=False)
        version = st.text_input(
            _("Version that the jobs are made under"),
            key="campaign-version",
            help=_("Comparisons count the jobs to this version. Empty: to none."),
        )
        base = replace(base, version=version.strip() or None)
    if asked.failed:
        return
    with pace, page_errors():
        schedule = _schedule(kind, base.start)
        if schedule.mode is Mode.COMPLETION and (kind is JobKind.YE or not base.start):
            st.caption(_(_WAITS[kind, base.start]))
        descriptions = tuple(line.strip() for line in lines.splitlines() if line.strip())
        _start_or_started(CampaignPlan(base, descriptions, pictures, schedule, name=name))


def _start_or_started(plan: CampaignPlan) -> None:
    """The button, or that it was pressed until another is wanted: a double click starts one campaign."""
    if _STARTED in st.session_state:
        st.html(badge(N_("The campaign is started"), GOOD).html())
        if st.button(_("Start another like this"), icon=":material/replay:", key="campaign-again"):
            st.session_state.pop(_STARTED)
            st.session_state.pop(_KEY, None)
            forget_click("campaign-start")
            st.rerun()
        return
    _show_needs(plan)
    label = _("Start the campaign")
    if pressed(label, type="primary", icon=":material/play_arrow:", width="stretch", key="campaign-start"):
        _start(plan)


def _show_needs(plan: CampaignPlan) -> None:
    """What the first job would lack to run; nothing while it is not an order yet."""
    request = replace(plan.base, pictures=plan.pictures[:1], desc_kor=next(iter(plan.descriptions), ""))
    if not request_problems(request):
        preview = ask(preview_job, request, key=uuid4(), now=datetime.now(UTC))
        show_missing(preview, starts=request.start)


def _start(plan: CampaignPlan) -> None:
    here = dashboard()
    assets_folder(here.settings)
    key = st.session_state.setdefault(_KEY, uuid4())
    st.query_params["run"] = str(start_campaign(here.engine, plan, current_person(), here.settings, key=key))
    st.session_state[_STARTED] = True
    if here.driver is not None:
        here.driver.wake()
    st.rerun()


def _schedule(kind: JobKind, starts: bool) -> Schedule:
    words = {each: _(word) for each, word in MODE_LABELS.items()}
    mode = Mode(st.radio(_("Pace"), list(words), format_func=words.__getitem__, key="campaign-mode"))
    interval, on_failure, retries = 60.0, OnFailure.STOP, 0
    if mode is Mode.INTERVAL:
        interval = float(
            st.number_input(_("Seconds between two jobs"), 1.0, 86_400.0, 60.0, key="campaign-interval")
        )
    if mode is Mode.COMPLETION:
        if kind is JobKind.FULL:
            st.caption(_("Complete means: the feed post is written."))
        elif not starts:
            st.caption(_("Complete means: all variants are measured."))
        answers = {each: _(word) for each, word in FAILURE_LABELS.items()}
        on_failure = OnFailure(
            st.selectbox(
                _("When a job fails"),
                list(answers),
                format_func=answers.__getitem__,
                key="campaign-on-failure",
            )
        )
        if on_failure is OnFailure.RETRY:
            retries = int(st.number_input(_("Retries of one job"), 1, 20, 3, key="campaign-retries"))
    limit, duration = None, None
    if mode is not Mode.ONCE:
        limit = st.number_input(
            _("Max jobs"), 1, 10_000, 10, key="campaign-limit", help=_("Empty: no limit.")
        )
        minutes = st.number_input(
            _("Max minutes"), 1, 100_000, None, key="campaign-minutes", placeholder=_("no limit")
        )
        duration = 60.0 * minutes if minutes else None
    return Schedule(mode, interval, int(limit) if limit else None, duration, on_failure, retries)
