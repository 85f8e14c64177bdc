"""Cleanup of test jobs: choose, see what would go, remove it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar, cast
from zlib import crc32

import streamlit as st

from feedly_core.campaigns.campaigns import list_campaigns
from feedly_core.db.job_rows import read_statuses
from feedly_core.domain.labels import label, status_label
from feedly_core.domain.pipeline import Status
from feedly_core.i18n import N_
from feedly_core.jobs.cleanup import (
    MANY,
    DeletionPlan,
    JobSelection,
    delete_jobs,
    plan_deletion,
    removable_tenants,
)
from pages.parts.create_jobs.deletion import run_deletion, show_result, totals, which_files
from pages.shared.ask import ask, dashboard, page_errors
from pages.shared.badges import WARN, badge
from pages.shared.formatting import age, named
from pages.shared.language import _, _n
from pages.shared.navigation import section
from pages.shared.placeholders import empty
from pages.shared.streamlit_workarounds.reliable_button import pressed
from pages.shared.when_open import when_open

_AGES = {
    timedelta(hours=1): N_("older than an hour"),
    timedelta(days=1): N_("older than a day"),
    timedelta(days=7): N_("older than a week"),
}
_RESULT, _PLAN, _ROUND = "clearing-result", "clearing-plan", "clearing-round"
_Key = TypeVar("_Key")


def cleanup() -> None:
    """The choice on the left, the dry run on the right."""
    left, right = st.columns([2, 3], gap="large")
    with left, page_errors() as asked:
        selection = _choice()
    with right, page_errors():
        if _RESULT in st.session_state:
            show_result(st.session_state.pop(_RESULT))
        if asked.failed:
            return
        if selection is None:
            empty(_("No test tenant"), _("Only tenants named as tests can lose jobs here."))
            return
        _show(selection)


def _choice() -> JobSelection | None:
    settings = dashboard().settings
    tenants = ask(removable_tenants, settings)
    if not tenants:
        return None
    st.caption(_("Only tenants whose id fits {pattern} are offered.", pattern=f"`{settings.test_tenants}`"))
    tenant = _one_of(_("Tenant"), "clear-tenant", _("every test tenant"), {each: each for each in tenants})
    found = [each.campaign for each in ask(list_campaigns)]
    campaigns = {
        each.campaign_id: named(each.created_at, each.campaign_id, each.template.tenant_id) for each in found
    }
    campaign = _one_of(_("Campaign"), "clear-campaign", _("any or none"), campaigns)
    ages = {each: _(word) for each, word in _AGES.items()}
    older = _one_of(_("Age"), "clear-age", _("any age"), ages)
    statuses = {str(each): _(status_label(each)) for each in Status}
    status = _one_of(_("Status"), "clear-status", _("any status"), statuses)
    return JobSelection(tenant, campaign, older, status)


def _one_of(label: str, key: str, every: str, words: dict[_Key, str]) -> _Key | None:
    """One of them, or None for ``every``: as an option "", because Streamlit takes None for an empty box."""
    names: dict[_Key | str, str] = {"": every, **dict(words.items())}
    chosen = st.selectbox(label, list(names), format_func=names.__getitem__, key=key)
    return None if chosen == "" else cast("_Key", chosen)


def _seen_plan(selection: JobSelection, sure: bool) -> DeletionPlan:
    """The dry run; once somebody is sure, the one that he saw: jobs made since then are not part of it."""
    kept = st.session_state.get(_PLAN)
    if sure and kept is not None and kept[0] == selection:
        return cast("DeletionPlan", kept[1])
    st.session_state.pop(_PLAN, None)
    return ask(plan_deletion, selection, dashboard().assets_dir, dashboard().settings)


def _keep_seen(selection: JobSelection, plan: DeletionPlan) -> None:
    """Only for who is sure: half a megabyte for each who looks would stay until his session ends."""
    st.session_state[_PLAN] = (selection, plan)


def _sure_key(selection: JobSelection) -> str:
    """A box of its own for each choice and each removal: nobody is sure of what he has not been shown."""
    return f"clear-sure-{st.session_state.get(_ROUND, 0)}-{crc32(repr(selection).encode()):08x}"


def _show(selection: JobSelection) -> None:
    key = _sure_key(selection)
    plan = _seen_plan(selection, st.session_state.get(key, False))
    section(_n("{n} job would go", "{n} jobs would go", len(plan.jobs)))
    if not plan.jobs:
        empty(_("Nothing fits"), _("Choose another tenant, campaign, age or status."))
        return
    if plan.more:
        st.caption(_("The oldest {n} are chosen at once; remove these first, then the rest.", n=MANY))
    moving = sum(job.moving for job in plan.jobs)
    if moving:
        st.html(badge(N_("{n} may still be worked on", n=moving), WARN).html())
    totals(plan)
    when_open("jobs-that-go", _("Which jobs"), ":material/list:", lambda: _job_list(plan))
    which_files(plan)
    sure = st.checkbox(
        _("Rows and files cannot be brought back. I am sure."),
        key=key,
        on_change=_keep_seen,
        args=(selection, plan),
    )
    words = _n("Remove {n} job", "Remove {n} jobs", len(plan.jobs))
    if pressed(words, type="primary", disabled=not sure, icon=":material/delete:", key="clear-go"):
        _clear(plan)


def _job_list(plan: DeletionPlan) -> None:
    """Every job by name."""
    statuses = ask(read_statuses, [job.job_id for job in plan.jobs], datetime.now(UTC))
    st.dataframe(
        [
            {
                "job": str(job.job_id),
                "tenant": job.tenant_id,
                "status": _(label(statuses[job.job_id].job)) if job.job_id in statuses else "–",
                "age": age(job.created_at),
            }
            for job in plan.jobs
        ],
        hide_index=True,
        column_config={"job": _("Job"), "tenant": _("Tenant"), "status": _("Status"), "age": _("Made")},
    )


def _clear(plan: DeletionPlan) -> None:
    deleting = partial(delete_jobs, dashboard().engine, [job.job_id for job in plan.jobs])
    st.session_state[_RESULT] = run_deletion(deleting, len(plan.jobs))
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    st.rerun()
