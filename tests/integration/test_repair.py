"""A reviewed repair is run whole or not at all, by the right people, and is written down."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from feedly_core.db import own_schema
from feedly_core.db.engine import writing
from feedly_core.diagnostics.check import CheckOutcome
from feedly_core.diagnostics.context import CheckContext, open_context
from feedly_core.diagnostics.repair import proposed, repair
from feedly_core.errors import FeedlyError, InvalidInput, PermissionDenied
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings

OPERATOR = Person("operator", Role.OPERATOR)
KEY = "triggers.variant_notify"


@pytest.fixture
def context(settings: Settings) -> Iterator[CheckContext]:
    with open_context(settings.model_copy(update={"allow_repair": True})) as made:
        yield made


def drop_trigger(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(text("DROP TRIGGER job_variant_state_change_trigger ON jobs_variants"))


def proposal(context: CheckContext) -> str:
    fix = proposed(context, KEY)[1].fix
    assert fix is not None
    return fix.sql


def test_the_reviewed_sql_puts_the_trigger_back_and_is_recorded(
    context: CheckContext, engine: Engine, our_schema: None
) -> None:
    drop_trigger(engine)
    sql = proposal(context)
    assert repair(context, OPERATOR, KEY, sql).outcome is CheckOutcome.OK
    with context.reading() as connection:
        line = connection.execute(own_schema.audit_log.select()).one()
    assert (line.person, line.action, line.target) == ("operator", "repair_trigger", KEY)
    assert line.before["cause"] == "trigger_missing"
    assert line.after["sql"] == sql


def test_without_our_schema_the_servers_log_has_the_line(
    context: CheckContext, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    drop_trigger(engine)
    with caplog.at_level("INFO"):
        repair(context, OPERATOR, KEY, proposal(context))
    assert f"operator repaired {KEY} (trigger_missing)" in caplog.messages


def test_nothing_runs_when_the_situation_changed_after_the_review(
    context: CheckContext, engine: Engine
) -> None:
    drop_trigger(engine)
    reviewed = proposal(context)
    with writing(engine) as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER job_variant_state_change_trigger AFTER UPDATE ON job_inputs"
            " FOR EACH ROW EXECUTE FUNCTION notify_job_variant_state_change()"
        )
    with pytest.raises(InvalidInput):
        repair(context, OPERATOR, KEY, reviewed)
    assert proposed(context, KEY)[1].cause == "trigger_wrong_table"


def test_a_repair_that_fails_changes_nothing(context: CheckContext, engine: Engine) -> None:
    drop_trigger(engine)
    sql = proposal(context)
    with writing(engine) as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION forbid() RETURNS event_trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'no triggers today'; END $$"
        )
        connection.exec_driver_sql(
            "CREATE EVENT TRIGGER forbid ON ddl_command_start WHEN TAG IN ('CREATE TRIGGER')"
            " EXECUTE FUNCTION forbid()"
        )
        connection.exec_driver_sql(
            "CREATE OR REPLACE FUNCTION notify_job_variant_state_change() RETURNS trigger"
            " LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
        )
    with pytest.raises(FeedlyError):
        repair(context, OPERATOR, KEY, sql)
    with context.reading() as connection:
        body = connection.scalar(
            text("SELECT prosrc FROM pg_proc WHERE proname = 'notify_job_variant_state_change'")
        )
    assert body == " BEGIN RETURN NEW; END ", "the function was replaced although the trigger failed"


@pytest.mark.parametrize(
    ("person", "allowed", "read_only"),
    [
        (Person("reviewer", Role.REVIEWER), True, False),
        (OPERATOR, False, False),
        (OPERATOR, True, True),
    ],
)
def test_only_where_and_by_whom_it_is_allowed(
    settings: Settings, engine: Engine, person: Person, allowed: bool, read_only: bool
) -> None:
    drop_trigger(engine)
    changed = settings.model_copy(update={"allow_repair": allowed, "read_only": read_only})
    with open_context(changed) as context:
        with pytest.raises(PermissionDenied):
            repair(context, person, KEY, proposal(context))
        assert proposed(context, KEY)[1].cause == "trigger_missing"


@pytest.mark.parametrize("key", [KEY, "services.yh", "nonsense"])
def test_there_must_be_something_to_repair(context: CheckContext, key: str) -> None:
    with pytest.raises(InvalidInput):
        repair(context, OPERATOR, key, "DROP TABLE jobs")
