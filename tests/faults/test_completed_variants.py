"""The end of image generation simulated for a variant that waits: it alone, once, never under a worker."""

from __future__ import annotations

import threading

import psycopg2
import pytest

from feedly_core.diagnostics.probe.run import complete_waiting
from feedly_core.errors import FeedlyError, InvalidInput
from feedly_core.permissions import Person, Role
from tests.factories import make_job
from tests.faults.world import World
from tests.waiting import wait_until

OPERATOR = Person("operator", Role.OPERATOR)


def test_a_waiting_variant_is_completed_and_kept(world: World) -> None:
    with world.context() as context:
        made = make_job(
            context.engine, step="user_img_input", status="done", variants=[("user_img_input", "done")]
        )
        report = complete_waiting(context, OPERATOR, made.variant_ids[0])
    assert report.broken is None and report.observed.taken_ms is not None
    wait_until(lambda: any("iou_eval" in row for row in world.everything()))


def test_of_two_people_who_complete_the_same_variant_one_is_refused(world: World) -> None:
    """Both saw it waiting; the second must not send it through the pipeline once more."""
    world.stop_listener()
    with world.context() as context:
        made = make_job(
            context.engine, step="user_img_input", status="done", variants=[("user_img_input", "done")]
        )
    outcomes: list[str] = []

    def complete() -> None:
        try:
            with world.context() as context:
                complete_waiting(context, OPERATOR, made.variant_ids[0])
            outcomes.append("completed")
        except FeedlyError:
            outcomes.append("refused")

    people = [threading.Thread(target=complete) for _ in range(2)]
    for person in people:
        person.start()
    for person in people:
        person.join(20)
    assert sorted(outcomes) == ["completed", "refused"]


@pytest.mark.parametrize("state", [("iou_eval", "done"), ("user_img_input", "running"), ("planner", "done")])
def test_only_a_waiting_variant_can_be_completed(world: World, state: tuple[str, str]) -> None:
    with world.context() as context:
        made = make_job(context.engine, step=state[0], status=state[1], variants=[state])
        before = world.everything()
        with pytest.raises(InvalidInput):
            complete_waiting(context, OPERATOR, made.variant_ids[0])
    assert world.everything() == before


def test_a_locked_variant_is_left_to_its_worker(world: World) -> None:
    world.stop_listener()
    with world.context() as context:
        made = make_job(
            context.engine, step="user_img_input", status="done", variants=[("user_img_input", "done")]
        )
        before = world.everything()
        worker = psycopg2.connect(world.url)
        worker.cursor().execute(
            "SELECT 1 FROM jobs_variants WHERE job_variants_id = %s FOR UPDATE", (str(made.variant_ids[0]),)
        )
        with pytest.raises(FeedlyError, match="worker"):
            complete_waiting(context, OPERATOR, made.variant_ids[0])
        worker.close()
    assert world.everything() == before
