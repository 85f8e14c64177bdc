"""Lines of the audit log: one's own, for operators everybody's, and those of one job."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, literal, or_, select, union_all

from feedly_core.db.engine import among
from feedly_core.db.own_schema import audit_log, campaigns, installed, review_meetings
from feedly_core.db.query_budget import query_budget
from feedly_core.domain.tables import jobs, jobs_variants
from feedly_core.permissions import Person, Role

PAGE_LINES = 50
MOST_LINES = 20_000
_CHOICES_FROM = 5_000
"""Newest lines from which the filters take their choices."""
_ACTS_ON_JOBS = (
    *("create_job", "rerun_step", "acknowledge_failure", "add_english_copy", "complete_waiting"),
    *("remove_job", "remove_named_job"),
)
"""Acts on the pipeline, which everybody may see of a job; a judgement stays with its person and operators."""


class ObjectKind(StrEnum):
    JOB = "job"
    CAMPAIGN = "campaign"
    MEETING = "meeting"


@dataclass(frozen=True)
class AuditObject:
    """What still exists of a line's target. A variant leads to its job, as number ``variant``."""

    kind: ObjectKind
    key: UUID
    variant: int | None = None


@dataclass(frozen=True)
class AuditFilters:
    """All conditions hold together; empty means none. ``target``: the beginning of it."""

    person: str = ""
    action: str = ""
    target: str = ""
    since: datetime | None = None


@dataclass(frozen=True)
class AuditLine:
    """Who did what to which target. ``before`` and ``after`` as JSON; ``leads_to`` None: it is gone."""

    entry_id: int
    at: datetime
    person: str
    role: str
    action: str
    target: str
    before: Any
    after: Any
    result: str
    leads_to: AuditObject | None = None


@query_budget(statements=2, rows=4_000)
def audit_lines(
    connection: Connection,
    reader: Person,
    filters: AuditFilters,
    *,
    before: int | None = None,
    limit: int = PAGE_LINES,
) -> tuple[AuditLine, ...]:
    """The newest lines that fit, the newest first: one's own, everybody's for an operator. Two statements.

    ``before``: the ``entry_id`` of the last line of the page before. None without our own schema.
    """
    if not installed(connection):
        return ()
    query = select(audit_log).where(*_mine(reader), *_conditions(filters))
    if before is not None:
        query = query.where(audit_log.c.entry_id < before)
    newest = query.order_by(audit_log.c.entry_id.desc()).limit(max(1, min(limit, MOST_LINES)))
    return _led(connection, connection.execute(newest).all())


@query_budget(statements=1, rows=6_000)
def audit_choices(connection: Connection, reader: Person) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """People and actions of the newest lines that this person may read. One statement."""
    if not installed(connection):
        return (), ()
    table = audit_log.c
    newest = (
        select(table.person, table.action)
        .where(*_mine(reader))
        .order_by(table.entry_id.desc())
        .limit(_CHOICES_FROM)
        .subquery()
    )
    pairs = connection.execute(select(newest.c.person, newest.c.action).distinct()).all()
    return tuple(sorted({row.person for row in pairs})), tuple(sorted({row.action for row in pairs}))


@query_budget(statements=3, rows=4_000)
def history_of_job(connection: Connection, reader: Person, job_id: UUID) -> tuple[AuditLine, ...]:
    """What people did to a job and its variants, the newest first. Three statements.

    Acts on the pipeline for everybody; the rest is one's own, for operators everybody's.
    """
    if not installed(connection):
        return ()
    made = connection.scalar(select(jobs.c.created_at).where(jobs.c.job_id == job_id))
    mine = jobs_variants.c.job_id == job_id
    variants = connection.scalars(select(jobs_variants.c.job_variants_id).where(mine)).all()
    table = audit_log.c
    conditions: list[ColumnElement[bool]] = [table.target.in_([str(job_id), *map(str, variants)])]
    if made is not None:  # along the index: nothing is done to a job before it is there
        conditions.append(table.at > made - timedelta(minutes=5))
    if reader.role < Role.OPERATOR:
        conditions.append(or_(table.person == reader.name, table.action.in_(_ACTS_ON_JOBS)))
    query = select(audit_log).where(*conditions).order_by(table.entry_id.desc()).limit(PAGE_LINES)
    leads_to = AuditObject(ObjectKind.JOB, job_id)
    return tuple(_line(row, leads_to) for row in connection.execute(query))


def _mine(reader: Person) -> list[ColumnElement[bool]]:
    return [] if reader.role >= Role.OPERATOR else [audit_log.c.person == reader.name]


def _conditions(filters: AuditFilters) -> list[ColumnElement[bool]]:
    table = audit_log.c
    given: list[ColumnElement[bool]] = []
    if filters.person:
        given.append(table.person == filters.person)
    if filters.action:
        given.append(table.action == filters.action)
    if filters.target.strip():
        given.append(table.target.startswith(filters.target.strip(), autoescape=True))
    if filters.since is not None:
        given.append(table.at >= filters.since)
    return given


def _led(connection: Connection, rows: Collection[Row[Any]]) -> tuple[AuditLine, ...]:
    known = _targets(connection, {id_ for row in rows if (id_ := _uuid(row.target))})
    return tuple(_line(row, known.get(_uuid(row.target))) for row in rows)


def _line(row: Row[Any], leads_to: AuditObject | None) -> AuditLine:
    return AuditLine(
        row.entry_id,
        row.at,
        row.person,
        row.role,
        row.action,
        row.target,
        row.before,
        row.after,
        row.result,
        leads_to,
    )


def _targets(connection: Connection, ids: Collection[UUID]) -> dict[UUID | None, AuditObject]:
    """What the ids are, in one statement; those that are gone are left out."""
    if not ids:
        return {}
    named = {
        ObjectKind.CAMPAIGN: campaigns.c.campaign_id,
        ObjectKind.MEETING: review_meetings.c.meeting_id,
    }
    zero = literal(0).label("number")
    parts = [
        select(
            literal("job").label("kind"), jobs.c.job_id.label("id"), jobs.c.job_id.label("key"), zero
        ).where(among(jobs.c.job_id, ids)),
        select(
            literal("job"),
            jobs_variants.c.job_variants_id,
            jobs_variants.c.job_id,
            jobs_variants.c.creation_order,
        ).where(among(jobs_variants.c.job_variants_id, ids), jobs_variants.c.job_id.is_not(None)),
        *(
            select(literal(kind.value), column, column, literal(0)).where(among(column, ids))
            for kind, column in named.items()
        ),
    ]
    rows: Iterable[Row[Any]] = connection.execute(union_all(*parts))
    return {row.id: AuditObject(ObjectKind(row.kind), row.key, row.number or None) for row in rows}


def _uuid(written: str) -> UUID | None:
    try:
        return UUID(written)
    except ValueError:
        return None
