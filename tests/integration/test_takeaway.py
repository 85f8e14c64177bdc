"""Files of chosen pictures on a real PostgreSQL: slides, originals, tables, in any script."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime

import pytest
from pptx import Presentation
from sqlalchemy import Engine

from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import Order
from feedly_core.analytics.variant_source import named_source
from feedly_core.db.engine import reading
from feedly_core.domain.scores import limits
from feedly_core.reviews.deck import Audience
from feedly_core.reviews.takeaway import PDF, PPTX, ZIP, Wanted, takeaway
from feedly_core.reviews.verdicts import Verdict, save
from feedly_core.settings import Settings
from tests.factories import MadeJob, make_job
from tests.integration.test_reviews import JIYOUNG, entry

COPY = "<b>국밥</b> & “วันนี้” 🍲 ש\x0b"

pytestmark = pytest.mark.usefixtures("our_schema")


@pytest.fixture
def job(engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> MadeJob:
    monkeypatch.setattr("tests.factories.SHORT_COPY", COPY)
    made = make_job(engine, assets_dir=settings.assets_dir)
    save(engine, settings, JIYOUNG, [entry(made, 0, Verdict.REJECT)])
    return made


def file_of(engine: Engine, settings: Settings, job: MadeJob, form: object, per_page: int = 1) -> bytes:
    with reading(engine) as connection:
        source = named_source(connection, datetime.now(UTC))
    audience = Audience("ko", settings.zone, limits(settings), "https://dash.example")
    wanted = Wanted(PictureFilters(job=job.job_id), Order(), "월요일 <회의>", per_page)  # type: ignore[arg-type]
    return takeaway(engine, settings, source, wanted, form, audience, datetime.now(UTC))  # type: ignore[arg-type]


def test_slides_hold_picture_copy_contrast_and_verdict(
    engine: Engine, settings: Settings, job: MadeJob
) -> None:
    show = Presentation(io.BytesIO(file_of(engine, settings, job, PPTX)))
    assert len(show.slides) == 3
    words = "\n".join(
        shape.text_frame.text for slide in show.slides for shape in slide.shapes if shape.has_text_frame
    )
    assert "<b>국밥</b> & “วันนี้” 🍲 ש" in words and "월요일 <회의>" in words
    assert "× 반려" in words and "판정 없음" in words and "대비" in words
    pictures = [shape for slide in show.slides for shape in slide.shapes if hasattr(shape, "image")]
    assert len(pictures) == 3 and all(shape.width > 0 for shape in pictures)
    four = Presentation(io.BytesIO(file_of(engine, settings, job, PPTX, 4)))
    assert len(four.slides) == 1, "four on a page"


def test_slides_as_pdf_hold_every_script(engine: Engine, settings: Settings, job: MadeJob) -> None:
    for per_page, pages in ((1, 3), (4, 1)):
        content = file_of(engine, settings, job, PDF, per_page)
        assert content.startswith(b"%PDF") and content.count(b"/Type /Page\n") == pages


def test_a_zip_holds_the_originals_and_says_what_is_missing(
    engine: Engine, settings: Settings, job: MadeJob
) -> None:
    assert settings.assets_dir is not None
    archive = zipfile.ZipFile(io.BytesIO(file_of(engine, settings, job, ZIP)))
    manifest = json.loads(archive.read("manifest.json"))["files"]
    assert len(manifest) == 3 and {one["file"] for one in manifest} < set(archive.namelist())
    original = settings.assets_dir / manifest[0]["url"].removeprefix("/assets/")
    assert archive.read(manifest[0]["file"]) == original.read_bytes()
    original.unlink()
    archive = zipfile.ZipFile(io.BytesIO(file_of(engine, settings, job, ZIP)))
    first = json.loads(archive.read("manifest.json"))["files"][0]
    assert first["file"] is None and first["missing"]
