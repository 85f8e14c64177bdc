"""Jobs of every size: variants, texts and names as long as the forms and the tables allow."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, text

from feedly_core.db import own_schema
from feedly_core.db.engine import writing
from tests.factories import MadeJob, make_job

NAME = "아주긴상호의고객사" * 9
"""81 characters without a space."""
SIZES = ((1, 5_000), (10, 300), (40, 1), (2, 1_000))
"""Variants and characters of each text."""


@dataclass(frozen=True)
class SizedJob:
    made: MadeJob
    variants: int
    length: int


def words(length: int) -> str:
    """A text of this length, with a word that no line can hold."""
    return ("맛있는 우동 " + "가" * 60 + " 한 그릇을 지금 만나 보세요. ") * (length // 30 + 1)


def make_jobs_of_every_size(engine: Engine, assets_dir: Path) -> list[SizedJob]:
    """One job per entry of :data:`SIZES`, our schema installed."""
    own_schema.install(engine)
    jobs = []
    for variants, length in SIZES:
        long = words(length)[:length]
        made = make_job(engine, variants=variants, tenant_id=NAME[:80], desc_kor=long, assets_dir=assets_dir)
        with writing(engine) as connection:
            values = {"job": made.job_id, "long": long}
            connection.execute(
                text(
                    "UPDATE overlay_layouts SET layout = layout || jsonb_build_object('text', :long,"
                    " 'wrapped_text', :long) WHERE job_variants_id IN"
                    " (SELECT job_variants_id FROM jobs_variants WHERE job_id = :job)"
                ),
                values,
            )
            connection.execute(
                text("UPDATE txt_ad_copy_generations SET ad_copy_kor = :long WHERE job_id = :job"), values
            )
            connection.execute(
                text(
                    "UPDATE instagram_feeds SET instagram_ad_copy = :long, hashtags = :long"
                    " WHERE job_id = :job"
                ),
                values,
            )
        jobs.append(SizedJob(made, variants, length))
    return jobs
