"""Jobs that ended a step of their own and whose next step never began: image generation, the two texts."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from feedly_core.db.engine import Capabilities, capabilities
from feedly_core.diagnostics.stalled_variants import MOST_LISTED, recent, seconds_since
from feedly_core.diagnostics.thresholds import Thresholds
from feedly_core.domain.pipeline import LAST_VARIANT_STEP, Status, following
from feedly_core.domain.tables import jobs, jobs_variants, txt_ad_copy_generations


@dataclass(frozen=True)
class LostJob:
    """``step`` was ended ``age`` seconds ago; ``awaited`` should have begun at once."""

    job_id: UUID
    tenant_id: str | None
    step: str
    age: float

    @property
    def awaited(self) -> str:
        return following(self.step) or self.step


def lost_jobs(connection: Connection, thresholds: Thresholds) -> list[LostJob]:
    """Oldest first. A job without variants waits for image generation, one after them for its texts.

    A test job that has no English copy rests at (iou_eval, done) for ever by design and is not listed.
    """
    age = seconds_since(func.coalesce(jobs.c.updated_at, jobs.c.created_at))
    question = (
        select(jobs.c.job_id, jobs.c.tenant_id, jobs.c.current_step, age.label("age"))
        .where(
            recent(thresholds),
            jobs.c.status == Status.DONE.value,
            _next_was_due(capabilities(connection)),
            age > thresholds.lost_after,
        )
        .order_by(age.desc())
        .limit(MOST_LISTED)
    )
    return [LostJob(*row) for row in connection.execute(question)]


def _next_was_due(known: Capabilities) -> ColumnElement[bool]:
    no_variants = ~exists().where(jobs_variants.c.job_id == jobs.c.job_id)
    due = [
        and_(jobs.c.current_step.in_(("user_img_input", "gen_vlm_analyze")), no_variants),
        jobs.c.current_step == "ad_copy_gen_kor",
    ]
    if known.has_table("txt_ad_copy_generations"):
        copies = txt_ad_copy_generations.c
        english = exists().where(copies.job_id == jobs.c.job_id, copies.generation_stage == "ad_copy_eng")
        due.append(and_(jobs.c.current_step == LAST_VARIANT_STEP, english))
    return or_(*due)
