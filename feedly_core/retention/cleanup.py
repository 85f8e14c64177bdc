"""What would go, and its removal: in one transaction, with a line per kind in the audit log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine, Table, delete, func, select, tuple_

from feedly_core.db.engine import writing
from feedly_core.db.query_budget import query_budget
from feedly_core.db.transactions import own_tables
from feedly_core.errors import InvalidInput
from feedly_core.i18n import N_
from feedly_core.permissions import Person, Role, audit, require
from feedly_core.retention.kinds import KINDS, RetentionKind, Rows
from feedly_core.settings import Settings

MOST_ROWS = 100_000
"""Of one table at once: the rest goes with the next removal."""


@dataclass(frozen=True)
class Cutoff:
    """What is older than ``before`` may go."""

    kind: RetentionKind
    before: datetime


@dataclass(frozen=True)
class OldRows:
    """Rows by table of one kind. ``more``: there are too many for one removal."""

    cutoff: Cutoff
    rows: Mapping[str, int]
    more: bool = False

    @property
    def total(self) -> int:
        return sum(self.rows.values())


def cutoffs(kinds: Iterable[RetentionKind], days: int | None, now: datetime) -> tuple[Cutoff, ...]:
    """What is older than ``days``, else than the usual days of each kind.

    Raises :class:`InvalidInput` for less than a kind must be kept.
    """
    found = tuple(
        Cutoff(kind, now - timedelta(days=KINDS[kind].usual if days is None else days))
        for kind in dict.fromkeys(kinds)
    )
    _check(found, now)
    return found


@query_budget(statements=20, rows=200_000)
def plan_removal(connection: Connection, chosen: Iterable[Cutoff]) -> tuple[OldRows, ...]:
    """What a removal would take now, by kind and table. One statement per table."""
    return tuple(_counted(connection, cutoff) for cutoff in chosen)


def remove_stored(
    engine: Engine, settings: Settings, person: Person, chosen: Iterable[Cutoff]
) -> tuple[OldRows, ...]:
    """Remove it, all or nothing. Needs the role operator; rows of FeedlyAI stay as they are.

    Raises :class:`InvalidInput` for less than a kind must be kept, :class:`QueryTimedOut`,
    :class:`RowLocked`; nothing is removed then.
    """
    require(person, Role.OPERATOR, settings)
    chosen = tuple(chosen)
    _check(chosen, datetime.now(UTC))
    done = []
    with writing(engine) as connection:
        for cutoff in chosen:
            removed = _removed(connection, cutoff)
            if removed.total:
                after = {"removed": dict(removed.rows), "older_than": cutoff.before.isoformat()}
                audit(connection, person, "remove_stored", cutoff.kind.value, after=after)
            done.append(removed)
    return tuple(done)


def _check(chosen: Iterable[Cutoff], now: datetime) -> None:
    for cutoff in chosen:
        kind = KINDS[cutoff.kind]
        if cutoff.before > now - timedelta(days=kind.least):
            raise InvalidInput(
                N_("{kind}: the last {n} days are kept.", kind=kind.title, n=kind.least),
                detail=N_("Nothing was removed."),
                hint=N_("Choose a longer time."),
            )


def _counted(connection: Connection, cutoff: Cutoff) -> OldRows:
    rows, more = {}, False
    for table, condition in _here(connection, cutoff):
        some = select(*table.primary_key.columns).where(condition).limit(MOST_ROWS + 1).subquery()
        count = connection.scalar(select(func.count()).select_from(some)) or 0
        rows[table.name], more = min(count, MOST_ROWS), more or count > MOST_ROWS
    return OldRows(cutoff, rows, more)


def _removed(connection: Connection, cutoff: Cutoff) -> OldRows:
    rows, more = {}, False
    for table, condition in _here(connection, cutoff):
        key = tuple_(*table.primary_key.columns)
        oldest = select(*table.primary_key.columns).where(condition).limit(MOST_ROWS)
        count = connection.execute(delete(table).where(key.in_(oldest))).rowcount
        rows[table.name], more = count, more or count == MOST_ROWS
    return OldRows(cutoff, rows, more)


def _here(connection: Connection, cutoff: Cutoff) -> list[Rows]:
    """Those tables that exist; a kind needs all that its conditions name, so it goes whole or not at all."""
    found = KINDS[cutoff.kind].rows(cutoff.before)
    named: list[Table] = [table for table, _ in found]
    present = own_tables(connection)
    if cutoff.kind is RetentionKind.ALERTS and not present >= {table.name for table in named}:
        return []
    return [(table, condition) for table, condition in found if table.name in present]
