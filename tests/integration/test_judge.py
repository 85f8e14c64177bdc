"""The AI judge against people on a real PostgreSQL: the figures are those of counting one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Engine, delete, insert, text

from dashboard.demo.postgres import EmbeddedPostgres
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.refresher import rebuild
from feedly_core.analytics.variant_source import variant_source
from feedly_core.db import own_schema
from feedly_core.db.engine import make_engine, reading, writing
from feedly_core.db.own_schema import reviews
from feedly_core.domain.payloads.vlm_traces import Question
from feedly_core.domain.scores import DEFAULTS
from feedly_core.domain.tables import vlm_prompt_assets, vlm_traces
from feedly_core.permissions import Person, Role
from feedly_core.reviews.agreement import people_verdict
from feedly_core.reviews.judge import Pile, Slice, judge_report, judge_slices, piles, right_about
from feedly_core.reviews.judged_pictures import (
    JudgedPictures,
    judged_pictures,
    judgement_of,
    verdicts_on,
)
from feedly_core.reviews.limit_tuning import TUNED, score_verdicts
from feedly_core.reviews.questions import BUILT_IN, keep_reasons, reasons_by_question
from feedly_core.reviews.rulings import Right, rule, rulings
from feedly_core.reviews.telling_pictures import telling_pictures
from feedly_core.reviews.verdicts import Verdict, team_verdict
from feedly_core.settings import Settings, load_settings
from tests import references
from tests.factories import make_job
from tests.plan_guard import counted

PEOPLE = ("지영", "민호", "수진")
REASONS = ("covers_food", "low_contrast", "wrong_copy", "off_brand", "other")
BOSS, JIYOUNG = Person("수진", Role.OPERATOR), Person("지영", Role.REVIEWER)
JOBS = 24


@dataclass(frozen=True)
class Said:
    """What was generated about one picture, kept beside the database."""

    job: UUID
    verdicts: dict[str, tuple[str, tuple[str, ...]]]
    answers: dict[str, bool] | None
    version: str


@dataclass(frozen=True)
class World:
    engine: Engine
    settings: Settings
    said: dict[UUID, Said]


@pytest.fixture(scope="module")
def world(postgres: EmbeddedPostgres, feedly_template: str) -> Iterator[World]:
    settings = load_settings(DATABASE_URL=postgres.create_database("judge", feedly_template))
    engine = make_engine(settings)
    own_schema.install(engine)
    rng, said = Random(16), {}
    with writing(engine) as connection:
        jobs = [make_job(connection) for _number in range(JOBS)]
        connection.execute(delete(vlm_traces).where(vlm_traces.c.operation_type == "judge"))
        prompts = {version: uuid4() for version in ("a", "b")}
        for version, prompt_id in prompts.items():
            values = {"prompt_asset_id": prompt_id, "prompt_version": version}
            connection.execute(insert(vlm_prompt_assets).values(**values))
        for job in jobs:
            for variant, picture in zip(job.variant_ids[:2], job.overlaid_ids[:2], strict=True):
                assert picture is not None
                said[variant] = _opinions(connection, rng, job.job_id, variant, picture, prompts)
    rebuild(engine, lambda done, total: None, now=datetime.now(UTC))
    yield World(engine, settings, said)
    engine.dispose()


def _opinions(
    connection: Connection, rng: Random, job: UUID, variant: UUID, picture: UUID, prompts: dict[str, UUID]
) -> Said:
    bad = rng.random() < 0.4
    verdicts: dict[str, tuple[str, tuple[str, ...]]] = {}
    rows: list[dict[str, Any]] = []
    for person in rng.sample(PEOPLE, rng.randint(1, 3)):
        for _twice in range(1 + (rng.random() < 0.2)):  # of two the last counts
            refused = bad if rng.random() < 0.85 else not bad
            verdict = rng.choice(("needs_work", "reject")) if refused else "approve"
            tags = tuple(rng.sample(REASONS, rng.randint(0, 2))) if refused else ()
            if rng.random() < 0.05:
                verdict, tags = "withdrawn", ()
            verdicts[person] = (verdict, tags)
            rows.append(_row(job, variant, picture, person, verdict, tags))
    rows.append(_row(job, variant, uuid4(), PEOPLE[0], "reject", ("other",), name="이전 그림"))
    connection.execute(insert(reviews), rows)
    answers, version = None, rng.choice(("a", "b"))
    if rng.random() < 0.9:
        fault = bad if rng.random() < 0.75 else not bad
        answers = {
            "occlusion": fault and rng.random() < 0.6,
            "contrast_ok": not (fault and rng.random() < 0.5),
            "on_brief": not (fault and rng.random() < 0.3),
            "cta_present": rng.random() < 0.5,
        }
        old = {key: not answer for key, answer in answers.items()}
        for response, hour in ((old, 1), (answers, 2)):
            connection.execute(
                insert(vlm_traces).values(
                    job_id=job,
                    job_variants_id=variant,
                    operation_type="judge",
                    provider="llava",
                    prompt_id=prompts[version],
                    response=response | {"reasoning": f"{variant}"},
                    created_at=datetime(2026, 11, 1, hour, tzinfo=UTC),
                )
            )
    return Said(job, verdicts, answers, version)


def _row(
    job: UUID, variant: UUID, picture: UUID, person: str, verdict: str, tags: Sequence[str], name: str = ""
) -> dict[str, Any]:
    return {
        "entry_id": uuid4(),
        "job_id": job,
        "job_variants_id": variant,
        "picture_asset_id": picture,
        "reviewer": name or person,
        "verdict": verdict,
        "tags": list(tags),
    }


def _read(world: World) -> JudgedPictures:
    with reading(world.engine) as connection:
        source = variant_source(connection, datetime.now(UTC))
        with counted(world.engine) as sent:
            found = judged_pictures(connection, source, PictureFilters())
    assert len(sent) == 1, "verdicts, scores and answers in one statement"
    return found


def _standing(said: Said) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {person: told for person, told in said.verdicts.items() if told[0] != "withdrawn"}


def _bad(said: Said) -> bool | None:
    votes = [verdict != "approve" for verdict, _tags in _standing(said).values()]
    return None if 2 * sum(votes) == len(votes) else 2 * sum(votes) > len(votes)


def _reason(said: Said, wanted: set[str]) -> bool | None:
    refused = [tags for verdict, tags in _standing(said).values() if verdict != "approve"]
    if any(wanted & set(tags) for tags in refused):
        return True
    return None if any(not tags for tags in refused) else False


def test_the_figures_are_those_of_counting_one_by_one(world: World) -> None:
    found = judge_report(_read(world), BUILT_IN)
    judged = [said for said in world.said.values() if _standing(said)]
    assert found.pictures == len(judged)
    assert found.unanswered == sum(said.answers is None for said in judged)
    whole: Counter[tuple[bool, bool]] = Counter()
    for said in judged:
        if said.answers is not None and (bad := _bad(said)) is not None:
            answers = said.answers
            claimed = answers["occlusion"] or not answers["contrast_ok"] or not answers["on_brief"]
            whole[claimed, bad] += 1
    matrix = found.whole.figures.matrix
    counted_cells = (matrix.true_positive, matrix.false_positive, matrix.false_negative, matrix.true_negative)
    assert counted_cells == (whole[True, True], whole[True, False], whole[False, True], whole[False, False])
    recall = found.whole.figures.recall
    assert recall.value == pytest.approx(whole[True, True] / (whole[True, True] + whole[False, True]))
    assert recall.value is not None and recall.interval is not None
    assert recall.interval.low < recall.value < recall.interval.high
    pairs = [cell for cell, times in whole.items() for _time in range(times)]
    kappa = references.metrics.cohen_kappa_score(*zip(*pairs, strict=True))
    assert found.whole.figures.kappa.value == pytest.approx(kappa)


def test_shared_opinions_are_those_of_the_verdicts_one_by_one(world: World) -> None:
    rng, team, shown = Random(18), [], {one.variant_id: one.picture_id for one in _read(world)}
    for variant, said in list(world.said.items())[::2]:
        picture = shown.get(variant, uuid4())
        for person in rng.sample(PEOPLE, rng.randint(1, 2)):
            verdict, tags = rng.choice(("approve", "reject")), rng.sample(REASONS, rng.randint(0, 2))
            team.append(_row(said.job, variant, picture, person, verdict, tags) | {"team": True})
    with writing(world.engine) as connection:
        connection.execute(insert(reviews), team)
    try:
        pictures = _read(world)
        with reading(world.engine) as connection:
            each = [(one, verdicts_on(connection, one.variant_id, one.picture_id)) for one in pictures]
    finally:
        with writing(world.engine) as connection:
            connection.execute(delete(reviews).where(reviews.c.team))
    assert any(said.team for _one, told in each for said in told)
    for one, told in each:
        assert sorted(one.opinion.said) == sorted((x.reviewer, x.team, x.verdict, x.tags) for x in told)
        approved = people_verdict(told)
        assert one.opinion.bad is (None if approved is None else not approved)
        decision = team_verdict(told)
        refused = [x for x in ((decision,) if decision else told) if x.verdict is not Verdict.APPROVE]
        for reason in REASONS:
            given = any(reason in x.tags for x in refused)
            slow = True if given else None if any(not x.tags for x in refused) else False
            assert one.opinion.has_reason(frozenset({reason})) is slow


def test_each_question_is_held_against_its_own_reasons(world: World) -> None:
    found = judge_report(_read(world), BUILT_IN)
    assert set(found.questions) == {Question.OCCLUSION, Question.CONTRAST, Question.ON_BRIEF}
    for question, one in found.questions.items():
        cells: Counter[tuple[bool, bool]] = Counter()
        for said in world.said.values():
            true = _reason(said, set(BUILT_IN[question])) if _standing(said) else None
            if said.answers is not None and true is not None:
                cells[question.complains(said.answers[question]), true] += 1
        matrix = one.figures.matrix
        assert matrix.true_positive == cells[True, True]
        assert matrix.false_positive == cells[True, False]
        assert matrix.false_negative == cells[False, True]


def test_slices_and_piles_hold_every_picture_once(world: World) -> None:
    pictures = _read(world)
    whole = judge_report(pictures, BUILT_IN).whole.figures.matrix
    slices = dict(judge_slices(pictures, BUILT_IN, Slice.PROMPT, UTC))
    assert set(slices) == {"a", "b", "–"}
    assert sum(figures.matrix.n for figures in slices.values()) == whole.n
    weeks = dict(judge_slices(pictures, BUILT_IN, Slice.WEEK, UTC))
    assert "2026-10-26" in weeks, "the Monday before the first of November"
    found = piles(pictures, BUILT_IN)
    assert len(found[Pile.MISSED]) == whole.false_negative
    assert len(found[Pile.FALSE_ALARM]) == whole.false_positive
    one = found[Pile.MISSED][0]
    with reading(world.engine) as connection:
        words = judgement_of(connection, one.variant_id)
    assert words is not None
    assert words.reasoning == str(one.variant_id)


def test_the_map_changes_what_is_compared(world: World) -> None:
    keep_reasons(world.engine, world.settings, BOSS, Question.OCCLUSION, [])
    keep_reasons(world.engine, world.settings, BOSS, Question.CALL_TO_ACTION, ["other"])
    try:
        with reading(world.engine) as connection:
            reasons = reasons_by_question(connection)
        found = judge_report(_read(world), reasons)
        assert set(found.asked) == {Question.CONTRAST, Question.ON_BRIEF, Question.CALL_TO_ACTION}
    finally:
        with writing(world.engine) as connection:
            connection.execute(text("DELETE FROM feedly_dashboard.judge_questions"))


def test_the_newest_word_of_each_person_rules(world: World) -> None:
    pictures = _read(world)
    missed = piles(pictures, BUILT_IN)[Pile.MISSED]
    for one in missed:
        rule(world.engine, world.settings, JIYOUNG, one, Right.JUDGE)
        rule(world.engine, world.settings, JIYOUNG, one, Right.PEOPLE)
    rule(world.engine, world.settings, BOSS, missed[0], Right.JUDGE)
    with reading(world.engine) as connection:
        told = rulings(connection, pictures)
        kept = connection.scalar(text("SELECT count(*) FROM feedly_dashboard.judge_rulings"))
    assert kept == 2 * len(missed) + 1, "nothing is overwritten"
    assert {one.person for one in told[missed[0].variant_id]} == {"지영", "수진"}
    figure, looked = right_about(missed, told)
    assert looked == len(missed)
    assert (figure.value, figure.n) == (0.0, len(missed) - 1), "a tie says nothing"


def test_every_limit_counts_as_one_by_one(world: World) -> None:
    pictures = _read(world)
    for name in TUNED:
        held = score_verdicts(pictures, name)
        if not held.values:
            continue
        limit = DEFAULTS.get(name)
        good = limit.good if limit else 0.5
        matrix = held.at(good).matrix
        sign = 1 if held.kind.higher_is_better else -1
        lines = list(zip(held.values, held.bad, strict=True))
        assert matrix.true_positive == sum(sign * value < sign * good and bad for value, bad in lines)
        assert matrix.true_negative == sum(sign * value >= sign * good and not bad for value, bad in lines)
        assert held.curve.at(good) == matrix


def test_telling_pictures_are_unjudged_and_of_many_jobs(world: World) -> None:
    with reading(world.engine) as connection:
        source = variant_source(connection, datetime.now(UTC))
        chosen = telling_pictures(connection, source, PictureFilters(), DEFAULTS, 20)
        of_jobs = connection.execute(
            text("SELECT count(DISTINCT job_id) FROM jobs_variants WHERE job_variants_id = ANY(:ids)"),
            {"ids": list(chosen)},
        ).scalar()
    assert len(chosen) == len(set(chosen)) == of_jobs == 20
    assert not set(chosen) & set(world.said)
