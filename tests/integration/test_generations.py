"""Each core function on every generation of the schema that a team may still run."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from dashboard.demo.postgres import EmbeddedPostgres
from feedly_core.analytics.durations import read_history
from feedly_core.analytics.recent import recent_jobs
from feedly_core.db.engine import make_engine, reading, verify_feedly, writing
from feedly_core.db.job_lookup import find_job
from feedly_core.diagnostics.check import CheckOutcome
from feedly_core.diagnostics.check_report import run_checks
from feedly_core.diagnostics.checks import ALL_CHECKS
from feedly_core.diagnostics.context import open_context
from feedly_core.domain.scores import limits
from feedly_core.domain.tables import jobs
from feedly_core.errors import NotFeedlyDatabase
from feedly_core.jobs.choices import known_pictures, read_choices
from feedly_core.jobs.cleanup import JobSelection, delete_jobs, plan_deletion
from feedly_core.jobs.create import create_job, preview_job
from feedly_core.jobs.request import JobKind, JobRequest
from feedly_core.jobs.samples import sample_pictures
from feedly_core.live.job_history import read_job_record
from feedly_core.live.metrics import read_metrics
from feedly_core.live.overview import board_without_hub, newest_pictures, throughput
from feedly_core.live.reader import Reader
from feedly_core.permissions import Person, Role
from feedly_core.results.archive import job_archive
from feedly_core.results.image_checks import gather
from feedly_core.results.report import job_report
from feedly_core.settings import Settings, load_settings
from tests.generations import (
    GENERATIONS,
    OLDEST,
    STRANGE,
    STRANGE_STAGE,
    STRANGE_STEP,
    UNREADABLE,
    Place,
    Residents,
    last_moved_now,
)

WITHOUT_STAGES = ("v0.8 late", "v0.8 early")
PROJECT = Path(__file__).parents[2]
OPERATOR = Person("kim", Role.OPERATOR)


@pytest.fixture(scope="module", params=GENERATIONS)
def read_place(
    request: pytest.FixtureRequest,
    postgres: EmbeddedPostgres,
    old_template: Callable[[str], tuple[str, Residents, Path]],
) -> Iterator[Place]:
    """One after the other, every generation that the dashboard reads, for tests that write nothing."""
    template, residents, pictures = old_template(request.param)
    url = postgres.create_database(f"read {request.param}", template)
    settings = load_settings(DATABASE_URL=url, ASSETS_DIR=pictures, FEEDLY_HOME=pictures / "home")
    engine = make_engine(settings)
    with writing(engine) as connection:
        last_moved_now(connection)
    yield Place(request.param, settings, engine, residents)
    engine.dispose()


def test_it_is_recognised_as_feedlys(read_place: Place) -> None:
    with reading(read_place.engine) as connection:
        verify_feedly(connection)
        for job_id in read_place.jobs.ids.values():
            assert find_job(connection, str(job_id)[:18]) == job_id


def test_variants_without_steps_are_refused_with_the_reason(
    old_database: Callable[[str], tuple[Settings, Residents]],
) -> None:
    settings, _ = old_database(UNREADABLE)
    engine = make_engine(settings)
    missing = r"jobs_variants\.status, jobs_variants\.current_step, jobs_variants\.creation_order"
    with pytest.raises(NotFeedlyDatabase, match=missing), reading(engine) as connection:
        verify_feedly(connection)
    engine.dispose()


def test_the_monitor_sees_every_job(read_place: Place) -> None:
    now = datetime.now(UTC)
    with reading(read_place.engine) as connection:
        board = board_without_hub(connection, now)
        shown = {row.view.job_id for row in board.rows}
        assert {
            read_place.jobs.moving.job_id,
            read_place.jobs.failed.job_id,
            read_place.jobs.strange.job_id,
        } <= shown
        assert throughput(connection, now).made
        assert len(newest_pictures(connection)) >= 3
        read_history(connection, now)
        read_metrics(connection, now)
        for job_id in read_place.jobs.ids.values():
            assert read_job_record(connection, job_id).tracked.facts.job_id == job_id
    reader = Reader(read_place.settings)
    assert set(reader.everything(now)) >= shown
    reader.close()


def test_the_results_tell_what_this_generation_kept(read_place: Place) -> None:
    with reading(read_place.engine) as connection:
        reports = {name: job_report(connection, job_id) for name, job_id in read_place.jobs.ids.items()}
        assert {job.job_id for job in recent_jobs(connection, now=datetime.now(UTC))} == set(
            read_place.jobs.ids.values()
        )
    complete = reports["complete"]
    assert len(complete.variants) == 3
    assert complete.feed is not None
    assert [variant.unreadable for variant in complete.variants] == [()] * 3
    if (
        read_place.generation != OLDEST
    ):  # before overlays knew their variant, several variants cannot be told apart
        assert all(variant.ocr and variant.iou and variant.overlaid for variant in complete.variants)
        assert all(variant.analysis and variant.judgement for variant in complete.variants)
    assert bool(complete.not_in_schema) == (read_place.generation in GENERATIONS[2:-1])
    assert reports["strange"].job.step == STRANGE_STEP
    stored = json.dumps(reports["strange"].raw, default=str)
    without = [STRANGE_STAGE] if read_place.generation in WITHOUT_STAGES else []
    assert [word for word in STRANGE if word not in stored] == without
    for report in reports.values():
        evidence = gather(report, read_place.settings)
        archive = job_archive(
            report, read_place.settings, limits(read_place.settings), evidence.legibility, datetime.now(UTC)
        )
        with zipfile.ZipFile(io.BytesIO(archive)) as files:
            assert "manifest.json" in files.namelist()


@pytest.mark.parametrize("kind", list(JobKind))
def test_a_job_is_made_and_removed_again(place: Place, kind: JobKind) -> None:
    order = JobRequest(kind, "generations_test_tenant", (sample_pictures()[0],), "따끈한 국물", variants=2)
    assets, key, now = place.settings.assets_dir, uuid4(), datetime.now(UTC)
    assert assets is not None
    before = {path for path in assets.rglob("*") if path.is_file()}
    with reading(place.engine) as connection:
        assert read_choices(connection)
        known_pictures(connection)
        assert preview_job(connection, order, key=key, now=now).rows
    made = create_job(
        place.engine, order, key=key, assets_dir=assets, person=OPERATOR, settings=place.settings, now=now
    )
    with reading(place.engine) as connection:
        assert job_report(connection, made.job_id).job.tenant_id == order.tenant_id
        plan = plan_deletion(connection, JobSelection(tenant_id=order.tenant_id), assets, place.settings)
    assert [job.job_id for job in plan.jobs] == [made.job_id]
    ids = [made.job_id, *place.jobs.ids.values()]
    result = delete_jobs(place.engine, ids, assets_dir=assets, person=OPERATOR, settings=place.settings)
    assert (result.removed, result.kept) == (6, ())
    with reading(place.engine) as connection:
        assert connection.execute(select(jobs.c.job_id)).all() == []
    assert before, "the generation's jobs came with pictures"


def test_the_least_rights_are_enough_to_make_and_remove_a_job(place: Place) -> None:
    script = (PROJECT / "deploy" / "database_roles.sql").read_text(encoding="utf-8")
    with place.engine.begin() as connection:
        connection.exec_driver_sql(script.replace("%", "%%"))
    assert place.settings.database_url is not None
    url = place.settings.database_url.get_secret_value().replace("//postgres@", "//dashboard_operator@")
    settings = place.settings.model_copy(update={"database_url": SecretStr(url)})
    operator = make_engine(settings)
    order = JobRequest(
        JobKind.FULL, "generations_test_tenant", (sample_pictures()[0],), "따끈한 국물", variants=2
    )
    assets, now = place.settings.assets_dir, datetime.now(UTC)
    assert assets is not None
    made = create_job(
        operator, order, key=uuid4(), assets_dir=assets, person=OPERATOR, settings=settings, now=now
    )
    result = delete_jobs(operator, [made.job_id], assets_dir=assets, person=OPERATOR, settings=settings)
    operator.dispose()
    assert (result.removed, result.kept) == (1, ())


def test_the_doctor_answers_every_question(read_place: Place) -> None:
    with open_context(read_place.settings) as context:
        check_report = run_checks(context, ALL_CHECKS)
    unknown = {
        result.check.key: result for result in check_report if result.finding.outcome is CheckOutcome.UNKNOWN
    }
    assert not [key for key in unknown if not key.startswith("service")], unknown
