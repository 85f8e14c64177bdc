"""A job's report beside the old analysis script's statements: count and time by number of variants.

    python -m benchmarks.job_report [--jobs 20000] [--rounds 60]

The old pattern is the statements of the script only: newest overlay, three evaluations, proposal, judge and
picture of each variant, one by one. Ours reads more (detections, traces, texts, costs) and parses it all.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from uuid import UUID

from sqlalchemy import Connection, Engine, select

from dashboard.demo.postgres import EmbeddedPostgres
from dashboard.demo.schema import create_schema
from feedly_core.db.engine import capabilities, make_engine, reading, writing
from feedly_core.domain import tables as t
from feedly_core.results.report import job_report
from feedly_core.settings import load_settings
from tests.generated import generate_jobs
from tests.plan_guard import counted
from tests.stored_job import write_job


def old_pattern(connection: Connection, job_id: UUID) -> None:
    """What the script asked: five and more statements a variant."""
    connection.execute(select(t.jobs).where(t.jobs.c.job_id == job_id)).one()
    job_input = connection.execute(select(t.job_inputs).where(t.job_inputs.c.job_id == job_id)).one()
    variants = select(t.jobs_variants).where(t.jobs_variants.c.job_id == job_id)
    for variant in connection.execute(variants.order_by(t.jobs_variants.c.creation_order)).all():
        overlay, evaluation = t.overlay_layouts, t.evaluations
        newest = select(overlay).where(overlay.c.job_variants_id == variant.job_variants_id)
        connection.execute(newest.order_by(overlay.c.created_at.desc()).limit(1)).one_or_none()
        proposal = t.planner_proposals
        of_input = select(proposal).where(proposal.c.image_asset_id == job_input.img_asset_id)
        connection.execute(of_input.order_by(proposal.c.created_at.desc()).limit(1)).one_or_none()
        for kind in ("ocr", "readability", "iou"):
            of_variant = (
                select(evaluation)
                .join(overlay, overlay.c.overlay_id == evaluation.c.overlay_id)
                .where(overlay.c.job_variants_id == variant.job_variants_id)
                .where(evaluation.c.evaluation_type == kind)
            )
            connection.execute(of_variant.order_by(evaluation.c.created_at.desc()).limit(1)).one_or_none()
        judged = t.vlm_traces.c
        judge = select(t.vlm_traces).where(judged.job_id == job_id, judged.operation_type == "judge")
        connection.execute(judge.order_by(judged.created_at.desc()).limit(1)).one_or_none()
        asset = t.image_assets
        picture = select(asset).where(asset.c.image_asset_id == variant.overlaid_img_asset_id)
        connection.execute(picture).one_or_none()


def measure(engine: Engine, ask: Callable[[Connection, UUID], object], job_id: UUID, rounds: int) -> str:
    """Statements, median and p95 in milliseconds."""
    times = []
    with reading(engine) as connection:
        capabilities(connection)
        ask(connection, job_id)
        with counted(engine) as sent:
            ask(connection, job_id)
        for _ in range(rounds):
            began = time.perf_counter()
            ask(connection, job_id)
            times.append(1000 * (time.perf_counter() - began))
    return (
        f"{len(sent):4} statements, median {median(times):6.1f} ms, p95 {quantiles(times, n=20)[-1]:6.1f} ms"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=20_000, help="generated jobs around the measured ones")
    parser.add_argument("--rounds", type=int, default=60)
    wanted = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="feedly-benchmark-"))
    home.chmod(0o755)
    server = EmbeddedPostgres(home)
    server.start()
    try:
        engine = make_engine(load_settings(DATABASE_URL=server.create_database("report")), "benchmark")
        engine.update_execution_options(feedly_statement_timeout_ms=600_000)
        with writing(engine) as connection:
            create_schema(connection)
        with writing(engine) as connection:
            generate_jobs(connection, wanted.jobs)
        print(f"{wanted.jobs:,} jobs in the database")
        for variants in (1, 3, 30):
            job_id = write_job(engine, variants=variants).job_id
            print(
                f"{variants:3} variants, old pattern: {measure(engine, old_pattern, job_id, wanted.rounds)}"
            )
            print(f"{variants:3} variants, job_report:  {measure(engine, job_report, job_id, wanted.rounds)}")
        engine.dispose()
    finally:
        server.stop(even_if_used=True)


if __name__ == "__main__":
    main()
