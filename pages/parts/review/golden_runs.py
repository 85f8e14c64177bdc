"""What people do with a golden set: run it, every day too, approve a baseline, excuse a failure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from uuid import uuid4

import streamlit as st

from feedly_core.errors import FeedlyError
from feedly_core.golden_sets.baselines import LONGEST_DAYS, approve, keep_known_failure
from feedly_core.golden_sets.release_check import ReleaseCheck
from feedly_core.golden_sets.runs import MAX_REPEATS, RunRequest, run_set
from feedly_core.golden_sets.schedule import DailyRun, daily_runs, end_schedule, schedule_run
from feedly_core.golden_sets.sets import GoldenOrder, GoldenSet
from feedly_core.jobs.request import DEFAULT_TENANT, MAX_VARIANTS, JobKind
from feedly_core.permissions import Person, Role
from pages.shared.ask import ask, dashboard, page_errors
from pages.shared.formatting import moment
from pages.shared.language import _, _n
from pages.shared.navigation import section
from pages.shared.person import current_person
from pages.shared.placeholders import error_card
from pages.shared.streamlit_workarounds.reliable_button import forget_click, pressed

_TOLD = "golden-told"


def approve_button(person: Person, check: ReleaseCheck, release: str) -> None:
    """Make what passed under the release the baseline."""
    here, result = dashboard(), check.result(release)
    told = st.session_state.pop(_TOLD, None)
    if told:
        st.success(told)
    if result is None or not _may(person, Role.REVIEWER):
        return
    label = _("Approve {release} as baseline", release=release)
    if pressed(label, icon=":material/verified:", key="golden-approve"):
        forget_click("golden-approve")
        count = approve(here.engine, here.settings, person, check.golden, result.run, datetime.now(UTC))
        st.session_state[_TOLD] = _n(
            "{n} case is approved as baseline.", "{n} cases are approved as baseline.", count
        )
        st.rerun()
    st.caption(_("Only cases that passed are approved. Who approved them, and when, is kept."))


def known_failure_form(person: Person, check: ReleaseCheck, order: GoldenOrder) -> None:
    """The excuse of a case, and the form for one."""
    here, today = dashboard(), datetime.now(dashboard().settings.zone).date()
    known = check.known.get(order.case_id)
    if known is not None and known.holds(today):
        words = _(
            "Known until {day} ({person}): {reason}",
            day=known.until.isoformat(),
            person=known.person,
            reason=known.reason,
        )
        st.text(words)
    if not _may(person, Role.REVIEWER):
        return
    with st.popover(_("Known failure"), icon=":material/flag:"):
        reason = st.text_input(_("Why it may fail"), key="known-reason")
        until = st.date_input(
            _("Until"),
            today + timedelta(days=14),
            min_value=today,
            max_value=today + timedelta(days=LONGEST_DAYS),
            format="YYYY-MM-DD",
            key="known-until",
        )
        if pressed(_("Accept it until then"), disabled=not reason.strip(), key="known-keep"):
            forget_click("known-keep")
            try:
                keep_known_failure(
                    here.engine, here.settings, person, check.golden, order.case_id, reason, until, today
                )
            except FeedlyError as error:
                error_card(error)
            else:
                st.rerun()


def show_runs(person: Person, golden: GoldenSet) -> None:
    """Run the set now or every day, and the daily runs that there are."""
    runs = ask(daily_runs, golden.name)
    operator = current_person()
    if runs or _may(operator, Role.OPERATOR):
        section(_("Runs of this set"))
    for daily in runs:
        _daily(operator, daily)
    if _may(operator, Role.OPERATOR):
        with st.expander(_("Run the set"), icon=":material/play_arrow:"), page_errors():
            _form(operator, golden)


def _daily(operator: Person, daily: DailyRun) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(
            _(
                "Every day at {at} ({zone}) under {release}; next {next}",
                at=f"{daily.at:%H:%M}",
                zone=daily.zone,
                release=daily.request.release,
                next=moment(daily.next_at),
            )
        )
        if _may(operator, Role.OPERATOR):
            st.button(
                _("End it"),
                key=f"golden-end-{daily.schedule_id}",
                on_click=_end,
                args=(operator, daily),
            )
    if daily.problem:
        st.caption(f"▲ {daily.problem}")


def _end(operator: Person, daily: DailyRun) -> None:
    here = dashboard()
    end_schedule(here.engine, here.settings, operator, daily.schedule_id)


def _form(operator: Person, golden: GoldenSet) -> None:
    left, right = st.columns(2)
    with left:
        release = st.text_input(_("Version that the jobs are made under"), key="golden-release")
        tenant = st.text_input(_("Tenant"), DEFAULT_TENANT[JobKind.FULL], key="golden-tenant")
    with right:
        repeats = st.number_input(
            _("Repeats of each order"),
            1,
            MAX_REPEATS,
            1,
            key="golden-repeats",
            help=_("More than one shows how much a result varies by itself."),
        )
        variants = st.number_input(_("Number of variants"), 1, MAX_VARIANTS, 3, key="golden-variants")
    seconds = st.number_input(_("Seconds between two jobs"), 1.0, 86_400.0, 10.0, key="golden-interval")
    request = RunRequest(release.strip(), int(repeats), int(variants), tenant.strip(), float(seconds))
    st.caption(_n("{n} job will be made.", "{n} jobs will be made.", request.repeats * len(golden.orders)))
    here = dashboard()
    if pressed(_("Run it now"), type="primary", disabled=not request.release, key="golden-run"):
        key = st.session_state.setdefault("golden-run-key", uuid4())
        run_set(here.engine, here.settings, operator, golden, request, key=key)
        st.session_state.pop("golden-run-key")
        forget_click("golden-run")
        if here.driver is not None:
            here.driver.wake()
        st.session_state[_TOLD] = _("The set is running. Its campaign stands on the page Create jobs.")
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        at = st.time_input(_("Every day at"), time(3), key="golden-at")
        if pressed(_("Run it every day"), disabled=not request.release, key="golden-daily"):
            forget_click("golden-daily")
            schedule_run(*(here.engine, here.settings, operator, golden.name, request, at), datetime.now(UTC))
            st.rerun()


def _may(person: Person, role: Role) -> bool:
    return person.role >= role and not dashboard().settings.read_only
