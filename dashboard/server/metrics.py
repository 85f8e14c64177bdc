"""What the process counts and measures about itself.

``/metrics`` shows it.
"""

from __future__ import annotations

import time
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, Info, ProcessCollector
from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext

from feedly_core.version import __version__

REGISTRY = CollectorRegistry()
QUERY_SECONDS = Histogram(
    "feedly_dashboard_query_seconds", "Statements sent to the database", registry=REGISTRY
)
QUERY_ERRORS = Counter(
    "feedly_dashboard_query_errors",
    "Statements that failed, by SQLSTATE (57014: timed out or cancelled), '-' without an answer",
    ["code"],
    registry=REGISTRY,
)
PAGE_SECONDS = Histogram(
    "feedly_dashboard_page_seconds", "Full page runs on the server", ["page"], registry=REGISTRY
)
ERRORS = Counter(
    "feedly_dashboard_errors",
    "Errors shown to viewers: by class name, or 'unexpected'",
    ["kind"],
    registry=REGISTRY,
)

BUILD = Info("feedly_dashboard_build", "Version of the dashboard", registry=REGISTRY)
BUILD.info({"version": __version__})

ProcessCollector(registry=REGISTRY)


def watch_queries(engine: Engine) -> None:
    """Measure each statement of the engine; count those that fail.

    Runs in the thread that sends it.
    """

    def begin(connection: Any, *_: Any) -> None:
        connection.info["feedly_sent_at"] = time.perf_counter()

    def end(connection: Any, *_: Any) -> None:
        QUERY_SECONDS.observe(time.perf_counter() - connection.info.pop("feedly_sent_at"))

    def fail(context: ExceptionContext) -> None:
        sent_at = context.connection.info.pop("feedly_sent_at", None) if context.connection else None
        if sent_at is not None:  # else no statement was on its way
            QUERY_SECONDS.observe(time.perf_counter() - sent_at)
            QUERY_ERRORS.labels(getattr(context.original_exception, "pgcode", None) or "-").inc()

    event.listen(engine, "handle_error", fail)
    event.listen(engine, "before_cursor_execute", begin)
    event.listen(engine, "after_cursor_execute", end)
