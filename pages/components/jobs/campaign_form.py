"""Start a campaign: what each job gets, and the pace."""

from __future__ import annotations

import streamlit as st

from feedly_core.jobs.campaign_rows import CampaignPlan
from feedly_core.jobs.campaigns import start_campaign
from feedly_core.jobs.orders import DEFAULT_DESCRIPTION, Kind
from feedly_core.jobs.pacing import Mode, OnFailure, Rhythm
from feedly_core.jobs.storage import assets_folder
from feedly_core.words import N_
from pages.components.app import dashboard, page_errors
from pages.components.jobs.order_form import choose_kind, order_form
from pages.components.jobs.picture_choice import choose_pictures, show_pictures
from pages.components.person import current_person
from pages.components.pressed import pressed
from pages.components.words import _

MODE_WORDS = {
    Mode.COMPLETION: N_("Next when the previous is complete"),
    Mode.INTERVAL: N_("Every so many seconds"),
    Mode.ONCE: N_("Once"),
}
_FAILURE_WORDS = {
    OnFailure.STOP: N_("stop the campaign"),
    OnFailure.SKIP: N_("go on with the next"),
    OnFailure.RETRY: N_("try it again"),
}


def campaign_form() -> None:
    """The form and its button; a started campaign appears in the panel."""
    what, pace = st.columns([3, 2], gap="large")
    with what, page_errors():
        kind = choose_kind("campaign")
        pictures = choose_pictures(f"campaign-{kind}", several=True)
        show_pictures(pictures, 64)
        lines = st.text_area(
            _("Descriptions, one a line; they go round"),
            DEFAULT_DESCRIPTION[kind],
            height=96,
            key=f"campaign-{kind}-descriptions",
        )
        base = order_form("campaign", kind, (), description=False)
    with pace, page_errors():
        rhythm = _rhythm(kind)
        descriptions = tuple(line.strip() for line in lines.splitlines() if line.strip())
        label = _("Start the campaign")
        if pressed(
            label, type="primary", icon=":material/play_arrow:", width="stretch", key="campaign-start"
        ):
            _start(CampaignPlan(base, descriptions, pictures, rhythm))


def _start(plan: CampaignPlan) -> None:
    here = dashboard()
    assets_folder(here.settings)
    start_campaign(here.engine, plan, current_person(), here.settings)
    if here.driver is not None:
        here.driver.wake()
    st.toast(_("The campaign is started"), icon=":material/play_arrow:")
    st.rerun()


def _rhythm(kind: Kind) -> Rhythm:
    words = {each: _(word) for each, word in MODE_WORDS.items()}
    mode = Mode(st.radio(_("Pace"), list(words), format_func=words.__getitem__, key="campaign-mode"))
    interval, on_failure, retries = 60.0, OnFailure.STOP, 0
    if mode is Mode.INTERVAL:
        interval = float(
            st.number_input(_("Seconds between two jobs"), 1.0, 86_400.0, 60.0, key="campaign-interval")
        )
    if mode is Mode.COMPLETION:
        st.caption(
            _("Complete means: the feed post is written.")
            if kind is Kind.FULL
            else _("Complete means: all variants are measured.")
        )
        answers = {each: _(word) for each, word in _FAILURE_WORDS.items()}
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
            _("At most so many jobs"), 1, 10_000, 10, key="campaign-limit", help=_("Empty: no limit.")
        )
        minutes = st.number_input(
            _("At most so many minutes"), 1, 100_000, None, key="campaign-minutes", placeholder=_("no limit")
        )
        duration = 60.0 * minutes if minutes else None
    return Rhythm(mode, interval, int(limit) if limit else None, duration, on_failure, retries)
