"""The contrast of drawn letters: measured once on real pictures, sorted, filtered and judged by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PIL import Image, ImageDraw, ImageFont
from sqlalchemy import Engine, select, text

from feedly_core.analytics import contrast_pass
from feedly_core.analytics.contrast_pass import ContrastPass, measure_everything
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import Order, gallery_page
from feedly_core.analytics.refresher import rebuild
from feedly_core.analytics.variant_source import variant_source
from feedly_core.db.engine import reading, writing
from feedly_core.db.own_schema import picture_contrast, variant_facts
from feedly_core.domain.scores import ContrastState, limits, overall, passes
from feedly_core.results.legibility import measure_legibility
from feedly_core.results.report import job_report
from feedly_core.settings import Settings
from tests.factories import MadeJob, make_job
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("our_schema")
NOW = datetime.now(UTC)
GOOD, BAD, GONE, BROKEN = range(4)


def draw(file: Path, ground: tuple[int, int, int]) -> None:
    """A finished picture: white letters in the middle of the text box, on ``ground``."""
    image = Image.new("RGB", (1080, 1080), ground)
    font = ImageFont.load_default(size=90)
    ImageDraw.Draw(image).text((540, 151), "warm soup today", fill=(255, 255, 255), font=font, anchor="mm")
    image.save(file)


def store_contrast(engine: Engine, overlay_id: UUID | None, ratio: float, score: float) -> None:
    with writing(engine) as connection:
        connection.execute(
            text(
                "UPDATE evaluations SET metrics = metrics || jsonb_build_object('contrast_ratio',"
                " CAST(:ratio AS float), 'readability_score', CAST(:score AS float))"
                " WHERE overlay_id = :overlay AND evaluation_type = 'readability'"
            ),
            {"overlay": overlay_id, "ratio": ratio, "score": score},
        )


def finished(settings: Settings, job: MadeJob, number: int) -> Path:
    assert settings.assets_dir is not None
    return next(settings.assets_dir.rglob(f"{job.overlaid_ids[number]}.png"))


@pytest.fixture
def job(engine: Engine, settings: Settings) -> MadeJob:
    """Four variants: well drawn but stored as bad, badly drawn but stored as good, no file, a broken file."""
    made = make_job(engine, variants=4, assets_dir=settings.assets_dir)
    draw(finished(settings, made, GOOD), (20, 24, 30))
    draw(finished(settings, made, BAD), (228, 226, 220))
    finished(settings, made, GONE).unlink()
    finished(settings, made, BROKEN).write_bytes(b"no picture at all")
    store_contrast(engine, made.overlay_ids[GOOD], 1.4, 0.1)
    store_contrast(engine, made.overlay_ids[BAD], 14.0, 1.0)
    rebuild(engine, lambda done, total: None, now=NOW)
    return made


def facts(engine: Engine) -> Mapping[UUID, Any]:
    with reading(engine) as connection:
        return {row.job_variants_id: row for row in connection.execute(select(variant_facts))}


def of(engine: Engine, job: MadeJob) -> list[Any]:
    found = facts(engine)
    return [found[variant_id] for variant_id in job.variant_ids]


def test_what_was_drawn_decides_and_the_stored_value_stands_beside_it(
    engine: Engine, settings: Settings, job: MadeJob
) -> None:
    before = of(engine, job)
    assert [row.contrast for row in before] == [None] * 4, "the stored value never stands in"
    assert {row.contrast_state for row in before} == {ContrastState.PENDING}
    measure_everything(engine, settings, now=NOW)
    good, bad, gone, broken = of(engine, job)
    known = limits(settings)

    def passed(row: Any) -> bool | None:
        return passes(known, {"contrast": row.contrast}, large_text=row.large_text)

    assert (good.contrast_stored, bad.contrast_stored) == (1.4, 14.0)
    assert good.contrast > 10 and bad.contrast < 2
    assert (passed(good), passed(bad)) == (True, False)
    assert (good.wcag_aa, bad.wcag_aa) == (True, False)
    assert good.overall > before[GOOD].overall and bad.overall < before[BAD].overall
    assert [row.contrast_state for row in (gone, broken)] == [ContrastState.MISSING, ContrastState.UNREADABLE]
    assert [passed(row) for row in (gone, broken)] == [None, None]


def test_the_read_model_says_what_the_page_of_the_job_says(
    engine: Engine, settings: Settings, job: MadeJob
) -> None:
    measure_everything(engine, settings, now=NOW)
    with reading(engine) as connection:
        report = job_report(connection, job.job_id)
    for variant, row in zip(report.variants, of(engine, job), strict=True):
        measured = measure_legibility(variant, settings)
        assert row.contrast == (measured and measured.contrast.mean)
        assert row.contrast_worst == (measured and measured.contrast.worst)
        if measured is not None:
            assert variant.ocr and variant.iou
            told = overall(variant.ocr.value.accuracy, measured.readability, variant.iou.value.with_food)
            assert row.overall == pytest.approx(told)


def test_the_gallery_sorts_and_filters_by_what_was_drawn(
    engine: Engine, settings: Settings, job: MadeJob
) -> None:
    measure_everything(engine, settings, now=NOW)
    with reading(engine) as connection:
        source = variant_source(connection, NOW)
        worst = gallery_page(connection, source, PictureFilters(), Order("contrast", ascending=True)).cards
        weak = gallery_page(
            connection, source, PictureFilters(ranges={"contrast": (1.0, 3.0)}), Order()
        ).cards
        stored = gallery_page(
            connection, source, PictureFilters(), Order("contrast_stored", ascending=True)
        ).cards
    assert [card.variant_id for card in worst[:2]] == [job.variant_ids[BAD], job.variant_ids[GOOD]]
    assert [card.variant_id for card in weak] == [job.variant_ids[BAD]]
    assert stored[0].variant_id == job.variant_ids[GOOD]
    assert source.contrast is not None
    progress = source.contrast
    assert (progress.pictures, progress.pending, progress.unreadable, progress.share) == (4, 0, 2, 1.0)


def test_a_picture_is_measured_once_and_a_lost_one_is_tried_again(
    engine: Engine, settings: Settings, job: MadeJob
) -> None:
    assert measure_everything(engine, settings, now=NOW) == 1
    draw(finished(settings, job, GOOD), (200, 200, 200))
    rebuild(engine, lambda done, total: None, now=NOW)
    assert measure_everything(engine, settings, now=NOW) == 0, "a rebuild measures nothing again"
    kept = of(engine, job)[GOOD].contrast
    draw(finished(settings, job, BROKEN), (10, 10, 10))
    assert measure_everything(engine, settings, now=NOW + timedelta(minutes=2)) == 1
    good, _bad, gone, found = of(engine, job)
    assert (good.contrast, gone.contrast_state) == (kept, ContrastState.MISSING)
    assert found.contrast_state == ContrastState.MEASURED and found.contrast > 10
    with reading(engine) as connection:
        lost = connection.execute(
            select(picture_contrast).where(picture_contrast.c.state == ContrastState.MISSING)
        ).one()
    assert lost.tries == 2 and lost.retry_at > NOW + timedelta(minutes=5), "each time later"


def test_a_new_picture_of_a_variant_is_measured_anew(
    engine: Engine, settings: Settings, job: MadeJob
) -> None:
    measure_everything(engine, settings, now=NOW)
    with writing(engine) as connection:
        connection.execute(
            text("UPDATE jobs_variants SET overlaid_img_asset_id = :new WHERE job_variants_id = :variant"),
            {"new": job.overlaid_ids[BAD], "variant": job.variant_ids[GOOD]},
        )
    rebuild(engine, lambda done, total: None, now=NOW)
    assert of(engine, job)[GOOD].contrast_state == ContrastState.PENDING, "that was another picture"
    measure_everything(engine, settings, now=NOW)
    assert of(engine, job)[GOOD].contrast == of(engine, job)[BAD].contrast


def test_one_job_that_cannot_be_read_stops_no_other(
    engine: Engine, settings: Settings, job: MadeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_job(engine, variants=1, assets_dir=settings.assets_dir)
    rebuild(engine, lambda done, total: None, now=NOW)

    def report(connection: Any, job_id: UUID) -> Any:
        if job_id == other.job_id:
            raise ValueError("an odd row")
        return job_report(connection, job_id)

    monkeypatch.setattr(contrast_pass, "job_report", report)
    measure_everything(engine, settings, now=NOW)
    assert of(engine, job)[GOOD].contrast_state == ContrastState.MEASURED
    assert of(engine, other)[0].contrast_state == ContrastState.UNREADABLE


def test_two_dashboards_measure_in_the_background_without_each_other(
    engine: Engine, settings: Settings, job: MadeJob
) -> None:
    threads = [ContrastPass(engine, settings), ContrastPass(engine, settings)]
    for thread in threads:
        thread.start()
    try:
        wait_until(
            lambda: all(row.contrast_state != ContrastState.PENDING for row in of(engine, job)),
            30,
            "the pictures to be measured",
        )
        with reading(engine) as connection:
            tries = set(connection.scalars(select(picture_contrast.c.tries)))
    finally:
        for thread in threads:
            thread.stop()
    assert tries == {1}, "only one of them works"
