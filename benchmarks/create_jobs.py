"""Creating a job in the old scripts' way, a commit per group of rows; and in ours.

Both write the same rows and store one picture; only ours syncs picture and folder to the disk. Starting is
left out: the old script sleeps 0.2 s per variant there.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg2
from sqlalchemy import Engine

from feedly_core.jobs.create import create_job
from feedly_core.jobs.request import AdCopy, JobRequest
from feedly_core.jobs.storage import assets_folder
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings

TENANT = "pipeline_test_tenant_v2"
OPERATOR = Person("benchmark", Role.OPERATOR)


def old_pattern(
    connection: psycopg2.extensions.connection, assets: Path, variants: int, picture: bytes
) -> None:
    """The statements of the old script for the full pipeline, commit for commit."""
    job, asset = str(uuid4()), str(uuid4())
    copy = AdCopy()
    with connection.cursor() as cursor:

        def run(statement: str, *values: object) -> None:
            cursor.execute(statement, values)

        run(
            "INSERT INTO tenants (tenant_id, display_name) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            TENANT,
            TENANT,
        )
        connection.commit()
        path = assets / f"{asset}.png"
        path.write_bytes(picture)
        run("SELECT tone_style_id FROM tone_styles LIMIT 1")
        run("SELECT store_id FROM stores LIMIT 1")
        run(
            "INSERT INTO jobs (job_id, tenant_id, status, current_step) VALUES (%s, %s, 'done', 'img_gen')",
            job,
            TENANT,
        )
        run(
            "INSERT INTO image_assets"
            " (image_asset_id, image_type, image_url, width, height, tenant_id, job_id)"
            " VALUES (%s, 'generated', %s, 1080, 1080, %s, %s)",
            asset,
            f"/assets/{asset}.png",
            TENANT,
            job,
        )
        connection.commit()
        run("INSERT INTO job_inputs (job_id, img_asset_id, desc_kor) VALUES (%s, %s, %s)", job, asset, "국")
        connection.commit()
        for stage, english, korean in (
            ("kor_to_eng", copy.kor_to_eng, None),
            ("ad_copy_eng", copy.ad_copy_eng, None),
            ("ad_copy_kor", None, copy.ad_copy_kor),
        ):
            run(
                "INSERT INTO txt_ad_copy_generations"
                " (job_id, generation_stage, ad_copy_eng, ad_copy_kor, status)"
                " VALUES (%s, %s, %s, %s, 'done')",
                job,
                stage,
                english,
                korean,
            )
            connection.commit()
        for number in range(1, variants + 1):
            run(
                "INSERT INTO jobs_variants (job_id, img_asset_id, creation_order, status, current_step)"
                " VALUES (%s, %s, %s, 'done', 'img_gen')",
                job,
                asset,
                number,
            )
        connection.commit()


def new_job(engine: Engine, order: JobRequest, settings: Settings) -> None:
    create_job(
        engine,
        order,
        key=uuid4(),
        assets_dir=assets_folder(settings),
        person=OPERATOR,
        settings=settings,
        now=datetime.now(UTC),
    )
