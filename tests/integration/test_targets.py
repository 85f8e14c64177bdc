"""Targets: every figure against a count by hand, and what people may set."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, insert, text

from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.refresher import rebuild
from feedly_core.analytics.variant_source import variant_source
from feedly_core.db.engine import reading, writing
from feedly_core.db.own_schema import variant_facts
from feedly_core.db.own_schema.facts import COMPLETE, FAILED, OPEN
from feedly_core.domain.tables import instagram_feeds
from feedly_core.errors import InvalidInput, NotFound, PermissionDenied
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings
from feedly_core.targets.budget import PERIOD, USUAL, WINDOWS, Budget, Measure, NewTarget, Tally
from feedly_core.targets.figures import budgets, end_to_end, spenders, time_by_day
from feedly_core.targets.store import MOST_TARGETS, add_target, list_targets, remove_target
from tests.factories import make_job
from tests.terminal import program

NOW = datetime.now(UTC)
OPERATOR = Person("kim", Role.OPERATOR)
TARGETS = (
    *USUAL,
    NewTarget(Measure.JOB_TIME, 0.9, 120.0, "cafe"),
    NewTarget(Measure.NOT_FAILED, 0.95, None, "bakery"),
    NewTarget(Measure.CONTRAST_AA, 0.7, None, "cafe"),
)
pytestmark = pytest.mark.usefixtures("our_schema")


@dataclass(frozen=True)
class Order:
    job_id: UUID
    tenant: str
    created_at: datetime
    outcome: str
    fails_at: datetime | None
    ended_at: datetime | None
    contrast: tuple[bool | None, ...]

    @property
    def state(self) -> str:
        fails = self.outcome == OPEN and self.fails_at is not None and self.fails_at <= NOW
        return FAILED if fails else self.outcome

    @property
    def took(self) -> float | None:
        return None if self.ended_at is None else (self.ended_at - self.created_at).total_seconds()


def orders(seed: int, count: int = 250) -> Iterator[Order]:
    rng = random.Random(seed)
    for _ in range(count):
        age = rng.choice([rng.uniform(0, 7_200), rng.uniform(0, 40 * 86_400)])
        made = NOW - timedelta(seconds=age)
        outcome = rng.choice([COMPLETE, COMPLETE, COMPLETE, FAILED, OPEN])
        ended = None
        if outcome == COMPLETE and rng.random() < 0.9:  # the rest end without a post, as test jobs do
            ended = made + timedelta(seconds=rng.uniform(30, 700))
        fails = rng.choice([None, NOW + timedelta(minutes=rng.uniform(-60, 60))]) if outcome == OPEN else None
        contrast = tuple(rng.choice([True, True, False, None]) for _ in range(rng.randint(1, 3)))
        yield Order(uuid4(), rng.choice(["cafe", "bakery"]), made, outcome, fails, ended, contrast)


def write(engine: Engine, made: list[Order]) -> None:
    """Rows of the read model, and the posts."""
    rebuild(engine, lambda done, of: None, now=NOW)
    facts = [
        {
            "job_variants_id": uuid4(),
            "job_id": one.job_id,
            "leads": place == 0,
            "created_at": one.created_at,
            "tenant_id": one.tenant,
            "variant": place + 1,
            "outcome": one.outcome,
            "fails_at": one.fails_at,
            "states": [one.outcome],
            "changes": [NOW],
            "retries": 0,
            "wcag_aa": passes,
        }
        for one in made
        for place, passes in enumerate(one.contrast)
    ]
    sample = make_job(engine, tenant_id="elsewhere", created_at=NOW - timedelta(days=300))
    with writing(engine) as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(insert(variant_facts), facts)
        row = dict(
            connection.execute(instagram_feeds.select().where(instagram_feeds.c.job_id == sample.job_id))
            .one()
            ._mapping
        )
        row = {name: value for name, value in row.items() if name not in ("instagram_feed_id", "pk")}
        for one in made:
            for late in range(2 if one.took and one.took < 200 else 1):  # a second post changes nothing
                if one.ended_at is not None:
                    at = one.ended_at + timedelta(minutes=30 * late)
                    connection.execute(
                        insert(instagram_feeds).values(**{**row, "job_id": one.job_id, "created_at": at})
                    )


def by_hand(made: list[Order], target: NewTarget, since: datetime) -> Tally:
    good = bad = 0
    for one in made:
        if one.created_at <= max(since, NOW - PERIOD) or target.tenant not in (None, one.tenant):
            continue
        if target.measure is Measure.CONTRAST_AA:
            good += one.contrast.count(True)
            bad += one.contrast.count(False)
        elif target.measure is Measure.NOT_FAILED:
            good += one.state == COMPLETE
            bad += one.state == FAILED
        else:
            assert target.within_s is not None
            waits = (NOW - one.created_at).total_seconds() > target.within_s
            in_time = one.took is not None and one.took <= target.within_s
            late = one.took is not None and one.took > target.within_s
            good += one.state == COMPLETE and in_time
            bad += one.state == FAILED or late or (one.state == OPEN and waits)
    return Tally(good, good + bad)


@pytest.mark.parametrize("seed", range(3))
def test_every_figure_is_the_one_counted_by_hand(engine: Engine, seed: int) -> None:
    made = list(orders(seed))
    write(engine, made)
    wanted = dict(enumerate(TARGETS))
    with reading(engine) as connection:
        source = variant_source(connection, NOW)
        assert source.bounded_to is None
        found = budgets(connection, source, wanted)
        spent = {key: spenders(connection, source, target) for key, target in wanted.items()}
        times = end_to_end(connection, source, "cafe")
        days = time_by_day(connection, source, PictureFilters(since=NOW - PERIOD), ZoneInfo("Asia/Seoul"))
    for key, target in wanted.items():
        whole = by_hand(made, target, NOW - PERIOD)
        windows = tuple(by_hand(made, target, NOW - window) for window in WINDOWS)
        assert found[key] == Budget(target.share, whole, windows), target
        assert whole.bad > 0 and all(window.total for window in windows[1:])
        allowed = whole.total * (1 - target.share)
        assert found[key].left == pytest.approx((allowed - whole.bad) / allowed)
        for rate, window in zip(found[key].burn_rates, windows, strict=True):
            assert rate is None or rate * (1 - target.share) == pytest.approx(window.bad / window.total)
        newest = sorted((one for one in made), key=lambda one: one.created_at, reverse=True)
        culprits = [one.job_id for one in newest if by_hand([one], target, NOW - PERIOD).bad]
        shown = list(dict.fromkeys(one.job_id for one in spent[key]))
        assert shown and shown == culprits[: len(shown)]
    complete = [
        one.took
        for one in made
        if one.tenant == "cafe" and one.state == COMPLETE and one.took and one.created_at > NOW - PERIOD
    ]
    assert times.jobs == len(complete)
    assert times.whole == pytest.approx(tuple(np.percentile(complete, [50, 95, 99])))
    assert sum(day.jobs for day in days) == len(
        [1 for one in made if one.state == COMPLETE and one.took and one.created_at > NOW - PERIOD]
    )


def test_what_people_may_set(engine: Engine, settings: Settings) -> None:
    make_job(engine, tenant_id="cafe")
    with pytest.raises(PermissionDenied):
        add_target(engine, settings, Person("lee", Role.REVIEWER), USUAL[0])
    for wrong, why in (
        (NewTarget(Measure.NOT_FAILED, 1.0), "between 50%"),
        (NewTarget(Measure.JOB_TIME, 0.9), "A time is needed"),
        (NewTarget(Measure.CONTRAST_AA, 0.9, 60.0), "A time is needed"),
        (NewTarget(Measure.JOB_TIME, 0.9, float("nan")), "between 1 second"),
    ):
        with pytest.raises(InvalidInput, match=why):
            add_target(engine, settings, OPERATOR, wrong)
    with pytest.raises(NotFound, match="no tenant"):
        add_target(engine, settings, OPERATOR, NewTarget(Measure.NOT_FAILED, 0.9, None, "nobody"))
    made = [add_target(engine, settings, OPERATOR, NewTarget(Measure.NOT_FAILED, 0.9, None, "cafe"))]
    made += [add_target(engine, settings, OPERATOR, USUAL[0]) for _ in range(MOST_TARGETS - 1)]
    with pytest.raises(InvalidInput, match="already"):
        add_target(engine, settings, OPERATOR, USUAL[0])
    remove_target(engine, settings, OPERATOR, made[1])
    with pytest.raises(NotFound):
        remove_target(engine, settings, OPERATOR, made[1])
    with reading(engine) as connection:
        assert list(list_targets(connection)) == [made[0], *made[2:]]


def test_the_terminal_says_which_target_is_missed(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.database_url is not None
    monkeypatch.setenv("DATABASE_URL", settings.database_url.get_secret_value())
    make_job(engine, created_at=datetime.now(UTC) - timedelta(hours=1))
    run = CliRunner()
    assert (
        "95% of jobs complete within 0.1667 min"
        in run.invoke(program(), ["add-target", "job_time", "95", "--within", "10"]).output
    )
    assert run.invoke(program(), ["add-target", "not_failed", "98"]).exit_code == 0
    shown = run.invoke(program(), ["targets", "--json"])
    assert shown.exit_code == 1, "a missed target ends with 1"
    late, fine = json.loads(shown.output)
    assert (late["total"], late["compliance"], late["burn_rate_6h"]) == (1, 0.0, pytest.approx(20))
    assert (fine["total"], fine["compliance"], fine["budget_left"]) == (1, 1.0, 1.0)
    assert run.invoke(program(), ["remove-target", str(late["target_id"])]).exit_code == 0
    assert run.invoke(program(), ["targets"]).exit_code == 0
