"""Running the step of a failure group again: the exact plan, the confirmation, the progress."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape

import streamlit as st

from feedly_core.db.own_schema import FAILURES
from feedly_core.domain.pipeline import title
from feedly_core.failures.groups import FailureGroup
from feedly_core.failures.plan import MOST_AT_ONCE, GroupPlan, plan_group
from feedly_core.failures.runs import (
    ITEM_TITLES,
    RUN_TITLES,
    GroupRerun,
    ItemState,
    RunState,
    recent_reruns,
    resume_group_rerun,
    start_group_rerun,
    stop_group_rerun,
)
from feedly_core.jobs.rerun import RowChange
from feedly_core.permissions import Role
from pages.parts.trigger_diagnostics.check_results import evidence
from pages.shared.ask import ask, dashboard, page_errors
from pages.shared.formatting import age, duration
from pages.shared.language import _, _n
from pages.shared.live import live
from pages.shared.own_schema import has_own_schema
from pages.shared.person import current_person
from pages.shared.streamlit_workarounds.reliable_button import pressed

_FOLLOWED_S = 3


def may_run() -> bool:
    """Whether this person may run steps again here."""
    return current_person().role >= Role.OPERATOR and not dashboard().settings.read_only


def offer_rerun(group: FailureGroup, key: str) -> None:
    """The button of a group whose variants a step, run again, may help."""
    count = min(len(group.runnable), MOST_AT_ONCE)
    if not count:
        return
    label = _n("Run the step again for {n} variant…", "Run the step again for {n} variants…", count)
    may = may_run()
    if st.button(
        label,
        icon=":material/replay:",
        key=f"rerun-{key}",
        disabled=not may,
        help=None if may else _("Only an operator may do this."),
    ):
        _confirm(group)


def _confirm(group: FailureGroup) -> None:
    """The dialog. Its plan is made once, when it opens: what was shown is what is started."""
    plan = ask(plan_group, group, datetime.now(UTC))

    @st.dialog(_("Run the step again for the whole group?"), width="large")
    def dialog() -> None:
        if not has_own_schema(_("Plan and progress are kept in the dashboard's own schema."), FAILURES):
            return
        with page_errors():
            _show_plan(plan)
            label = _n("Yes, run it for {n} variant", "Yes, run it for {n} variants", len(plan.plans))
            if plan.plans and pressed(label, type="primary", key="group-confirmed"):
                here = dashboard()
                start_group_rerun(here.engine, here.settings, current_person(), group, plan)
                if here.reruns:
                    here.reruns.wake()
                st.rerun()

    dialog()


def _show_plan(plan: GroupPlan) -> None:
    st.write(
        _(
            "Each variant is put back in a transaction of its own, after it was checked again. Three run at "
            "a time; after three failures of the same kind in a row nothing more is started."
        )
    )
    if plan.plans:
        st.caption(_cost(plan))
        heading = (_("Job"), _("Variant"), _("Step"), _("Rows that change"))
        lines = [
            (
                str(one.job_id)[:8],
                str(one.number),
                title(one.step),
                "; ".join(_change(change) for change in one.changes),
            )
            for one in plan.plans
        ]
        with st.container(height="content" if len(lines) <= 6 else 260, border=False):
            evidence([heading, *lines])
    if plan.excluded:
        st.caption(_n("{n} is left out:", "{n} are left out:", len(plan.excluded)))
        for reason, count in plan.reasons:
            st.text(f"{count} × {_(reason)}")


def _cost(plan: GroupPlan) -> str:
    cost = plan.cost
    steps = _n("{n} step will run", "{n} steps will run", cost.steps)
    time = _("about {time} of work", time=duration(cost.seconds)) if cost.seconds is not None else ""
    usd = (
        _n(
            "at most ${usd} for the texts of {n} job",
            "at most ${usd} for the texts of {n} jobs",
            cost.jobs,
            usd=f"{cost.usd:.4f}",
        )
        if cost.usd is not None
        else _("price of the texts unknown")
    )
    return " · ".join(filter(None, (steps, time, usd)))


def _change(change: RowChange) -> str:
    before, after = (f"({step or '–'}, {status or '–'})" for step, status in (change.before, change.after))
    return f"{change.table} {before} → {after}"


def show_reruns() -> None:
    """The newest reruns. One that goes on draws itself anew."""
    if any(ask(recent_reruns, limit=1)):
        live("reruns", pulse=_FOLLOWED_S)(_show_reruns)()


def _show_reruns() -> None:
    for run in ask(recent_reruns, limit=1):
        _show_rerun(run)


def _show_rerun(run: GroupRerun) -> None:
    with st.container(border=True, key="group-rerun"):
        counts = " · ".join(
            f"{_(ITEM_TITLES[state])} {run.counts[state]}" for state in ItemState if run.counts[state]
        )
        st.progress(
            run.settled / max(1, len(run.items)),
            text=_(
                "Rerun of {step}: {state} · {done} of {all}",
                step=_(title(run.step)),
                state=_(RUN_TITLES[run.state]),
                done=run.settled,
                all=len(run.items),
            ),
        )
        began = _("{person}, {time}", person=run.person, time=age(run.started_at))
        st.html(f"<small>{escape(f'{counts} · {began} · {str(run.run_id)[:8]}')}</small>")
        if run.stopped_by is not None:
            st.warning(
                _("Stopped: three times in a row the same failure ({failure}).", failure=_(run.stopped_by)),
                icon=":material/front_hand:",
            )
        _left_alone(run)
        _steer(run)


def _left_alone(run: GroupRerun) -> None:
    told = [item for item in run.items if item.reason is not None]
    if told:
        with st.expander(_("Reasons ({n})", n=len(told)), key="rerun-reasons"):
            evidence(
                [
                    (_("Job"), _("Variant"), _("State"), _("Reason")),
                    *(
                        (
                            str(item.job_id)[:8],
                            str(item.variant_id)[:8],
                            ITEM_TITLES[item.state],
                            item.reason or "",
                        )
                        for item in told
                    ),
                ]
            )


def _steer(run: GroupRerun) -> None:
    if not may_run() or run.state is RunState.FINISHED:
        return
    here = dashboard()
    with page_errors():
        if run.state is RunState.RUNNING:
            if pressed(_("Stop the rerun"), icon=":material/stop:", key="rerun-stop"):
                stop_group_rerun(here.engine, here.settings, current_person(), run.run_id)
                st.rerun(scope="fragment")
        elif pressed(_("Go on"), icon=":material/play_arrow:", key="rerun-resume"):
            resume_group_rerun(here.engine, here.settings, current_person(), run.run_id)
            if here.reruns:
                here.reruns.wake()
            st.rerun(scope="fragment")
