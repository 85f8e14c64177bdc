"""Hear every NOTIFY of a block, and nothing later: proves presence and absence without waiting a time."""

from __future__ import annotations

import json
import select
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2

CHANNELS = ("job_state_changed", "job_variant_state_changed")


class Listener:
    """Notifications come in the order of commits, so a last one of our own closes the list."""

    def __init__(self, connection: psycopg2.extensions.connection) -> None:
        self._connection = connection

    def heard(self) -> list[tuple[str, dict[str, Any]]]:
        """(channel, payload) of everything committed since the last call."""
        with self._connection.cursor() as cursor:
            cursor.execute("NOTIFY end_of_list")
        found: list[tuple[str, dict[str, Any]]] = []
        while True:
            while self._connection.notifies:
                note = self._connection.notifies.pop(0)
                if note.channel == "end_of_list":
                    return found
                found.append((note.channel, json.loads(note.payload)))
            if not select.select([self._connection], [], [], 10)[0]:
                raise AssertionError("the listener's own notification did not come back within 10 s")
            self._connection.poll()


@contextmanager
def listening(database_url: str) -> Iterator[Listener]:
    connection = psycopg2.connect(database_url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            for channel in (*CHANNELS, "end_of_list"):
                cursor.execute(f"LISTEN {channel}")
        yield Listener(connection)
    finally:
        connection.close()
