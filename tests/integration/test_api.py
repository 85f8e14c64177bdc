"""The one door: what a notebook asks, and that it cannot write by accident."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Engine

import feedly_core
from feedly_core import Feedly
from feedly_core.analytics.export import COLUMNS
from feedly_core.analytics.refresher import rebuild
from feedly_core.domain.scores import DEFAULTS, Grade
from feedly_core.errors import (
    DatabaseUnreachable,
    InvalidInput,
    MissingInSchema,
    NotFeedlyDatabase,
    NotFound,
    PermissionDenied,
    PictureUnusable,
    SettingsInvalid,
)
from feedly_core.permissions import Person, Role, install_own_schema
from feedly_core.reviews.verdicts import Entry, Verdict, save
from feedly_core.settings import Settings
from tests.factories import MadeJob, make_job, write_job

SEOUL = "Asia/Seoul"


@pytest.fixture
def feedly(settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Feedly]:
    """The door as a notebook opens it: address and folders from the environment."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("ASSETS_DIR", str(settings.assets_dir))
    monkeypatch.setenv("FEEDLY_HOME", str(settings.home))
    with feedly_core.connect() as opened:
        yield opened


@pytest.fixture
def made(engine: Engine, settings: Settings) -> MadeJob:
    return make_job(engine, tenant_id="cafe", assets_dir=settings.assets_dir)


def test_a_job_is_found_by_id_and_by_prefix(feedly: Feedly, made: MadeJob) -> None:
    for named in (made.job_id, str(made.job_id), str(made.job_id)[:8]):
        job = feedly.job(named)
        assert job.job_id == made.job_id
        assert [variant.variant_id for variant in job.variants] == list(made.variant_ids)
    with pytest.raises(NotFound):
        feedly.job(uuid4())
    with pytest.raises(NotFound, match="no job id"):
        feedly.job("no id")


def test_scores_and_calls_are_frames(feedly: Feedly, made: MadeJob) -> None:
    job = feedly.job(made.job_id)
    scores = job.scores_frame().set_index(["variant", "score"])
    ocr = job.variants[1].ocr
    assert ocr is not None
    assert scores.loc[(2, "ocr_accuracy"), "value"] == ocr.value.accuracy
    assert scores.loc[(2, "ocr_accuracy"), "limit"] == DEFAULTS["ocr_accuracy"].good
    assert set(scores["grade"]) <= {grade.value for grade in Grade}
    assert scores["value"].notna().loc[(1, "contrast")], "measured on the finished picture"
    calls = job.calls_frame()
    assert len(calls) == len(job.report.calls)
    assert set(calls.loc[calls["step"] == "overlay", "variant"]) == {1, 2, 3}
    assert str(calls.dtypes["prompt_tokens"]) == "Int64"


def test_pictures_are_pillow_images(feedly: Feedly, engine: Engine, settings: Settings) -> None:
    job = feedly.job(write_job(engine, settings.assets_dir).job_id)
    finished, overlay = job.picture("finished", variant=2), job.picture("overlay", variant=2)
    assert finished.size == overlay.size
    assert finished.tobytes() != overlay.tobytes(), "boxes are drawn"
    assert job.picture("planner").tobytes() != job.picture("original").tobytes()
    assert job.picture("input").mode == "RGB"
    with pytest.raises(NotFound, match=r"no variant 9.*1, 2"):
        job.picture("overlay", variant=9)
    with pytest.raises(InvalidInput, match="overlay"):
        job.picture("thumbnail")  # type: ignore[arg-type]


def test_a_missing_file_says_where_it_was_looked_for(feedly: Feedly, engine: Engine) -> None:
    job = feedly.job(make_job(engine).job_id)
    with pytest.raises(PictureUnusable, match="Tried: "):
        job.picture()
    scores = job.scores_frame().set_index(["variant", "score"])
    assert scores["value"].isna().loc[(1, "contrast")]


def test_jobs_and_board(feedly: Feedly, engine: Engine, made: MadeJob) -> None:
    stuck = make_job(engine, step="img_gen", status="done", variants=[("overlay", "done")] * 2)
    jobs = feedly.jobs()
    assert list(jobs["job_id"]) == [str(stuck.job_id), str(made.job_id)]
    assert str(jobs["created_at"].dt.tz) == SEOUL
    assert list(feedly.jobs(tenant="cafe")["job_id"]) == [str(made.job_id)]
    board = feedly.board().set_index("job_id")
    assert board.loc[str(made.job_id), "state"] == "complete"
    assert board.loc[str(stuck.job_id), "progress"] == pytest.approx(4 / 8)
    assert list(feedly.board(state="complete")["job_id"]) == [str(made.job_id)]


