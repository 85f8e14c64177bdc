"""Every question that a page asks costs what is written beside it, on 3,000 jobs with all their work."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, select

from dashboard.demo.postgres import EmbeddedPostgres
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import Order, gallery_page
from feedly_core.analytics.variant_source import variant_source
from feedly_core.db.engine import capabilities, make_engine, reading, writing
from feedly_core.db.own_schema import campaigns, review_meetings
from feedly_core.db.query_budget import QueryBudget, budget_of
from feedly_core.domain import tables as t
from feedly_core.domain.pipeline import LAST_STEP, LAST_VARIANT_STEP
from feedly_core.golden_sets.sets import save_version
from feedly_core.settings import Settings, load_settings
from tests.factories import make_job
from tests.generated import generate_decisions
from tests.golden_sets import BOSS, golden_orders, made_run
from tests.plan_guard import counted, rows_scanned
from tests.questions import EXAMPLES, World, asked

QUESTIONS = asked()


@pytest.fixture(scope="module")
def world(postgres: EmbeddedPostgres, filled_template: str) -> Iterator[World]:
    settings = load_settings(DATABASE_URL=postgres.create_database("questions", filled_template))
    engine = make_engine(settings)
    with writing(engine) as connection:
        generate_decisions(connection)
    golden = save_version(engine, settings, BOSS, "menu", golden_orders(4))
    made_run(engine, settings, golden, "2.0", measured=False)
    resting = make_job(engine, copies=False, step=LAST_VARIANT_STEP).job_id
    with reading(engine) as connection:
        yield _world(engine, settings, connection, resting)
    engine.dispose()


def _world(engine: Engine, settings: Settings, connection: Connection, resting: UUID) -> World:
    now = datetime.now(UTC)
    source = variant_source(connection, now)
    jobs, variants = t.jobs.c, t.jobs_variants.c
    return World(
        engine,
        settings,
        now,
        complete_job=connection.scalars(
            select(jobs.job_id).where(jobs.current_step == LAST_STEP).order_by(jobs.created_at).limit(1)
        ).one(),
        failed_variant=connection.scalars(
            select(variants.job_variants_id)
            .where(variants.status == "failed")
            .order_by(variants.created_at)
            .limit(1)
        ).one(),
        resting_job=resting,
        tenant=connection.scalars(select(jobs.tenant_id).limit(1)).one(),
        campaign=connection.scalars(select(campaigns.c.campaign_id).limit(1)).one(),
        meeting=connection.scalars(select(review_meetings.c.meeting_id).limit(1)).one(),
        source=source,
        shown=gallery_page(connection, source, PictureFilters(finished=True), Order(), None, 600).cards,
        cards=gallery_page(connection, source, PictureFilters(), Order()).cards,
    )


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_costs_what_is_written_beside_it(world: World, name: str) -> None:
    declared = budget_of(QUESTIONS[name])
    assert declared is not None
    args, named = EXAMPLES[name](world)
    with reading(world.engine, 20_000) as connection:
        capabilities(connection)
        with counted(world.engine) as sent:
            QUESTIONS[name](connection, *args, **named)
        rows = rows_scanned(connection, sent)
    measured = QueryBudget(len(sent), max(rows.values(), default=0))
    assert measured.statements <= declared.statements, sent.sent
    assert measured.rows <= declared.rows, rows
