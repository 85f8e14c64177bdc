"""A step that ends as done without its row: the simulator does it, the dashboard names it and helps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, UpdateBase, delete, select, text

from dashboard.demo.simulator import Simulator
from dashboard.demo.simulator.scenarios import Scenario, Scenarios
from feedly_core.analytics.durations import StepDurations
from feedly_core.db.engine import reading, writing
from feedly_core.db.job_rows import read_status_rows
from feedly_core.db.proof import read_proof
from feedly_core.domain import tables as t
from feedly_core.domain.high_water import JobHistory
from feedly_core.domain.pipeline import VARIANT_STEP_NAMES
from feedly_core.domain.status import State
from feedly_core.errors import InvalidInput
from feedly_core.jobs.rerun import plan_rerun, rerun
from feedly_core.live.job_view import JobView, build_job_view
from feedly_core.live.problems import NextAction, ProblemKind, find_problems
from feedly_core.live.snapshot import TrackedJob
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings
from tests.factories import MadeJob, make_job
from tests.moving_job import MovingJob
from tests.trigger_events import fire, resting_job
from tests.waiting import wait_until

OPERATOR = Person("Kim", Role.OPERATOR)
SEED = 7


def view(engine: Engine, job: MadeJob | MovingJob) -> JobView:
    with reading(engine) as connection:
        facts = read_status_rows(connection, [job.job_id])[job.job_id]
    return build_job_view(TrackedJob(facts, JobHistory()), datetime.now(UTC), StepDurations())


def remove_rows(engine: Engine, job: MadeJob, variant: int, step: str) -> None:
    """As if ``step`` of this variant had not stored its result; rows of the job where none names it."""
    variant_id, overlay_id = job.variant_ids[variant], job.overlay_ids[variant]
    traces, results = t.vlm_traces.c, t.evaluations.c
    removed: dict[str, Sequence[UpdateBase]] = {
        "vlm_analyze": [
            delete(t.vlm_traces).where(
                traces.job_variants_id == variant_id, traces.operation_type == "analyze"
            )
        ],
        "yolo_detect": [delete(t.yolo_runs).where(t.yolo_runs.c.job_id == job.job_id)],
        "planner": [
            t.overlay_layouts.update().values(proposal_id=None),
            delete(t.planner_proposals).where(t.planner_proposals.c.image_asset_id == job.input_asset_id),
        ],
        "overlay": [
            delete(t.evaluations).where(results.overlay_id == overlay_id),
            delete(t.overlay_layouts).where(t.overlay_layouts.c.overlay_id == overlay_id),
        ],
        "vlm_judge": [
            delete(t.vlm_traces).where(traces.job_variants_id == variant_id, traces.operation_type == "judge")
        ],
    }
    of_evaluation = [
        delete(t.evaluations).where(
            results.overlay_id == overlay_id, results.evaluation_type == step.removesuffix("_eval")
        )
    ]
    with writing(engine) as connection:
        for statement in removed.get(step, of_evaluation):
            connection.execute(statement)


@pytest.mark.parametrize("step", VARIANT_STEP_NAMES)
@pytest.mark.parametrize("later", [0, 1, 2])
def test_each_steps_missing_row_is_found_wherever_the_variant_stands(
    engine: Engine, step: str, later: int
) -> None:
    at = VARIANT_STEP_NAMES[min(VARIANT_STEP_NAMES.index(step) + later, len(VARIANT_STEP_NAMES) - 1)]
    job = make_job(engine, step=at, status="running", variants=[(at, "done"), (at, "done")])
    remove_rows(engine, job, 0, step)
    with reading(engine) as connection:
        proofs = read_proof(connection, dict.fromkeys(job.variant_ids, job.job_id))
    first, second = (proofs[variant_id].missing(at, "done") for variant_id in job.variant_ids)
    assert step in first
    whole_job = step in ("yolo_detect", "planner")
    assert second == ((step,) if whole_job else ())
    assert (step in view(engine, job).variants[0].facts.missing) and step not in proofs[
        job.variant_ids[0]
    ].missing("img_gen", "done")


def test_a_missing_overlay_stops_the_variant_and_names_the_font(engine: Engine, settings: Settings) -> None:
    job = make_job(engine, step="overlay", status="running", variants=[("overlay", "done")] * 2)
    remove_rows(engine, job, 0, "overlay")
    seen = view(engine, job)
    blocked, fine = seen.variants
    assert (blocked.status.state, blocked.status.missing, blocked.status.finished) == (
        State.STALLED,
        "overlay",
        3,
    )
    assert fine.status.state is State.WORKING
    (problem,) = find_problems(seen, datetime.now(UTC), StepDurations())
    assert (problem.kind, problem.rerun_step) == (ProblemKind.NO_ROW, "overlay")
    assert NextAction.DIAGNOSTICS not in problem.actions
    assert "stored no row (font file missing?)" in str(problem.message)
    assert "Gmarket Sans" in str(problem.detail)


def test_only_the_step_without_its_row_may_run_again(engine: Engine, settings: Settings) -> None:
    job = make_job(engine, step="overlay", status="running", variants=[("overlay", "done")])
    remove_rows(engine, job, 0, "overlay")
    with reading(engine) as connection, pytest.raises(InvalidInput, match="VLM judge cannot start"):
        plan_rerun(connection, job.variant_ids[0], "vlm_judge")
    plan = rerun(engine, settings, OPERATOR, job.variant_ids[0], "overlay")
    assert plan.changes[0].after == ("planner", "done"), "at once: nothing is at work there"


def test_a_touch_does_not_make_a_blocked_variant_look_alive(engine: Engine) -> None:
    job = make_job(engine, step="overlay", status="running", variants=[("overlay", "done")])
    remove_rows(engine, job, 0, "overlay")
    with writing(engine) as connection:
        connection.execute(text("UPDATE jobs_variants SET updated_at = clock_timestamp()"))
    seen = view(engine, job)
    assert (seen.status.state, seen.status.missing) == (State.STALLED, "overlay")
    assert seen.time_left is None


def unstored_job(engine: Engine, demo: Settings, step: str) -> tuple[MadeJob, int]:
    """A job of which the simulator stores no row at ``step`` of one variant, and that variant's place."""
    scenarios = Scenarios(SEED, 0.0, 1.0)
    while True:
        job = resting_job(engine, demo)
        if scenarios.of(job.job_id, job.tenant_id) is Scenario.UNSTORED:
            steps = [scenarios.unstored_step(Scenario.UNSTORED, job.job_id, order) for order in (1, 2, 3)]
            if step in steps:
                return job, steps.index(step)


def test_the_simulated_service_stops_without_the_overlay_row_and_goes_on_after_a_rerun(
    engine: Engine, demo: Settings, simulate: Callable[[Settings], Simulator]
) -> None:
    simulate(demo.model_copy(update={"demo_trouble": 1.0}))
    job, place = unstored_job(engine, demo, "overlay")
    fire(engine, job)
    others = [number for number in range(3) if number != place]

    def arrived(numbers: list[int]) -> bool:
        variants = view(engine, job).variants
        return all(variants[number].status.state is State.COMPLETE for number in numbers)

    wait_until(lambda: arrived(others), 60, "the other two")
    blocked = view(engine, job).variants[place]
    assert (blocked.facts.step, blocked.facts.status, blocked.status.missing) == (
        "overlay",
        "done",
        "overlay",
    )
    with reading(engine) as connection:
        pointer = select(t.jobs_variants.c.overlaid_img_asset_id).where(
            t.jobs_variants.c.job_variants_id == job.variant_ids[place]
        )
        assert connection.scalar(pointer) is not None, "the picture is there, only its row is not"
    rerun(engine, demo, OPERATOR, job.variant_ids[place], "overlay")
    wait_until(lambda: arrived([0, 1, 2]), 60, "the repaired variant")
