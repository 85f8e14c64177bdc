"""Two LISTEN connections that look like those of the real services, and a lock.

Each connection runs nothing after its last LISTEN, so that ``pg_stat_activity`` shows it the way it shows
a real listener. An advisory lock held by the first connection lets one process simulate at a time.
"""

from __future__ import annotations

import json
import select
from collections.abc import Iterator
from contextlib import ExitStack
from uuid import UUID

import psycopg2
from psycopg2.extensions import connection as PsycopgConnection

from dashboard.demo.simulator.reactions import Event
from feedly_core.database_address import driver_address, parse_address
from feedly_core.domain.contract import JOB_CHANNEL, VARIANT_CHANNEL

APPLICATION_YH = "feedly-simulator yh"
APPLICATION_YE = "feedly-simulator ye"
EXCLUSIVE_KEY = 0x46454544
"""Advisory lock of the database: who holds it simulates."""


class ServiceListener:
    """LISTEN connections of both services.

    ``open`` may be called again after :meth:`close`.
    """

    def __init__(self, url: str) -> None:
        self._dsn = driver_address(parse_address(url))
        self._open = ExitStack()
        self._yh: PsycopgConnection | None = None
        self._ye: PsycopgConnection | None = None

    def open(self) -> bool:
        """Connect and LISTEN.

        False when another process already simulates this database.
        """
        with ExitStack() as opening:
            yh = self._connect(APPLICATION_YH, opening)
            with yh.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_lock(%s)", (EXCLUSIVE_KEY,))
                if cursor.fetchone() != (True,):
                    return False
                cursor.execute(f"LISTEN {JOB_CHANNEL}")
                cursor.execute(f"LISTEN {VARIANT_CHANNEL}")
            ye = self._connect(APPLICATION_YE, opening)
            with ye.cursor() as cursor:
                cursor.execute(f"LISTEN {JOB_CHANNEL}")
            self._yh, self._ye = yh, ye
            self._open = opening.pop_all()
        return True

    def close(self) -> None:
        self._open.close()
        self._yh = self._ye = None

    def receive(self, seconds: float) -> Iterator[tuple[bool, Event]]:
        """(received by YE?, event) for each notification within ``seconds``.

        Raises :class:`psycopg2.Error` when a connection is lost.
        """
        listener = [ear for ear in (self._yh, self._ye) if ear is not None]
        for ear in select.select(listener, [], [], seconds)[0]:
            ear.poll()
            while ear.notifies:
                notice = ear.notifies.pop(0)
                event = read_event(notice.channel, notice.payload)
                if event is not None:
                    yield ear is self._ye, event

    def _connect(self, name: str, opening: ExitStack) -> PsycopgConnection:
        connection = psycopg2.connect(self._dsn, application_name=name, connect_timeout=5)
        opening.callback(connection.close)
        connection.autocommit = True
        return connection


def read_event(channel: str, payload: str) -> Event | None:
    """A notification as an event.

    None for one that names no job.
    """
    try:
        document = json.loads(payload)
        variant = document["job_variants_id"] if channel == VARIANT_CHANNEL else None
        return Event(
            UUID(document["job_id"]),
            document.get("tenant_id"),
            UUID(variant) if channel == VARIANT_CHANNEL else None,
            document.get("current_step"),
            document.get("status"),
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
