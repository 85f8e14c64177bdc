"""Plans of programs: what each would do, and the two buttons."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from feedly_core.access.plans import ACTION_TITLES, Action, Plan, confirm_plan, open_plans, reject_plan
from feedly_core.jobs.request import DEFAULT_TENANT, JobKind
from feedly_core.permissions import Person, Role
from pages.shared.ask import ask, dashboard, page_errors
from pages.shared.formatting import moment
from pages.shared.language import _
from pages.shared.placeholders import empty
from pages.shared.streamlit_workarounds.reliable_button import pressed

_DONE = "plan-done"


def waiting_plans(person: Person) -> None:
    """Each plan with what it writes. Only an operator may decide."""
    done = st.session_state.pop(_DONE, None)
    if done:
        st.success(done)
    plans = ask(open_plans)
    if not plans:
        empty(_("No plan waits"), _("What a program proposes appears here."))
    for plan in plans:
        _card(plan, person)


def _card(plan: Plan, person: Person) -> None:
    with st.container(border=True):
        st.markdown(f"**{_(ACTION_TITLES[plan.action])}**")
        st.text(
            _("Proposed by {name}, void after {when}", name=plan.proposed_by, when=moment(plan.expires_at))
        )
        st.text(_what(plan))
        if person.role < Role.OPERATOR:
            st.caption(_("Only an operator can confirm it."))
            return
        with st.container(horizontal=True):
            if pressed(_("Do it"), key=f"confirm-{plan.plan_id}", type="primary", icon=":material/check:"):
                _decide(confirm_plan, plan, person, _("Done."))
            if pressed(_("Reject"), key=f"refuse-{plan.plan_id}", icon=":material/close:"):
                _decide(reject_plan, plan, person, _("Rejected: nothing was done."))


def _what(plan: Plan) -> str:
    if plan.action is Action.PROBE:
        return _("Writes test rows, runs the real UPDATE on them, and removes them.")
    return _(
        "A job of {n} variants for the tenant {tenant}, started at once: {description}",
        n=plan.arguments["variants"],
        tenant=DEFAULT_TENANT[JobKind.FULL],
        description=plan.arguments["description"],
    )


def _decide(how: Callable[..., object], plan: Plan, person: Person, said: str) -> None:
    with page_errors() as part:
        how(dashboard().engine, dashboard().settings, person, plan.plan_id)
    if not part.failed:
        st.session_state[_DONE] = said
        st.rerun()
