"""How long the contrast of one picture's letters takes to measure, on a grown database."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine, delete, select, update

from benchmarks.figures import Figure, machine, spread
from benchmarks.measuring import linked
from feedly_core.analytics.contrast_pass import measure_job
from feedly_core.db.engine import among, reading, writing
from feedly_core.db.own_schema import picture_contrast, variant_facts
from feedly_core.domain.scores import ContrastState
from feedly_core.settings import load_settings

PICTURES = 300


def contrast_rate(url: str, jobs: int, assets: Path) -> Figure:
    """Per picture, without the rest that the server takes after each job.

    Of the newest pictures, which have files in ``assets``: what is known of their contrast is forgotten.
    """
    settings = load_settings(DATABASE_URL=url, ASSETS_DIR=assets)
    times = []
    with linked(url, None) as link:
        variants, job_ids = _newest(link.engine)
        with writing(link.engine) as connection:
            connection.execute(
                delete(picture_contrast).where(among(picture_contrast.c.job_variants_id, variants))
            )
            again = update(variant_facts).where(among(variant_facts.c.job_variants_id, variants))
            connection.execute(again.values(contrast_state=ContrastState.PENDING))
        for job_id in job_ids:
            began = time.perf_counter()
            measure_job(link.engine, settings, job_id, now=datetime.now(UTC))
            times.append(1000 * (time.perf_counter() - began))
        with reading(link.engine) as connection:
            found = connection.scalars(
                select(variant_facts.c.contrast_state).where(among(variant_facts.c.job_variants_id, variants))
            ).all()
    if set(found) != {ContrastState.MEASURED}:
        raise RuntimeError(f"not every picture could be measured: {sorted(map(str, set(found)))}")
    each = [took * len(job_ids) / len(variants) for took in times]
    p50, p95, slowest = spread(each)
    here = machine(link.postgres)
    return Figure(
        "filling: contrast, a picture of 540 px", jobs, 0, p50, p95, 0, None, None, None, here, slowest
    )


def _newest(engine: Engine) -> tuple[Sequence[UUID], Sequence[UUID]]:
    """The newest finished pictures' variants, and their jobs."""
    facts = variant_facts.c
    newest = (
        select(facts.job_variants_id, facts.job_id)
        .where(facts.picture_id.is_not(None))
        .order_by(facts.created_at.desc())
        .limit(PICTURES)
    )
    with reading(engine) as connection:
        rows = connection.execute(newest).all()
    return [variant for variant, _ in rows], list(dict.fromkeys(job for _, job in rows))
