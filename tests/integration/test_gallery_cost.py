"""What a page of the gallery reads of 9,000 variants."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, Text, case, cast, func, insert, select, update

from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import (
    MOST_COUNTED,
    RANGES,
    SORTS,
    Count,
    Order,
    count_matches,
    gallery_page,
)
from feedly_core.analytics.variant_source import VariantSource, variant_source
from feedly_core.db import own_schema
from feedly_core.db.engine import reading
from feedly_core.db.own_schema import reviews
from feedly_core.db.own_schema.facts import SCORE_COLUMNS
from feedly_core.domain import tables as t
from feedly_core.search.index import fill
from tests.plan_guard import Statements, counted, rows_scanned

WORDS = {"국물": True, "test0 국물": True, "ㄱㅁ": True, "메뉴195": False, "없는말": False}
"""Whether most jobs have them."""


def test_a_page_reads_few_rows_of_many(filled_engine: Engine) -> None:
    """Of 9,000 variants a page by any sort reads at most a few pages' worth."""
    with reading(filled_engine, 20_000) as connection:
        source = variant_source(connection, datetime.now(UTC))
        for by in SORTS:
            with counted(filled_engine) as statements:
                gallery_page(connection, source, PictureFilters(), Order(by))
            assert len(statements) <= 2
            assert max(rows_scanned(connection, statements).values()) <= 200, by


def test_the_best_of_a_weak_tenant_are_not_looked_for_among_all(filled_engine: Engine) -> None:
    """The lowest 450 scores of 9,000 are one tenant's: a page of its best is read along its own index."""
    with filled_engine.connect() as connection:
        facts = own_schema.variant_facts
        weak = {name: 0.01 * facts.c[name] for name in SCORE_COLUMNS} | {"tenant_id": "weak"}
        one_of_twenty = func.hashtext(cast(facts.c.job_id, Text)) % 20 == 0
        connection.execute(update(facts).where(one_of_twenty).values(weak))
        connection.exec_driver_sql(f"ANALYZE {facts.fullname}")
        source = variant_source(connection, datetime.now(UTC))
        for by in SCORE_COLUMNS:
            with counted(filled_engine) as statements:
                gallery_page(connection, source, PictureFilters(tenant="weak"), Order(by))
            assert max(rows_scanned(connection, statements).values()) <= 200, by
        connection.rollback()


def test_judged_pictures_are_found_from_the_reviews(filled_engine: Engine) -> None:
    """Thirty judged of 9,000 variants: a page of them reads no more than a few rows of each, by any sort."""
    with filled_engine.begin() as connection:
        some = connection.execute(
            select(t.jobs_variants).order_by(t.jobs_variants.c.job_variants_id).limit(30)
        )
        judged = [
            {
                "entry_id": row.job_variants_id,
                "job_id": row.job_id,
                "job_variants_id": row.job_variants_id,
                "picture_asset_id": row.img_asset_id,
                "reviewer": "여름",
                "verdict": "approve",
            }
            for row in some
        ]
        connection.execute(insert(reviews), judged)
    with reading(filled_engine, 20_000) as connection:
        source = variant_source(connection, datetime.now(UTC))
        for by in SORTS:
            with counted(filled_engine) as statements:
                page = gallery_page(connection, source, PictureFilters(verdict="approve"), Order(by))
            assert len(page.cards) == 30
            assert sum(rows_scanned(connection, statements).values()) <= 300, by


@pytest.mark.parametrize("by", SORTS)
def test_a_range_does_not_walk_along_all_that_do_not_match(filled_engine: Engine, by: str) -> None:
    """3,000 of 9,000 variants lack every score, 900 of them failed: those at most are looked at, not all."""
    with reading(filled_engine, 20_000) as connection:
        source = variant_source(connection, datetime.now(UTC))
        filters = PictureFilters(outcome="failed", ranges={"contrast_stored": (2.2, 12.2)})
        for ascending in (True, False):
            with counted(filled_engine) as statements:
                page = gallery_page(connection, source, filters, Order(by, ascending), size=1)
            assert page.cards == ()
            assert sum(rows_scanned(connection, statements).values()) <= 1000


def _matching(
    connection: Connection, source: VariantSource, filters: PictureFilters, order: Order
) -> list[UUID]:
    """What a page must show, by one plain query."""
    facts = own_schema.variant_facts
    ways = [
        column if order.ascending else column.desc()
        for column in (facts.c[order.by], facts.c.job_variants_id)
    ]
    query = select(facts.c.job_variants_id).where(*source.conditions(facts, filters))
    return list(connection.scalars(query.order_by(ways[0].nulls_last(), ways[1])))


