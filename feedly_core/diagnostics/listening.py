"""One direct connection that LISTENs, for the round trip check and the trigger probe."""

from __future__ import annotations

import select
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import psycopg2
import psycopg2.extensions
from psycopg2 import sql
from sqlalchemy.engine import URL

from feedly_core.database_address import driver_address

CONNECT_SECONDS = 2


@dataclass(frozen=True)
class Notification:
    """``payload`` is the raw text of the event."""

    channel: str
    payload: str


class Ear:
    """An autocommit connection outside every pool: a pooled one may lose its LISTEN silently.

    Raises ``psycopg2.OperationalError`` when the database cannot be reached.
    """

    def __init__(self, url: URL, application_name: str, channels: tuple[str, ...]) -> None:
        self._connection: Any = psycopg2.connect(
            driver_address(url, application_name=application_name, connect_timeout=CONNECT_SECONDS),
        )
        self._connection.autocommit = True
        for channel in channels:
            self.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))

    def execute(
        self, statement: sql.Composable | str, values: tuple[object, ...] = ()
    ) -> list[tuple[Any, ...]]:
        """One statement on this very connection; the rows, or nothing."""
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def wait(self, seconds: float) -> list[Notification]:
        """What has arrived, waiting at most ``seconds`` for the first event."""
        if not self._connection.notifies:
            ready, _, _ = select.select([self._connection], [], [], max(seconds, 0))
            if ready:
                self._connection.poll()
        arrived = [Notification(event.channel, event.payload) for event in self._connection.notifies]
        self._connection.notifies.clear()
        return arrived

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
