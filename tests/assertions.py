"""What a viewer of a wild run that ends well must be spared, and must be able to read afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from uuid import UUID

import pytest

from feedly_core.analytics.durations import StepDurations
from feedly_core.domain.job_rows import JobRow, VariantRow
from feedly_core.domain.pipeline import VARIANT_STEP_NAMES, order
from feedly_core.domain.status import State
from feedly_core.live.events import Event
from feedly_core.live.job_view import JobView, build_job_view
from feedly_core.live.snapshot import ProgressHistory, TrackedJob
from feedly_core.live.timeline import axis_of, lanes

Rows = dict[UUID | None, tuple[str | None, str | None]]


def replay(events: Sequence[Event]) -> list[JobView]:
    """What a viewer is told after each event: the rows as the events leave them, and their memory."""
    memory = ProgressHistory()
    job_id = events[0].job_id
    ids = list(dict.fromkeys(event.variant_id for event in events if event.variant_id))
    rows: Rows = dict.fromkeys([None, *ids], ("img_gen", "done"))
    told = []
    for event in events:
        memory.learn([event])
        rows[event.variant_id] = (event.step, event.status)
        facts = facts_of(job_id, ids, rows, event.seen_at)
        told.append(build_job_view(TrackedJob(facts, memory.of(job_id)), event.seen_at, StepDurations()))
    return told


def facts_of(job_id: UUID, ids: list[UUID], rows: Rows, at: datetime) -> JobRow:
    """The job (its row under None) and its variants as ``rows`` say, all touched at ``at``."""
    variants = tuple(
        VariantRow(variant_id, number, *rows[variant_id], 0, at, at, 0)
        for number, variant_id in enumerate(ids, start=1)
    )
    return JobRow(job_id, "t", "", *rows[None], 3, at, at, True, False, variants)


def assert_calm(told: Sequence[JobView]) -> None:
    """Progress never runs back, nobody hears of a failure, complete stays complete and is the end."""
    for before, after in pairwise(told):
        assert after.progress >= before.progress, f"{_rows(before)} then {_rows(after)}"
        assert after.status.finished >= before.status.finished
        steps = zip(before.variants, after.variants, strict=True)
        for old, new in steps:
            assert new.status.finished >= old.status.finished
            assert not old.status.finished or order(new.status.place) >= order(old.status.place)
    assert all(view.status.state is not State.FAILED for view in told)
    assert all(variant.status.state is not State.FAILED for s in told for variant in s.variants)
    first_complete = next(i for i, view in enumerate(told) if view.status.state is State.COMPLETE)
    assert all(view.status.state is State.COMPLETE for view in told[first_complete:])
    end = told[-1]
    assert (end.status.state, end.progress) == (State.COMPLETE, 1.0)
    assert {variant.status.state for variant in end.variants} == {State.COMPLETE}


def _rows(view: JobView) -> list[tuple[str | None, str | None, int]]:
    return [(each.facts.step, each.facts.status, each.status.finished) for each in view.variants]


def assert_readable(events: Sequence[Event]) -> None:
    """One bar a step, in the steps' order, never overlapping, covering the run; nothing hidden."""
    ids = list(dict.fromkeys(event.variant_id for event in events if event.variant_id))
    rows = lanes(ids, events, [], {})
    for lane in rows[:-1]:
        assert [bar.step for bar in lane.bars] == list(VARIANT_STEP_NAMES)
        for before, after in pairwise(lane.bars):
            assert before.end is not None
            assert before.start <= before.end == after.start
    assert [bar.step for bar in rows[-1].bars][-2:] == ["ad_copy_gen_kor", "instagram_feed_gen"]
    axis = axis_of([bar for lane in rows for bar in lane.bars], events[-1].seen_at)
    assert axis is not None
    places = [axis.place(event.seen_at) for event in events]
    assert places == sorted(places)
    assert places[-1] == pytest.approx(100)