def test_pages_show_what_matches_however_few_or_far_it_is(filled_engine: Engine) -> None:
    """Sixty random choices of filters and orders, three small pages of each: as one plain query says."""
    rng = Random(7)
    with reading(filled_engine, 20_000) as connection:
        source = variant_source(connection, datetime.now(UTC))
        facts = own_schema.variant_facts
        tenants = list(connection.scalars(select(facts.c.tenant_id).distinct()))
        times = list(connection.scalars(select(facts.c.created_at).order_by(facts.c.created_at).limit(5000)))
        for _ in range(60):
            bounds = {}
            for name in rng.sample(SCORE_COLUMNS, rng.randint(0, 3)):
                low, high = RANGES[name]
                first = rng.uniform(low, high)
                bounds[name] = (first, first + (high - low) * rng.choice((0.02, 0.3, 0.9)))
            filters = PictureFilters(
                tenant=rng.choice((None, None, *tenants[:2])),
                outcome=rng.choice((None, None, "complete", "failed", "open")),
                since=rng.choice((None, None, times[0], times[-1])),
                ranges=bounds,
            )
            order, size = Order(rng.choice(SORTS), rng.random() < 0.5), rng.choice((1, 7, 60))
            shown: list[UUID] = []
            after = None
            for _ in range(3):
                page = gallery_page(connection, source, filters, order, after, size)
                shown += [card.variant_id for card in page.cards]
                if (after := page.after) is None:
                    break
            expected = _matching(connection, source, filters, order)
            assert shown == expected[: len(shown)], (filters, order)
            assert len(shown) == min(3 * size, len(expected)), (filters, order)


@pytest.mark.parametrize("of", [50, 5])
def test_a_search_for_all_matches_finds_the_page_and_their_number(filled_engine: Engine, of: int) -> None:
    """Matches at the far end of the order, every second without its score: one search, nothing to count."""
    with filled_engine.connect() as connection:
        facts = own_schema.variant_facts
        number = func.abs(func.hashtext(cast(facts.c.job_variants_id, Text)))
        wanted, unscored = number % of == 0, number % (2 * of) == 0
        contrast = case((unscored, None), (wanted, 0.01 * (number % 20)), else_=10)
        connection.execute(update(facts).values(contrast=contrast, relevance=case((wanted, 0.9), else_=0.1)))
        source = variant_source(connection, datetime.now(UTC))
        filters, order = PictureFilters(ranges={"relevance": (0.8, 1.0)}), Order("contrast")
        expected = _matching(connection, source, filters, order)
        scored = select(func.count()).where(facts.c.relevance > 0.8, facts.c.contrast.is_not(None))
        size = (connection.scalar(scored) or 0) + 5 if of == 50 else 5  # the rare ones past their scores
        with counted(filled_engine) as statements:
            page = gallery_page(connection, source, filters, order, size=size)
            count = count_matches(connection, source, filters, page)
        assert [card.variant_id for card in page.cards] == expected[:size]
        assert count == Count(min(len(expected), MOST_COUNTED), len(expected) > MOST_COUNTED)
        assert (len(expected) > MOST_COUNTED) == (of == 5)
        assert len([sent for sent, _ in statements.sent if " AS every" in sent]) == 1
        assert not [sent for sent, _ in statements.sent if sent.startswith("SELECT count")]
        following = gallery_page(connection, source, filters, order, page.after, size)
        assert [card.variant_id for card in following.cards] == expected[size : 2 * size]
        connection.rollback()


def test_common_words_are_looked_up_last(filled_engine: Engine) -> None:
    """Matches at the far end of the order: their words are looked up one by one where most jobs have them."""
    fill(filled_engine, now=datetime.now(UTC))
    with filled_engine.connect() as connection:
        facts = own_schema.variant_facts
        number = func.abs(func.hashtext(cast(facts.c.job_variants_id, Text)))
        wanted, unscored = number % 20 == 0, number % 40 == 0
        contrast = case((unscored, None), (wanted, 0.01 * (number % 50)), else_=10)
        connection.execute(update(facts).values(contrast=contrast, relevance=case((wanted, 0.9), else_=0.1)))
        source = variant_source(connection, datetime.now(UTC))
        assert source.indexed
        for words, common in WORDS.items():
            filters = PictureFilters(words=words, ranges={"relevance": (0.8, 1.0)})
            for order in (Order("contrast"), Order("contrast", ascending=True)):
                expected = _matching(connection, source, filters, order)
                assert bool(expected) == (words != "없는말")
                with counted(filled_engine) as statements:
                    page = gallery_page(connection, source, filters, order, size=7)
                    assert count_matches(connection, source, filters, page) == Count(
                        len(expected), more=False
                    )
                assert [card.variant_id for card in page.cards] == expected[:7]
                searches = [sent for sent, _ in statements.sent if " AS every" in sent]
                assert all((" AS candidates" in sent) == common for sent in searches), words
                assert searches or order.ascending
        connection.rollback()


def test_ranges_that_no_picture_shares_are_not_walked_for(filled_engine: Engine) -> None:
    """A third of 9,000 variants lies in each range and none in both: PostgreSQL expects 1,000 in both.

    What is searched without an order may be read once, as a whole at worst.
    """
    with filled_engine.connect() as connection:
        facts = own_schema.variant_facts
        third = func.abs(func.hashtext(cast(facts.c.job_variants_id, Text))) % 3
        one, other = case((third == 0, 20), else_=2), case((third == 1, 0.9), else_=0.1)
        connection.execute(update(facts).values(contrast=one, readability=other))
        connection.exec_driver_sql(f"ANALYZE {facts.fullname}")
        source = variant_source(connection, datetime.now(UTC))
        filters = PictureFilters(ranges={"contrast": (19, 21), "readability": (0.8, 1.0)})
        for by in ("created_at", "contrast", "readability"):
            with counted(filled_engine) as statements:
                assert gallery_page(connection, source, filters, Order(by)).cards == ()
            in_order = [sent for sent in statements.sent if " AS every" not in sent[0]]
            assert max(rows_scanned(connection, Statements(in_order)).values()) <= 1000, by
        connection.rollback()
