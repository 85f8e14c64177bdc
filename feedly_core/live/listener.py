"""The one LISTEN connection of a process, and the limits that keep a dead socket from blocking it."""

from __future__ import annotations

import os
import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psycopg2
import psycopg2.extensions
from sqlalchemy import Connection

from feedly_core.database_address import driver_address, parse_address
from feedly_core.domain.contract import (
    CHANGE_CHANNEL,
    HEARTBEAT_CHANNEL,
    LISTEN_APPLICATION,
    PIPELINE_CHANNELS,
)

_CONNECT_SECONDS = 5
_CHANNELS = (*PIPELINE_CHANNELS, CHANGE_CHANNEL, HEARTBEAT_CHANNEL)
_LISTEN = "; ".join(f"LISTEN {channel}" for channel in _CHANNELS)


@dataclass(frozen=True, slots=True)
class Notification:
    """One NOTIFY as it came in."""

    channel: str
    payload: str


class ListenConnection:
    """An open LISTEN connection. Every method may raise ``psycopg2.Error`` when it is dead."""

    def __init__(self, url: str) -> None:
        """Connect and LISTEN. Raises ``psycopg2.Error``: unreachable, or LISTEN is refused (a replica)."""
        self._wake_reader, self._wake_writer = os.pipe()
        os.set_blocking(self._wake_reader, False)
        os.set_blocking(self._wake_writer, False)
        try:
            self._connection = psycopg2.connect(
                driver_address(
                    parse_address(url),
                    connect_timeout=_CONNECT_SECONDS,
                    application_name=LISTEN_APPLICATION,
                )
            )
        except psycopg2.Error:
            self._close_pipe()
            raise
        try:
            self._connection.set_isolation_level(psycopg2.extensions.ISOLATION_LEVEL_AUTOCOMMIT)
            with self._connection.cursor() as cursor:
                cursor.execute(_LISTEN)
        except psycopg2.Error:
            self.close()
            raise
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._connection.fileno(), selectors.EVENT_READ)
        self._selector.register(self._wake_reader, selectors.EVENT_READ)

    def wait(self, seconds: float) -> list[Notification]:
        """What arrives within ``seconds``; returns at the first arrival, or when :meth:`wake` is called."""
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
        """Close without waiting for the server."""
        if hasattr(self, "_selector"):
            self._selector.close()
        with suppress(psycopg2.Error):
            self._connection.close()
        self._close_pipe()

    def _close_pipe(self) -> None:
        os.close(self._wake_reader)
        os.close(self._wake_writer)


@contextmanager
def deadline(connection: Connection, seconds: float) -> Iterator[None]:
    """Cut the connection when the block takes longer than ``seconds``.

    The server's statement time-out cannot help when the network swallows everything: the client
    would wait for ever. Cutting the socket turns that wait into an ordinary operational error.
    """
    descriptor = connection.connection.driver_connection.fileno()  # type: ignore[union-attr]
    timer = threading.Timer(seconds, _cut, [descriptor])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut(descriptor: int) -> None:
    with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as twin:
        twin.shutdown(socket.SHUT_RDWR)
