"""The thread that keeps the search index, in one process at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Connection, Engine, select

from feedly_core.analytics.exclusive import ExclusiveWorker
from feedly_core.db.engine import reading
from feedly_core.db.own_schema import SEARCH, installed
from feedly_core.search.index import fill, refresh, search_freshness, sweep

EXCLUSIVE_KEY = 7_303_014_004
EVERY_SECONDS = 5.0
"""Between two refreshes at least, however much changes."""

IDLE_SECONDS = 120.0
"""Between two refreshes at most."""


class SearchIndexer(ExclusiveWorker):
    """A duty of its own: when it fails, pages and read model go on, and search says how old it is.

    :meth:`wake` brings the next refresh forward.
    """

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__("search-indexer", EXCLUSIVE_KEY, engine)
        self._clock = clock

    def has_place(self, connection: Connection) -> bool:
        return installed(connection, SEARCH)

    def work(self, right: Connection) -> None:
        with reading(self._engine) as connection:
            known = search_freshness(connection)
        if known is None or not known.complete:
            fill(self._engine, now=self._clock(), stop=self._stop)
        swept: UUID | None = None
        while not self._stop.is_set():
            self._woken.clear()
            right.execute(select(1))  # fails when the right was lost with its connection
            refresh(self._engine, now=self._clock())
            swept = sweep(self._engine, swept, now=self._clock())
            if not self._stop.wait(EVERY_SECONDS):
                self._woken.wait(IDLE_SECONDS - EVERY_SECONDS)
