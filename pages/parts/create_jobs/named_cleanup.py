"""Removing jobs of any tenant by their ids: each shown, sure twice, then removed."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from uuid import UUID
from zlib import crc32

import streamlit as st

from feedly_core.db.job_rows import read_statuses
from feedly_core.domain.labels import label
from feedly_core.i18n import N_
from feedly_core.jobs.named_cleanup import (
    NAMED_AT_ONCE,
    NamedPlan,
    delete_named_jobs,
    parse_job_ids,
    plan_named_deletion,
)
from pages.parts.create_jobs.deletion import run_deletion, show_result, totals, which_files
from pages.shared.ask import ask, dashboard, page_errors
from pages.shared.badges import WARN, badge
from pages.shared.language import _, _n
from pages.shared.navigation import section
from pages.shared.placeholders import empty
from pages.shared.streamlit_workarounds.reliable_button import pressed

_RESULT, _ROUND = "named-result", "named-round"


def named_cleanup() -> None:
    """The ids on the left, the dry run on the right."""
    left, right = st.columns([2, 3], gap="large")
    round_ = st.session_state.get(_ROUND, 0)
    with left:
        st.caption(
            _(
                "Jobs of any tenant, customers' too, at most {n} at once. Each id is written out.",
                n=NAMED_AT_ONCE,
            )
        )
        text = st.text_area(_("Job ids"), key=f"named-ids-{round_}", height=220, placeholder=_EXAMPLE)
    with right, page_errors():
        if _RESULT in st.session_state:
            show_result(st.session_state.pop(_RESULT))
        job_ids = parse_job_ids(text)
        if not job_ids:
            empty(_("No job named"), _("Paste the ids of the jobs to remove, one a line."))
            return
        _show(job_ids, ask(plan_named_deletion, job_ids, dashboard().assets_dir), round_)


_EXAMPLE = "3f0c2a1e-…"


def _show(job_ids: list[UUID], plan: NamedPlan, round_: int) -> None:
    count = len(job_ids)
    section(_n("{n} job would go", "{n} jobs would go", count))
    if plan.moving:
        st.html(badge(N_("{n} may still be worked on and would be kept", n=plan.moving), WARN).html())
    _jobs(plan)
    totals(plan.total)
    which_files(plan.total)
    # Boxes of their own for each list and each removal: nobody is sure of what he has not been shown.
    key = f"{round_}-{crc32(repr(job_ids).encode()):08x}"
    typed = st.text_input(_("Type how many jobs go"), key=f"named-count-{key}", max_chars=4)
    counted = typed.strip() == str(count)
    if typed.strip() and not counted:
        st.caption(_n("The list names {n} job.", "The list names {n} jobs.", count))
    sure = st.checkbox(
        _("Rows and files cannot be brought back. I am sure."), key=f"named-sure-{key}", disabled=not counted
    )
    words = _n("Remove {n} job", "Remove {n} jobs", count)
    disabled = not (counted and sure)
    if pressed(words, type="primary", disabled=disabled, icon=":material/delete:", key="named-go"):
        deleting = partial(delete_named_jobs, dashboard().engine, job_ids)
        st.session_state[_RESULT] = run_deletion(deleting, count)
        st.session_state[_ROUND] = round_ + 1
        st.rerun()


def _jobs(plan: NamedPlan) -> None:
    statuses = ask(read_statuses, [named.job.job_id for named in plan.jobs], datetime.now(UTC))
    st.dataframe(
        [
            {
                "job": str(named.job.job_id),
                "tenant": named.job.tenant_id,
                "description": named.description,
                "status": _(label(statuses[named.job.job_id].job)) if named.job.job_id in statuses else "–",
                "rows": named.rows,
                "files": named.files,
            }
            for named in plan.jobs
        ],
        hide_index=True,
        column_config={
            "job": _("Job"),
            "tenant": _("Tenant"),
            "description": _("Description"),
            "status": _("Status"),
            "rows": _("Rows"),
            "files": _("Files"),
        },
    )
