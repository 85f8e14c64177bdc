"""Writes of failure groups and their runs."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from feedly_core.db.engine import reading
from feedly_core.errors import PermissionDenied
from feedly_core.failures.broken import mark_fault, what_is_broken
from feedly_core.failures.groups import Fault, FaultState
from feedly_core.failures.plan import plan_group
from feedly_core.failures.runs import resume_group_rerun, start_group_rerun, stop_group_rerun
from feedly_core.live.overview import board_without_hub
from feedly_core.live.problems import ProblemKind
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings
from tests.writes.team import BOTH, Team, Write


def _start_rerun(team: Team, person: Person, settings: Settings) -> UUID:
    now = datetime.now(UTC) + timedelta(hours=1)  # when no repair is awaited any more
    with reading(team.engine) as connection:
        groups = what_is_broken(connection, board_without_hub(connection, now), now)
        group = next(each for each in groups if each.fault == Fault(ProblemKind.FAILED, "planner"))
        plan = plan_group(connection, group, now)
    return start_group_rerun(team.engine, settings, person, group, plan)


def _stop_rerun(team: Team, person: Person, settings: Settings) -> UUID:
    run_id = uuid4()
    with suppress(PermissionDenied):  # who may not start one may not stop one either
        run_id = _start_rerun(team, person, settings)
    stop_group_rerun(team.engine, settings, person, run_id)
    return run_id


def _resume_rerun(team: Team, person: Person, settings: Settings) -> None:
    run_id = uuid4()
    with suppress(PermissionDenied):
        run_id = _stop_rerun(team, person, settings)
    resume_group_rerun(team.engine, settings, person, run_id)


WRITES = (
    Write(
        mark_fault,
        Role.REVIEWER,
        "mark_failure",
        BOTH,
        lambda team, person, settings: mark_fault(
            *(team.engine, settings, person, Fault(ProblemKind.FAILED, "planner"), FaultState.KNOWN),
            note="the model is down",
        ),
    ),
    Write(start_group_rerun, Role.OPERATOR, "rerun_group", ("after",), _start_rerun),
    Write(stop_group_rerun, Role.OPERATOR, "stopped_rerun", BOTH, _stop_rerun),
    Write(resume_group_rerun, Role.OPERATOR, "running_rerun", BOTH, _resume_rerun),
)
