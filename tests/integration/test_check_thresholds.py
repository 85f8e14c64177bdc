"""What no test brings about for real: the other side of a threshold, with a fix that the database takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import psycopg2
import pytest
from sqlalchemy import Engine

from feedly_core.db.engine import writing
from feedly_core.diagnostics.check import Check, CheckOutcome, Finding
from feedly_core.diagnostics.checks import ALL_CHECKS
from feedly_core.diagnostics.context import open_context
from feedly_core.diagnostics.thresholds import Thresholds
from feedly_core.settings import Settings

CHECKS: dict[str, Check] = {check.key: check for check in ALL_CHECKS}


def asked(settings: Settings, key: str, **limits: Any) -> Finding:
    with open_context(settings, replace(Thresholds(check=20.0), **limits)) as context:
        return CHECKS[key].run(context)


@pytest.mark.parametrize(
    ("key", "limits", "outcome", "cause"),
    [
        ("database.connections", {"connections_warning": 0.0}, CheckOutcome.WARNING, "connections_exhausted"),
        (
            "database.connections",
            {"connections_warning": 0.0, "connections_failed": 0.0},
            CheckOutcome.FAILED,
            "connections_exhausted",
        ),
        ("listeners.queue", {"queue_warning": 0.0}, CheckOutcome.WARNING, "queue_filling"),
        (
            "listeners.queue",
            {"queue_warning": 0.0, "queue_failed": 0.0},
            CheckOutcome.FAILED,
            "queue_filling",
        ),
        ("configuration.assets", {"disk_warning": 1.1}, CheckOutcome.WARNING, "disk_nearly_full"),
        ("configuration.assets", {"disk_failed_bytes": 2**62}, CheckOutcome.FAILED, "disk_full"),
    ],
)
def test_what_is_used_up_is_said_with_a_fix(
    settings: Settings, engine: Engine, key: str, limits: dict[str, float], outcome: CheckOutcome, cause: str
) -> None:
    finding = asked(settings, key, **limits)
    assert (finding.outcome, finding.cause) == (outcome, cause)
    assert finding.why is not None and finding.fix is not None
    assert finding.fix.sql or finding.fix.command
    if finding.fix.sql:
        with writing(engine) as connection:
            connection.exec_driver_sql(finding.fix.sql.replace("%", "%%"))


def test_a_transaction_left_open_is_named_and_ended_by_the_fix(
    settings: Settings, engine: Engine, database_url: str
) -> None:
    assert asked(settings, "listeners.blockers").outcome is CheckOutcome.OK
    sleeper = psycopg2.connect(database_url, application_name="a forgotten psql")
    sleeper.cursor().execute("SELECT 1")
    finding = asked(settings, "listeners.blockers", idle_in_transaction=0.0)
    assert (finding.outcome, finding.cause) == (CheckOutcome.WARNING, "idle_in_transaction")
    mine = [row for row in finding.rows if row[1] == "a forgotten psql"]
    assert len(mine) == 1 and finding.fix is not None
    with writing(engine) as connection:
        connection.exec_driver_sql(f"SELECT pg_terminate_backend({mine[0][0]})")
    assert f"SELECT pg_terminate_backend({mine[0][0]});" in finding.fix.sql
    with pytest.raises(psycopg2.Error):
        sleeper.cursor().execute("SELECT 1")


def test_a_function_that_cannot_be_read_is_left_to_the_live_test(settings: Settings, engine: Engine) -> None:
    with writing(engine) as connection:
        connection.exec_driver_sql(
            "CREATE OR REPLACE FUNCTION notify_job_variant_state_change() RETURNS trigger LANGUAGE plpgsql"
            " AS $$ BEGIN EXECUTE 'SELECT pg_notify(''job_'' || ''x'', ''{}'')'; RETURN NEW; END $$"
        )
    finding = asked(settings, "triggers.variant_notify_function")
    assert (finding.outcome, finding.cause) == (CheckOutcome.UNKNOWN, "function_unreadable")
    assert finding.fix is not None and finding.fix.command == "python -m feedly_core trigger-probe"
    assert not finding.fix.repair and finding.difference
