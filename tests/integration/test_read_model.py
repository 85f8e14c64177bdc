"""The read model of many jobs against the rows that it is made from."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import typer
from sqlalchemy import Engine, Select, Text, delete, insert, literal_column, select, text, update
from typer.testing import CliRunner

from dashboard.cli.read_model import register
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import Order, gallery_page
from feedly_core.analytics.refresher import ReadModelRefresher, freshness, rebuild, refresh, sweep
from feedly_core.analytics.variant_source import variant_source
from feedly_core.db import own_schema
from feedly_core.db.engine import LOCK_TIMEOUT_MS, make_engine, reading, writing
from feedly_core.db.own_schema import review_tags, variant_facts
from feedly_core.domain import tables as t
from feedly_core.results.report import job_report
from feedly_core.results.scoring import overall
from feedly_core.settings import Settings
from tests.database_url import database_url_of
from tests.factories import make_job
from tests.generations import Residents
from tests.waiting import wait_until

TOLD = (
    *("overall", "ocr_accuracy", "ocr_confidence", "character_match_rate", "word_match_rate"),
    *("contrast_stored", "readability", "iou_with_food"),
)
"""Scores of the read model that are held to the one-job report."""

PARTS = {
    "ocr": ("ocr_accuracy", "ocr_confidence", "character_match_rate", "word_match_rate"),
    "readability": ("contrast_ratio", "readability_score"),
    "iou": ("iou_with_food",),
}
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


def built(engine: Engine) -> dict[UUID, Any]:
    rebuild(engine, lambda done, total: None, now=datetime.now(UTC), chunk=2)
    return facts(engine)


def facts(engine: Engine) -> dict[UUID, Any]:
    with reading(engine) as connection:
        return {row.job_variants_id: row for row in connection.execute(select(variant_facts))}


def told_by_reports(engine: Engine) -> dict[UUID, tuple[Any, ...]]:
    """The same figures by way of the one-job report, which parses the documents in Python."""
    found = {}
    with reading(engine) as connection:
        for job_id in connection.scalars(select(t.jobs.c.job_id)):
            for variant in job_report(connection, job_id).variants:
                ocr, readability = variant.ocr, variant.readability
                found[variant.variant_id] = (
                    overall(variant),
                    ocr and ocr.value.accuracy,
                    ocr and ocr.value.confidence,
                    ocr and ocr.value.character_match_rate,
                    ocr and ocr.value.word_match_rate,
                    readability and readability.value.contrast_ratio,
                    readability and readability.value.score,
                    variant.iou and variant.iou.value.with_food,
                    variant.overlaid and variant.overlaid.asset_id,
                )
    return found


def compared(engine: Engine) -> dict[UUID, tuple[Any, ...]]:
    return {
        variant_id: tuple(row._mapping[name] for name in (*TOLD, "picture_id"))
        for variant_id, row in facts(engine).items()
    }


@pytest.mark.usefixtures("our_schema")
def test_a_rebuild_says_what_the_reports_say(engine: Engine) -> None:
    for _ in range(3):
        make_job(engine)
    make_job(engine, step="planner", status="running", variants=[("planner", "done"), ("overlay", "failed")])
    rows = built(engine)
    assert len(rows) == 11
    assert compared(engine) == told_by_reports(engine)
    assert sum(row.leads for row in rows.values()) == 4
    with reading(engine) as connection:
        found = freshness(connection)
    assert found is not None and found.complete


@pytest.mark.usefixtures("our_schema")
def test_the_first_filling_leaves_every_index_also_when_it_was_stopped(engine: Engine) -> None:
    def made() -> set[str]:
        with reading(engine) as connection:
            found = connection.execute(
                text("SELECT indexname FROM pg_indexes WHERE tablename = 'variant_facts'")
            )
            return {name for (name,) in found} - {"variant_facts_pkey"}

    declared = {index.name for index in variant_facts.indexes}
    for _ in range(3):
        make_job(engine)
    stop = threading.Event()
    rebuild(engine, lambda done, total: stop.set(), now=datetime.now(UTC), chunk=1, stop=stop)
    assert made() == {"variant_facts_job", "variant_facts_contrast_pending"}
    built(engine)
    assert made() == declared
    built(engine)  # again, while pages read: nothing is dropped
    assert made() == declared


@pytest.mark.usefixtures("our_schema")
def test_random_changes_arrive(engine: Engine) -> None:
    rng = random.Random(5)
    job_list = [make_job(engine) for _ in range(6)]
    built(engine)
    for _ in range(25):
        _change_something(engine, rng, job_list)
    refresh(engine, now=datetime.now(UTC))
    while sweep(engine, None):
        pass
    told = told_by_reports(engine)
    assert compared(engine) == told
    overalls = [row[0] for row in told.values()]
    assert None in overalls and len(set(overalls)) > 3, "both known and unknown ones were compared"


@pytest.mark.usefixtures("our_schema")
def test_rows_are_written_where_they_say_something_new(engine: Engine) -> None:
    """After random changes the rows are those of a filling from nothing; the others stay where they lie."""
    rng, now = random.Random(6), datetime.now(UTC)
    job_list = [make_job(engine, created_at=now - timedelta(minutes=n)) for n in range(5)]
    moved, gone = make_job(engine), make_job(engine, variants=[("img_gen", "done")], step="img_gen")
    rebuild(engine, lambda done, total: None, now=now)
    places, version = _places(engine), _version(engine)
    assert rebuild(engine, lambda done, total: None, now=now + timedelta(seconds=9)) == len(places) == 19
    assert _places(engine) == places
    assert _version(engine) == version
    for _ in range(4):
        _change_something(engine, rng, job_list[:2])
    with writing(engine) as connection:
        of = t.jobs_variants.c.job_variants_id
        to = {"job_id": job_list[4].job_id}
        connection.execute(update(t.jobs_variants).where(of == moved.variant_ids[0]).values(to))
        for table in (t.vlm_traces, t.jobs_variants):
            connection.execute(delete(table).where(table.c.job_variants_id == gone.variant_ids[0]))
    rebuild(engine, lambda done, total: None, now=now)
    assert _version(engine) != version
    of_others = {one for job in job_list[2:4] for one in job.variant_ids}
    assert {one: _places(engine)[one] for one in of_others} == {one: places[one] for one in of_others}
    changed = facts(engine)
    with writing(engine) as connection:
        connection.execute(delete(variant_facts))
    rebuild(engine, lambda done, total: None, now=now)
    assert facts(engine) == changed
    assert gone.variant_ids[0] not in changed


def test_each_job_has_its_own_texts_where_no_copies_are_kept(
    old_database: Callable[[str], tuple[Settings, Residents]],
) -> None:
    settings, _residents = old_database("v0.8 late")
    engine = make_engine(settings)
    own_schema.install(engine)
    with writing(engine) as connection:
        connection.execute(text("UPDATE job_inputs SET desc_kor = job_id::text"))
    rebuild(engine, lambda done, total: None, now=datetime.now(UTC))
    inputs = dict(_texts(engine, select(t.job_inputs.c.job_id, t.job_inputs.c.desc_kor)))
    lines = _texts(engine, select(variant_facts.c.job_id, variant_facts.c.line))
    assert len(set(inputs.values())) > 1
    assert len(lines) > 1
    assert lines == [(job_id, inputs[job_id]) for job_id, _line in lines]
    engine.dispose()


def _texts(engine: Engine, query: Select[Any]) -> list[tuple[UUID, str]]:
    with reading(engine) as connection:
        return [(row[0], row[1]) for row in connection.execute(query)]


def _places(engine: Engine) -> dict[UUID, str]:
    with reading(engine) as connection:
        where = literal_column("variant_facts.ctid::text", Text)
        rows = connection.execute(select(variant_facts.c.job_variants_id, where))
        return {row[0]: row[1] for row in rows}


def _version(engine: Engine) -> UUID:
    with reading(engine) as connection:
        found = freshness(connection)
    assert found is not None
    return found.version


def _change_something(engine: Engine, rng: random.Random, job_list: list[Any]) -> None:
    job = rng.choice(job_list)
    overlay_id = rng.choice([found for found in job.overlay_ids if found])
    kind = rng.choice(tuple(PARTS))
    odd: tuple[object, ...] = ("0.5", "n/a", None, True, [1], {}, 1e300, -0.25)
    metrics = {
        key: rng.choice(odd) if rng.random() < 0.3 else round(rng.random(), 3)
        for key in PARTS[kind]
        if rng.random() < 0.9
    }
    with writing(engine) as connection:
        match rng.randrange(3):
            case 0 | 1:
                connection.execute(
                    insert(t.evaluations).values(
                        job_id=job.job_id,
                        overlay_id=overlay_id,
                        evaluation_type=kind,
                        metrics=metrics,
                        created_at=datetime.now(UTC) + timedelta(minutes=10),
                    )
                )
            case 2:
                connection.execute(
                    update(t.jobs)
                    .where(t.jobs.c.job_id == job.job_id)
                    .values(status=rng.choice(("done", "failed")))
                )


@pytest.mark.usefixtures("our_schema")
def test_vanished_jobs_leave_the_read_model(engine: Engine) -> None:
    gone, kept = make_job(engine, variants=[("img_gen", "done")], step="img_gen"), make_job(engine)
    built(engine)
    with writing(engine) as connection:
        for table in (t.vlm_traces, t.txt_ad_copy_generations, t.jobs_variants, t.job_inputs):
            connection.execute(delete(table).where(table.c.job_id == gone.job_id))
    sweep(engine, None)
    assert set(facts(engine)) == set(kept.variant_ids)


@pytest.mark.usefixtures("our_schema")
@pytest.mark.parametrize(
    "lacking", ["variant_facts.overall", "variant_facts.judged_at", "facts_state.version"]
)
def test_a_read_model_of_another_version_is_made_anew(engine: Engine, lacking: str) -> None:
    table, column = lacking.split(".")
    built_for = make_job(engine).variant_ids
    built(engine)
    with writing(engine) as connection:
        connection.execute(insert(review_tags).values(tag="kept", position=1))
        connection.execute(text(f"ALTER TABLE feedly_dashboard.{table} DROP COLUMN {column}"))
    with reading(engine) as connection:
        assert own_schema.installed(connection)
        assert freshness(connection) is None
        source = variant_source(connection, datetime.now(UTC))
        assert len(gallery_page(connection, source, PictureFilters(), Order("overall")).cards) == 3
    own_schema.install(engine)
    assert set(built(engine)) == set(built_for)
    own_schema.install(engine)
    with reading(engine) as connection:
        assert freshness(connection) is not None, "installing again leaves a read model that fits"
        assert connection.scalars(select(review_tags.c.tag)).all() == ["kept"]


def test_the_command_installs_and_fills(engine: Engine, settings: Settings, monkeypatch: Any) -> None:
    make_job(engine)
    monkeypatch.setenv("DATABASE_URL", database_url_of(settings))
    app = typer.Typer()
    register(app)
    app.command("other")(lambda: None)
    assert CliRunner().invoke(app, ["facts", "status"]).exit_code == 1
    filled = CliRunner().invoke(app, ["facts", "rebuild"])
    assert "3 variants are in the read model." in filled.output
    assert CliRunner().invoke(app, ["facts", "status"]).exit_code == 0


@pytest.mark.usefixtures("our_schema")
def test_one_keeper_fills_and_keeps(engine: Engine) -> None:
    first = make_job(engine)
    keepers = [ReadModelRefresher(engine), ReadModelRefresher(engine)]
    for keeper in keepers:
        keeper.start()
    try:
        wait_until(lambda: set(facts(engine)) == set(first.variant_ids), 30, "the first filling")
        second = make_job(engine)
        for keeper in keepers:
            keeper.wake()
        both = {*first.variant_ids, *second.variant_ids}
        wait_until(lambda: set(facts(engine)) == both, 30, "the new job")
    finally:
        for keeper in keepers:
            keeper.stop()


@pytest.mark.usefixtures("our_schema")
def test_a_filling_waits_for_the_lock_of_a_vacuum(engine: Engine) -> None:
    for _ in range(3):
        make_job(engine)
    waiting_long = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        " AND query_start < clock_timestamp() - make_interval(secs => :seconds)"
    )
    filling = threading.Thread(target=built, args=[engine])
    with engine.connect() as vacuum:
        # What VACUUM takes, and autovacuum for a second at least.
        vacuum.execute(text("LOCK TABLE feedly_dashboard.variant_facts IN SHARE UPDATE EXCLUSIVE MODE"))
        filling.start()
        longer = {"seconds": 1.2 * LOCK_TIMEOUT_MS / 1000}

        def has_waited() -> bool:
            with engine.connect() as watching:
                return bool(watching.scalar(waiting_long, longer)) or not filling.is_alive()

        wait_until(has_waited, 30, "the wait")
    filling.join(30)
    with reading(engine) as connection:
        known = freshness(connection)
    assert known is not None and known.complete


@pytest.mark.usefixtures("our_schema")
def test_the_keeper_makes_the_indexes_of_a_later_release(engine: Engine) -> None:
    make_job(engine)
    built(engine)
    with writing(engine) as connection:
        connection.execute(text("DROP INDEX feedly_dashboard.variant_facts_filtered"))
    there = text("SELECT to_regclass('feedly_dashboard.variant_facts_filtered') IS NOT NULL")

    def made() -> bool:
        with reading(engine) as connection:
            source = variant_source(connection, datetime.now(UTC))
            filters = PictureFilters(ranges={"overall": (0, 1)}, outcome="complete")
            gallery_page(connection, source, filters, Order("contrast"))  # it answers without it too
            return bool(connection.scalar(there))

    keeper = ReadModelRefresher(engine)
    assert not made()
    keeper.start()
    try:
        wait_until(made, 30, "the index")
    finally:
        keeper.stop()
