"""Rounds on a real PostgreSQL: nobody gets the same place twice, whatever happens at once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from random import Random
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text

from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import Card
from feedly_core.analytics.variant_source import variant_source
from feedly_core.db.engine import make_engine, reading, writing
from feedly_core.errors import InvalidInput, MissingInSchema
from feedly_core.permissions import Person, Role
from feedly_core.reviews.queue import QueueOrder, candidates
from feedly_core.reviews.round_figures import round_figures, round_opinions
from feedly_core.reviews.rounds import Round, RoundPlan, Seat, give, rounds, start_round, take
from feedly_core.reviews.verdicts import Entry, Verdict, history
from feedly_core.settings import Settings
from tests import references
from tests.factories import make_job

JIYOUNG, MINHO = Person("지영", Role.REVIEWER), Person("민호", Role.REVIEWER)
BOSS, OTHER = Person("수진", Role.OPERATOR), Person("낯선", Role.REVIEWER)
PEOPLE = ("지영", "민호", "수진")
pytestmark = pytest.mark.usefixtures("our_schema")


def cards(engine: Engine, jobs: int) -> tuple[Card, ...]:
    with writing(engine) as connection:
        for _number in range(jobs):
            make_job(connection)
    with reading(engine) as connection:
        source = variant_source(connection, datetime.now(UTC))
        return candidates(connection, source, PictureFilters(), QueueOrder.NEWEST).cards


def plan(**more: object) -> RoundPlan:
    return RoundPlan("이번 주", PEOPLE, **{"overlap": 0.0, "repeats": 0.0, **more})  # type: ignore[arg-type]


def judged(engine: Engine, settings: Settings, person: Person, seat: Seat, verdict: Verdict) -> bool:
    entry = Entry(uuid4(), seat.job_id, seat.variant_id, seat.picture_id, verdict)
    return give(engine, settings, person, seat, entry)


def stored(engine: Engine) -> Round:
    with reading(engine) as connection:
        return rounds(connection)[0]


def test_two_processes_never_fill_more_places_than_are_wanted(engine: Engine, settings: Settings) -> None:
    shown = cards(engine, 5)
    round_id = start_round(engine, settings, BOSS, plan(opinions=2), shown)
    another, taken = make_engine(settings), []

    def work(person: Person) -> None:
        mine = another if person is MINHO else engine
        while (seat := take(mine, settings, person, round_id)) is not None:
            assert judged(mine, settings, person, seat, Verdict.APPROVE)
            taken.append((person.name, seat.variant_id))

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, (JIYOUNG, MINHO, BOSS)))
    another.dispose()
    assert len(set(taken)) == len(taken), "nobody judges a picture twice"
    assert Counter(variant for _name, variant in taken) == {card.variant_id: 2 for card in shown}
    found = stored(engine)
    assert (found.given, found.wanted, found.pictures, found.looking) == (30, 30, 15, {})


def test_an_open_picture_is_reserved_seen_by_others_and_freed_after_its_lease(
    engine: Engine, settings: Settings
) -> None:
    round_id = start_round(engine, settings, BOSS, plan(opinions=1), cards(engine, 1)[:1])
    seat = take(engine, settings, JIYOUNG, round_id)
    assert seat is not None
    assert take(engine, settings, MINHO, round_id) is None
    again = take(engine, settings, JIYOUNG, round_id)
    assert again is not None, "opening it again is the same place"
    assert again.slot == seat.slot
    assert stored(engine).looking == {seat.variant_id: "지영"}
    with writing(engine) as connection:
        connection.execute(
            text("UPDATE feedly_dashboard.round_slots SET lease_until = now() - interval '1s'")
        )
    late = take(engine, settings, MINHO, round_id)
    assert late is not None
    assert judged(engine, settings, MINHO, late, Verdict.REJECT)
    assert not judged(engine, settings, JIYOUNG, seat, Verdict.APPROVE), "the place is taken"
    with reading(engine) as connection:
        assert len(history(connection, seat.job_id)) == 2, "but no word is lost"
    assert take(engine, settings, OTHER, round_id) is None, "who is not asked gets nothing"


def test_hidden_repeats_come_later_and_measure_a_person(engine: Engine, settings: Settings) -> None:
    shown = cards(engine, 4)
    round_id = start_round(engine, settings, BOSS, plan(opinions=1, overlap=1.0, repeats=0.25), shown)
    order: list[UUID] = []
    while (seat := take(engine, settings, JIYOUNG, round_id)) is not None:
        second = seat.variant_id in order
        order.append(seat.variant_id)
        judged(engine, settings, JIYOUNG, seat, Verdict.REJECT if second else Verdict.APPROVE)
    repeated = [variant for variant, times in Counter(order).items() if times == 2]
    assert len(repeated) == 3, "a quarter of twelve"
    for variant in repeated:
        first = order.index(variant)
        assert order.index(variant, first + 1) - first > 5
    with reading(engine) as connection:
        opinions = round_opinions(connection, round_id)
    mine = round_figures(opinions, JIYOUNG).people["지영"]
    assert (mine.consistency.value, mine.consistency.n) == (0.0, 3)
    assert mine.strictness.value == 0.0, "the first look counts"
    assert not round_figures(opinions, MINHO).people, "strictness is nobody else's business"
    assert set(round_figures(opinions, BOSS).people) == {"지영"}


def test_agreement_is_that_of_the_verdicts(engine: Engine, settings: Settings) -> None:
    shown, rng = cards(engine, 8), Random(3)
    round_id = start_round(engine, settings, BOSS, plan(opinions=1, overlap=1.0), shown)
    given: dict[str, dict[UUID, bool]] = {"지영": {}, "민호": {}}
    for person in (JIYOUNG, MINHO):
        while (seat := take(engine, settings, person, round_id)) is not None:
            told = given["지영"].get(seat.variant_id, rng.random() < 0.5)
            bad = told if rng.random() < 0.7 else not told
            given[person.name][seat.variant_id] = bad
            judged(engine, settings, person, seat, Verdict.REJECT if bad else Verdict.APPROVE)
    with reading(engine) as connection:
        found = round_figures(round_opinions(connection, round_id), BOSS)
    variants = [card.variant_id for card in shown]
    both = [[given[name][variant] for variant in variants] for name in ("지영", "민호")]
    (pair,) = found.kappas.pairs
    assert pair.kappa.value == pytest.approx(references.metrics.cohen_kappa_score(*both))
    assert found.alpha.interval is not None
    assert set(found.disputed) == {
        variant for variant in variants if len({given[n][variant] for n in given}) > 1
    }


def test_a_plan_that_cannot_be_is_refused(engine: Engine, settings: Settings) -> None:
    shown = cards(engine, 1)
    for wrong in (plan(opinions=4), plan(opinions=0), plan(overlap=1.5), RoundPlan("", ("지영",), 2)):
        with pytest.raises(InvalidInput):
            start_round(engine, settings, BOSS, wrong, shown)
    with pytest.raises(InvalidInput):
        start_round(engine, settings, BOSS, plan(), ())
    with writing(engine) as connection:
        connection.execute(text("DROP TABLE feedly_dashboard.round_slots"))
    with reading(engine) as connection:
        assert rounds(connection) == ()
    with pytest.raises(MissingInSchema):
        start_round(engine, settings, BOSS, plan(), shown)
