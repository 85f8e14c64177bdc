"""Running the step of a failure group again: as planned, once per variant, and no more than helps."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Thread
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, func, insert, select, text, update

from feedly_core.db.engine import reading
from feedly_core.db.own_schema import audit_log
from feedly_core.domain.tables import jobs, jobs_variants, vlm_traces
from feedly_core.errors import InvalidInput, NotFound, PermissionDenied
from feedly_core.failures import drive as driving
from feedly_core.failures.broken import mark_fault, named_group, what_is_broken
from feedly_core.failures.drive import AT_ONCE, advance
from feedly_core.failures.groups import FailureGroup, FaultState
from feedly_core.failures.plan import MOST_AT_ONCE, GroupPlan, plan_group
from feedly_core.failures.runs import (
    GroupRerun,
    ItemState,
    RunState,
    read_rerun,
    resume_group_rerun,
    start_group_rerun,
    stop_group_rerun,
)
from feedly_core.live.overview import board_without_hub
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings
from tests.moving_job import MovingJob, moving_job
from tests.one_status import RUNS
from tests.terminal import program

OPERATOR = Person("Kim", Role.OPERATOR)
pytestmark = pytest.mark.usefixtures("our_schema")


@pytest.fixture(autouse=True)
def grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed row counts at once, where a test does not say otherwise."""
    monkeypatch.setattr(driving, "REPAIR_GRACE", timedelta(0))


def failed_jobs(engine: Engine, count: int, variants: int = 2, step: str = "overlay") -> list[MovingJob]:
    """Jobs of which every variant failed at a step, with no repair left."""
    made = [moving_job(engine, variants=variants) for _ in range(count)]
    for job in made:
        for place in range(variants):
            job.move(place, step, "failed")
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(
            update(jobs_variants).values(retry_count=3, updated_at=text("now() - interval '20 minutes'"))
        )
        connection.execute(
            update(jobs).values(
                retry_count=3, version="2.0", updated_at=text("now() - interval '20 minutes'")
            )
        )
    return made


def the_group(engine: Engine, problem: str = "failed", step: str = "overlay") -> FailureGroup:
    now = datetime.now(UTC)
    with reading(engine) as connection:
        groups = what_is_broken(connection, board_without_hub(connection, now), now)
    return named_group(groups, problem, step)


def planned(engine: Engine, step: str = "overlay") -> tuple[FailureGroup, GroupPlan]:
    group = the_group(engine, step=step)
    with reading(engine) as connection:
        return group, plan_group(connection, group, datetime.now(UTC))


def begun(engine: Engine, settings: Settings, step: str = "overlay") -> UUID:
    group, plan = planned(engine, step)
    return start_group_rerun(engine, settings, OPERATOR, group, plan)


def run_of(engine: Engine, run_id: UUID) -> GroupRerun:
    with reading(engine) as connection:
        return read_rerun(connection, run_id)


def drive(engine: Engine, run_id: UUID, service: Callable[[UUID], None]) -> GroupRerun:
    """Until it goes on no more; ``service`` answers for each variant whose step was started."""
    answered: set[UUID] = set()
    for _ in range(200):
        if advance(engine, run_id) is None:
            return run_of(engine, run_id)
        started = [
            item.variant_id for item in run_of(engine, run_id).items if item.state is ItemState.STARTED
        ]
        assert len(started) <= AT_ONCE
        for variant_id in started:
            if variant_id not in answered:
                answered.add(variant_id)
                service(variant_id)
    raise AssertionError("the rerun never ended")


def put(engine: Engine, variant_id: UUID, step: str, status: str) -> None:
    job = MovingJob(engine, variant_ids=(variant_id,))
    job.move(0, step, status)


def places(engine: Engine) -> dict[UUID, tuple[str, str]]:
    variants, rows = jobs_variants.c, dict[UUID, tuple[str, str]]()
    with reading(engine) as connection:
        for row in connection.execute(
            select(variants.job_variants_id, variants.current_step, variants.status)
        ):
            rows[row.job_variants_id] = (row.current_step, row.status)
        for row in connection.execute(select(jobs.c.job_id, jobs.c.current_step, jobs.c.status)):
            rows[row.job_id] = (row.current_step, row.status)
    return rows