def test_variants_are_the_gallerys(feedly: Feedly, engine: Engine, made: MadeJob) -> None:
    make_job(engine, tenant_id="other")
    found = feedly.variants(tenant="cafe", sort="ocr_accuracy", ascending=True)
    assert list(found.columns) == list(COLUMNS)
    assert set(found["job_id"]) == {str(made.job_id)}
    assert found["ocr_accuracy"].is_monotonic_increasing
    assert found.attrs["bounded_to"] == 100, "the read model is not filled: the newest jobs only"
    assert len(feedly.variants(limit=2)) == 2
    with pytest.raises(InvalidInput, match="Known: created_at"):
        feedly.variants(sort="beauty")


def test_the_filled_read_model_has_every_day(
    feedly: Feedly, engine: Engine, settings: Settings, made: MadeJob
) -> None:
    install_own_schema(engine, Person("kim", Role.OPERATOR), settings)
    make_job(engine, created_at=datetime.now(UTC) - timedelta(days=9))
    rebuild(engine, lambda done, total: None, now=datetime.now(UTC))
    found = feedly.variants(days=20)
    assert found["job_id"].nunique() == 2
    assert found.attrs["bounded_to"] is None
    trends = feedly.trends(by="day", days=20)
    assert trends["jobs"].sum() == 2
    assert trends.index.is_monotonic_increasing
    assert {"ocr_accuracy_median", "overlay_p95_ms"} <= set(trends.columns)
    assert feedly.trends(by="release")["jobs"].sum() >= 1
    with pytest.raises(InvalidInput, match="day, release"):
        feedly.trends(by="moon")


def test_campaigns_and_reviews_need_the_dashboards_schema(feedly: Feedly, made: MadeJob) -> None:
    assert feedly.campaigns().empty and feedly.alerts().empty
    with pytest.raises(MissingInSchema):
        feedly.reviews()


def test_reading_is_all_unless_writing_was_asked_for(
    feedly: Feedly, database_url: str, made: MadeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = Entry(uuid4(), made.job_id, made.variant_ids[0], made.overlaid_ids[0], Verdict.REJECT)  # type: ignore[arg-type]
    with pytest.raises(PermissionDenied, match="read-only"):
        install_own_schema(feedly.engine, feedly.person, feedly.settings)
    with feedly_core.connect(database_url, write=True) as writer:
        install_own_schema(writer.engine, writer.person, writer.settings)
        with pytest.raises(PermissionDenied, match="needs the role reviewer"):
            save(writer.engine, writer.settings, Person("lee", Role.VIEWER), [entry])
        save(writer.engine, writer.settings, writer.person, [entry])
    reviews = feedly.reviews(job=str(made.job_id)[:8])
    assert list(reviews["verdict"]) == ["reject"]
    assert list(reviews["variant_id"]) == [str(made.variant_ids[0])]
    assert list(feedly.reviews(tenant="nobody")["verdict"]) == []
    monkeypatch.setenv("FEEDLY_READ_ONLY", "1")
    with (
        feedly_core.connect(database_url, write=True) as refused,
        pytest.raises(PermissionDenied, match="FEEDLY_READ_ONLY"),
    ):
        save(refused.engine, refused.settings, refused.person, [entry])


def test_checks_are_a_frame_in_the_wanted_language(feedly: Feedly) -> None:
    checks = feedly.checks().set_index("key")
    assert checks.loc["database.reachable", "outcome"] == "ok"
    feedly.language = "ko"
    named = [frame["name"].to_dict() for frame in (checks, feedly.checks().set_index("key"))]
    assert named[0]["database.reachable"] != named[1]["database.reachable"]


def test_an_empty_database_answers_with_empty_frames(feedly: Feedly) -> None:
    for frame in (feedly.jobs(), feedly.board(), feedly.variants(), feedly.trends(), feedly.campaigns()):
        assert frame.empty
    assert str(feedly.board()["moved_at"].dt.tz) == SEOUL


def test_an_address_that_leads_nowhere_is_explained(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    with pytest.raises(NotFeedlyDatabase, match="Missing: jobs"):
        feedly_core.connect(empty_database_url)
    with pytest.raises(DatabaseUnreachable):
        feedly_core.connect("postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(SettingsInvalid):
        feedly_core.connect("mysql://somewhere/db")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(SettingsInvalid, match="DATABASE_URL is not set"):
        feedly_core.connect()
