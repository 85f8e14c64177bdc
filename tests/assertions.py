"""What a viewer of a wild run that ends well must be spared, and must be able to read afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from uuid import UUID

import pytest

from feedly_core.domain.pipeline import VARIANT_STEP_NAMES, order
from feedly_core.domain.status import Kind
from feedly_core.live.durations import History
from feedly_core.live.events import Event
from feedly_core.live.job_status import Standing, stand
from feedly_core.live.memory import Memory
from feedly_core.live.queries import JobFacts, VariantFacts
from feedly_core.live.snapshot import Followed
from feedly_core.live.time_axis import axis_of
from feedly_core.live.timeline import lanes

Rows = dict[UUID | None, tuple[str | None, str | None]]


def replay(events: Sequence[Event]) -> list[Standing]:
    """What a viewer is told after each event: the rows as the events leave them, and their memory."""
    memory = Memory()
    job_id = events[0].job_id
    ids = list(dict.fromkeys(event.variant_id for event in events if event.variant_id))
    rows: Rows = dict.fromkeys([None, *ids], ("img_gen", "done"))
    told = []
    for event in events:
        memory.learn([event])
        rows[event.variant_id] = (event.step, event.status)
        facts = facts_of(job_id, ids, rows, event.seen_at)
        told.append(stand(Followed(facts, memory.of(job_id)), event.seen_at, History()))
    return told


def facts_of(job_id: UUID, ids: list[UUID], rows: Rows, at: datetime) -> JobFacts:
    """The job (its row under None) and its variants as ``rows`` say, all touched at ``at``."""
    variants = tuple(
        VariantFacts(variant_id, number, *rows[variant_id], 0, at, at, 0)
        for number, variant_id in enumerate(ids, start=1)
    )
    return JobFacts(job_id, "t", "", *rows[None], 3, at, at, True, False, variants)


def assert_calm(told: Sequence[Standing]) -> None:
    """Progress never runs back, nobody hears of a failure, complete stays complete and is the end."""
    for before, after in pairwise(told):
        assert after.progress >= before.progress
        assert after.belief.finished >= before.belief.finished
        steps = zip(before.variants, after.variants, strict=True)
        for old, new in steps:
            assert new.belief.finished >= old.belief.finished
            assert not old.belief.finished or order(new.belief.place) >= order(old.belief.place)
    assert all(standing.belief.kind is not Kind.FAILED for standing in told)
    assert all(variant.belief.kind is not Kind.FAILED for s in told for variant in s.variants)
    first_complete = next(i for i, standing in enumerate(told) if standing.belief.kind is Kind.COMPLETE)
    assert all(standing.belief.kind is Kind.COMPLETE for standing in told[first_complete:])
    end = told[-1]
    assert (end.belief.kind, end.progress) == (Kind.COMPLETE, 1.0)
    assert {variant.belief.kind for variant in end.variants} == {Kind.COMPLETE}


def assert_readable(events: Sequence[Event]) -> None:
    """One bar a step, in the steps' order, never overlapping, covering the run; nothing hidden."""
    ids = list(dict.fromkeys(event.variant_id for event in events if event.variant_id))
    rows = lanes(ids, events, [], {})
    for lane in rows[:-1]:
        assert [bar.step for bar in lane.bars] == list(VARIANT_STEP_NAMES)
        for before, after in pairwise(lane.bars):
            assert before.start <= before.end == after.start
    assert [bar.step for bar in rows[-1].bars][-2:] == ["ad_copy_gen_kor", "instagram_feed_gen"]
    axis = axis_of([bar for lane in rows for bar in lane.bars], events[-1].seen_at)
    assert axis is not None
    places = [axis.place(event.seen_at) for event in events]
    assert places == sorted(places)
    assert places[-1] == pytest.approx(100)
