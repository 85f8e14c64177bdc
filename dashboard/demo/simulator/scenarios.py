"""Scenarios of the demo's jobs: most run smoothly, some repeat steps, a few fail.

The scenario depends on the job's id and the seed alone, so that every process and every restart agree.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from feedly_core.domain.pipeline import VARIANT_STEP_NAMES

UNDISTURBED_TENANT = "feedly-live-test-"
"""Tenants of the trigger probe: their result must not depend on chance."""

REFUSED_STEP = "yolo_detect"
"""A missing file rolls this step back: the variant looks stalled at the step before (pipeline §5.1)."""

HOPELESS_STEP = "vlm_judge"
"""Its retry always fails again, because the precondition is gone (pipeline §5, known flaws)."""

UNSTORED_STEPS = ("overlay", "overlay", "overlay", *VARIANT_STEP_NAMES)
"""Steps that end as done without their row, the overlay most often: its font file is missing."""

FALTERING_STEPS = ("vlm_analyze", "planner", "vlm_judge", "ocr_eval")


class Scenario(StrEnum):
    SMOOTH = "smooth"
    DISORDERLY = "disorderly"
    FALTERING = "faltering"
    STUCK = "stuck"
    HOPELESS = "hopeless"
    UNSTORED = "unstored"


@dataclass(frozen=True)
class Scenarios:
    """``disorder`` and ``trouble`` are shares of all jobs, 0 to 1."""

    seed: int
    disorder: float
    trouble: float

    def of(self, job_id: UUID, tenant_id: str | None) -> Scenario:
        if (tenant_id or "").startswith(UNDISTURBED_TENANT):
            return Scenario.SMOOTH
        if self._noise(job_id, "whether in trouble").random() < self.trouble:
            return self._noise(job_id, "trouble").choices(
                (Scenario.FALTERING, Scenario.STUCK, Scenario.HOPELESS, Scenario.UNSTORED),
                weights=(6, 3, 2, 1),
            )[0]
        wild = self._noise(job_id, "whether wild").random() < self.disorder
        return Scenario.DISORDERLY if wild else Scenario.SMOOTH

    def refuses(self, scenario: Scenario, job_id: UUID, order: int, step: str) -> bool:
        """True when this step of this variant can never run (its picture cannot be read)."""
        return (
            scenario is Scenario.STUCK
            and step == REFUSED_STEP
            and order == self._noise(job_id, "who").randint(1, 3)
        )

    def fails(self, scenario: Scenario, job_id: UUID, order: int, step: str, attempt: int) -> bool:
        """True when the model fails at this step: once for a faltering variant, always for a hopeless job.

        ``attempt`` is the variant's retry count.
        """
        if scenario is Scenario.HOPELESS:
            return step == HOPELESS_STEP
        if scenario is not Scenario.FALTERING or attempt > 0:
            return False
        noise = self._noise(job_id, "falter")
        return order == noise.randint(1, 3) and step == noise.choice(FALTERING_STEPS)

    def unstored_step(self, scenario: Scenario, job_id: UUID, order: int) -> str | None:
        """The step of this variant that ends as done without its row, when it runs for the first time."""
        if scenario is not Scenario.UNSTORED or order != self._noise(job_id, "who stores nothing").randint(
            1, 3
        ):
            return None
        return self._noise(job_id, "unstored").choice(UNSTORED_STEPS)

    def generation_fails(self, job_id: UUID, tenant_id: str | None, step: str) -> bool:
        """True when YE's model fails at this step: some of the hopeless jobs never get pictures."""
        hopeless = self.of(job_id, tenant_id) is Scenario.HOPELESS
        return hopeless and step == self._noise(job_id, "generation").choice(("img_gen", "", ""))

    def _noise(self, job_id: UUID, what: str) -> random.Random:
        return random.Random(f"{self.seed}|{job_id}|{what}")
