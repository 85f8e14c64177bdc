"""The driving of a group's rerun: one variant per transaction, at most three at once, ended by repeats."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, func, select, update
from sqlalchemy.exc import DBAPIError

from feedly_core.db.background import BackgroundWorker
from feedly_core.db.engine import among, reading, writing
from feedly_core.db.errors import translated
from feedly_core.db.job_rows import read_stall_timeouts
from feedly_core.db.own_schema import FAILURES, group_reruns, installed, rerun_items
from feedly_core.db.proof import Proof, read_proof
from feedly_core.domain.job_rows import StallTimeouts
from feedly_core.domain.pipeline import VARIANT_STEP_NAMES, Status, finished_steps, title
from feedly_core.domain.rollup import RowState
from feedly_core.domain.status import RETRY_GRACE
from feedly_core.domain.tables import jobs_variants
from feedly_core.errors import FeedlyError, InvalidInput, NotFound, RowLocked
from feedly_core.failures.runs import ItemState, RunState, kept_reason
from feedly_core.i18n import N_, Message
from feedly_core.jobs.rerun import audited, run_again
from feedly_core.permissions import Person, Role, audit

AT_ONCE = 3
"""Variants whose step runs at the same moment: a service that is still broken costs that many, not all."""
REPEATS = 3
"""The same failure so many times in a row ends the rerun."""
PACE_S = 1.0
LOOK_S = 2.0
"""Pause between looks at variants whose step runs."""
QUIET_S = 30.0
"""Pause without a rerun. The page that starts one wakes us."""

REPAIR_GRACE = RETRY_GRACE
"""A failed row that stands for so long has failed."""

_log = logging.getLogger("feedly.failures")


class GroupRerunDriver:
    """Drives reruns in one process; any number of processes may run one."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._worker = BackgroundWorker("group reruns", self._round, _log)

    def start(self) -> None:
        self._worker.start()

    def stop(self, timeout: float = 5.0) -> None:
        self._worker.stop(timeout)

    def wake(self) -> None:
        """A rerun was started or resumed."""
        self._worker.retry()

    def _round(self) -> float:
        with reading(self._engine) as connection:
            if not installed(connection, FAILURES):
                return QUIET_S
            run_id = connection.scalar(
                select(group_reruns.c.run_id).where(group_reruns.c.state == RunState.RUNNING.value)
            )
        return QUIET_S if run_id is None else advance(self._engine, run_id) or 0.0


def advance(engine: Engine, run_id: UUID) -> float | None:
    """Take the next step of a rerun in one transaction: note what ended, start one variant, or end it.

    Returns the seconds until the next step is due; None when the rerun does not go on. A process that drives
    the same rerun at this moment is not waited for. Events: see :func:`feedly_core.jobs.rerun.run_again`.
    """
    with writing(engine) as connection:
        mine = (
            select(group_reruns, func.now().label("now"))
            .where(group_reruns.c.run_id == run_id, group_reruns.c.state == RunState.RUNNING.value)
            .with_for_update(skip_locked=True)
        )
        run = connection.execute(mine).one_or_none()
        if run is None:
            state = connection.scalar(select(group_reruns.c.state).where(group_reruns.c.run_id == run_id))
            return LOOK_S if state == RunState.RUNNING.value else None
        running = _note_ended(connection, run)
        if failure := _repeated(connection, run_id):
            _end(connection, run, RunState.STOPPED, failure)
            return None
        waiting = _next_item(connection, run_id)
        if waiting is None and not running:
            _end(connection, run, RunState.FINISHED, "")
            return None
        if waiting is None or running >= AT_ONCE:
            return LOOK_S
        return PACE_S if _start(connection, run, waiting) else 0.0


def _start(connection: Connection, run: Row[Any], item: Row[Any]) -> bool:
    """Whether the variant was written; if not, it is left with the reason."""
    person = Person(run.person, Role[run.role])
    try:
        with connection.begin_nested():
            plan = run_again(
                connection, item.job_variants_id, item.step, (item.before_step, item.before_status)
            )
            before, after = audited(plan)
            after["rerun"] = str(run.run_id)
            audit(connection, person, "rerun_step", str(item.job_variants_id), before=before, after=after)
    except (InvalidInput, NotFound) as error:
        return _left(connection, item, error)
    except DBAPIError as error:
        told = translated(error)
        if not isinstance(told, RowLocked):
            raise
        return _left(connection, item, told)
    _settle(connection, item, ItemState.STARTED, started_at=func.clock_timestamp())
    return True


def _left(connection: Connection, item: Row[Any], error: FeedlyError) -> bool:
    _settle(connection, item, ItemState.LEFT, reason=error.message)
    return False


