"""A past job: the simulator's steps on a virtual clock.

Nothing is read from or written to the database here: the picture files are made, the rows are returned.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, cast
from uuid import UUID

from dashboard.demo.asset_store import AssetStore, Place
from dashboard.demo.food_photos import ROOMS, photo
from dashboard.demo.sample_texts import Dish, Tone, english_copy
from dashboard.demo.seed_data import MODEL_ID, Shop, preset_ids, tone_id
from dashboard.demo.simulator.generator import PICTURES, cut_out, paint
from dashboard.demo.simulator.pace import MODEL_SECONDS
from dashboard.demo.simulator.scenarios import FALTERING_STEPS, HOPELESS_STEP, REFUSED_STEP, Scenario
from dashboard.demo.simulator.steps import JOB_STEPS, VARIANT_STEPS
from dashboard.demo.simulator.work import Asset, Bench, JobWork, Outcome, Row, VariantWork, asset_row
from feedly_core.domain.contract import MAX_RETRIES
from feedly_core.domain.pipeline import LAST_STEP, LAST_VARIANT_STEP, VARIANT_STEP_NAMES, Status, preceding
from feedly_core.domain.tables import (
    gen_runs,
    job_inputs,
    jobs,
    jobs_variants,
    txt_ad_copy_generations,
    yolo_runs,
)

REPEATED_STEPS = ("vlm_judge", "ocr_eval", "readability_eval", "iou_eval")
"""What a disorderly job does several times; the recorded runs repeat these most."""


@dataclass(frozen=True)
class JobPlan:
    """What one job of the past was.

    ``uploaded``: came through JS and YE; otherwise made by the test tool.

    ``halted`` (a variant step) leaves the job there, half-way, for the simulator to go on with.
    """

    job_id: UUID
    number: int
    shop: Shop
    dish: Dish
    tone: Tone
    version: str
    started_at: datetime
    uploaded: bool
    scenario: Scenario
    halted: str | None = None
    copyless: bool = False


@dataclass
class _Walker:
    """A variant on its way, with its own clock."""

    work: VariantWork
    row: dict[str, Any]
    now: datetime
    resting: bool = False


class PastJob:
    """One job from its upload to its end.

    ``seed`` is the demo's.
    """

    def __init__(self, plan: JobPlan, asset_store: AssetStore, seed: int) -> None:
        self._plan = plan
        self._asset_store = asset_store
        self._seed = seed
        self._rng = Random(f"{seed}|job|{plan.number}")
        self._now = plan.started_at
        self._rows: list[Row] = []
        self._job: dict[str, Any] = {}

    def rows(self) -> list[Row]:
        """All rows of the job, with their times, in the order in which they came to be."""
        work = self._upload()
        walkers = self._generate(work) if self._plan.uploaded else self._prepare(work)
        if not walkers:
            return self._rows
        for step in VARIANT_STEP_NAMES:
            self._walk(walkers, step)
            if step == self._plan.halted:
                break
        self._arrive(walkers)
        return self._rows

    # Before the variants -----------------------------------------------------------------------

    def _upload(self) -> JobWork:
        plan = self._plan
        number = 0 if plan.uploaded else self._rng.choice(ROOMS)
        taken = photo(plan.dish.kind, number, self._rng.randrange(1_000_000))
        asset_id = self._new_id()
        part, kind = ("js", "original") if plan.uploaded else ("yh", "yh_pipeline_test")
        place = Place(part, plan.shop.tenant_id, kind, self._now)
        url = self._asset_store.save(taken.image, place, asset_id, taken.note)
        original = Asset(asset_id, url, *taken.image.size)
        self._job = {
            "job_id": plan.job_id,
            "tenant_id": plan.shop.tenant_id,
            "store_id": plan.shop.store_id,
            "status": Status.DONE.value,
            "current_step": "user_img_input" if plan.uploaded else "img_gen",
            "version": plan.version,
            "retry_count": 0,
        }
        self._keep(Row(jobs, self._job))
        work = self._briefed(original)
        self._keep(asset_row(original, "original" if plan.uploaded else "generated", work))
        inputs = {
            "job_id": plan.job_id,
            "img_asset_id": asset_id,
            "tone_style_id": work.tone_style_id,
            "desc_kor": work.desc_kor,
            "desc_eng": None,
        }
        self._keep(Row(job_inputs, inputs))
        if plan.copyless:
            return work
        for step in ("kor_to_eng", "ad_copy_eng", "ad_copy_kor"):
            work = self._job_step(work, step, traced=plan.uploaded)
        inputs["desc_eng"] = work.desc_eng if plan.uploaded else None
        return work

    def _briefed(self, original: Asset) -> JobWork:
        plan = self._plan
        return JobWork(
            plan.job_id,
            plan.shop.tenant_id,
            plan.version,
            original,
            tone_id(plan.tone),
            plan.tone.code,
            plan.tone.kor_name,
            plan.shop.name,
            plan.dish.desc_kor,
            text_model=MODEL_ID,
            presets=preset_ids(plan.tone),
        )

    def _prepare(self, work: JobWork) -> list[_Walker]:
        """The test tool: three variants that share the input picture."""
        shared = cast(Asset, work.input)
        return [self._walker(work, order, shared, self._new_id()) for order in range(1, PICTURES + 1)]

    def _generate(self, work: JobWork) -> list[_Walker]:
        """YE: cutout and plan, then a picture for each variant; nothing when its model fails."""
        self._pass(MODEL_SECONDS["gen_vlm_analyze"])
        outcome = cut_out(work, self._bench())
        self._keep(*outcome.rows)
        run_row = next(row.values for row in outcome.rows if row.table is gen_runs)
        run = outcome.leaves["run"]
        if self._plan.scenario is Scenario.HOPELESS:
            self._pass(MODEL_SECONDS["img_gen"])
            self._settle("img_gen", Status.FAILED)
            return []
        walkers = []
        for order in range(1, PICTURES + 1):
            self._pass(MODEL_SECONDS["img_gen"])
            painted = paint(work, self._bench(), run, order)
            row = next(row for row in painted.rows if row.table is jobs_variants)
            self._keep(*(other for other in painted.rows if other is not row))
            walkers.append(
                self._walker(
                    work, order, painted.leaves["image"], row.values["job_variants_id"], selected=None
                )
            )
        run_row["status"] = "succeeded"
        return walkers

    def _walker(self, work: JobWork, order: int, image: Asset, variant_id: UUID, **values: object) -> _Walker:
        row: dict[str, Any] = {
            "job_variants_id": variant_id,
            "job_id": work.job_id,
            "img_asset_id": image.asset_id,
            "creation_order": order,
            "selected": False,
            "retry_count": 0,
            "overlaid_img_asset_id": None,
            **values,
        }
        self._keep(Row(jobs_variants, row))
        return _Walker(VariantWork(work, variant_id, order, image), row, self._now)

    # The variants ------------------------------------------------------------------------------

    def _walk(self, walkers: list[_Walker], step: str) -> None:
        for walker in walkers:
            if walker.resting or self._in_trouble(walker, walkers, step):
                continue
            times = 1
            if (
                self._plan.scenario is Scenario.DISORDERLY
                and step in REPEATED_STEPS
                and walker.work.order > 1
            ):
                times = self._rng.randint(2, 5)
            for _ in range(times):
                self._variant_step(walker, walkers, step)
            walker.row["retry_count"] += times - 1

    def _in_trouble(self, walker: _Walker, walkers: list[_Walker], step: str) -> bool:
        """Whether this step leaves nothing: its variant rests here, fails for good, or skips the step."""
        plan, order = self._plan, walker.work.order
        if plan.scenario is Scenario.STUCK and step == REFUSED_STEP and order == 1 + plan.number % PICTURES:
            walker.resting = True
            walker.row |= {"current_step": preceding(step), "status": Status.DONE.value, "retry_count": 7}
        elif plan.scenario is Scenario.HOPELESS and step == HOPELESS_STEP:
            walker.resting = True
            walker.row |= {"current_step": step, "status": Status.FAILED.value}
            walker.row["retry_count"] = MAX_RETRIES
        elif plan.scenario is Scenario.FALTERING and order == 1 + plan.number % PICTURES:
            if step != FALTERING_STEPS[plan.number % len(FALTERING_STEPS)]:
                return False
            walker.row |= {"current_step": step, "status": Status.DONE.value, "retry_count": 1}
        else:
            return False
        return True

    def _variant_step(self, walker: _Walker, walkers: list[_Walker], step: str) -> None:
        self._now = walker.now
        self._pass(MODEL_SECONDS[step])
        walker.now = self._now
        outcome = VARIANT_STEPS[step](replace(walker.work, attempt=walker.row["retry_count"]), self._bench())
        self._keep(*(row for row in outcome.rows if not self._merged_into_first_run(row)))
        walker.row |= {"current_step": step, "status": Status.DONE.value, "updated_at": self._now}
        walker.row |= outcome.variant
        self._hand_on(walker, walkers, outcome)

    def _merged_into_first_run(self, row: Row) -> bool:
        """``yolo_runs`` has one row per job: a later run overwrites mask and count, not the picture."""
        if row.table is not yolo_runs:
            return False
        first = next((kept for kept in self._rows if kept.table is yolo_runs), None)
        if first is None:
            return False
        changed = ("forbidden_mask_url", "detection_count", "latency_ms")
        first.values.update({name: row.values[name] for name in changed}, updated_at=self._now)
        return True

    def _hand_on(self, walker: _Walker, walkers: list[_Walker], outcome: Outcome) -> None:
        """What the next steps see: a variant's own results, and those filed under a shared picture."""
        walker.work = replace(walker.work, **outcome.leaves)
        shared = {name: outcome.leaves[name] for name in ("detections", "proposal") if name in outcome.leaves}
        for other in walkers:
            if other.work.image == walker.work.image:
                other.work = replace(other.work, **shared, masked=other.work.masked or "detections" in shared)
            elif "masked" in outcome.leaves:
                other.work = replace(other.work, masked=other.work.image == walkers[0].work.image)
        if "masked" in outcome.leaves:
            walker.work = replace(walker.work, masked=walker.work.image == walkers[0].work.image)

    # After the variants ------------------------------------------------------------------------

    def _arrive(self, walkers: list[_Walker]) -> None:
        self._now = max(walker.now for walker in walkers)
        if self._plan.halted:
            self._settle(self._plan.halted, Status.DONE)
            return
        if any(walker.row["status"] == Status.FAILED for walker in walkers):
            self._job["retry_count"] = MAX_RETRIES
            self._settle(HOPELESS_STEP, Status.FAILED)
            return
        if any(walker.resting for walker in walkers):
            self._settle(LAST_VARIANT_STEP, Status.RUNNING)
            return
        self._settle(LAST_VARIANT_STEP, Status.DONE)
        work = walkers[0].work.job
        if not self._plan.copyless:
            for step in ("ad_copy_gen_kor", LAST_STEP):
                work = self._job_step(work, step, traced=True)
                self._settle(step, Status.DONE)

    def _job_step(self, work: JobWork, step: str, *, traced: bool) -> JobWork:
        """``traced`` False: the test tool writes the stage (kor_to_eng too) without any model call."""
        self._pass(MODEL_SECONDS[step] if traced else 0.01)
        outcome = JOB_STEPS[step](work, self._bench())
        if traced:
            self._keep(*outcome.rows)
        elif step == "kor_to_eng":
            self._keep(self._test_stage(work, english_copy(work.desc_kor)))
        else:
            for row in outcome.rows:
                if row.table is txt_ad_copy_generations:
                    self._keep(Row(row.table, {**row.values, "llm_trace_id": None}))
        return replace(work, **outcome.leaves)

    def _test_stage(self, work: JobWork, text: str) -> Row:
        values = {
            "ad_copy_gen_id": self._new_id(),
            "job_id": work.job_id,
            "generation_stage": "kor_to_eng",
            "ad_copy_eng": text,
            "status": Status.DONE.value,
        }
        return Row(txt_ad_copy_generations, values)

    # Keeping -----------------------------------------------------------------------------------

    def _keep(self, *rows: Row) -> None:
        for row in rows:
            times = {name: self._now for name in ("created_at", "updated_at") if name in row.table.c}
            row.values.update({**times, **row.values})
            self._rows.append(row)

    def _settle(self, step: str, status: Status) -> None:
        self._job |= {"current_step": step, "status": status.value, "updated_at": self._now}

    def _pass(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds * self._rng.uniform(0.7, 1.5))

    def _bench(self) -> Bench:
        return Bench(self._asset_store, self._seed, self._now, self._new_id)

    def _new_id(self) -> UUID:
        return UUID(int=self._rng.getrandbits(128), version=4)
