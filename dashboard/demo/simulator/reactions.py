"""Which event starts which step: the rules of the YH and YE listeners (pipeline reference §5 and §7).

The rules are the real ones, flaws included. In a disorderly job the recovery of lagging variants starts
steps that are still running, as the real one does; it leaves the healthy variants of other jobs alone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select, update

from dashboard.demo.simulator.calls import Call, Calls
from dashboard.demo.simulator.repository import blocked
from dashboard.demo.simulator.scenarios import Scenario, Scenarios
from feedly_core.domain.contract import MAX_RETRIES
from feedly_core.domain.pipeline import (
    LAST_VARIANT_STEP,
    TEXT_STEPS,
    VARIANT_STEP_NAMES,
    Status,
    following,
    order,
    preceding,
)
from feedly_core.domain.tables import jobs, jobs_variants

_log = logging.getLogger("feedly.demo")

GENERATION = {"user_img_input": "gen_vlm_analyze", "gen_vlm_analyze": "img_gen"}
RECOVERED_FROM = ("img_gen", *VARIANT_STEP_NAMES)


@dataclass(frozen=True)
class Event:
    """One NOTIFY: ``variant_id`` None on the channel of jobs.

    Unknown steps and statuses pass through.
    """

    job_id: UUID
    tenant_id: str | None
    variant_id: UUID | None
    step: str | None
    status: str | None


class Reactions:
    """Turns events into calls."""

    def __init__(self, calls: Calls, scenarios: Scenarios) -> None:
        self._calls = calls
        self._scenarios = scenarios
        self._generated: set[str] = set()

    def received_by_yh(self, connection: Connection, event: Event, now: datetime) -> None:
        """The analysis service: both channels."""
        if event.variant_id is not None:
            self._variant_changed(connection, event)
        else:
            self._job_changed(connection, event, now)

    def received_by_ye(self, event: Event) -> None:
        """The image service: jobs only, and each (job, step, status) once in the life of the process."""
        following_step = GENERATION.get(event.step or "")
        key = f"{event.job_id}:{event.step}:{event.status}"
        if event.status != Status.DONE or following_step is None or key in self._generated:
            return
        self._generated.add(key)
        self._calls.follow(Call(following_step, event.job_id))

    def _variant_changed(self, connection: Connection, event: Event) -> None:
        step = self._called_step(event)
        if step is None or event.variant_id is None:
            return
        row = connection.execute(
            select(jobs_variants.c.current_step, jobs_variants.c.status).where(
                jobs_variants.c.job_variants_id == event.variant_id
            )
        ).first()
        if row is None or (row.current_step, row.status) != (event.step, event.status):
            return
        if blocked(connection, event.variant_id, step):
            _log.warning("%s of %s was skipped: no overlay row", step, event.variant_id)
            return
        call = Call(step, event.job_id, event.variant_id)
        if self._scenarios.of(event.job_id, event.tenant_id) is Scenario.DISORDERLY:
            self._calls.add(call, twice=True)
        else:
            self._calls.follow(call)

    def _called_step(self, event: Event) -> str | None:
        if event.status == Status.QUEUED:
            return event.step if event.step in VARIANT_STEP_NAMES else None
        if event.status != Status.DONE or event.step not in RECOVERED_FROM[:-1]:
            return None
        return following(event.step)

    def _job_changed(self, connection: Connection, event: Event, now: datetime) -> None:
        job = connection.execute(select(jobs).where(jobs.c.job_id == event.job_id)).first()
        if job is None or (job.current_step, job.status) != (event.step, event.status):
            return
        if event.status == Status.DONE:
            if event.step in (LAST_VARIANT_STEP, TEXT_STEPS[0].name):
                self._calls.follow(Call(str(following(event.step)), event.job_id))
        elif event.step in VARIANT_STEP_NAMES:
            variants = _variants(connection, event.job_id)
            if event.status == Status.FAILED and self._retried(connection, job, variants, now):
                return
            self._recover_lagging(connection, job, variants, now)

    def _retried(
        self, connection: Connection, job: Row[Any], variants: list[Row[Any]], now: datetime
    ) -> bool:
        """All variants failed at the job's step: put each back and call the step again, at most 20 times."""
        together = variants and all(
            (variant.current_step, variant.status) == (job.current_step, Status.FAILED)
            for variant in variants
        )
        if not together or (job.retry_count or 0) >= MAX_RETRIES:
            return bool(together)
        connection.execute(
            update(jobs)
            .where(jobs.c.job_id == job.job_id)
            .values(status=Status.RUNNING, retry_count=(job.retry_count or 0) + 1, updated_at=now)
        )
        back = (job.current_step, Status.QUEUED)
        if job.current_step == "overlay":
            back = (preceding("overlay"), Status.DONE)
        connection.execute(
            update(jobs_variants)
            .where(jobs_variants.c.job_id == job.job_id)
            .values(
                current_step=back[0],
                status=back[1],
                retry_count=jobs_variants.c.retry_count + 1,
                updated_at=now,
            )
        )
        return True

    def _recover_lagging(
        self, connection: Connection, job: Row[Any], variants: Iterable[Row[Any]], now: datetime
    ) -> None:
        """Variants behind the job or each other: a failed step is skipped, a finished one calls the next.

        The real recovery compares with the job alone, and so leaves a job standing whose last variant
        fails after all others have arrived; in the demo nothing stands still without being meant to.
        """
        variants = list(variants)
        furthest = max(order(step) for step in (job.current_step, *(item.current_step for item in variants)))
        scenario = self._scenarios.of(job.job_id, job.tenant_id)
        for variant in variants:
            if variant.current_step not in RECOVERED_FROM or order(variant.current_step) >= furthest:
                continue
            if variant.status == Status.FAILED:
                self._skip_failed(connection, variant, now)
            elif variant.status == Status.DONE and scenario in (Scenario.DISORDERLY, Scenario.STUCK):
                step = str(following(variant.current_step))
                again = Call(step, job.job_id, variant.job_variants_id, recovered=True)
                self._calls.add(again, twice=scenario is Scenario.DISORDERLY)

    def _skip_failed(self, connection: Connection, variant: Row[Any], now: datetime) -> None:
        connection.execute(
            update(jobs_variants)
            .where(
                jobs_variants.c.job_variants_id == variant.job_variants_id,
                jobs_variants.c.status == Status.FAILED,
            )
            .values(status=Status.DONE, retry_count=jobs_variants.c.retry_count + 1, updated_at=now)
        )


def _variants(connection: Connection, job_id: UUID) -> list[Row[Any]]:
    return list(
        connection.execute(
            select(jobs_variants)
            .where(jobs_variants.c.job_id == job_id)
            .order_by(jobs_variants.c.creation_order)
        )
    )
