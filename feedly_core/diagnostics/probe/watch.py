"""Watches one variant after its UPDATE: events, and the worker's row lock."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from psycopg2 import errors as refusals

from feedly_core.db.event_delivery import listening_sessions
from feedly_core.db.listening import ListenConnection, Notification
from feedly_core.diagnostics.context import CheckContext
from feedly_core.diagnostics.probe.report import Observed, StepSeen
from feedly_core.domain.contract import VARIANT_CHANNEL, VARIANT_NOTIFY
from feedly_core.domain.pipeline import Status, order

Clock = Callable[[], float]
Stopped = Callable[[], bool]

_ENDED = ("img_gen", Status.DONE.value)
"""The state whose event starts the pipeline."""

_PROBE = "SELECT status, current_step FROM jobs_variants WHERE job_variants_id = %s FOR NO KEY UPDATE NOWAIT"
"""Fails at once while a worker holds the row; otherwise reads its state and releases it at once."""


class Watch:
    """Begins its clock when made, so make it right before the UPDATE. ``seen`` grows."""

    def __init__(
        self,
        context: CheckContext,
        ear: ListenConnection,
        job_variants_id: UUID,
        clock: Clock,
        stopped: Stopped,
    ) -> None:
        self._context, self._ear, self._id = context, ear, str(job_variants_id)
        self._clock, self._stopped = clock, stopped
        self._limits = context.thresholds
        self._fired = clock()
        self.seen = Observed()

    def until_received(self) -> bool:
        """Wait for our own event."""
        return self._look(self._limits.probe_notify, lambda: self.seen.notify_ms is not None)

    def until_taken(self) -> bool:
        """Wait for a worker.

        Only shortly when nobody can be seen listening.
        """
        with self._context.reading() as connection:
            sessions = listening_sessions(connection)
        no_listener = not sessions.hidden and not sessions.services(VARIANT_CHANNEL)
        patience = self._limits.probe_taken_without_listener if no_listener else self._limits.probe_taken
        return self._look(patience, self._taken_on)

    def until_next_step(self, count: int) -> bool:
        """Wait for the event after the first ``count`` ones: long for a model, shortly for a retry."""
        failed = bool(self.seen.steps) and self.seen.steps[-1].status == Status.FAILED
        patience = self._limits.probe_taken if failed else self._limits.probe_follow
        return self._look(patience, lambda: len(self.seen.steps) > count)

    def reached(self, last: str) -> bool:
        """Whether the variant has ended ``last`` or a later step."""
        return any(order(step.step) >= order(last) for step in self.seen.steps if step.status == Status.DONE)

    def _look(self, seconds: float, done: Callable[[], bool]) -> bool:
        end = self._clock() + seconds
        while not done():
            if self._stopped() or self._clock() >= end:
                return False
            for event in self._ear.wait(self._limits.probe_pause):
                self._take_in(event)
        return True

    def _taken_on(self) -> bool:
        if self.seen.taken_ms is None:
            how = self._probe()
            if how:
                self._taken(how)
        return self.seen.taken_ms is not None

    def _take_in(self, event: Notification) -> None:
        payload = _payload(event)
        state = str(payload.get("current_step")), str(payload.get("status"))
        if event.channel != VARIANT_CHANNEL or self._id not in event.payload:
            return
        if self.seen.notify_ms is None:
            if state == _ENDED or "status" not in payload or "current_step" not in payload:
                lacking = tuple(key for key in VARIANT_NOTIFY.payload if key not in payload)
                self.seen = replace(self.seen, notify_ms=self._since_fired(), lacking_keys=lacking)
            return
        self.seen = replace(self.seen, steps=(*self.seen.steps, StepSeen(*state, self._since_fired())))
        if self.seen.taken_ms is None:
            self._taken("status" if state[0] == _ENDED[0] else "step")

    def _probe(self) -> str:
        try:
            rows = self._ear.execute(_PROBE, (self._id,))
        except refusals.LockNotAvailable:
            return "lock"
        if not rows or (rows[0][1], rows[0][0]) == _ENDED:
            return ""
        return "status" if rows[0][1] == _ENDED[0] else "step"

    def _taken(self, how: str) -> None:
        waited = max(0.0, self._since_fired() - (self.seen.notify_ms or 0.0))
        self.seen = replace(self.seen, taken_ms=waited, taken_by=how)

    def _since_fired(self) -> float:
        return (self._clock() - self._fired) * 1000


def _payload(event: Notification) -> dict[str, Any]:
    try:
        document = json.loads(event.payload)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
