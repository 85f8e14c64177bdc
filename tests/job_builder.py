"""Orders of one job, and what making it leaves: rows and files."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PIL import Image
from sqlalchemy import Engine, func, select

from feedly_core.db.engine import reading
from feedly_core.domain import tables as t
from feedly_core.jobs.pictures import Picture, read_picture
from feedly_core.jobs.request import JobKind, JobRequest
from feedly_core.settings import Settings, load_settings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TENANT = "pipeline_test_tenant_v2"
NOTHING = {
    "tenants": 0,
    "jobs": 0,
    "image_assets": 0,
    "job_inputs": 0,
    "txt_ad_copy_generations": 0,
    "jobs_variants": 0,
}


def drawn(colour: str) -> Picture:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(file, "PNG")
    return read_picture(file.getvalue(), f"{colour}.png", load_settings())


def full(picture: Picture, **changes: Any) -> JobRequest:
    return JobRequest(
        **{"kind": JobKind.FULL, "tenant_id": TENANT, "pictures": (picture,), "desc_kor": "국", **changes}
    )


def ye(picture: Picture, **changes: Any) -> JobRequest:
    return full(picture, **{"kind": JobKind.YE, "tenant_id": "ye_test_tenant", "start": False, **changes})


def files_in(settings: Settings) -> list[Path]:
    assert settings.assets_dir is not None
    return [path for path in settings.assets_dir.rglob("*") if path.is_file()]


def rows_in(engine: Engine) -> dict[str, int]:
    with reading(engine) as connection:
        return {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in (
                t.tenants,
                t.jobs,
                t.image_assets,
                t.job_inputs,
                t.txt_ad_copy_generations,
                t.jobs_variants,
            )
        }
