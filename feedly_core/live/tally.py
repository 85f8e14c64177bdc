"""What ended while this process watched: steps with their seconds, jobs by outcome."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from uuid import UUID

from feedly_core.domain.high_water import JobHistory
from feedly_core.domain.pipeline import STEPS, Status, finished_steps, finished_texts
from feedly_core.domain.status import ENDED, State
from feedly_core.live.events import Event

STEP_SECONDS = (1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)
"""Upper limits of the classes: a drawing takes about a second, a model run minutes."""


@dataclass(frozen=True)
class StepSeconds:
    """``counts``: runs up to each limit of :data:`STEP_SECONDS`, and at last all; ``total`` in seconds."""

    counts: tuple[int, ...]
    total: float


class Tally:
    """Counters of the hub since its start, which only grow: any thread reads them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._classes: defaultdict[str, list[int]] = defaultdict(lambda: [0] * (len(STEP_SECONDS) + 1))
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._finished = dict.fromkeys(sorted(ENDED), 0)
        self._ended: set[UUID] | None = None

    def steps(self) -> dict[str, StepSeconds]:
        """By step, those that ended at least once."""
        with self._lock:
            return {
                step: StepSeconds(tuple(accumulate(classes)), self._seconds[step])
                for step, classes in self._classes.items()
            }

    def finished(self) -> Mapping[State, int]:
        """Jobs that came to an end, by how. One that is started again may end again."""
        with self._lock:
            return dict(self._finished)

    def step_ended(self, before: JobHistory, event: Event) -> None:
        """Take an event; ``before``: what was known of its job.

        It counts when it ends a step for the first time and the end of the step before was received.
        """
        seconds = _seconds(before, event)
        if seconds is not None and event.step in STEPS:
            with self._lock:
                self._classes[event.step][bisect_left(STEP_SECONDS, seconds)] += 1
                self._seconds[event.step] += seconds

    def look(self, states: Mapping[UUID, State | None]) -> None:
        """Take the states of all jobs in flight; None for one that has left the board.

        What had ended at the first look ended before this process began.
        """
        before = self._ended
        self._ended = {job_id for job_id, state in states.items() if state is None or state in ENDED}
        if before is None:
            return
        with self._lock:
            for job_id in self._ended - before:
                if state := states[job_id]:
                    self._finished[state] += 1


def _seconds(before: JobHistory, event: Event) -> float | None:
    """From the end of the step before to the end of this one."""
    if event.status != Status.DONE:
        return None
    if event.variant_id is None:
        ends = [mark.step_since for mark in before.variants.values() if mark.step_since]
        known = before.job.furthest
        since = before.job.step_since if known else max(ends, default=None)
        next_one = finished_texts(event.step, event.status) == known + 1
    else:
        mark = before.variants.get(event.variant_id)
        since = mark.step_since if mark else None
        next_one = finished_steps(event.step, event.status) == (mark.furthest if mark else 0) + 1
    if since is None or not next_one:
        return None
    return max(0.0, (event.seen_at - since).total_seconds())
