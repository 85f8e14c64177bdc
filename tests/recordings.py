"""Event streams as wild as real ones: seeded, in the disorder that was recorded on the original services.

Steps repeat, go backwards and fail for a moment; ``running`` comes together with ``done``; the job row
follows its variants; texts may be written twice. A stream always ends complete.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from feedly_core.domain.pipeline import LAST_VARIANT_STEP, TEXT_STEPS, VARIANT_STEP_NAMES
from feedly_core.domain.rollup import RowState, rolled_up
from feedly_core.live.events import Event

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def disorderly_run(seed: int, *, variants: int = 3, model_seconds: float = 1.0) -> list[Event]:
    """All events of one job, in the order in which they are heard."""
    rng = random.Random(seed)
    job_id = UUID(int=rng.getrandbits(128), version=4)
    ids = [UUID(int=rng.getrandbits(128), version=4) for _ in range(variants)]
    moves = sorted(move for variant_id in ids for move in _walk(rng, variant_id, model_seconds))
    states = dict.fromkeys(ids, ("img_gen", "done"))
    job: RowState = ("img_gen", "done")
    events: list[Event] = []
    for at, _, variant_id, step, status in moves:
        seen = START + timedelta(seconds=at)
        events.append(Event(job_id, variant_id, step, status, seen, seen))
        states[variant_id] = (step, status)
        rolled = rolled_up(job, (step, status), list(states.values()))
        if rolled != job:
            job = rolled
            events.append(Event(job_id, None, *rolled, seen, seen))
    return [*events, *_texts(rng, job_id, events[-1].seen_at)]


def _walk(
    rng: random.Random, variant_id: UUID, seconds: float
) -> Iterator[tuple[float, int, UUID, str, str]]:
    """(time, tie-breaker, variant, step, status) of one variant: attempts overlap, some come late."""
    ties, at = 0, rng.uniform(0, seconds)
    for step in VARIANT_STEP_NAMES:
        at += rng.uniform(0.2, 1.2) * seconds
        attempts = 1 if rng.random() < 0.4 else rng.randint(2, 8)
        for attempt in range(attempts):
            late = 0.0 if attempt == 0 else rng.uniform(0, 2.5) * seconds
            if rng.random() < 0.15:
                ties += 1
                yield at + late - 0.05, ties, variant_id, step, "failed"
            if rng.random() < 0.7:
                ties += 1
                yield at + late, ties, variant_id, step, "running"
            ties += 1
            yield at + late, ties, variant_id, step, "done"
    ties += 1
    yield at + 5 * seconds, ties, variant_id, LAST_VARIANT_STEP, "done"


def _texts(rng: random.Random, job_id: UUID, after: datetime) -> list[Event]:
    first, last = (step.name for step in TEXT_STEPS)
    chain = [first, last] if rng.random() < 0.5 else [first, LAST_VARIANT_STEP, first, last]
    moments = [after + timedelta(seconds=0.1 * (number + 1)) for number in range(len(chain))]
    return [Event(job_id, None, step, "done", at, at) for step, at in zip(chain, moments, strict=True)]
