"""Past trigger probes, stored in our own schema when it is installed."""

from __future__ import annotations

import logging
from dataclasses import asdict

import pandas as pd
from sqlalchemy import Connection, Engine, func, insert, select

from feedly_core.db.engine import writing
from feedly_core.db.own_schema import installed, live_test_runs
from feedly_core.diagnostics.probe.report import Report
from feedly_core.errors import FeedlyError
from feedly_core.permissions import Person, audit

log = logging.getLogger("feedly.diagnostics")

MOST_SHOWN = 200


def remember(engine: Engine, person: Person, report: Report) -> None:
    """Write one row and an audit line.

    Without our schema nothing is written. Never raises.

    A test whose result cannot be stored was still a test: the failure goes to the log only.
    """
    outcome = report.finding.outcome.value if report.finding else "unknown"
    seen = report.observed
    row = {
        "run_id": report.run_id,
        "started_at": report.started_at,
        "person": person.name,
        "verdict": outcome,
        "broken_link": report.broken.value if report.broken else None,
        "notify_ms": seen.notify_ms,
        "taken_ms": seen.taken_ms,
        "taken_by": seen.taken_by or None,
        "steps": [asdict(step) for step in seen.steps],
        "detail": {
            "cause": report.finding.cause if report.finding else "",
            "found": str(report.finding.found) if report.finding else "",
            "borrowed_picture": report.borrowed_picture,
            "removed_leftovers": report.removed_leftovers,
        },
        "cleaned": report.cleaned,
    }
    try:
        with writing(engine) as connection:
            if installed(connection):
                connection.execute(insert(live_test_runs).values(row))
                after = {"broken_link": row["broken_link"], "cleaned": report.cleaned}
                audit(connection, person, "live_test", str(report.run_id), after=after, result=outcome)
    except FeedlyError:
        log.exception("The trigger probe's result could not be stored")


def history(connection: Connection) -> pd.DataFrame:
    """The newest tests, newest first.

    Empty when there are none or our schema is not installed.

    Columns: started_at, person, verdict, broken_link, notify_ms, taken_ms, taken_by, cleaned.
    """
    c = live_test_runs.c
    broken_link = func.coalesce(c.broken_link, "").label("broken_link")
    shown = (c.started_at, c.person, c.verdict, broken_link, c.notify_ms, c.taken_ms, c.taken_by, c.cleaned)
    names = [column.name for column in shown]
    if not installed(connection):
        return pd.DataFrame(columns=names)
    query = select(*shown).order_by(c.started_at.desc()).limit(MOST_SHOWN)
    past = pd.DataFrame(connection.execute(query).all(), columns=names)
    return past.astype({"notify_ms": float, "taken_ms": float})  # where all tests broke before, all are NULL
