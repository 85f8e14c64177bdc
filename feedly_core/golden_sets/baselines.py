"""What people approved of a golden set, and the failures that they know and accept for a time."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Select, Table, select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from feedly_core.db.engine import reading, writing
from feedly_core.db.own_schema import golden_baselines, golden_known_failures
from feedly_core.db.query_budget import query_budget
from feedly_core.domain.typed_text import text_problems
from feedly_core.errors import FeedlyError, InvalidInput
from feedly_core.golden_sets.cases import RunResult, results_of_runs
from feedly_core.golden_sets.gate import CaseState, KnownFailure
from feedly_core.golden_sets.runs import GoldenRun
from feedly_core.golden_sets.sets import GoldenSet, need_golden_sets
from feedly_core.i18n import N_, Message
from feedly_core.images.thumbnails import picture
from feedly_core.permissions import Person, Role, audit, require
from feedly_core.reviews.limits import limits_in_force
from feedly_core.settings import Settings

MAX_REASON = 500
LONGEST_DAYS = 90
"""A known failure expires at the latest after so many days."""


@dataclass(frozen=True)
class Baseline:
    """The approved result of a case. ``thumbnail``: WebP, None where no picture could be copied."""

    release: str
    thumbnail: bytes | None
    approved_by: str
    at: datetime


@query_budget(statements=1, rows=500)
def baselines(connection: Connection, name: str) -> Mapping[UUID, Baseline]:
    """The newest approval of each of the set's cases. One statement."""
    return {
        row.case_id: Baseline(
            row.release, None if row.thumbnail is None else bytes(row.thumbnail), row.approved_by, row.at
        )
        for row in connection.execute(_newest(golden_baselines, name))
    }


@query_budget(statements=1, rows=500)
def known_failures(connection: Connection, name: str) -> Mapping[UUID, KnownFailure]:
    """The newest known failure of each case of the set, expired ones too. One statement."""
    rows = connection.execute(_newest(golden_known_failures, name))
    return {row.case_id: KnownFailure(row.reason, row.until, row.person) for row in rows}


def _newest(table: Table, name: str) -> Select[Any]:
    """The last word on each case of the set ``name``."""
    newest = select(table).ext(distinct_on(table.c.case_id)).where(table.c.set_name == name)
    return newest.order_by(table.c.case_id, table.c.entry_id.desc())


def approve(
    engine: Engine,
    settings: Settings,
    person: Person,
    golden: GoldenSet,
    run: GoldenRun,
    now: datetime,
    *,
    only: Collection[UUID] = (),
) -> int:
    """Approve what passed under the run's release as baseline; return how many cases that are.

    A case that did not pass is never approved. ``only``: these cases. Needs the role reviewer. Raises
    :class:`InvalidInput` when none of them passed; then nothing is written.
    """
    require(person, Role.REVIEWER, settings)
    with reading(engine) as connection:
        need_golden_sets(connection)
        [result] = results_of_runs(connection, golden, [run], limits_in_force(connection, settings), now)
    chosen = [
        order.case_id
        for order in golden.orders
        if result.case(order.case_id).state is CaseState.PASSED and (not only or order.case_id in only)
    ]
    if not chosen:
        raise InvalidInput(
            N_("No case has passed under {release}.", release=run.release),
            detail=N_("Nothing was approved: only what passed can become the baseline."),
            hint=N_("Judge its pictures, or wait until the run has ended."),
        )
    rows = [
        {
            "set_name": golden.name,
            "case_id": case_id,
            "release": run.release,
            "thumbnail": _thumbnail(engine, settings, result, case_id),
            "approved_by": person.name,
        }
        for case_id in chosen
    ]
    with writing(engine) as connection:
        connection.execute(insert(golden_baselines), rows)
        audit(
            connection,
            person,
            "approve_baseline",
            golden.name,
            after={
                "release": run.release,
                "version": golden.version,
                "cases": [str(case_id) for case_id in chosen],
            },
        )
    return len(chosen)


def keep_known_failure(
    engine: Engine,
    settings: Settings,
    person: Person,
    golden: GoldenSet,
    case_id: UUID,
    reason: str,
    until: date,
    today: date,
) -> None:
    """Accept a case's failure up to and on a day; a day before ``today`` ends it.

    Needs the role reviewer. Raises :class:`InvalidInput`, then nothing is written.
    """
    require(person, Role.REVIEWER, settings)
    for problem in _problems(golden, case_id, reason, until, today):
        raise InvalidInput(problem, detail=N_("Nothing was written."), hint=N_("Correct it and try again."))
    with writing(engine) as connection:
        need_golden_sets(connection)
        before = known_failures(connection, golden.name).get(case_id)
        connection.execute(
            insert(golden_known_failures).values(
                set_name=golden.name, case_id=case_id, reason=reason.strip(), until=until, person=person.name
            )
        )
        audit(
            connection,
            person,
            "known_failure",
            f"{golden.name} {case_id}",
            before={"reason": before.reason, "until": before.until.isoformat()} if before else None,
            after={"reason": reason.strip(), "until": until.isoformat()},
        )


def _problems(golden: GoldenSet, case_id: UUID, reason: str, until: date, today: date) -> list[Message]:
    problems = text_problems(N_("reason"), reason, MAX_REASON, required=True)
    if case_id not in {order.case_id for order in golden.orders}:
        problems.append(N_("The set holds no such case."))
    if until > today + timedelta(days=LONGEST_DAYS):
        problems.append(N_("A known failure expires after {n} days at the latest.", n=LONGEST_DAYS))
    return problems


def _thumbnail(engine: Engine, settings: Settings, result: RunResult, case_id: UUID) -> bytes | None:
    shown = result.case(case_id).shown
    if shown is None:
        return None
    try:
        return picture(engine, settings, shown.card.finished_id, "thumb").content
    except FeedlyError:
        return None