def test_the_plan_is_what_happens_to_variants_and_jobs(engine: Engine, settings: Settings) -> None:
    failed_jobs(engine, 3)
    group, plan = planned(engine)
    assert (len(group.members), group.release, len(plan.plans), plan.excluded) == (6, "2.0", 6, ())
    before = places(engine)
    for change in (change for one in plan.plans for change in one.changes if change.table != "jobs"):
        assert before[change.row_id] == change.before
    run_id = start_group_rerun(engine, settings, OPERATOR, group, plan)
    assert places(engine) == before, "starting it writes nothing of FeedlyAI's"
    expected: dict[UUID, tuple[str | None, str | None]] = dict(before)
    for one in plan.plans:
        for change in one.changes:
            assert expected[change.row_id] == change.before, "each plan finds what the one before left"
            expected[change.row_id] = change.after
    for _ in range(AT_ONCE):
        advance(engine, run_id)
    after = places(engine)
    for one in plan.plans[:AT_ONCE]:
        assert after[one.variant_id] == ("planner", "done")
    last_of_job = {one.job_id: one for one in plan.plans[: AT_ONCE - 1]}
    for job_id, one in last_of_job.items():
        changed = [change.after for change in one.changes if change.row_id == job_id]
        assert not changed or after[job_id] == changed[0]


def test_one_after_the_other_until_all_are_through(engine: Engine, settings: Settings) -> None:
    failed_jobs(engine, 4)
    run_id = begun(engine, settings)
    run = drive(engine, run_id, lambda one: put(engine, one, "overlay", "done"))
    assert (run.state, run.counts, run.stopped_by) == (RunState.FINISHED, {ItemState.OK: 8}, None)
    with reading(engine) as connection:
        lines = connection.execute(select(audit_log).order_by(audit_log.c.entry_id)).all()
    written = [line for line in lines if line.action == "rerun_step"]
    assert len(written) == len({line.target for line in written}) == 8
    assert {line.after["rerun"] for line in written} == {str(run_id)} and {line.person for line in lines} == {
        "Kim"
    }
    assert [line.action for line in lines if line.target == str(run_id)] == ["rerun_group", "finished_rerun"]


@pytest.mark.parametrize(
    ("recorded", "step"),
    [("fast", "planner"), ("slow model", "planner"), ("one judge call fails", "vlm_judge")],
)
def test_recorded_wild_runs_are_run_again_to_their_end(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch, recorded: str, step: str
) -> None:
    """Steps that repeat, go backwards and fail for a moment: no failure is counted, none is started twice."""
    monkeypatch.setattr(driving, "REPAIR_GRACE", timedelta(minutes=1))
    rng, made = random.Random(recorded), failed_jobs(engine, 2, 3, step)
    numbers = {one: number for job in made for number, one in enumerate(job.variant_ids, 1)}
    run_id = begun(engine, settings, step)
    tails: dict[UUID, list[tuple[str, str]]] = {}
    failed_for_a_moment = 0
    for _ in range(600):
        if advance(engine, run_id) is None:
            break
        for item in run_of(engine, run_id).items:
            if item.state is ItemState.STARTED and item.variant_id not in tails:
                tails[item.variant_id] = tail_of(recorded, numbers[item.variant_id], step)
        for variant_id, tail in tails.items():
            for _ in range(min(len(tail), rng.randint(0, 3))):
                place = tail.pop(0)
                if place == ("vlm_judge", "done"):
                    store_verdict(engine, variant_id)
                put(engine, variant_id, *place)
                if place == (step, "failed"):  # the driver looks at it before it goes on
                    failed_for_a_moment += 1
                    break
    run = run_of(engine, run_id)
    assert (run.state, run.counts, run.stopped_by) == (RunState.FINISHED, {ItemState.OK: 6}, None)
    assert failed_for_a_moment, "this run was not wild"
    with reading(engine) as connection:
        written = select(audit_log.c.target).where(audit_log.c.action == "rerun_step")
        assert sorted(connection.scalars(written)) == sorted(map(str, numbers))


