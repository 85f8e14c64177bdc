"""Run against run: the same order finds itself again, and what became of it is said truly."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from feedly_core.analytics.choices import releases
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.variant_source import variant_source
from feedly_core.db import own_schema
from feedly_core.db.engine import reading, writing
from feedly_core.domain.scores import limits
from feedly_core.errors import MissingInSchema
from feedly_core.permissions import Person, Role
from feedly_core.reviews.runs import Change, Comparison, compare_runs
from feedly_core.reviews.verdicts import Entry, Verdict, save
from feedly_core.settings import Settings
from tests.factories import MadeJob, make_job
from tests.plan_guard import counted, rows_scanned

STATEMENTS_UNFILLED = 2 * 9
"""Where the read model is not filled: the newest jobs of each side, their states, their rows."""

ROWS_PER_COMPARISON = 50_000
OLD, NEW = PictureFilters(version="1.8.0"), PictureFilters(version="1.9.0")
JIYOUNG = Person("지영", Role.REVIEWER)


def released(engine: Engine, version: str, desc_kor: str = "우동") -> MadeJob:
    job = make_job(engine, desc_kor=desc_kor)
    with writing(engine) as connection:
        connection.execute(
            text("UPDATE jobs SET version = :version WHERE job_id = :job"),
            {"version": version, "job": job.job_id},
        )
    return job


def scored(engine: Engine, job: MadeJob, number: int, *, accuracy: float) -> None:
    with writing(engine) as connection:
        connection.execute(
            text(
                "UPDATE evaluations SET metrics = jsonb_set(metrics, '{ocr_accuracy}', :value)"
                " WHERE overlay_id = :overlay AND evaluation_type = 'ocr'"
            ),
            {"value": str(accuracy), "overlay": job.overlay_ids[number]},
        )


def judged(engine: Engine, settings: Settings, job: MadeJob, number: int, verdict: Verdict) -> None:
    picture = job.overlaid_ids[number]
    assert picture is not None
    save(engine, settings, JIYOUNG, [Entry(uuid4(), job.job_id, job.variant_ids[number], picture, verdict)])


def compared(
    engine: Engine,
    settings: Settings,
    before: PictureFilters = OLD,
    after: PictureFilters = NEW,
    floor: float = 0.0,
) -> Comparison:
    with reading(engine) as connection:
        return compare_runs(
            connection, variant_source(connection, datetime.now(UTC)), before, after, limits(settings), floor
        )


def test_scores_tell_what_broke_and_people_overrule_them(
    engine: Engine, settings: Settings, our_schema: None
) -> None:
    old, new = released(engine, "1.8.0"), released(engine, "1.9.0")
    for job in (old, new):
        for number in range(3):
            scored(engine, job, number, accuracy=0.95)
    scored(engine, new, 0, accuracy=0.1)
    scored(engine, old, 1, accuracy=0.1)
    found = compared(engine, settings)
    by_order = {pair.after.picture.variant: pair for pair in found.pairs}
    assert [by_order[number].change for number in (1, 2, 3)] == [Change.BROKEN, Change.FIXED, Change.SAME]
    assert found.pairs[0].change is Change.BROKEN, "the most urgent comes first"
    assert by_order[1].moved["ocr_accuracy"] == pytest.approx(-0.85)
    assert {p.before.picture.job_id for p in found.pairs} == {old.job_id}
    assert not by_order[1].by_people
    judged(engine, settings, old, 0, Verdict.REJECT)
    assert {p.after.picture.variant: p.change for p in compared(engine, settings).pairs}[
        1
    ] is Change.BROKEN, "one side judged by people is no comparison of verdicts"
    judged(engine, settings, new, 0, Verdict.APPROVE)
    (fixed,) = (pair for pair in compared(engine, settings).pairs if pair.after.picture.variant == 1)
    assert (fixed.change, fixed.by_people) == (Change.FIXED, True)


def test_a_score_that_keeps_its_limits_can_still_rise_or_fall(
    engine: Engine, settings: Settings, our_schema: None
) -> None:
    old, new = released(engine, "1.8.0"), released(engine, "1.9.0")
    for number, (before, after) in enumerate(((1.0, 0.7), (0.7, 1.0), (0.9, 0.93))):
        scored(engine, old, number, accuracy=before)
        scored(engine, new, number, accuracy=after)
    for floor, third in ((0.0, Change.BETTER), (0.05, Change.SAME)):
        pairs = compared(engine, settings, floor=floor).pairs
        changes = {pair.after.picture.variant: pair.change for pair in pairs}
        assert changes == {1: Change.WORSE, 2: Change.BETTER, 3: third}, (
            "what is within the noise is the same"
        )


def test_only_the_same_order_meets_and_the_rest_is_counted(
    engine: Engine, settings: Settings, our_schema: None
) -> None:
    first, second = released(engine, "1.8.0", "우동"), released(engine, "1.8.0", "우동")
    released(engine, "1.8.0", "라면")
    udon, cake = released(engine, "1.9.0", "우동"), released(engine, "1.9.0", "케이크")
    found = compared(engine, settings)
    assert {pair.after.picture.job_id for pair in found.pairs} == {udon.job_id}
    assert {pair.before.picture.job_id for pair in found.pairs} == {second.job_id}, "the newest counts"
    assert first.job_id != second.job_id
    assert (len(found.pairs), found.only_before, found.only_after) == (3, 6, 3)
    jobs = compared(engine, settings, PictureFilters(job=cake.job_id), PictureFilters(job=udon.job_id))
    assert (jobs.pairs, jobs.only_before) == ((), 3)


def test_releases_are_named_newest_first(engine: Engine, our_schema: None) -> None:
    released(engine, "1.10.0")
    released(engine, "1.9.0")
    with reading(engine) as connection:
        assert releases(connection)[0] == "1.9.0"
        assert "1.10.0" in releases(connection)


def test_without_our_schema_it_is_said(engine: Engine, settings: Settings) -> None:
    with pytest.raises(MissingInSchema):
        compared(engine, settings)


def test_a_comparison_costs_the_same_few_statements_however_long_the_runs_are(
    filled_engine: Engine, settings: Settings
) -> None:
    with filled_engine.connect() as connection:
        connection.execute(own_schema.facts_state.delete())  # as before the first rebuild
        newest = variant_source(connection, datetime.now(UTC))
        assert newest.bounded_to is not None
        connection.rollback()
    with reading(filled_engine) as connection:
        source = variant_source(connection, datetime.now(UTC))
        assert source.bounded_to is None
    sides = (PictureFilters(), PictureFilters(since=datetime(2000, 1, 1, tzinfo=UTC)))
    for asked, most in ((source, 7), (newest, 7 + STATEMENTS_UNFILLED)):
        with reading(filled_engine) as connection:
            with counted(filled_engine) as statements:
                compare_runs(connection, asked, *sides, limits(settings))
            scanned = rows_scanned(connection, statements)
        assert len(statements) <= most
        assert sum(scanned.values()) < ROWS_PER_COMPARISON, scanned
