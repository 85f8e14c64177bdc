"""The forbidden mask by its address: a transparent layer, or a placeholder when there is none."""

from __future__ import annotations

import io
from collections.abc import Iterator
from uuid import uuid4

import pytest
from PIL import Image
from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import Response

from dashboard.server import pictures, startup
from feedly_core.domain import tables as t
from feedly_core.images.masks import mask_layer
from feedly_core.settings import Settings
from tests.factories import ReportWriter, write_job


@pytest.fixture
def dashboard(settings: Settings) -> Iterator[None]:
    startup.start(settings, live=False).wait(10)
    yield
    startup.close()


def answer(job_id: object) -> Response:
    request = Request({"type": "http", "method": "GET", "headers": [], "path_params": {"id": job_id}})
    return pictures._serve(request, mask_layer, "private")


@pytest.mark.usefixtures("dashboard")
def test_the_mask_is_a_transparent_layer(engine: Engine, settings: Settings) -> None:
    assert settings.assets_dir is not None
    mask = Image.new("L", (64, 64))
    mask.paste(255, (0, 0, 32, 64))
    mask.save(settings.assets_dir / "mask.png")

    def masked(writer: ReportWriter) -> None:
        writer.connection.execute(t.yolo_runs.update().values(forbidden_mask_url="/assets/mask.png"))

    shown = answer(write_job(engine, settings.assets_dir, change=masked).job_id)
    assert (shown.status_code, shown.media_type) == (200, "image/png")
    with Image.open(io.BytesIO(bytes(shown.body))) as layer:
        assert layer.getchannel("A").getextrema()[0] == 0
        assert layer.getpixel((5, 5))[3] > 0  # type: ignore[index]


@pytest.mark.usefixtures("dashboard")
def test_a_job_without_a_mask_has_a_placeholder(engine: Engine, settings: Settings) -> None:
    job = write_job(engine, settings.assets_dir)
    assert [answer(wanted).status_code for wanted in (job.job_id, uuid4())] == [404, 404]