def store_verdict(engine: Engine, variant_id: UUID) -> None:
    """The row of the judge, which a service writes before it says that it is done."""
    row = {"vlm_trace_id": uuid4(), "job_variants_id": variant_id, "operation_type": "judge"}
    with engine.begin() as connection:
        connection.execute(insert(vlm_traces).values(**row))


def tail_of(recorded: str, number: int, step: str) -> list[tuple[str, str]]:
    """What a recorded variant did from ``step`` on."""
    moves = [(str(name), str(status)) for _, each, name, status in RUNS[recorded] if each == number]
    return moves[[name for name, _ in moves].index(step) :]


def test_three_repeats_of_one_failure_end_it_and_it_can_go_on(engine: Engine, settings: Settings) -> None:
    failed_jobs(engine, 6)
    run_id = begun(engine, settings)
    run = drive(engine, run_id, lambda one: put(engine, one, "overlay", "failed"))
    assert run.state is RunState.STOPPED and str(run.stopped_by) == "Text overlay failed"
    touched = 12 - run.counts[ItemState.PLANNED]
    assert 3 <= touched <= 3 + AT_ONCE - 1, "a service that is still broken costs a few variants, not all"
    assert advance(engine, run_id) is None
    resume_group_rerun(engine, settings, OPERATOR, run_id)
    run = drive(engine, run_id, lambda one: put(engine, one, "overlay", "done"))
    assert run.state is RunState.FINISHED and not run.counts[ItemState.PLANNED]
    assert run.counts[ItemState.OK] == 12 - touched + (touched - run.counts[ItemState.FAILED])


def test_what_changed_since_the_plan_is_left_alone_with_the_reason(
    engine: Engine, settings: Settings
) -> None:
    failed_jobs(engine, 3, variants=1)
    group, plan = planned(engine)
    moved, held, fine = (one.variant_id for one in plan.plans)
    run_id = start_group_rerun(engine, settings, OPERATOR, group, plan)
    put(engine, moved, "vlm_judge", "failed")
    with engine.begin() as worker:
        worker.execute(
            select(jobs_variants.c.pk).where(jobs_variants.c.job_variants_id == held).with_for_update()
        )
        assert advance(engine, run_id) == 0.0
        assert advance(engine, run_id) == 0.0
        worker.rollback()
    advance(engine, run_id)
    items = {item.variant_id: item for item in run_of(engine, run_id).items}
    assert {key: item.state for key, item in items.items()} == {
        moved: ItemState.LEFT,
        held: ItemState.LEFT,
        fine: ItemState.STARTED,
    }
    assert "has moved on" in str(items[moved].reason) and "busy with this row" in str(items[held].reason)
    assert places(engine)[moved] == ("vlm_judge", "failed")


def test_two_processes_that_drive_it_write_each_variant_once(engine: Engine, settings: Settings) -> None:
    failed_jobs(engine, 3)
    run_id = begun(engine, settings)

    def work() -> None:
        for _ in range(60):
            if advance(engine, run_id) is None:
                return
            for item in run_of(engine, run_id).items:
                if item.state is ItemState.STARTED:
                    put(engine, item.variant_id, "overlay", "done")

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    run = run_of(engine, run_id)
    assert (run.state, run.counts) == (RunState.FINISHED, {ItemState.OK: 6})
    with reading(engine) as connection:
        written = select(func.count()).where(audit_log.c.action == "rerun_step")
        assert connection.scalar(written) == 6


