"""``kill -9`` of the process that drives a group's rerun: none is lost, none is started twice."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID

import psycopg2
from sqlalchemy import Engine, select, text

from feedly_core.db.engine import reading
from feedly_core.db.own_schema import audit_log
from feedly_core.domain.contract import VARIANT_CHANNEL
from feedly_core.failures.runs import ItemState, RunState
from feedly_core.live.events import parse_event
from feedly_core.settings import Settings
from tests.faults.child import child
from tests.integration.test_group_rerun import begun, failed_jobs, places, put, run_of
from tests.waiting import wait_until


@contextmanager
def starts(database_url: str) -> Iterator[Counter[UUID | None]]:
    """How often each variant was told (planner, done), filled at the end of the block."""
    told: Counter[UUID | None] = Counter()
    listening = psycopg2.connect(database_url)
    listening.autocommit = True
    listening.cursor().execute(f"LISTEN {VARIANT_CHANNEL}")
    yield told
    listening.cursor().execute("SELECT 1")  # with its answer comes everything that was told before
    events = [parse_event(each.channel, each.payload, datetime.now(UTC)) for each in listening.notifies]
    started = [each for each in events if each and (each.step, each.status) == ("planner", "done")]
    told.update(each.variant_id for each in started)
    listening.close()


def test_a_rerun_goes_on_where_a_killed_process_left_it(
    engine: Engine, settings: Settings, database_url: str, our_schema: None
) -> None:
    variants = {one for job in failed_jobs(engine, 4, 1) for one in job.variant_ids}
    run_id = begun(engine, settings)

    def states() -> dict[UUID, ItemState]:
        return {item.variant_id: item.state for item in run_of(engine, run_id).items}

    with starts(database_url) as told:
        with child("rerun_process", settings) as first, engine.connect() as holder:
            wait_until(lambda: ItemState.STARTED in states().values(), timeout=30, what="the first variant")
            # The next variant's row is written, but not its line in the audit log: killed in the middle.
            holder.execute(text("LOCK TABLE feedly_dashboard.audit_log IN SHARE MODE"))
            wait_until(lambda: _waits(engine), timeout=30, what="the driver in the middle of a variant")
            first.send_signal(signal.SIGKILL)
            first.wait()
            holder.rollback()
        begun_before = {key for key, state in states().items() if state is ItemState.STARTED}
        assert 1 <= len(begun_before) < len(variants)
        moved = {key for key, place in places(engine).items() if place == ("planner", "done")} & variants
        assert moved == begun_before, "what was not through is as it was"

        with child("rerun_process", settings):

            def answered() -> bool:
                for key, state in states().items():
                    if state is ItemState.STARTED:
                        put(engine, key, "overlay", "done")
                return run_of(engine, run_id).state is not RunState.RUNNING

            wait_until(answered, timeout=60, what="the end of the rerun")
    run = run_of(engine, run_id)
    assert (run.state, run.counts) == (RunState.FINISHED, {ItemState.OK: len(variants)})
    assert told == dict.fromkeys(variants, 1), "each step is started once"
    with reading(engine) as connection:
        lines = select(audit_log.c.target).where(audit_log.c.action == "rerun_step")
        assert sorted(connection.scalars(lines)) == sorted(map(str, variants))


def _waits(engine: Engine) -> bool:
    """Whether a session waits for the lock on the audit log."""
    query = text(
        "SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation"
        " WHERE c.relname = 'audit_log' AND NOT l.granted"
    )
    with reading(engine) as connection:
        return bool(connection.scalar(query))
