"""LISTEN connections: one direct connection each, outside every pool."""

from __future__ import annotations

import os
import selectors
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import psycopg2
from psycopg2 import sql
from sqlalchemy import URL

from feedly_core.database_address import driver_address


@dataclass(frozen=True, slots=True)
class Notification:
    """One NOTIFY as it came in.

    ``payload`` is the raw text.
    """

    channel: str
    payload: str


class ListenConnection:
    """An autocommit connection that LISTENs.

    Methods raise ``psycopg2.Error`` when it is dead.

    Never a pooled one, which may lose its LISTEN silently. One statement names all channels, so that
    ``pg_stat_activity`` shows them.
    """

    def __init__(
        self, url: URL, application_name: str, channels: tuple[str, ...], connect_timeout: int = 5
    ) -> None:
        """Connect and LISTEN. Raises ``psycopg2.Error``: unreachable, or LISTEN is refused (a replica)."""
        self._wake_reader, self._wake_writer = os.pipe()
        os.set_blocking(self._wake_reader, False)
        os.set_blocking(self._wake_writer, False)
        self._selector = selectors.DefaultSelector()
        self._connection: Any = None
        try:
            self._connection = psycopg2.connect(
                driver_address(url, connect_timeout=connect_timeout, application_name=application_name)
            )
            self._connection.autocommit = True
            self.execute(
                sql.SQL("; ").join(sql.SQL("LISTEN {}").format(sql.Identifier(name)) for name in channels)
            )
        except psycopg2.Error:
            self.close()
            raise
        self._selector.register(self._connection.fileno(), selectors.EVENT_READ)
        self._selector.register(self._wake_reader, selectors.EVENT_READ)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def execute(
        self, statement: sql.Composable | str, values: tuple[object, ...] = ()
    ) -> list[tuple[Any, ...]]:
        """One statement on this very connection; its rows, or nothing."""
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def wait(self, seconds: float) -> list[Notification]:
        """What arrives within ``seconds``.

        Returns at the first arrival, or when :meth:`wake` is called.
        """
        if not self._connection.notifies:
            self._selector.select(max(seconds, 0.0))
            with suppress(BlockingIOError):
                os.read(self._wake_reader, 1024)
        self._connection.poll()
        notifications = [Notification(notify.channel, notify.payload) for notify in self._connection.notifies]
        self._connection.notifies.clear()
        return notifications

    def wake(self) -> None:
        """End a :meth:`wait` early, from any thread."""
        with suppress(OSError):
            os.write(self._wake_writer, b"!")

    def close(self) -> None:
        """Close without waiting for the server. May be called twice."""
        self._selector.close()
        if self._connection is not None:
            with suppress(psycopg2.Error):
                self._connection.close()
        for end in (self._wake_reader, self._wake_writer):
            if end >= 0:
                os.close(end)
        self._wake_reader = self._wake_writer = -1