def test_one_at_a_time_by_operators_and_stopped_when_asked(engine: Engine, settings: Settings) -> None:
    failed_jobs(engine, 2)
    group, plan = planned(engine)
    reviewer = Person("Lee", Role.REVIEWER)
    with pytest.raises(PermissionDenied):
        start_group_rerun(engine, settings, reviewer, group, plan)
    run_id = start_group_rerun(engine, settings, OPERATOR, group, plan)
    with pytest.raises(InvalidInput, match="Another rerun"):
        start_group_rerun(engine, settings, OPERATOR, group, plan)
    advance(engine, run_id)
    stop_group_rerun(engine, settings, OPERATOR, run_id)
    assert advance(engine, run_id) is None
    assert run_of(engine, run_id).counts == {ItemState.STARTED: 1, ItemState.PLANNED: 3}
    with pytest.raises(NotFound, match="no longer going on"):
        stop_group_rerun(engine, settings, OPERATOR, run_id)


def test_at_most_two_hundred_and_never_a_finished_job(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = failed_jobs(engine, 3)
    group = the_group(engine)
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(
            update(jobs).where(jobs.c.job_id == made[0].job_id).values(current_step="instagram_feed_gen")
        )
    monkeypatch.setattr("feedly_core.failures.plan.MOST_AT_ONCE", 5)
    with reading(engine) as connection:
        plan = plan_group(connection, group, datetime.now(UTC))
    assert MOST_AT_ONCE == 200
    reasons = {str(reason): count for reason, count in plan.reasons}
    assert reasons.pop("At most 5 run at once: plan again afterwards.") == 1
    assert reasons.keys() == {"This job is finished."} and len(plan.plans) + sum(reasons.values()) == 5
    assert {one.job_id for one in plan.plans}.isdisjoint({made[0].job_id})
    assert plan.cost.steps == len(plan.plans) * 5 and plan.cost.jobs == len({p.job_id for p in plan.plans})


def test_what_people_say_of_a_fault(engine: Engine, settings: Settings) -> None:
    failed_jobs(engine, 1)
    fault, reviewer = the_group(engine).fault, Person("Lee", Role.REVIEWER)
    with pytest.raises(InvalidInput, match="must begin with"):
        mark_fault(engine, settings, reviewer, fault, FaultState.KNOWN, link="javascript:alert(1)")
    with pytest.raises(InvalidInput, match="Name the release"):
        mark_fault(engine, settings, reviewer, fault, FaultState.FIXED)
    mark_fault(
        engine, settings, reviewer, fault, FaultState.KNOWN, note="font", link="https://tracker.example/1"
    )
    group = the_group(engine)
    assert group.state is FaultState.KNOWN and group.mark is not None and group.mark.note == "font"
    mark_fault(engine, settings, reviewer, fault, FaultState.FIXED, release="2.0")
    assert the_group(engine).state is FaultState.REGRESSED
    with reading(engine) as connection:
        line = connection.execute(select(audit_log).order_by(audit_log.c.entry_id.desc()).limit(1)).one()
    assert (line.before["state"], line.before["note"], line.after["release"]) == ("known", "font", "2.0")


def test_the_terminal_shows_the_plan_and_drives_it(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.database_url is not None
    monkeypatch.setenv("DATABASE_URL", settings.database_url.get_secret_value())
    failed_jobs(engine, 1)

    def serve(_seconds: float) -> None:
        for one in back():
            put(engine, one, "overlay", "done")

    monkeypatch.setattr(time, "sleep", serve)

    def back() -> list[UUID]:
        return [
            key for key, place in places(engine).items() if place == ("planner", "done") and key in variants
        ]

    variants = [member.variant_id for member in the_group(engine).members]
    run = CliRunner()
    listed = run.invoke(program(), ["broken"]).output
    assert '"failed" overlay 2.0 · 2 · Text overlay: Failed · new' in listed
    before = places(engine)
    dry = run.invoke(program(), ["rerun-group", "failed", "overlay", "--dry-run"])
    assert dry.exit_code == 0 and dry.output.count("(overlay, failed) -> (planner, done)") == 2
    assert places(engine) == before
    marked = run.invoke(program(), ["mark-failure", "failed", "overlay", "known", "--note", "font missing"])
    assert marked.exit_code == 0 and "font missing" in run.invoke(program(), ["broken"]).output
    done = run.invoke(program(), ["rerun-group", "failed", "overlay", "--yes"])
    assert done.exit_code == 0 and done.output.count("succeeded") == 2, done.output
