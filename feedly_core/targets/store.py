"""Targets of the team: rows of our own schema."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select

from feedly_core.analytics.choices import require_known
from feedly_core.db.engine import writing
from feedly_core.db.own_schema import TARGETS, installed, need, targets
from feedly_core.db.query_budget import query_budget
from feedly_core.errors import InvalidInput, NotFound
from feedly_core.i18n import N_
from feedly_core.permissions import Person, Role, audit, require
from feedly_core.settings import Settings
from feedly_core.targets.budget import Measure, NewTarget, check_target

MOST_TARGETS = 12

Targets = dict[int, NewTarget]
"""By id, the oldest first."""


@query_budget(statements=1, rows=60)
def list_targets(connection: Connection) -> Targets:
    """All targets. One statement; none without our own schema."""
    if not installed(connection, TARGETS):
        return {}
    table = targets.c
    known = select(targets).where(table.measure.in_([each.value for each in Measure]))
    rows = connection.execute(known.order_by(table.target_id).limit(MOST_TARGETS))
    return {row.target_id: _target(row) for row in rows}


def add_target(engine: Engine, settings: Settings, person: Person, new: NewTarget) -> int:
    """Keep a target; returns its id.

    Needs the role operator. Raises :class:`InvalidInput`, :class:`MissingInSchema`, :class:`NotFound` for an
    unknown tenant.
    """
    require(person, Role.OPERATOR, settings)
    check_target(new)
    with writing(engine) as connection:
        need(connection, TARGETS, N_("This database has no place for targets yet."))
        require_known(connection, tenant=new.tenant)
        if (connection.scalar(select(func.count()).select_from(targets)) or 0) >= MOST_TARGETS:
            raise InvalidInput(
                N_("There are {n} targets already.", n=MOST_TARGETS), hint=N_("Remove one of them first.")
            )
        values = _values(new)
        target_id: int = connection.execute(
            insert(targets).values(**values, person=person.name).returning(targets.c.target_id)
        ).scalar_one()
        audit(connection, person, "add_target", str(target_id), after=values)
    return target_id


def remove_target(engine: Engine, settings: Settings, person: Person, target_id: int) -> None:
    """Forget a target.

    Needs the role operator. Raises :class:`NotFound`, :class:`PermissionDenied`.
    """
    require(person, Role.OPERATOR, settings)
    with writing(engine) as connection:
        removed = None
        if installed(connection, TARGETS):
            gone = delete(targets).where(targets.c.target_id == target_id).returning(targets)
            removed = connection.execute(gone).one_or_none()
        if removed is None:
            raise NotFound(N_("There is no target {id}.", id=target_id))
        audit(connection, person, "remove_target", str(target_id), before=_values(_target(removed)))


def _values(target: NewTarget) -> dict[str, Any]:
    values = asdict(target)
    tenant = values.pop("tenant")
    return {**values, "measure": target.measure.value, "tenant_id": tenant}


def _target(row: Row[Any]) -> NewTarget:
    return NewTarget(Measure(row.measure), row.share, row.within_s, row.tenant_id)
