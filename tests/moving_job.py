"""Rows that move as the pipeline's do: what tests of the monitor write and expect."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, insert, text, update

from feedly_core.db.engine import writing
from feedly_core.domain.pipeline import VARIANT_STEP_NAMES, finished_steps
from feedly_core.domain.tables import job_inputs, jobs, jobs_variants, txt_ad_copy_generations

_OVERLAY_ROW = text(
    "INSERT INTO overlay_layouts (overlay_id, job_variants_id) SELECT gen_random_uuid(), :variant"
    " WHERE NOT EXISTS (SELECT FROM overlay_layouts WHERE job_variants_id = :variant)"
)
"""What the overlay step leaves: without it the variant counts as blocked."""

SOUP = "따끈한 국물 한 그릇"


@dataclass(frozen=True)
class MovingJob:
    """A job with variants whose rows a test moves by hand, one committed transaction a move."""

    engine: Engine
    job_id: UUID = field(default_factory=uuid4)
    variant_ids: tuple[UUID, ...] = ()

    def move(self, variant: int, step: str, status: str) -> None:
        """Write (step, status) to one variant, with its overlay row; the triggers do the rest."""
        with writing(self.engine) as connection:
            connection.execute(
                update(jobs_variants)
                .where(jobs_variants.c.job_variants_id == self.variant_ids[variant])
                .values(current_step=step, status=status, updated_at=text("clock_timestamp()"))
            )
            if finished_steps(step, status) > VARIANT_STEP_NAMES.index("overlay"):
                connection.execute(_OVERLAY_ROW, {"variant": self.variant_ids[variant]})

    def move_job(self, step: str, status: str) -> None:
        """Write (step, status) to the job's own row."""
        with writing(self.engine) as connection:
            connection.execute(
                update(jobs)
                .where(jobs.c.job_id == self.job_id)
                .values(current_step=step, status=status, updated_at=text("clock_timestamp()"))
            )

    def walk(self, variant: int) -> None:
        """All eight steps of one variant."""
        for step in VARIANT_STEP_NAMES:
            self.move(variant, step, "done")


def insert_job(
    connection: Connection,
    *,
    variants: int = 3,
    step: str = "img_gen",
    status: str = "done",
    tenant: str = "test_tenant",
    description: str = SOUP,
    with_copy: bool = True,
    minutes_old: float = 0,
) -> tuple[UUID, tuple[UUID, ...]]:
    """Insert a job and its variants at (step, status). Fires no trigger."""
    job_id, variant_ids = uuid4(), tuple(uuid4() for _ in range(variants))
    then = text(f"now() - interval '{minutes_old} minutes'")
    connection.execute(
        text("INSERT INTO tenants (tenant_id) VALUES (:id) ON CONFLICT DO NOTHING"), {"id": tenant}
    )
    stamps = {"created_at": then, "updated_at": then}
    connection.execute(
        insert(jobs).values(job_id=job_id, tenant_id=tenant, current_step=step, status=status, **stamps)
    )
    connection.execute(insert(job_inputs).values(job_id=job_id, desc_kor=description))
    if with_copy:
        connection.execute(
            insert(txt_ad_copy_generations).values(
                job_id=job_id, generation_stage="ad_copy_eng", ad_copy_eng="Warm soup", status="done"
            )
        )
    for order, variant_id in enumerate(variant_ids, start=1):
        connection.execute(
            insert(jobs_variants).values(
                job_variants_id=variant_id,
                job_id=job_id,
                creation_order=order,
                current_step=step,
                status=status,
                **stamps,
            )
        )
    return job_id, variant_ids


def moving_job(engine: Engine, variants: int = 3, description: str = SOUP) -> MovingJob:
    """A committed job at (img_gen, done), ready to be moved."""
    with engine.begin() as connection:
        job_id, variant_ids = insert_job(connection, variants=variants, description=description)
    return MovingJob(engine, job_id, variant_ids)
