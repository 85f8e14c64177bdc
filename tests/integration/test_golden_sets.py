"""Golden sets on a real database: kept, run, judged, approved, broken, excused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from sqlalchemy import Engine, delete, func, select, text

from feedly_core.campaigns.runner import CampaignRunner
from feedly_core.db import own_schema
from feedly_core.db.engine import reading, writing
from feedly_core.db.own_schema import GOLDEN_TABLES, campaign_jobs, golden_pictures
from feedly_core.domain import tables as t
from feedly_core.domain.scores import limits
from feedly_core.errors import InvalidInput, MissingInSchema, NotFound
from feedly_core.golden_sets.baselines import approve, keep_known_failure
from feedly_core.golden_sets.facts import Fact, FactKind, read_facts
from feedly_core.golden_sets.gate import CaseState, GateCode, Meaning
from feedly_core.golden_sets.release_check import ReleaseCheck, release_check
from feedly_core.golden_sets.runs import RunRequest, run_set
from feedly_core.golden_sets.sets import find_set, list_sets, order_picture, save_version
from feedly_core.golden_sets.sources import orders_of_pictures
from feedly_core.reviews.verdicts import Entry, Verdict, save
from feedly_core.settings import Settings
from tests.campaigns import rounds
from tests.factories import make_job
from tests.golden_sets import BOSS, golden_orders, made_run

NAME, TODAY = "대표 메뉴", date(2026, 3, 1)


@pytest.fixture(autouse=True)
def _installed(our_schema: None) -> None:
    """Every test here needs the tables."""


def checked(engine: Engine, settings: Settings, *releases: str) -> ReleaseCheck:
    with reading(engine) as connection:
        return release_check(connection, NAME, limits(settings), datetime.now(UTC), releases)


def test_a_version_never_changes_and_the_next_one_keeps_its_orders(
    engine: Engine, settings: Settings
) -> None:
    first = save_version(engine, settings, BOSS, NAME, golden_orders(2))
    facts = read_facts(["ocr_accuracy>=0.95", "call_to_action"])
    second = save_version(engine, settings, BOSS, f" {NAME} ", golden_orders(3, *facts)[1:])
    third = save_version(engine, settings, BOSS, NAME, (), without={first.orders[0].case_id})
    with reading(engine) as connection:
        assert find_set(connection, NAME, 1) == first
        assert connection.scalar(select(func.count()).select_from(golden_pictures)) == 2, "once per content"
        assert order_picture(connection, first.orders[0].digest) == golden_orders(1)[0].picture.content
        assert [(one.name, one.version, one.orders) for one in list_sets(connection)] == [(NAME, 3, 2)]
    assert [order.description for order in second.orders] == ["order 0", "order 1", "order 2"]
    assert [order.facts for order in second.orders] == [(), facts, facts], "taken over where it was there"
    assert second.orders[0].case_id == first.orders[0].case_id
    assert [order.description for order in third.orders] == ["order 1", "order 2"]
    for bad in (golden_orders(60), []):
        with pytest.raises(InvalidInput, match="holds 1 to 50 orders"):
            save_version(engine, settings, BOSS, "other", bad)
    with reading(engine) as connection, pytest.raises(NotFound):
        find_set(connection, "other")


def test_orders_of_chosen_pictures_outlive_their_jobs(engine: Engine, settings: Settings) -> None:
    job = make_job(engine, assets_dir=settings.assets_dir, desc_kor="우동")
    lost = make_job(engine)
    chosen = [job.variant_ids[0], job.variant_ids[2], lost.variant_ids[0]]
    with reading(engine) as connection:
        found = orders_of_pictures(connection, settings, chosen, (Fact(FactKind.TOP_THIRD),), pin_copy=True)
        with pytest.raises(InvalidInput):
            orders_of_pictures(connection, settings, lost.variant_ids)
    [order] = found.orders
    assert len(found.skipped) == 1, "the file of the other job is not there"
    assert order.description == "우동"
    assert order.ad_copy.ad_copy_kor
    assert [str(fact) for fact in order.facts] == ["top_third", f"copy={order.ad_copy.ad_copy_kor}"]
    golden = save_version(engine, settings, BOSS, NAME, found.orders)
    with writing(engine) as connection:
        connection.execute(text("TRUNCATE jobs CASCADE"))
    with reading(engine) as connection:
        assert order_picture(connection, golden.orders[0].digest) == order.picture.content


def test_a_run_makes_every_order_with_what_is_its_own(
    engine: Engine, settings: Settings, driver: CampaignRunner, styles: list[UUID]
) -> None:
    orders = golden_orders(2)
    other_copy = replace(orders[1].ad_copy, ad_copy_kor="딸기")
    orders[1] = replace(orders[1], tone_style_id=styles[0], ad_copy=other_copy)
    golden = save_version(engine, settings, BOSS, NAME, orders)
    run_set(engine, settings, BOSS, golden, RunRequest("v2.1", 2, variants=1, interval_s=0.001))
    rounds(driver, 8)
    with reading(engine) as connection:
        made = connection.execute(
            select(
                campaign_jobs.c.item, t.jobs.c.version, t.job_inputs.c.desc_kor, t.job_inputs.c.tone_style_id
            )
            .join_from(campaign_jobs, t.jobs, t.jobs.c.job_id == campaign_jobs.c.job_id)
            .join(t.job_inputs, t.job_inputs.c.job_id == t.jobs.c.job_id)
            .order_by(campaign_jobs.c.item)
        ).all()
        copies = connection.scalars(select(t.txt_ad_copy_generations.c.ad_copy_kor)).all()
    assert [(row.version, row.desc_kor) for row in made] == [("v2.1", f"order {n}") for n in (0, 1, 0, 1)]
    assert [row.tone_style_id for row in made][1] == styles[0]
    assert copies.count("딸기") == copies.count("따끈한 국물") == 2
    [result] = checked(engine, settings, "v2.1").results
    assert {case.state for case in result.cases.values()} == {CaseState.RUNNING}


def test_what_was_approved_and_breaks_is_a_regression_until_it_is_excused(
    engine: Engine, settings: Settings
) -> None:
    golden = save_version(engine, settings, BOSS, NAME, golden_orders(3))
    old = made_run(engine, settings, golden, "v2.0", broken={2: 1})
    assert checked(engine, settings).answer("v2.0", TODAY).code is GateCode.NOT_DECIDED, "nothing approved"
    assert approve(engine, settings, BOSS, golden, old, datetime.now(UTC)) == 2, "what fails is no baseline"
    made_run(engine, settings, golden, "v2.1", broken={1: 1, 2: 1})
    check = checked(engine, settings)
    assert [result.run.release for result in check.results] == ["v2.1", "v2.0"]
    verdict = check.answer("v2.1", TODAY)
    assert verdict.code is GateCode.REGRESSION
    assert list(verdict.meanings.values()) == [Meaning.GOOD, Meaning.BROKEN, Meaning.NEVER_APPROVED]
    shown = check.case("v2.1", golden.orders[1].case_id).shown
    assert shown is not None
    assert shown.passes is False, "the picture that stands for the case is one that fails"
    for place in (1, 2):
        case_id = golden.orders[place].case_id
        keep_known_failure(engine, settings, BOSS, golden, case_id, "font", date(2026, 3, 5), TODAY)
    excused = checked(engine, settings)
    assert excused.answer("v2.1", date(2026, 3, 5)).code is GateCode.PASS
    assert excused.answer("v2.1", date(2026, 3, 6)).code is GateCode.REGRESSION, "the excuse has expired"
    with pytest.raises(InvalidInput, match="90 days"):
        keep_known_failure(engine, settings, BOSS, golden, case_id, "font", date(2027, 3, 5), TODAY)


def test_a_missing_case_never_passes(engine: Engine, settings: Settings) -> None:
    golden = save_version(engine, settings, BOSS, NAME, golden_orders(2))
    run = made_run(engine, settings, golden, "v2.0")
    approve(engine, settings, BOSS, golden, run, datetime.now(UTC))
    assert checked(engine, settings).answer("v2.0", TODAY).code is GateCode.PASS
    made_run(engine, settings, golden, "v2.1", unmade=frozenset({1}))
    check = checked(engine, settings)
    assert check.answer("v2.1", TODAY).code is GateCode.INCOMPLETE
    assert check.answer("v9", TODAY).code is GateCode.INCOMPLETE, "it has never run"
    unmeasured = made_run(engine, settings, golden, "v2.2", measured=False)
    check = checked(engine, settings, "v2.2")
    assert check.answer("v2.2", TODAY).code is GateCode.INCOMPLETE, "nobody has looked at the letters"
    assert len(check.results[0].unmeasured) == 2
    with pytest.raises(InvalidInput, match="No case has passed"):
        approve(engine, settings, BOSS, golden, unmeasured, datetime.now(UTC))
    with writing(engine) as connection:
        made = select(campaign_jobs.c.job_id).where(campaign_jobs.c.campaign_id == run.campaign_id)
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(delete(t.jobs).where(t.jobs.c.job_id.in_(made)))
        connection.execute(delete(t.jobs_variants).where(t.jobs_variants.c.job_id.in_(made)))
    assert checked(engine, settings).answer("v2.0", TODAY).code is GateCode.INCOMPLETE, "its jobs are gone"


def test_repeats_and_people_decide_and_facts_must_hold(engine: Engine, settings: Settings) -> None:
    facts = read_facts(["ocr_accuracy>=0.98"])
    golden = save_version(engine, settings, BOSS, NAME, golden_orders(3) + golden_orders(4, *facts)[3:])
    run = made_run(engine, settings, golden, "v2.0", repeats=2, broken={1: 1, 2: 2})
    [result] = checked(engine, settings).results
    found = [result.case(order.case_id).state for order in golden.orders]
    assert found == [CaseState.PASSED, CaseState.UNDECIDED, CaseState.FAILED, CaseState.FAILED]
    broken = result.case(golden.orders[3].case_id).pictures[0]
    assert (broken.broken, broken.passes) == (facts, False)
    entries = [
        Entry(UUID(int=n), one.card.job_id, one.card.variant_id, one.card.finished_id, Verdict.APPROVE)
        for n, one in enumerate(result.case(golden.orders[2].case_id).pictures)
    ]
    save(engine, settings, BOSS, entries)
    [judged] = checked(engine, settings).results
    assert judged.case(golden.orders[2].case_id).state is CaseState.PASSED, "people have the last word"
    assert run.repeats == 2


def test_without_its_tables_only_the_golden_sets_are_missing(engine: Engine, settings: Settings) -> None:
    with writing(engine) as connection:
        for table in reversed(GOLDEN_TABLES):
            connection.execute(text(f"DROP TABLE {table.fullname} CASCADE"))
    with reading(engine) as connection:
        assert own_schema.installed(connection)
        assert list_sets(connection) == []
    with pytest.raises(MissingInSchema):
        save_version(engine, settings, BOSS, NAME, golden_orders(1))
    own_schema.install(engine)
    assert save_version(engine, settings, BOSS, NAME, golden_orders(1)).version == 1
