"""Run against run: the same order finds itself again, and what became of it is said truly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from feedly_core.analytics.choices import releases
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.variant_source import variant_source
from feedly_core.db.engine import reading, writing
from feedly_core.domain.scores import limits
from feedly_core.errors import MissingInSchema
from feedly_core.permissions import Person, Role
from feedly_core.reviews.decision import RunDecision, decide_runs
from feedly_core.reviews.run_plans import Run, keep_plan, plan_of
from feedly_core.reviews.runs import Change, Pair, change_of, shown_pairs
from feedly_core.reviews.verdicts import Entry, Verdict, save
from feedly_core.settings import Settings
from tests.factories import MadeJob, make_job

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


@dataclass(frozen=True)
class Compared:
    pairs: tuple[Pair, ...]
    found: RunDecision


def compared(
    engine: Engine, settings: Settings, before: PictureFilters = OLD, after: PictureFilters = NEW
) -> Compared:
    with reading(engine) as connection:
        source = variant_source(connection, datetime.now(UTC))
        found = decide_runs(connection, source, before, after, limits(settings))
        return Compared(shown_pairs(connection, source, found.listed), found)


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
    assert found.found.listed[0].change is Change.BROKEN, "the most urgent comes first"
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
    changes = {pair.after.picture.variant: pair.change for pair in compared(engine, settings).pairs}
    assert changes == {1: Change.WORSE, 2: Change.BETTER, 3: Change.BETTER}
    assert change_of(True, True, 0.01, 0.05) is Change.SAME, "what is within the noise is the same"


def test_a_pair_says_what_changed_in_its_look_and_the_largest_change_stands_first(
    engine: Engine, settings: Settings, our_schema: None
) -> None:
    released(engine, "1.8.0")
    new = released(engine, "1.9.0")
    with writing(engine) as connection:
        for number, (down, colour) in enumerate(((0.0, "ffffffff"), (0.18, "ffffffff"), (0.02, "102030ff"))):
            connection.execute(
                text(
                    "UPDATE overlay_layouts SET y_ratio = y_ratio + :down,"
                    " layout = jsonb_set(layout, '{text_color}', to_jsonb(CAST(:colour AS text)))"
                    " WHERE overlay_id = :overlay"
                ),
                {"down": down, "colour": colour, "overlay": new.overlay_ids[number]},
            )
    pairs = compared(engine, settings).pairs
    said = {pair.after.picture.variant: list(map(str, pair.look.words)) for pair in pairs}
    assert "text moved 18% down" in said[2]
    assert any(line.startswith("text colour") and "#102030" in line for line in said[3])
    assert not [line for line in said[1] if "moved" in line]
    distances = [pair.look.distance for pair in pairs]
    assert distances == sorted(distances, reverse=True)


def test_a_plan_is_fixed_before_and_stays_until_its_orders_are_there(
    engine: Engine, settings: Settings, our_schema: None
) -> None:
    runs: tuple[Run, Run] = (("release", "1.8.0"), ("release", "1.9.0"))
    boss = Person("boss", Role.OPERATOR)
    keep_plan(engine, settings, boss, *runs, orders=60, compared=20)
    keep_plan(engine, settings, boss, *runs, orders=5, compared=40)
    with reading(engine) as connection:
        plan = plan_of(connection, *runs)
        assert plan_of(connection, *reversed(runs)) is None
    assert plan is not None
    assert (plan.orders, plan.made(40), plan.open(79), plan.open(80)) == (60, 20, True, False)
    keep_plan(engine, settings, boss, *runs, orders=30, compared=80)
    with reading(engine) as connection:
        later = plan_of(connection, *runs)
    assert later is not None
    assert (later.orders, later.compared) == (30, 80)


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
    assert (len(found.pairs), found.found.only_before, found.found.only_after) == (3, 6, 3)
    jobs = compared(engine, settings, PictureFilters(job=cake.job_id), PictureFilters(job=udon.job_id))
    assert (jobs.pairs, jobs.found.only_before) == ((), 3)


def test_releases_are_named_newest_first(engine: Engine, our_schema: None) -> None:
    released(engine, "1.10.0")
    released(engine, "1.9.0")
    with reading(engine) as connection:
        assert releases(connection)[0] == "1.9.0"
        assert "1.10.0" in releases(connection)


def test_without_our_schema_it_is_said(engine: Engine, settings: Settings) -> None:
    with pytest.raises(MissingInSchema):
        compared(engine, settings)
