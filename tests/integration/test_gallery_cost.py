"""What a page of the gallery reads of 9,000 variants."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, Text, cast, func, insert, select, update

from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import SORTS, Order, gallery_page
from feedly_core.analytics.variant_source import variant_source
from feedly_core.db import own_schema
from feedly_core.db.engine import reading
from feedly_core.db.own_schema import reviews
from feedly_core.db.own_schema.facts import SCORE_COLUMNS
from feedly_core.domain import tables as t
from tests.plan_guard import counted, rows_scanned


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
