"""Worker threads: take a call, lock the row, run the step, write its rows.

As in the real routers (pipeline reference §5.1), a step is one open transaction: the row is locked during
the work, ``running`` is seen only between two commits, and an HTTP error before the model rolls back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, Row, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from dashboard.demo.asset_store import AssetStore, PictureMissing
from dashboard.demo.simulator import repository
from dashboard.demo.simulator.calls import Call, Calls
from dashboard.demo.simulator.generator import analyze_upload, generate_pictures
from dashboard.demo.simulator.pace import MODEL_SECONDS, Pace, Stopped
from dashboard.demo.simulator.scenarios import Scenarios
from dashboard.demo.simulator.steps import JOB_STEPS, VARIANT_STEPS
from dashboard.demo.simulator.work import Bench, Outcome, StepFailed, StepRefused, VariantWork
from feedly_core.domain.pipeline import STEPS, Status, job_complete, preceding, variants_complete
from feedly_core.domain.tables import job_inputs, jobs, jobs_variants

GUARDED_STEPS = ("planner", "overlay", "vlm_judge")
"""They answer 400 and write ``failed`` unless the step before is done; the others run again."""

CAUGHT_SHARE, PASSING_SHARE = 0.12, 0.4
"""Of the repeated calls of guarded steps; chosen so that wild jobs look like the recorded runs."""

COMMITTED_BEFORE_STATUS = {
    "planner": 0.15,
    "overlay": 0.15,
    "vlm_judge": 0.02,
    "ocr_eval": 0.02,
    "readability_eval": 0.02,
    "iou_eval": 0.02,
}
"""Steps that commit their rows before their status, and for how many seconds ``running`` is seen."""

_log = logging.getLogger("feedly.demo")


class StepWorker:
    """What a worker thread does.

    ``clock`` gives the time that rows carry.
    """

    def __init__(
        self,
        engine: Engine,
        calls: Calls,
        scenarios: Scenarios,
        asset_store: AssetStore,
        pace: Pace,
        clock: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._calls = calls
        self._scenarios = scenarios
        self._asset_store = asset_store
        self._pace = pace
        self._clock = clock
        self._unstored: set[tuple[UUID, str]] = set()

    def work(self) -> None:
        """Serve calls until the queue is closed.

        A call that goes wrong is logged and dropped.
        """
        while (call := self._calls.take()) is not None:
            try:
                self.serve(call)
            except Stopped:
                return
            except SQLAlchemyError as error:
                _log.warning("%s of %s was dropped: %s", call.step, call.line, getattr(error, "orig", error))
            except Exception:  # noqa: BLE001 (a worker outlives whatever one call meets)
                _log.exception("%s of %s was dropped", call.step, call.line)
            finally:
                self._calls.done(call)

    def serve(self, call: Call) -> None:
        """Run one call to its end in this thread."""
        if call.variant_id is not None:
            self._variant_step(call, call.variant_id)
        elif call.step == "gen_vlm_analyze":
            self._generation_step(call, analyze_upload)
        elif call.step == "img_gen":
            self._generation_step(call, generate_pictures)
        else:
            self._text_step(call)

    # Variant steps -----------------------------------------------------------------------------

    def _variant_step(self, call: Call, variant_id: UUID) -> None:
        if call.recovered:
            self._count_retry(variant_id)
        try:
            with self._engine.begin() as connection:
                work = self._begin_step(connection, call, variant_id)
                if work is None:
                    return
                self._pace.wait(MODEL_SECONDS.get(call.step, 1.0) * self._mood(call))
                outcome = self._think(call, work)
                repository.store(connection, outcome, self._clock())
                if call.step not in COMMITTED_BEFORE_STATUS:
                    self._end_step(connection, call, variant_id, status=Status.DONE, **outcome.variant)
                    return
            self._pace.wait(COMMITTED_BEFORE_STATUS[call.step])
            with self._engine.begin() as connection:
                self._end_step(connection, call, variant_id, status=Status.DONE, **outcome.variant)
        except (StepRefused, PictureMissing) as refusal:
            _log.info("%s of %s: refused (%s)", call.step, variant_id, refusal)
        except StepFailed:
            with self._engine.begin() as connection:
                self._end_step(connection, call, variant_id, current_step=call.step, status=Status.FAILED)

    def _begin_step(self, connection: Connection, call: Call, variant_id: UUID) -> VariantWork | None:
        """Lock the row by setting ``running``, then read what the step needs. None if it has vanished."""
        _patient(connection)
        before = connection.execute(
            select(jobs_variants.c.current_step, jobs_variants.c.status, jobs_variants.c.retry_count).where(
                jobs_variants.c.job_variants_id == variant_id
            )
        ).first()
        if before is None or not self._admitted(call, before) or self._arrived(connection, call.job_id):
            return None
        self._set_variant(connection, variant_id, current_step=call.step, status=Status.RUNNING)
        work = repository.load_variant(connection, variant_id)
        if work is None:
            raise StepRefused("no picture or no tenant")
        return work

    def _arrived(self, connection: Connection, job_id: UUID) -> bool:
        """All variants are complete: a repeat would start the text steps a second time."""
        states = connection.execute(
            select(jobs_variants.c.current_step, jobs_variants.c.status).where(
                jobs_variants.c.job_id == job_id
            )
        )
        return variants_complete((row.current_step, row.status) for row in states)

    def _think(self, call: Call, work: VariantWork) -> Outcome:
        scenario = self._scenarios.of(work.job.job_id, work.job.tenant_id)
        if self._scenarios.refuses(scenario, work.job.job_id, work.order, call.step):
            raise StepRefused("the picture cannot be read")
        if self._scenarios.fails(scenario, work.job.job_id, work.order, call.step, work.attempt):
            raise StepFailed("the model failed")
        outcome = VARIANT_STEPS[call.step](work, self._bench())
        if call.step == self._scenarios.unstored_step(scenario, work.job.job_id, work.order):
            first = (work.variant_id, call.step) not in self._unstored
            self._unstored.add((work.variant_id, call.step))
            return outcome.pictures_only() if first else outcome
        return outcome

    def _admitted(self, call: Call, before: Row[Any, Any, Any]) -> bool:
        """Whether the call runs in the state that it finds; raises :class:`StepFailed` as the guard does.

        The real guard reads the state before it waits for the row: of the repeated calls some pass it with
        what they read earlier, some are caught and write ``failed``, most are dropped by the listener.
        """
        expected = (preceding(call.step), Status.DONE)
        if call.step not in GUARDED_STEPS or (before.current_step, before.status) == expected:
            return True
        if before.status == Status.QUEUED:
            raise StepFailed(f"needs {expected}")
        if not call.recovered or before.status == Status.FAILED:
            return False
        luck = self._bench().noise("guard", call.line, call.step, before.current_step, before.retry_count)
        draw = luck.random()
        if draw < CAUGHT_SHARE:
            raise StepFailed(f"needs {expected}")
        return draw < CAUGHT_SHARE + PASSING_SHARE

    def _end_step(self, connection: Connection, call: Call, variant_id: UUID, **values: object) -> None:
        """Two variants that end at the same moment would each miss the other in the trigger's count, and the
        job would wait for the next repair. The real services do that; here they take turns at the job's row.
        """
        turn = select(jobs.c.job_id).where(jobs.c.job_id == call.job_id)
        connection.execute(turn.with_for_update(key_share=True))
        self._set_variant(connection, variant_id, **values)

    def _count_retry(self, variant_id: UUID) -> None:
        with self._engine.begin() as connection:
            self._set_variant(connection, variant_id, retry_count=jobs_variants.c.retry_count + 1)

    def _set_variant(self, connection: Connection, variant_id: UUID, **values: object) -> None:
        connection.execute(
            update(jobs_variants)
            .where(jobs_variants.c.job_variants_id == variant_id)
            .values(updated_at=self._clock(), **values)
        )

    # Job steps ---------------------------------------------------------------------------------

    def _text_step(self, call: Call) -> None:
        """One transaction: ``running`` is never seen from outside. Only YH holds the row while it thinks."""
        by_yh = STEPS[call.step].owner == "YH" if call.step in STEPS else False
        if not by_yh:
            self._pace.wait(MODEL_SECONDS[call.step])
        try:
            with self._engine.begin() as connection:
                _patient(connection)
                if by_yh and self._complete(connection, call.job_id):
                    return
                self._set_job(connection, call.job_id, current_step=call.step, status=Status.RUNNING)
                if by_yh:
                    self._pace.wait(MODEL_SECONDS[call.step])
                work = repository.load_job(connection, call.job_id)
                if work is None:
                    raise StepRefused("no tenant")
                outcome = JOB_STEPS[call.step](work, self._bench())
                repository.store(connection, outcome, self._clock())
                if "desc_eng" in outcome.leaves:
                    connection.execute(
                        update(job_inputs)
                        .where(job_inputs.c.job_id == call.job_id)
                        .values(desc_eng=outcome.leaves["desc_eng"])
                    )
                ended_as = "user_img_input" if call.step == "ad_copy_kor" else call.step
                self._set_job(connection, call.job_id, current_step=ended_as, status=Status.DONE)
        except StepRefused as refusal:
            _log.info("%s of %s: refused (%s)", call.step, call.job_id, refusal)

    def _complete(self, connection: Connection, job_id: UUID) -> bool:
        row = connection.execute(
            select(jobs.c.current_step, jobs.c.status).where(jobs.c.job_id == job_id)
        ).first()
        return row is None or job_complete(row.current_step, row.status)

    def _generation_step(self, call: Call, generate: Callable[..., None]) -> None:
        """YE commits as it goes: ``running`` is seen for the whole time, a failure keeps the step."""
        with self._engine.begin() as connection:
            work = repository.load_job(connection, call.job_id)
            if work is None or work.tone_style_id is None or work.input is None:
                _log.info("%s of %s: refused (needs a tone, a picture and a tenant)", call.step, call.job_id)
                return
            self._set_job(connection, call.job_id, current_step=call.step, status=Status.RUNNING)
        try:
            if self._scenarios.generation_fails(call.job_id, work.tenant_id, call.step):
                self._pace.wait(MODEL_SECONDS[call.step])
                raise StepFailed("the model failed")
            generate(self._engine, work, self._bench, self._pace)
            status = Status.DONE
        except (StepFailed, PictureMissing):
            status = Status.FAILED
        with self._engine.begin() as connection:
            self._set_job(connection, call.job_id, current_step=call.step, status=status)

    def _set_job(self, connection: Connection, job_id: UUID, **values: object) -> None:
        connection.execute(
            update(jobs).where(jobs.c.job_id == job_id).values(updated_at=self._clock(), **values)
        )

    def _bench(self) -> Bench:
        return Bench(self._asset_store, self._scenarios.seed, self._clock(), uuid4)

    def _mood(self, call: Call) -> float:
        """Factor 0.7 to 1.4: models vary in their speed."""
        return self._bench().noise("mood", call.line, call.step).uniform(0.7, 1.4)


def _patient(connection: Connection) -> None:
    """Fail this call when another session locks the row for long, so that the worker does not wait."""
    connection.execute(text("SET LOCAL lock_timeout = '20s'"))
