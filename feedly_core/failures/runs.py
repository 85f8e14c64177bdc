"""Reruns of a failure group: started by a person, taken on variant by variant, stopped, resumed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, Row, func, insert, select, update

from feedly_core.db.engine import writing
from feedly_core.db.own_schema import FAILURES, group_reruns, installed, need, rerun_items
from feedly_core.db.query_budget import query_budget
from feedly_core.errors import InvalidInput, NotFound
from feedly_core.failures.groups import FailureGroup
from feedly_core.failures.plan import MOST_AT_ONCE, GroupPlan
from feedly_core.i18n import N_, Message, message_document, read_message
from feedly_core.permissions import Person, Role, audit, require
from feedly_core.settings import Settings


class RunState(StrEnum):
    RUNNING = "running"
    STOPPED = "stopped"
    FINISHED = "finished"


class ItemState(StrEnum):
    """``started``: its step runs. ``ok``: it ended with its row. ``left``: not touched, with a reason."""

    PLANNED = "planned"
    STARTED = "started"
    OK = "ok"
    FAILED = "failed"
    SILENT = "silent"
    LEFT = "left"


OPEN = (ItemState.PLANNED.value, ItemState.STARTED.value)


@dataclass(frozen=True)
class RunItem:
    """One variant of a rerun. ``reason``: why it was left, or what failed again."""

    job_id: UUID
    variant_id: UUID
    step: str
    state: ItemState
    reason: Message | None


@dataclass(frozen=True)
class GroupRerun:
    """One rerun. ``run_id`` stands in every audit line of it. ``stopped_by``: the failure that ended it."""

    run_id: UUID
    problem: str
    step: str
    release: str
    state: RunState
    stopped_by: Message | None
    person: str
    started_at: datetime
    finished_at: datetime | None
    items: tuple[RunItem, ...]

    @property
    def counts(self) -> Mapping[ItemState, int]:
        return Counter(item.state for item in self.items)

    @property
    def settled(self) -> int:
        """How many variants are through with."""
        return sum(item.state.value not in OPEN for item in self.items)


@query_budget(statements=2, rows=1_200)
def recent_reruns(connection: Connection, limit: int = 3) -> tuple[GroupRerun, ...]:
    """The newest reruns, the newest first. Two statements; none without our own schema."""
    if not installed(connection, FAILURES):
        return ()
    newest = select(group_reruns).order_by(group_reruns.c.started_at.desc()).limit(limit)
    return _with_items(connection, connection.execute(newest).all())


@query_budget(statements=2, rows=300)
def read_rerun(connection: Connection, run_id: UUID) -> GroupRerun:
    """One rerun by its id. Raises :class:`NotFound`."""
    found: tuple[GroupRerun, ...] = ()
    if installed(connection, FAILURES):
        query = select(group_reruns).where(group_reruns.c.run_id == run_id)
        found = _with_items(connection, connection.execute(query).all())
    if not found:
        raise NotFound(N_("There is no rerun {run}.", run=run_id))
    return found[0]


def _with_items(connection: Connection, runs: Sequence[Row[tuple[object, ...]]]) -> tuple[GroupRerun, ...]:
    items: dict[UUID, list[RunItem]] = {run.run_id: [] for run in runs}
    query = select(rerun_items).where(rerun_items.c.run_id.in_(items)).order_by(rerun_items.c.position)
    for row in connection.execute(query) if runs else ():
        items[row.run_id].append(
            RunItem(row.job_id, row.job_variants_id, row.step, ItemState(row.state), read_reason(row.reason))
        )
    return tuple(
        GroupRerun(
            run.run_id,
            run.problem,
            run.step,
            run.release,
            RunState(run.state),
            read_reason(run.stopped_by),
            run.person,
            run.started_at,
            run.finished_at,
            tuple(items[run.run_id]),
        )
        for run in runs
    )


def start_group_rerun(
    engine: Engine, settings: Settings, person: Person, group: FailureGroup, plan: GroupPlan
) -> UUID:
    """Keep the plan and let it run; nothing of FeedlyAI's changes yet. Returns its id, the audit id.

    Whoever drives it takes one variant after the other: :func:`feedly_core.failures.drive.advance`. One rerun
    at a time. Raises :class:`InvalidInput`, :class:`MissingInSchema`, :class:`PermissionDenied`.
    """
    require(person, Role.OPERATOR, settings)
    if not 1 <= len(plan.plans) <= MOST_AT_ONCE:
        raise InvalidInput(N_("A rerun needs 1 to {n} variants.", n=MOST_AT_ONCE))
    run_id, (problem, step, release) = uuid4(), group.name
    with writing(engine) as connection:
        need(connection, FAILURES, N_("This database has no place for reruns of a group yet."))
        _alone(connection)
        connection.execute(
            insert(group_reruns).values(
                run_id=run_id,
                problem=problem,
                step=step,
                release=release,
                state=RunState.RUNNING.value,
                person=person.name,
                role=person.role.name,
            )
        )
        connection.execute(insert(rerun_items), _items(run_id, plan))
        planned = {"variants": len(plan.plans), "excluded": len(plan.excluded)}
        audit(connection, person, "rerun_group", str(run_id), after={"group": list(group.name), **planned})
    return run_id


def _items(run_id: UUID, plan: GroupPlan) -> list[dict[str, object]]:
    return [
        {
            "run_id": run_id,
            "position": position,
            "job_id": one.job_id,
            "job_variants_id": one.variant_id,
            "step": one.step,
            "before_step": one.changes[0].before[0],
            "before_status": one.changes[0].before[1],
            "state": ItemState.PLANNED.value,
        }
        for position, one in enumerate(plan.plans)
    ]


def stop_group_rerun(engine: Engine, settings: Settings, person: Person, run_id: UUID) -> None:
    """Start no further variant. What has started goes on.

    Raises :class:`NotFound`, :class:`PermissionDenied`.
    """
    _turn(engine, settings, person, run_id, RunState.RUNNING, RunState.STOPPED)


def resume_group_rerun(engine: Engine, settings: Settings, person: Person, run_id: UUID) -> None:
    """Go on with the variants that are left; each is checked again before it is touched.

    Raises :class:`NotFound`, :class:`InvalidInput` while another one runs, :class:`PermissionDenied`.
    """
    _turn(engine, settings, person, run_id, RunState.STOPPED, RunState.RUNNING)


def _turn(
    engine: Engine, settings: Settings, person: Person, run_id: UUID, before: RunState, after: RunState
) -> None:
    require(person, Role.OPERATOR, settings)
    with writing(engine) as connection:
        if not installed(connection, FAILURES):
            raise NotFound(N_("There is no rerun {run}.", run=run_id))
        if after is RunState.RUNNING:
            _alone(connection, run_id)
        changed = connection.execute(
            update(group_reruns)
            .where(group_reruns.c.run_id == run_id, group_reruns.c.state == before.value)
            .values(state=after.value, **_SINCE[after])
        )
        if not changed.rowcount:
            raise NotFound(
                N_("This rerun is no longer {state}.", state=RUN_TITLES[before]),
                hint=N_("Load the page again."),
            )
        audit(
            connection,
            person,
            f"{after}_rerun",
            str(run_id),
            before={"state": before.value},
            after={"state": after.value},
        )


def _alone(connection: Connection, run_id: UUID | None = None) -> None:
    """Refuse a second rerun; two that start at one moment wait for each other here."""
    connection.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
    other = connection.scalar(
        select(group_reruns.c.run_id).where(
            group_reruns.c.state == RunState.RUNNING.value, group_reruns.c.run_id.is_distinct_from(run_id)
        )
    )
    if other is not None:
        raise InvalidInput(
            N_("Another rerun of a group is going on."), hint=N_("Wait for its end, or stop it.")
        )


_SINCE: Mapping[RunState, Mapping[str, object]] = {
    RunState.RUNNING: {"stopped_by": "", "finished_at": None, "resumed_at": func.now()},
    RunState.STOPPED: {"finished_at": func.now()},
}
_ONE_AT_A_TIME = 7_303_014_017

RUN_TITLES: Mapping[RunState, Message] = {
    RunState.RUNNING: N_("going on"),
    RunState.STOPPED: N_("stopped"),
    RunState.FINISHED: N_("finished"),
}
ITEM_TITLES: Mapping[ItemState, Message] = {
    ItemState.PLANNED: N_("planned"),
    ItemState.STARTED: N_("started"),
    ItemState.OK: N_("succeeded"),
    ItemState.FAILED: N_("failed again"),
    ItemState.SILENT: N_("no response"),
    ItemState.LEFT: N_("left alone"),
}


def kept_reason(reason: Message) -> str:
    """What a row keeps of a sentence."""
    return json.dumps(message_document(reason), ensure_ascii=False)


def read_reason(kept: str) -> Message | None:
    """The sentence that a row keeps."""
    return read_message(json.loads(kept)) if kept else None
