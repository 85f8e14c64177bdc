"""Run against run, decided: a release with a known difference is found, one without is not."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.refresher import rebuild
from feedly_core.analytics.variant_source import variant_source
from feedly_core.db.engine import reading, writing
from feedly_core.domain.scores import limits
from feedly_core.permissions import Person, Role
from feedly_core.reviews.decision import RunDecision, decide_runs
from feedly_core.reviews.verdicts import Entry, Verdict, save
from feedly_core.settings import Settings
from feedly_core.statistics.comparison import Decision
from tests.factories import MadeJob, make_job

pytestmark = pytest.mark.usefixtures("our_schema")

OLD, NEW = PictureFilters(version="2.0"), PictureFilters(version="2.1")
JIYOUNG = Person("지영", Role.REVIEWER)


def run_of(
    engine: Engine,
    version: str,
    orders: int,
    failing: float,
    *,
    repeats: int = 1,
    source: MadeJob | None = None,
) -> list[MadeJob]:
    """Jobs "order 0", "order 1" … of which the share ``failing`` cannot be read; accuracy varies a little."""
    rng, made = Random(f"{version}|{failing}"), []
    for number in [n for n in range(orders) for _ in range(repeats)]:
        job = make_job(engine, desc_kor=f"order {number}")
        accuracy = 0.1 if number < failing * orders else 0.95 + rng.uniform(0, 0.04)
        with writing(engine) as connection:
            said = {"version": version, "job": job.job_id, "accuracy": str(accuracy)}
            said |= {"overlays": list(job.overlay_ids), "source": source and source.input_asset_id}
            connection.execute(text("UPDATE jobs SET version = :version WHERE job_id = :job"), said)
            connection.execute(
                text(
                    "UPDATE evaluations SET metrics = jsonb_set(metrics, '{ocr_accuracy}', :accuracy)"
                    " WHERE evaluation_type = 'ocr' AND overlay_id = ANY(:overlays)"
                ),
                said,
            )
            if source is not None:
                connection.execute(
                    text(
                        "UPDATE job_inputs i"
                        " SET (img_asset_id, tone_style_id) = (o.img_asset_id, o.tone_style_id)"
                        " FROM job_inputs o WHERE o.img_asset_id = :source AND i.job_id = :job"
                    ),
                    said,
                )
        made.append(job)
    return made


def decided(
    engine: Engine, settings: Settings, before: PictureFilters = OLD, after: PictureFilters = NEW
) -> RunDecision:
    now = datetime.now(UTC)
    rebuild(engine, lambda done, total: None, now=now)
    with reading(engine) as connection:
        return decide_runs(connection, variant_source(connection, now), before, after, limits(settings))


def test_a_known_difference_is_found_either_way_and_none_is_not_decided(
    engine: Engine, settings: Settings
) -> None:
    run_of(engine, "2.0", 10, failing=0.8)
    run_of(engine, "2.1", 10, failing=0.1)
    better, worse = decided(engine, settings), decided(engine, settings, NEW, OLD)
    rates = better.comparison.rates
    assert better.comparison.decision is Decision.BETTER
    assert [rates.before.value, rates.after.value] == pytest.approx([0.2, 0.9])
    assert (rates.difference.n, rates.difference.jobs) == (30, 10), "the job is the unit, not the picture"
    assert (better.pairs, better.only_before, better.only_after) == (30, 0, 0)
    assert better.complete
    assert better.comparison.more is None
    assert worse.comparison.decision is Decision.WORSE
    scores = {score.name: score for score in better.comparison.scores}
    assert scores["ocr_accuracy"].median.rose >= 21
    assert scores["ocr_accuracy"].median.difference.interval is not None
    with writing(engine) as connection:
        connection.execute(text("UPDATE jobs SET version = '2.2' WHERE version = '2.0'"))
    run_of(engine, "2.3", 10, failing=0.8)
    same = decided(engine, settings, PictureFilters(version="2.2"), PictureFilters(version="2.3")).comparison
    assert same.decision is Decision.NOT_DECIDED
    assert same.more is not None
    assert same.more.orders > 0


def test_what_was_not_made_yet_is_missing_and_verdicts_of_people_decide(
    engine: Engine, settings: Settings
) -> None:
    old = run_of(engine, "2.0", 3, failing=0)
    new = run_of(engine, "2.1", 2, failing=0)
    found = decided(engine, settings)
    assert (found.missing, found.complete) == (("order 2",), True)
    assert (found.pairs, found.only_before, found.only_after, found.by_people) == (6, 3, 0, 0)
    for job, verdict in ((old[0], Verdict.APPROVE), (new[0], Verdict.REJECT)):
        picture = job.overlaid_ids[0]
        assert picture is not None
        save(engine, settings, JIYOUNG, [Entry(uuid4(), job.job_id, job.variant_ids[0], picture, verdict)])
    judged = decided(engine, settings)
    assert judged.by_people == 1
    assert judged.comparison.rates.after.value == pytest.approx(5 / 6)


def test_noise_is_what_repeats_of_one_order_under_one_release_differ_by(
    engine: Engine, settings: Settings
) -> None:
    alone = run_of(engine, "2.0", 6, failing=0)
    assert decided(engine, settings).noise["ocr_accuracy"].value is None, "nothing ran twice"
    run_of(engine, "2.1", 6, failing=0, repeats=2, source=alone[0])
    noise = decided(engine, settings).noise["ocr_accuracy"]
    assert noise.n == 36
    assert noise.value is not None
    assert 0 < noise.value < 0.06


def test_without_any_pair_there_is_no_figure(engine: Engine, settings: Settings) -> None:
    run_of(engine, "2.0", 1, failing=0)
    found = decided(engine, settings)
    assert (found.pairs, found.complete, found.comparison.more) == (0, False, None)
    assert found.comparison.rates.difference.value is None
