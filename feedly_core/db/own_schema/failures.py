"""What people say of faults, and reruns of a whole failure group."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Index, Integer, Table, Uuid

from feedly_core.db.own_schema.metadata import LATER, metadata, moment
from feedly_core.domain.tables.columns import Prose

fault_marks = Table(
    "fault_marks",
    metadata,
    Column("mark_id", BigInteger, Identity(), primary_key=True),
    Column("problem", Prose, nullable=False),
    Column("step", Prose, nullable=False),
    Column("state", Prose, nullable=False),
    Column("note", Prose, nullable=False),
    Column("link", Prose, nullable=False),
    Column("release", Prose, nullable=False),
    Column("person", Prose, nullable=False),
    moment("at"),
    info=LATER,
)
"""The newest mark of a problem at a step counts."""
Index("fault_marks_fault", fault_marks.c.problem, fault_marks.c.step, fault_marks.c.mark_id)

group_reruns = Table(
    "group_reruns",
    metadata,
    Column("run_id", Uuid, primary_key=True),
    Column("problem", Prose, nullable=False),
    Column("step", Prose, nullable=False),
    Column("release", Prose, nullable=False),
    Column("state", Prose, nullable=False),
    Column("stopped_by", Prose, nullable=False, server_default=""),
    Column("person", Prose, nullable=False),
    Column("role", Prose, nullable=False),
    moment("started_at"),
    moment("resumed_at"),
    moment("finished_at", nullable=True),
    info=LATER,
)
Index("group_reruns_started_at", group_reruns.c.started_at)

rerun_items = Table(
    "rerun_items",
    metadata,
    Column("run_id", Uuid, ForeignKey(group_reruns.c.run_id, ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("job_id", Uuid, nullable=False),
    Column("job_variants_id", Uuid, nullable=False),
    Column("step", Prose, nullable=False),
    Column("before_step", Prose),
    Column("before_status", Prose),
    Column("state", Prose, nullable=False),
    Column("reason", Prose, nullable=False, server_default=""),
    moment("started_at", nullable=True),
    moment("settled_at", nullable=True),
    info=LATER,
)
"""One planned variant. ``before_step`` and ``before_status``: where the plan found it."""

FAILURES = (fault_marks, group_reruns, rerun_items)
