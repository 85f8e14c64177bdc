"""A daily run starts once, whoever of two processes is killed in the middle of starting it."""

from __future__ import annotations

import signal
from datetime import UTC, datetime, time, timedelta
from functools import partial

from sqlalchemy import Engine, func, select, text, update

from feedly_core.db.engine import reading, writing
from feedly_core.db.own_schema import campaigns, golden_runs, golden_schedules
from feedly_core.golden_sets.runs import RunRequest
from feedly_core.golden_sets.schedule import daily_runs, schedule_run, start_due
from feedly_core.golden_sets.sets import save_version
from feedly_core.settings import Settings
from tests.faults.child import child
from tests.golden_sets import BOSS, golden_orders
from tests.waiting import wait_until


def started(engine: Engine) -> tuple[int, int]:
    with reading(engine) as connection:
        return tuple(  # type: ignore[return-value]
            connection.scalar(select(func.count()).select_from(table)) or 0
            for table in (golden_runs, campaigns)
        )


def blocked(engine: Engine) -> int:
    """Processes that wait for our lock, with a due schedule in their hands."""
    query = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with reading(engine) as connection:
        return connection.scalar(query) or 0


def test_a_daily_run_starts_once_though_its_starter_is_killed(
    engine: Engine, settings: Settings, our_schema: None
) -> None:
    now = datetime.now(UTC)
    save_version(engine, settings, BOSS, "menu", golden_orders(1))
    schedule_run(engine, settings, BOSS, "menu", RunRequest("v2.1"), time(3), now)
    start_due(engine)
    assert started(engine) == (0, 0), "it is not 03:00 yet"
    with writing(engine) as connection:
        late = {"next_at": now - timedelta(days=3)}
        connection.execute(update(golden_schedules).values(late))
    driver = partial(child, "campaign_process", settings, ASSETS_DIR=str(settings.assets_dir))
    with driver() as first, driver():
        with engine.connect() as blocker, blocker.begin() as held:
            blocker.execute(text("LOCK TABLE feedly_dashboard.golden_runs IN EXCLUSIVE MODE"))
            wait_until(lambda: blocked(engine) == 1, timeout=30, what="one process that starts the run")
            first.send_signal(signal.SIGKILL)
            first.wait()
            held.rollback()
        wait_until(lambda: started(engine) == (1, 1), timeout=30, what="the run")
        start_due(engine)
    assert started(engine) == (1, 1), "three missed days are one run"
    with reading(engine) as connection:
        [daily] = daily_runs(connection)
    assert now < daily.next_at <= now + timedelta(days=1)
