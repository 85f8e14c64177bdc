"""``python -m feedly_core monitor``: what it prints, and what its exit code says."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from dashboard.cli.monitor import Exit, watch_job
from feedly_core.settings import Settings
from tests.database_url import database_url_of
from tests.factories import make_job
from tests.moving_job import moving_job

Watch = Callable[..., Exit]


@pytest.fixture
def watch(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Watch:
    monkeypatch.setenv("DATABASE_URL", database_url_of(settings))
    monkeypatch.setenv("ASSETS_DIR", str(settings.assets_dir))
    monkeypatch.setenv("COLUMNS", "200")
    return watch_job


def test_a_complete_job_ends_at_once_with_its_summary(
    watch: Watch, engine: Engine, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    job = make_job(engine, desc_kor="망고 빙수")
    assert watch(str(job.job_id)[:8], 120, 10) is Exit.DONE
    printed = capsys.readouterr().out
    assert "망고 빙수" in printed
    assert str(settings.assets_dir) in printed
    assert "#" in printed


def test_a_job_that_failed_for_good_is_told_by_the_exit_code(watch: Watch, engine: Engine) -> None:
    old = datetime.now(UTC) - timedelta(hours=1)
    job = make_job(engine, step="overlay", status="failed", variants=[("overlay", "failed")], created_at=old)
    assert watch(str(job.job_id), 120, 10) is Exit.FAILED


def test_a_change_is_seen_at_once_and_not_at_the_next_check(watch: Watch, engine: Engine) -> None:
    job = moving_job(engine, variants=1)

    def finish() -> None:
        job.walk(0)
        job.move_job("ad_copy_gen_kor", "done")
        job.move_job("instagram_feed_gen", "done")

    began = time.monotonic()
    threading.Timer(1.0, finish).start()
    assert watch(str(job.job_id), 3, 60) is Exit.DONE
    assert time.monotonic() - began < 30


def test_patience_ends_after_the_iterations(watch: Watch, engine: Engine) -> None:
    job = moving_job(engine)
    assert watch(str(job.job_id), 3, 0.2) is Exit.TIMED_OUT


def test_a_database_that_is_away_does_not_read_as_a_failed_job(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nowhere")
    assert watch("ffff0000", 120, 10) is Exit.NOT_WATCHED
    assert "The database cannot be reached." in capsys.readouterr().err


def test_an_unknown_job_is_not_found(watch: Watch, capsys: pytest.CaptureFixture[str]) -> None:
    assert watch("ffff0000", 120, 10) is Exit.NOT_FOUND
    assert "There is no job ffff0000." in capsys.readouterr().err
