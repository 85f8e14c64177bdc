"""Pages of the review queue: every candidate is reached once, in each order, whatever their number."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Engine

from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import Card
from feedly_core.analytics.refresher import rebuild
from feedly_core.analytics.variant_source import VariantSource, variant_source
from feedly_core.db.engine import reading
from feedly_core.permissions import Person, Role
from feedly_core.reviews.queue import QueueOrder, agenda_for, candidates, judged_items, queue
from feedly_core.reviews.verdicts import Entry, Verdict, save
from feedly_core.reviews.winners import choose
from feedly_core.settings import Settings
from tests.factories import MadeJob, make_job

pytestmark = pytest.mark.usefixtures("our_schema")
JIYOUNG, MINHO = Person("지영", Role.REVIEWER), Person("민호", Role.REVIEWER)


@pytest.fixture
def made(engine: Engine, settings: Settings) -> list[MadeJob]:
    """Five jobs of three variants and one unfinished; people disagree on one picture and chose a winner."""
    found = [make_job(engine) for _ in range(5)]
    make_job(engine, variants=[("planner", "done")], step="planner", status="done")
    judge(engine, settings, JIYOUNG, found[2], 1, Verdict.APPROVE)
    judge(engine, settings, MINHO, found[2], 1, Verdict.REJECT)
    choose(engine, settings, JIYOUNG, found[4].job_id, found[4].variant_ids[0])
    return found


def judge(
    engine: Engine, settings: Settings, person: Person, job: MadeJob, number: int, said: Verdict
) -> None:
    picture = job.overlaid_ids[number]
    assert picture is not None
    save(engine, settings, person, [Entry(uuid4(), job.job_id, job.variant_ids[number], picture, said)])


@pytest.fixture(params=["read model", "source rows"])
def source(request: pytest.FixtureRequest, engine: Engine, made: list[MadeJob]) -> VariantSource:
    if request.param == "read model":
        rebuild(engine, lambda done, total: None, now=datetime.now(UTC))
    with reading(engine) as connection:
        return variant_source(connection, datetime.now(UTC))


def everything(
    connection: Connection, source: VariantSource, order: QueueOrder, seed: str = "지영"
) -> list[Card]:
    cards: list[Card] = []
    after = None
    while True:
        page = candidates(connection, source, PictureFilters(), order, seed=seed, after=after, size=4)
        cards += page.cards
        after = page.after
        if after is None:
            return cards


@pytest.mark.parametrize("order", list(QueueOrder))
def test_pages_reach_every_finished_picture_once(
    connection: Connection, source: VariantSource, made: list[MadeJob], order: QueueOrder
) -> None:
    cards = everything(connection, source, order)
    assert sorted(card.variant_id for card in cards) == sorted(
        variant for job in made for variant in job.variant_ids
    )


def test_each_order_is_what_it_says(
    connection: Connection, source: VariantSource, made: list[MadeJob]
) -> None:
    def by(order: QueueOrder, seed: str = "지영") -> list[Card]:
        return everything(connection, source, order, seed)

    worst = [card.overall for card in by(QueueOrder.WORST)]
    assert worst == sorted(worst, key=lambda value: (value is None, value))
    newest = [card.created_at for card in by(QueueOrder.NEWEST)]
    assert newest == sorted(newest, reverse=True)
    assert [card.created_at for card in by(QueueOrder.OLDEST)] == newest[::-1]
    assert by(QueueOrder.DISPUTED)[0].variant_id == made[2].variant_ids[1]
    mine, theirs = by(QueueOrder.SHUFFLED), by(QueueOrder.SHUFFLED, "민호")
    assert mine != theirs and mine == by(QueueOrder.SHUFFLED), "another order per person, the same each time"


def test_my_turn_counts_everything_and_shows_what_is_left(
    connection: Connection, source: VariantSource, made: list[MadeJob]
) -> None:
    found = queue(connection, source, "지영", PictureFilters(), size=4)
    assert (found.judged, found.total.number, len(found.items)) == (1, 15, 4)
    assert found.after is not None
    seen: set[UUID] = set()
    after: str | None = None
    while True:
        page = queue(connection, source, "지영", PictureFilters(), after=after, size=4)
        seen |= {item.picture.variant_id for item in page.items}
        after = page.after
        if after is None:
            break
    assert len(seen) == 14 and made[2].variant_ids[1] not in seen


def test_an_agenda_has_disputes_the_worst_and_winners(
    connection: Connection, source: VariantSource, made: list[MadeJob]
) -> None:
    chosen = [item.picture.variant_id for item in agenda_for(connection, source, PictureFilters(), 6)]
    assert len(chosen) == len(set(chosen)) == 6
    assert chosen[0] == made[2].variant_ids[1]
    assert chosen[-1] == made[4].variant_ids[0]


def test_only_what_people_judged_is_compared_with_scores(
    connection: Connection, source: VariantSource, made: list[MadeJob]
) -> None:
    (item,) = judged_items(connection, source, PictureFilters())
    assert item.picture.variant_id == made[2].variant_ids[1]
    assert item.disputed
