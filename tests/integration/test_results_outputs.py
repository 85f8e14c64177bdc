"""What leaves the results room: the list, the terminal's report, the archive, the workbook."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
import typer
from PIL import Image
from sqlalchemy import Engine
from typer.testing import CliRunner

from dashboard.cli import analyze as terminal
from dashboard.output import choose_language
from feedly_core.analytics.export import XLSX, export
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import Order
from feedly_core.analytics.recent import ScoreTrend, recent_jobs, recent_scores, score_trends
from feedly_core.analytics.refresher import rebuild
from feedly_core.analytics.variant_source import variant_source
from feedly_core.db.engine import reading
from feedly_core.domain import tables as t
from feedly_core.domain.scores import DEFAULTS
from feedly_core.errors import FeedlyError, InvalidInput, NotFound
from feedly_core.results.archive import job_archive
from feedly_core.results.image_checks import gather
from feedly_core.results.report import job_report
from feedly_core.settings import Settings
from tests.factories import ReportWriter, make_job, write_job


def test_recent_jobs_are_the_tenant_s_newest_with_their_scores(engine: Engine) -> None:
    first = write_job(engine, tenant="one")
    write_job(engine, tenant="two", variants=1)
    now = datetime.now(UTC)
    with reading(engine) as connection:
        everybody, mine = recent_jobs(connection, now=now), recent_jobs(connection, "one", now=now)
        nobody, capped = recent_jobs(connection, "none", now=now), recent_jobs(connection, limit=1, now=now)
        alone = [recent_scores(connection), recent_scores(connection, "one"), recent_scores(connection, "no")]
    assert {job.tenant_id for job in everybody} == {"one", "two"}
    assert (nobody, len(capped)) == ((), 1)
    assert alone == [tuple(job.scores for job in jobs) for jobs in (everybody, mine, nobody)]
    (job,) = mine
    assert (job.job_id, job.variants, job.pictures) == (first.job_id, 3, tuple(first.overlaid_ids))
    assert job.scores == {"ocr_accuracy": 0.88, "contrast": None, "iou_with_food": 0.0}


def test_the_newest_of_repeated_evaluations_counts_in_the_list(engine: Engine) -> None:
    def repeat(writer: ReportWriter) -> None:
        for overlay in writer.overlay_ids:
            writer.row(
                t.evaluations, overlay_id=overlay, evaluation_type="ocr", metrics={"ocr_accuracy": 0.5}
            )

    write_job(engine, change=repeat)
    with reading(engine) as connection:
        assert recent_jobs(connection, now=datetime.now(UTC))[0].scores["ocr_accuracy"] == 0.5


def test_scores_of_the_newer_half_stand_against_the_older() -> None:
    def job(contrast: float | None) -> dict[str, float | None]:
        return {"contrast": contrast, "iou_with_food": 0.1}

    newest_first = [job(value) for value in (6.0, 5.0, None, 2.0, 3.0)]
    found = {trend.name: trend for trend in score_trends(newest_first)}
    assert found["contrast"] == ScoreTrend("contrast", (3.0, 2.0, 5.0, 6.0), 5.5, 3.0)
    assert found["iou_with_food"].change == 0
    assert found["ocr_accuracy"] == ScoreTrend("ocr_accuracy", (), None, None)
    assert score_trends([job(4.0)])[1] == ScoreTrend("contrast", (4.0,), 4.0, None)


Analyze = Callable[..., str]


@pytest.fixture
def analyze(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Analyze:
    """Run the command on the test's database; returns what it printed."""
    assert settings.database_url is not None
    monkeypatch.setenv("DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("ASSETS_DIR", str(settings.assets_dir))
    monkeypatch.setenv("COLUMNS", "200")
    choose_language("en")
    app = typer.Typer()
    terminal.register(app)

    def run(*arguments: str, command: str = "analyze") -> str:
        result = CliRunner().invoke(app, (command, *arguments))
        if isinstance(result.exception, FeedlyError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.stdout

    return run


def test_analyze_prints_what_the_page_shows(analyze: Analyze, engine: Engine, settings: Settings) -> None:
    job = write_job(engine, settings.assets_dir)
    said = analyze("--job-id", str(job.job_id)[:8])
    assert "✕ 2: The text covers" in said
    assert "2.1:1" in said
    assert "#따끈한저녁" in said
    for sentence in (
        "| 따끈한 국물 한 그릇,",
        "ends line 1: a good break",
        "Planner run: exact.",
        "The text was drawn on box 2, rule_top.",
        "Could another box have won?",
        "gpt-4o-mini",
        "1 × unknown",
        "verdict of variant 3",
        "A warm bowl of stew.",
    ):
        assert sentence in said, sentence
    document = json.loads(analyze("--job-id", str(job.job_id), "--json"))
    assert [variant["variant"] for variant in document["variants"]] == [1, 2, 3]
    assert document["variants"][1]["scores"]["iou_with_food"] == {"value": 0.23, "verdict": "fail"}
    assert document["variants"][0]["planner"]["source"] == "rule_top"
    assert document["calls_of_unknown_cost"] == 1
    rule = document["variants"][0]["planner"]["rule"]
    assert sum(item["probability"] for item in rule["contenders"]) == pytest.approx(1)
    assert rule["would_another_have_won"] and rule["steps"]
    assert document["variants"][0]["punctuation"][0]["ends_line"] is True
    assert document["variants"][0]["detections"][0]["label"] == "bowl"


def test_analyze_lists_a_tenant(analyze: Analyze, engine: Engine) -> None:
    jobs = [write_job(engine, tenant="one") for _ in range(3)]
    first = json.loads(analyze("--tenant-id", "one", "--limit", "2", "--json"))
    rest = json.loads(analyze("--tenant-id", "one", "--cursor", first["next"], "--json"))
    assert (len(first["items"]), rest["next"]) == (2, None)
    assert {line["job_id"] for line in first["items"] + rest["items"]} == {str(job.job_id) for job in jobs}
    assert str(jobs[0].job_id) in analyze("--tenant-id", "one")


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_export_writes_the_chosen_variants(
    analyze: Analyze,
    engine: Engine,
    our_schema: None,
    tmp_path: Path,
    ending: str,
) -> None:
    for tenant in ("one", "two"):
        make_job(engine, tenant_id=tenant)
    rebuild(engine, lambda done, total: None, now=datetime.now(UTC))
    file = tmp_path / f"table.{ending}"
    analyze(str(file), "--tenant-id", "one", "--outcome", "complete", command="export")
    reads: dict[str, Callable[[Path], pd.DataFrame]] = {"csv": pd.read_csv, "parquet": pd.read_parquet}
    if ending in reads:
        table = reads[ending](file)
        (tenant,) = (name for name in table.columns if "tenant_id" in name)
        assert list(table[tenant]) == ["one"] * 3
    else:
        with zipfile.ZipFile(file) as book:
            assert "two" not in book.read("xl/sharedStrings.xml").decode()
    with pytest.raises(InvalidInput, match="format"):
        analyze(str(tmp_path / "table.doc"), command="export")


def test_trends_tell_each_day_and_release(analyze: Analyze, engine: Engine) -> None:
    make_job(engine, tenant_id="one")
    make_job(engine, tenant_id="two", step="planner", status="failed", variants=[("planner", "failed")])
    said = json.loads(analyze("--by", "release", "--json", command="trends"))
    assert sum(point["jobs"] for point in said) == 2
    (point,) = json.loads(analyze("--tenant-id", "one", "--json", command="trends"))
    assert (point["jobs"], point["complete"]) == (1, 1.0)
    assert point["scores"]["ocr_accuracy"]["median"] == 0.83
    assert point["times"]["ocr_eval"]["p95_ms"] == 842.5
    told = analyze("--tenant-id", "one", command="trends")
    assert point["key"] in told and "83%" in told and "5.8:1" in told


def test_analyze_says_what_is_missing(analyze: Analyze) -> None:
    with pytest.raises(InvalidInput, match="--job-id"):
        analyze()
    with pytest.raises(NotFound, match="no job"):
        analyze("--job-id", "12345678")


def test_the_archive_lists_what_it_holds_and_what_is_missing(engine: Engine, settings: Settings) -> None:
    assert settings.assets_dir is not None
    job = write_job(engine, settings.assets_dir)
    next(settings.assets_dir.rglob(f"{job.overlaid_ids[2]}.png")).unlink()
    with reading(engine) as connection:
        report = job_report(connection, job.job_id)
    content = job_archive(report, settings, DEFAULTS, gather(report, settings).legibility, datetime.now(UTC))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
        manifest = json.loads(archive.read("manifest.json"))
        with Image.open(archive.open("variant-2/overlay-view.png")) as drawn:
            assert drawn.size == (540, 540)
        original = archive.read("variant-1/finished.png")
    assert original == next(settings.assets_dir.rglob(f"{job.overlaid_ids[0]}.png")).read_bytes()
    assert {entry["file"] for entry in manifest["files"] if entry["file"]} | {"manifest.json"} == names
    (gone,) = [entry for entry in manifest["files"] if entry["file"] is None]
    assert "missing" in gone["missing"]
    assert gone["tried"].endswith(f"{job.overlaid_ids[2]}.png")
    assert "variant-3/overlay-view.png" not in names


def test_evidence_of_a_job_whose_folder_is_gone(engine: Engine, settings: Settings, tmp_path: Path) -> None:
    job = write_job(engine, settings.assets_dir)
    elsewhere = settings.model_copy(update={"assets_dir": tmp_path / "nowhere"})
    with reading(engine) as connection:
        report = job_report(connection, job.job_id)
    seen = gather(report, elsewhere)
    assert len(seen.files) == 4
    assert {type(file).__name__ for file in seen.files.values()} == {"Unavailable"}
    assert set(seen.legibility.values()) == {None}


def test_a_workbook_shows_the_pictures_that_can_be_read(engine: Engine, settings: Settings) -> None:
    job = make_job(engine, variants=3, assets_dir=settings.assets_dir, tenant_id="drawn")
    assert settings.assets_dir is not None
    next(settings.assets_dir.rglob(f"{job.overlaid_ids[1]}.png")).unlink()
    with reading(engine) as connection:
        source = variant_source(connection, datetime.now(UTC))
        content = export(connection, source, PictureFilters(tenant="drawn"), Order(), XLSX, settings)
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        drawing = book.read("xl/drawings/drawing1.xml").decode()
        pictures = [book.read(name) for name in book.namelist() if name.startswith("xl/media/")]
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert drawing.count("<xdr:pic>") == 2, "the missing file leaves its cell empty"
    assert all(max(Image.open(io.BytesIO(picture)).size) <= 96 for picture in pictures)
    assert sheet.count("<row ") == 4, "its line is there all the same"
