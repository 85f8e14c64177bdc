"""Lost notifications are sent again, and nothing else is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from uuid import UUID

import psycopg2
import pytest
from sqlalchemy import Engine, text

from feedly_core.database_address import parse_address
from feedly_core.db import own_schema
from feedly_core.db.engine import writing
from feedly_core.db.listening import ListenConnection
from feedly_core.diagnostics.context import CheckContext, open_context
from feedly_core.diagnostics.resend import resend_notifications
from feedly_core.diagnostics.stalled_variants import (
    StalledVariant,
    grouped,
    stalled_variants,
    waiting_variants,
)
from feedly_core.diagnostics.thresholds import Thresholds
from feedly_core.diagnostics.trigger_needs import reference_function
from feedly_core.domain.contract import VARIANT_CHANNEL, VARIANT_NOTIFY
from feedly_core.errors import PermissionDenied
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings
from tests.factories import MadeJob, make_job
from tests.plan_guard import counted, rows_scanned

OPERATOR = Person("operator", Role.OPERATOR)


@pytest.fixture
def context(settings: Settings) -> Iterator[CheckContext]:
    with open_context(settings) as made:
        yield made


def job_at(
    engine: Engine, step: str, status: str, variants: list[tuple[str, str]], minutes: int = 10
) -> MadeJob:
    """A job whose variants have not moved for ``minutes``."""
    made = make_job(engine, step=step, status=status, variants=variants)
    with writing(engine) as connection:
        connection.execute(text("ALTER TABLE jobs_variants DISABLE TRIGGER USER"))
        connection.execute(
            text(
                "UPDATE jobs_variants SET updated_at = now() - make_interval(mins => :age)"
                " WHERE job_id = :job"
            ),
            {"age": minutes, "job": made.job_id},
        )
        connection.execute(text("ALTER TABLE jobs_variants ENABLE TRIGGER USER"))
    return made


def stalled(context: CheckContext) -> list[StalledVariant]:
    with context.reading() as connection:
        return stalled_variants(connection, context.thresholds)


def received(ear: ListenConnection) -> list[tuple[str, str, str]]:
    events = [json.loads(event.payload) for event in ear.wait(1.0)]
    return [(event["job_variants_id"], event["current_step"], event["status"]) for event in events]


def test_what_was_lost_is_found_by_step_and_age(context: CheckContext, engine: Engine) -> None:
    job_at(engine, "planner", "running", [("planner", "done"), ("planner", "done"), ("overlay", "done")], 5)
    job_at(engine, "planner", "running", [("planner", "done")], 300)
    job_at(engine, "vlm_analyze", "running", [("vlm_analyze", "queued")], 30)
    groups = grouped(stalled(context))
    assert [(*group, len(found)) for group, found in groups.items()] == [
        ("vlm_analyze", "queued", 3_600.0, 1),
        ("planner", "done", 600.0, 2),
        ("planner", "done", 86_400.0, 1),
        ("overlay", "done", 600.0, 1),
    ]
    assert [one.awaited for one in groups["planner", "done", 600.0]] == ["overlay", "overlay"]
    [queued] = groups["vlm_analyze", "queued", 3_600.0]
    assert queued.awaited == "vlm_analyze" and queued.age == pytest.approx(1800, abs=30)


@pytest.mark.parametrize(
    ("step", "status", "variant", "minutes"),
    [
        ("instagram_feed_gen", "done", ("planner", "done"), 10),
        ("ad_copy_gen_kor", "running", ("iou_eval", "done"), 10),
        ("iou_eval", "done", ("ocr_eval", "done"), 10),
        ("user_img_input", "done", ("user_img_input", "done"), 10),
        ("planner", "failed", ("planner", "failed"), 10),
        ("planner", "running", ("planner", "done"), 1),
    ],
)
def test_what_rests_for_a_reason_is_not_called_lost(
    context: CheckContext, engine: Engine, step: str, status: str, variant: tuple[str, str], minutes: int
) -> None:
    job_at(engine, step, status, [variant], minutes)
    assert stalled(context) == []


def test_a_variant_that_a_worker_holds_is_not_lost_and_not_touched(
    context: CheckContext, engine: Engine, database_url: str
) -> None:
    made = job_at(engine, "img_gen", "done", [("img_gen", "done"), ("img_gen", "done")])
    worker = psycopg2.connect(database_url)
    worker.cursor().execute(
        "UPDATE jobs_variants SET status = 'running' WHERE job_variants_id = %s", (str(made.variant_ids[0]),)
    )
    assert [one.job_variants_id for one in stalled(context)] == [made.variant_ids[1]]
    result = resend_notifications(context, OPERATOR, made.variant_ids)
    worker.close()
    assert result.resent == (made.variant_ids[1],)
    assert result.left_alone == (made.variant_ids[0],)


def test_the_event_is_sent_once_with_the_present_state(
    context: CheckContext, engine: Engine, database_url: str, our_schema: None
) -> None:
    made = job_at(engine, "planner", "running", [("planner", "done"), ("overlay", "done")])
    with ListenConnection(parse_address(database_url), "test", (VARIANT_CHANNEL,)) as ear:
        resend_notifications(context, OPERATOR, [made.variant_ids[0]])
        assert received(ear) == [(str(made.variant_ids[0]), "planner", "done")]
    with context.reading() as connection:
        line = connection.execute(own_schema.audit_log.select()).one()
    assert (line.person, line.action, line.after["resent"]) == (
        "operator",
        "touch_again",
        [str(made.variant_ids[0])],
    )


def test_edition_1_0_0_hears_it_too(context: CheckContext, engine: Engine, database_url: str) -> None:
    """That edition ignores updated_at, so the status goes away and comes back."""
    old = reference_function(VARIANT_NOTIFY).replace("OR OLD.updated_at IS DISTINCT FROM NEW.updated_at", "")
    with writing(engine) as connection:
        connection.exec_driver_sql(old.replace("%", "%%"))
    made = job_at(engine, "planner", "running", [("planner", "done"), ("planner", "queued")])
    with ListenConnection(parse_address(database_url), "test", (VARIANT_CHANNEL,)) as ear:
        resend_notifications(context, OPERATOR, made.variant_ids)
        events: list[tuple[str, str, str]] = []
        while len(events) < 4:
            more = received(ear)
            assert more, f"only {events}"
            events += more
    first, second = map(str, made.variant_ids)
    assert [event for event in events if event[0] == first] == [
        (first, "planner", "running"),
        (first, "planner", "done"),
    ]
    assert events[-1][2] != "running" and (second, "planner", "queued") in events


def test_edition_1_0_0_is_touched_in_one_transaction(
    context: CheckContext, engine: Engine, our_schema: None
) -> None:
    """Whoever is killed half-way must not leave a variant running that nobody works on."""
    old = reference_function(VARIANT_NOTIFY).replace("OR OLD.updated_at IS DISTINCT FROM NEW.updated_at", "")
    with writing(engine) as connection:
        connection.exec_driver_sql(old.replace("%", "%%"))
    made = job_at(engine, "planner", "running", [("planner", "done")])
    resend_notifications(context, OPERATOR, made.variant_ids)
    with context.reading() as connection:
        together = text("SELECT v.xmin = a.xmin FROM jobs_variants v, feedly_dashboard.audit_log a")
        assert connection.scalar(together), "the variant was written after the transaction of the audit line"


def test_a_finished_job_is_never_touched_even_when_asked(context: CheckContext, engine: Engine) -> None:
    finished = job_at(engine, "instagram_feed_gen", "done", [("planner", "done")])
    assert resend_notifications(context, OPERATOR, finished.variant_ids).resent == ()


def test_what_moved_on_since_the_preview_is_left_alone(context: CheckContext, engine: Engine) -> None:
    made = job_at(engine, "planner", "running", [("planner", "done")])
    shown = [one.job_variants_id for one in stalled(context)]
    with writing(engine) as connection:
        connection.execute(text("UPDATE jobs_variants SET current_step = 'overlay', status = 'failed'"))
    assert resend_notifications(context, OPERATOR, shown).left_alone == made.variant_ids


def test_only_operators_may(context: CheckContext) -> None:
    with pytest.raises(PermissionDenied):
        resend_notifications(context, Person("reviewer", Role.REVIEWER), [UUID(int=1)])


def test_the_lost_are_found_cheaply(big_copy: Engine, settings: Settings) -> None:
    with writing(big_copy) as connection, counted(big_copy) as statements:
        found = waiting_variants(connection, Thresholds())
        assert found.stalled or found.without_row
        assert len(statements) == 3, "the catalogue, the variants, their result rows"
    with writing(big_copy) as connection:
        scanned = rows_scanned(connection, statements)
    # 7 days of a job every five minutes: 2,016 jobs and three variants each, plus the few locks.
    assert max(scanned.values()) < 12_000, scanned
