"""Adding a missing English copy: only to a job at rest, told once, and carried to its feed post."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, func, select, text, update

from dashboard.demo.simulator import Simulator
from feedly_core.database_address import parse_address
from feedly_core.db.engine import reading, writing
from feedly_core.db.listening import ListenConnection
from feedly_core.domain import tables as t
from feedly_core.domain.contract import PIPELINE_CHANNELS
from feedly_core.domain.pipeline import LAST_STEP
from feedly_core.errors import InvalidInput
from feedly_core.jobs.english_copy import add_english_copy, plan_english_copy
from feedly_core.live.events import Event, parse_event
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings
from tests.factories import MadeJob, make_job
from tests.terminal import program
from tests.trigger_events import job_state, wait_for
from tests.waiting import wait_until

OPERATOR = Person("operator", Role.OPERATOR)
COPY = "A hearty pot of budae jjigae, made to share."


def rows(engine: Engine) -> str:
    """All of jobs, variants and texts."""
    tables = ("jobs", "jobs_variants", "txt_ad_copy_generations")
    query = " || ".join(
        f"(SELECT coalesce(string_agg(r::text, '' ORDER BY r::text), '') FROM {n} r)" for n in tables
    )
    with reading(engine) as connection:
        return str(connection.scalar(text(f"SELECT {query}")))


def test_the_simulator_carries_the_job_to_its_feed_post(
    engine: Engine, demo: Settings, simulate: Callable[[Settings], Simulator]
) -> None:
    job = make_job(engine, copies=False, step="iou_eval", assets_dir=demo.assets_dir)
    simulate(demo)
    assert job_state(engine, job.job_id) == ("iou_eval", "done")
    add_english_copy(engine, demo, OPERATOR, job.job_id, f"  {COPY}\n")
    wait_for(engine, job.job_id, LAST_STEP)
    with reading(engine) as connection:
        feed = connection.execute(select(t.instagram_feeds)).one()
        copies = t.txt_ad_copy_generations.c
        stored = connection.scalar(select(copies.ad_copy_eng).where(copies.generation_stage == "ad_copy_eng"))
    assert feed.refined_ad_copy_eng == stored == COPY


@pytest.mark.usefixtures("our_schema")
def test_one_event_starts_the_text_steps_and_no_variant_changes(engine: Engine, settings: Settings) -> None:
    job = make_job(engine, copies=False, step="iou_eval")
    with reading(engine) as connection:
        variants = connection.execute(select(t.jobs_variants)).all()
        plan = plan_english_copy(connection, job.job_id)
        assert not plan.heard
    assert settings.database_url is not None
    line = ListenConnection(
        parse_address(settings.database_url.get_secret_value()), "test", PIPELINE_CHANNELS
    )
    assert add_english_copy(engine, settings, OPERATOR, job.job_id, COPY).changes == plan.changes
    events: list[Event] = []

    def collect() -> bool:
        for notice in line.wait(0.2):
            event = parse_event(notice.channel, notice.payload, datetime.now(UTC))
            assert event is not None
            events.append(event)
        return len(events) >= len(plan.changes)

    wait_until(collect)
    line.close()
    assert [(each.variant_id, each.step, each.status) for each in events] == [
        (None, *after) for _before, after in plan.changes
    ]
    assert events[-1].status == "done"
    with reading(engine) as connection:
        assert connection.execute(select(t.jobs_variants)).all() == variants
        assert job_state(engine, job.job_id) == ("iou_eval", "done")


def _complete(engine: Engine) -> MadeJob:
    return make_job(engine)


def _moving(engine: Engine) -> MadeJob:
    return make_job(engine, step="overlay", status="running", variants=[("overlay", "done")])


def _one_behind(engine: Engine) -> MadeJob:
    return make_job(
        engine, copies=False, step="iou_eval", variants=[("iou_eval", "done"), ("ocr_eval", "failed")]
    )


def _status_unset(engine: Engine) -> MadeJob:
    job = make_job(engine, copies=False, step="iou_eval", variants=1)
    with writing(engine) as connection:
        connection.execute(text("ALTER TABLE jobs_variants DISABLE TRIGGER USER"))
        connection.execute(update(t.jobs_variants).values(current_step=None))
    return job


def _with_copy(engine: Engine) -> MadeJob:
    return make_job(engine, step="iou_eval")


@pytest.mark.parametrize("make", [_complete, _moving, _one_behind, _status_unset, _with_copy])
def test_a_job_that_would_run_its_texts_early_or_twice_is_refused(
    engine: Engine, settings: Settings, make: Callable[[Engine], MadeJob]
) -> None:
    job = make(engine)
    before = rows(engine)
    with pytest.raises(InvalidInput):
        add_english_copy(engine, settings, OPERATOR, job.job_id, COPY)
    assert rows(engine) == before


@pytest.mark.parametrize("copy", ["", " \n ", "a\0b", "x" * 2_001])
def test_a_text_that_cannot_be_used_is_refused(engine: Engine, settings: Settings, copy: str) -> None:
    job = make_job(engine, copies=False, step="iou_eval")
    before = rows(engine)
    with pytest.raises(InvalidInput):
        add_english_copy(engine, settings, OPERATOR, job.job_id, copy)
    assert rows(engine) == before


def test_the_terminal_shows_first_and_writes_when_told(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.database_url is not None
    monkeypatch.setenv("DATABASE_URL", settings.database_url.get_secret_value())
    job = make_job(engine, copies=False, step="iou_eval")
    words = ("add-copy", str(job.job_id)[:8], "--text", COPY)
    before = rows(engine)
    shown = CliRunner().invoke(program(), words)
    assert "(iou_eval, running) -> (iou_eval, done)" in shown.output and rows(engine) == before
    assert "text steps are starting" in CliRunner().invoke(program(), [*words, "--yes"]).output
    with reading(engine) as connection:
        assert connection.scalar(select(func.count()).select_from(t.txt_ad_copy_generations)) == 1
