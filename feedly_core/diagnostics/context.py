"""Context of the checks: one database, one set of settings, one clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import URL, Connection, Engine

from feedly_core.database_address import parse_address
from feedly_core.db.engine import make_engine, reading
from feedly_core.diagnostics.thresholds import Thresholds
from feedly_core.domain.contract import DASHBOARD_APPLICATION
from feedly_core.settings import Settings


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class CheckContext:
    """``engine`` is used by the checks only, so that they never take connections from the pages."""

    settings: Settings
    engine: Engine
    listen_url: URL
    thresholds: Thresholds = field(default_factory=Thresholds)
    now: Callable[[], datetime] = _utc_now

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read transaction that ends before the check's limit."""
        with reading(self.engine, statement_timeout_ms=int(self.thresholds.check * 900)) as connection:
            yield connection


@contextmanager
def open_context(
    settings: Settings,
    thresholds: Thresholds | None = None,
    now: Callable[[], datetime] = _utc_now,
) -> Iterator[CheckContext]:
    """Context of one run of the checks or one trigger probe; its connections are closed at the end.

    ``settings.database_url`` must be set (the demo puts its own there).
    """
    engine = make_engine(settings, application_name=f"{DASHBOARD_APPLICATION} diagnostics")
    listen = settings.listen_database_url or settings.database_url
    if listen is None:
        raise ValueError("settings name no database")
    try:
        url = parse_address(listen.get_secret_value())
        yield CheckContext(settings, engine, url, thresholds or Thresholds(), now)
    finally:
        engine.dispose()
