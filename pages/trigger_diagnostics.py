"""Diagnostics page: checks with fixes, trigger probe, stalled variants, alerts, support bundle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import streamlit as st

from feedly_core.db.own_schema import installed
from feedly_core.diagnostics.bundle import support_bundle
from feedly_core.diagnostics.check import CheckOutcome, CheckResult, Fix
from feedly_core.diagnostics.check_report import CheckReport, run_checks
from feedly_core.diagnostics.checks import ALL_CHECKS
from feedly_core.diagnostics.context import open_context
from feedly_core.diagnostics.probe.history import history
from feedly_core.diagnostics.probe.run import probe_statements
from feedly_core.diagnostics.repair import repair
from feedly_core.diagnostics.stalled_variants import still_young, waiting_variants
from feedly_core.i18n import N_
from feedly_core.permissions import Role
from pages.parts.trigger_diagnostics import broken
from pages.parts.trigger_diagnostics.alerts import alerts_view
from pages.parts.trigger_diagnostics.check_results import (
    chain,
    headline,
    in_short,
    needs_doing,
    style,
    troubles,
)
from pages.parts.trigger_diagnostics.past_probes import chart
from pages.parts.trigger_diagnostics.probe_panel import progress, start_buttons
from pages.parts.trigger_diagnostics.stored import stored_view
from pages.parts.trigger_diagnostics.waiting_panel import waiting, without_row
from pages.shared import url_state
from pages.shared.ask import ask, dashboard, fragment, page_errors
from pages.shared.formatting import clock
from pages.shared.language import _, language
from pages.shared.navigation import page_title, section
from pages.shared.own_schema import has_own_schema
from pages.shared.person import current_person
from pages.shared.streamlit_workarounds.reliable_button import pressed

SHARED_SECONDS = 15.0
"""All viewers share one check report for this long; the button runs the checks again.
One up to twice as old is shown, with its time, while the checks run."""


@st.cache_resource(ttl=SHARED_SECONDS, refresh_mode="background", show_spinner=False)
def _shared_report() -> tuple[CheckReport, datetime]:
    with open_context(dashboard().settings) as context:
        return run_checks(context, ALL_CHECKS), datetime.now(UTC)


@st.cache_data(ttl=SHARED_SECONDS, show_spinner=False)
def _bundle(_check_report: CheckReport, at: datetime, shown_in: str) -> bytes:
    with open_context(dashboard().settings) as context:
        return support_bundle(context, _check_report, shown_in)


def _checks_view(check_report: CheckReport) -> None:
    headline(check_report)
    chain(check_report)
    if any(map(needs_doing, check_report)):
        section(
            _("What to do"),
            _(
                "The first broken link usually explains the ones after it. If this is not your "
                "job, send an engineer the support bundle (last tab)."
            ),
        )
        troubles(check_report, _offer_help)
    unknown = [
        result
        for result in check_report
        if result.outcome is CheckOutcome.UNKNOWN and not needs_doing(result)
    ]
    if unknown:
        section(_("Could not be checked"), _("Their result depends on something above."))
        in_short(unknown)
    fine = [result for result in check_report if result.outcome is CheckOutcome.OK]
    if fine:
        section(_("OK"))
        in_short(fine)


def _check_again(at: datetime) -> None:
    with st.container(horizontal=True, width="content", vertical_alignment="center"):
        st.caption(_("checked at {time}", time=clock(at)))
        if st.button(_("Check again"), icon=":material/refresh:", key="check_again"):
            _shared_report.clear()
            st.rerun()
    if datetime.now(UTC) - at > timedelta(seconds=SHARED_SECONDS):
        fragment(_show_newer, run_every=1.0)(at)


def _show_newer(at: datetime) -> None:
    """The page again, once the checks that run now have ended."""
    if _shared_report()[1] != at:
        st.rerun()


def _offer_help(result: CheckResult) -> None:
    fix = result.finding.fix
    if fix is not None and fix.repair:
        _offer_repair(result, fix)
    elif result.check.key == "work.lost":
        _view_button(_("Choose which to resend"), "waiting", ":material/send:")
    elif result.finding.cause == "function_unreadable":
        _view_button(_("Go to the trigger probe"), "live", ":material/play_arrow:")
    elif result.check.key in ("work.retries", "work.rows"):
        st.page_link("pages/live_monitor.py", label=_("Live monitor"), icon=":material/monitor_heart:")


def _offer_repair(result: CheckResult, fix: Fix) -> None:
    here = dashboard().settings
    if not here.allow_repair or here.read_only:
        st.caption(_("Repairs from this page are switched off (FEEDLY_ALLOW_REPAIR): copy the SQL instead."))
    elif current_person().role < Role.OPERATOR:
        st.caption(_("An operator can run this SQL from here."))
    elif st.button(_("Run this SQL…"), icon=":material/build:", key=f"repair-{result.check.key}"):
        _confirm_repair(result, fix)


def _view_button(label: str, view: str, icon: str) -> None:
    st.button(label, icon=icon, key=f"go-{view}", on_click=_go_to, args=(view,))


def _go_to(view: str) -> None:
    st.session_state["view"] = view
    url_state.keep("view")()


def _confirm_repair(result: CheckResult, fix: Fix) -> None:
    @st.dialog(_("Run this SQL?"), width="large")
    def ask_first() -> None:
        st.text(_(result.finding.found))
        st.code(fix.sql, language="sql", height=320)
        st.caption(
            _("It runs in one transaction and is noted in the audit log.")
            if ask(installed)
            else _("It runs in one transaction and is noted in the server's log.")
        )
        if pressed(_("Yes, run it"), type="primary", key="repair_confirmed"):
            with page_errors():
                with open_context(dashboard().settings) as context:
                    repair(context, current_person(), result.check.key, fix.sql)
                _shared_report.clear()
                st.rerun()

    ask_first()


def _live_view() -> None:
    section(_("Trigger probe"), _("Runs the real UPDATE on test rows and watches each link."))
    with page_errors():
        start_buttons(dashboard().settings, current_person())
        progress()
    section(_("Past probes"))
    with page_errors():
        if has_own_schema(_("Results of trigger probes are kept in the dashboard's own schema.")):
            chart(_history())
    with st.expander(_("The exact statements"), key="probe-statements"), page_errors():
        st.code(_statements(), language="sql")


def _statements() -> str:
    with open_context(dashboard().settings) as context:
        return probe_statements(context)


def _history() -> pd.DataFrame:
    with open_context(dashboard().settings) as context, context.reading() as connection:
        return history(connection)


def _waiting_view() -> None:
    section(
        _("Stalled variants"),
        _(
            "Variants whose next step never started. They stay where they are until their notification is "
            "sent again."
        ),
    )
    with page_errors():
        here = dashboard().settings
        with open_context(here) as context, context.reading() as connection:
            found = waiting_variants(connection, context.thresholds)
            young = still_young(found, context.thresholds)
        without_row(found.without_row)
        waiting(found.stalled, young, here, current_person(), _shared_report.clear)


def _support_view() -> None:
    check_report, at = _shared_report()
    section(
        _("Support bundle"),
        _(
            "One file with everything an engineer asks for first. Passwords are masked; "
            "pictures are not included."
        ),
    )
    with page_errors():
        st.download_button(
            _("Download the support bundle"),
            _bundle(check_report, at, language()),
            file_name=f"feedly-support-{at.astimezone(dashboard().settings.zone):%Y%m%d-%H%M%S}.zip",
            mime="application/zip",
            icon=":material/download:",
            type="primary",
            key="support_bundle",
        )
    st.caption(_("The same in a terminal:"))
    st.code("python -m feedly_core doctor --bundle support.zip", language="bash")


VIEWS = {
    "checks": N_("Checks"),
    "broken": N_("What is broken"),
    "live": N_("Trigger probe"),
    "waiting": N_("Stalled variants"),
    "alerts": N_("Alerts"),
    "stored": N_("Stored data"),
    "support": N_("Support bundle"),
}


def draw() -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        view = url_state.switch("view", _("Part of the page"), VIEWS, lambda name: _(VIEWS[name]))
        if view == "checks":
            check_report, at = _shared_report()
            _check_again(at)
    if view == "live":
        _live_view()
    elif view == "broken":
        broken.show_groups()
    elif view == "waiting":
        _waiting_view()
    elif view == "alerts":
        alerts_view()
    elif view == "stored":
        stored_view()
    elif view == "support":
        _support_view()
    else:
        _checks_view(check_report)


style()
page_title("trigger_diagnostics")
if dashboard().settings.database_url is not None:  # else the demo has not opened: the frame says why
    with page_errors():
        draw()
