"""Writes of golden sets, baselines and schedules."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from feedly_core.golden_sets.baselines import approve, keep_known_failure
from feedly_core.golden_sets.runs import RunRequest, run_set
from feedly_core.golden_sets.schedule import end_schedule, schedule_run
from feedly_core.golden_sets.sets import save_version
from feedly_core.permissions import Role
from tests.golden_sets import golden_orders
from tests.writes.team import BOTH, Write

WRITES = (
    Write(
        save_version,
        Role.REVIEWER,
        "save_golden_set",
        BOTH,
        lambda team, person, settings: save_version(
            team.engine, settings, person, team.golden.name, golden_orders(2)
        ),
    ),
    Write(
        run_set,
        Role.OPERATOR,
        "run_golden_set",
        ("after",),
        lambda team, person, settings: run_set(team.engine, settings, person, team.golden, RunRequest("2.1")),
    ),
    Write(
        approve,
        Role.REVIEWER,
        "approve_baseline",
        ("after",),
        lambda team, person, settings: approve(
            team.engine, settings, person, team.golden, team.golden_run, datetime.now(UTC)
        ),
    ),
    Write(
        keep_known_failure,
        Role.REVIEWER,
        "known_failure",
        BOTH,
        lambda team, person, settings: keep_known_failure(
            *(team.engine, settings, person, team.golden, team.golden.orders[0].case_id),
            *("the font is late", date(2030, 1, 1), date(2029, 12, 1)),
        ),
    ),
    Write(
        schedule_run,
        Role.OPERATOR,
        "schedule_golden_set",
        ("after",),
        lambda team, person, settings: schedule_run(
            *(team.engine, settings, person, team.golden.name, RunRequest("2.1"), time(3)), datetime.now(UTC)
        ),
    ),
    Write(
        end_schedule,
        Role.OPERATOR,
        "end_golden_schedule",
        BOTH,
        lambda team, person, settings: end_schedule(team.engine, settings, person, team.daily_run),
    ),
)