def _note_ended(connection: Connection, run: Row[Any]) -> int:
    """Settle the variants whose step has ended; return how many still run."""
    items = rerun_items.c
    started = connection.execute(
        select(rerun_items).where(items.run_id == run.run_id, items.state == ItemState.STARTED.value)
    ).all()
    if not started:
        return 0
    variants = jobs_variants.c
    ids = [item.job_variants_id for item in started]
    query = select(variants.job_variants_id, variants.current_step, variants.status, variants.updated_at)
    rows = {
        row.job_variants_id: row
        for row in connection.execute(query.where(among(variants.job_variants_id, ids)))
    }
    proofs = read_proof(connection, {item.job_variants_id: item.job_id for item in started})
    timeouts = read_stall_timeouts(connection)
    running = 0
    for item in started:
        row, since = rows.get(item.job_variants_id), run.now - item.started_at
        ended = outcome(
            item.step,
            (row.current_step, row.status) if row else None,
            proofs[item.job_variants_id],
            since,
            timeouts,
            unchanged=min(since, run.now - row.updated_at) if row and row.updated_at else since,
        )
        if ended is None:
            running += 1
        else:
            _settle(connection, item, ended[0], reason=ended[1])
    return running


def outcome(
    step: str,
    place: RowState | None,
    proof: Proof,
    since: timedelta,
    timeouts: StallTimeouts,
    *,
    unchanged: timedelta,
) -> tuple[ItemState, Message | None] | None:
    """How the step of a variant ended that was put back ``since`` ago; None while it runs. Pure.

    ``unchanged``: how long its row has stood there. A failure counts when it stays: the services call a step
    more than once, and a later call may still succeed.
    """
    if place is None:
        return ItemState.LEFT, N_("This variant is no longer there.")
    if finished_steps(*place) > VARIANT_STEP_NAMES.index(step):
        if step in proof.missing(*place):
            return ItemState.FAILED, N_("{step} stored no row", step=title(step))
        return ItemState.OK, None
    if place == (step, Status.FAILED.value) and (unchanged >= REPAIR_GRACE or since > timeouts.of(step)):
        return ItemState.FAILED, N_("{step} failed", step=title(step))
    if since > timeouts.of(step):
        return ItemState.SILENT, N_("No response from {step}", step=title(step))
    return None


def _repeated(connection: Connection, run_id: UUID) -> str:
    """The reason that the newest variants share, where the last three failed alike; else empty."""
    items = rerun_items.c
    ended = (ItemState.OK.value, ItemState.FAILED.value, ItemState.SILENT.value)
    resumed = select(group_reruns.c.resumed_at).where(group_reruns.c.run_id == run_id).scalar_subquery()
    newest = connection.execute(
        select(items.state, items.reason)
        .where(items.run_id == run_id, items.state.in_(ended), items.settled_at > resumed)
        .order_by(items.settled_at.desc(), items.position.desc())
        .limit(REPEATS)
    ).all()
    return same_failure(newest)


def same_failure(newest: Sequence[Any]) -> str:
    """The kept reason of (state, reason) rows that are all one failure; else empty. Pure."""
    alike = len(newest) == REPEATS and len({(row.state, row.reason) for row in newest}) == 1
    return str(newest[0].reason) if alike and newest[0].state != ItemState.OK.value else ""


def _next_item(connection: Connection, run_id: UUID) -> Row[Any] | None:
    items = rerun_items.c
    return connection.execute(
        select(rerun_items)
        .where(items.run_id == run_id, items.state == ItemState.PLANNED.value)
        .order_by(items.position)
        .limit(1)
    ).one_or_none()


def _settle(
    connection: Connection,
    item: Row[Any],
    state: ItemState,
    *,
    reason: Message | None = None,
    started_at: Any = None,
) -> None:
    values: dict[str, Any] = {"state": state.value, "reason": kept_reason(reason) if reason else ""}
    values |= {"started_at": started_at} if started_at is not None else {"settled_at": func.clock_timestamp()}
    items = rerun_items.c
    connection.execute(
        update(rerun_items)
        .where(items.run_id == item.run_id, items.position == item.position)
        .values(**values)
    )


def _end(connection: Connection, run: Row[Any], state: RunState, failure: str) -> None:
    connection.execute(
        update(group_reruns)
        .where(group_reruns.c.run_id == run.run_id)
        .values(state=state.value, stopped_by=failure, finished_at=func.now())
    )
    counts = connection.execute(
        select(rerun_items.c.state, func.count().label("variants"))
        .where(rerun_items.c.run_id == run.run_id)
        .group_by(rerun_items.c.state)
    ).all()
    audit(
        connection,
        Person(run.person, Role[run.role]),
        f"{state}_rerun",
        str(run.run_id),
        before={"state": RunState.RUNNING.value},
        after={row.state: row.variants for row in counts},
    )
