"""The hub's own read connection: single statements, each under a time limit of the client."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, Uuid, cast, func, null, select, union_all
from sqlalchemy.exc import SQLAlchemyError

from feedly_core.db.engine import among, ids_named, make_engine
from feedly_core.db.event_delivery import missing_triggers
from feedly_core.db.job_rows import read_status_rows, recorded_transitions
from feedly_core.db.own_schema import acknowledged_failures, campaign_jobs, installed
from feedly_core.domain.contract import HEARTBEAT_CHANNEL, HUB_APPLICATION, NOTIFYING_TRIGGERS
from feedly_core.domain.job_rows import JobRow
from feedly_core.live.events import Event
from feedly_core.live.queries import NewRow, in_flight_ids, new_rows
from feedly_core.settings import Settings

IN_FLIGHT_DAYS = 7
"""Older jobs that never finished are history, not in flight; the results page shows them."""
LINGER = timedelta(minutes=10)
"""Finished jobs leave the board after this time."""

_READ_SECONDS = 8.0
_HEARTBEAT_SECONDS = 3.0


_MOST_UNREADABLE = 20
"""More jobs than this that cannot be read are no odd rows: the reading as a whole fails."""


@dataclass(frozen=True)
class Records:
    """What our own schema knows of jobs in flight.

    ``events``: the last of each (row, step, status).
    """

    events: tuple[Event, ...] = ()
    acknowledged: frozenset[UUID] = frozenset()
    campaigns: Mapping[UUID, str] = field(default_factory=dict)


_OF_JOBS = ids_named("of_jobs")
_NOTED = union_all(
    select(acknowledged_failures.c.job_id, cast(null(), Uuid)).where(
        among(acknowledged_failures.c.job_id, _OF_JOBS)
    ),
    select(campaign_jobs.c.job_id, campaign_jobs.c.campaign_id).where(
        among(campaign_jobs.c.job_id, _OF_JOBS)
    ),
)
"""Acknowledged failures of the jobs without a campaign, and the campaigns that made them."""


class Reader:
    """One open connection in autocommit.

    Methods raise SQLAlchemyError or FeedlyError when it is dead.
    """

    def __init__(self, settings: Settings) -> None:
        self._engine = make_engine(settings, application_name=HUB_APPLICATION)
        self._connection = self._engine.execution_options(isolation_level="AUTOCOMMIT").connect()
        self.unreadable: dict[UUID, Exception] = {}

    def close(self) -> None:
        with suppress(SQLAlchemyError):
            self._connection.invalidate()
            self._connection.close()
        self._engine.dispose()

    @property
    def dead(self) -> bool:
        """Whether the connection is lost, not only a statement refused."""
        return self._connection.invalidated or bool(self._connection.connection.driver_connection.closed)  # type: ignore[union-attr]

    @contextmanager
    def _within(self, seconds: float) -> Iterator[Connection]:
        with deadline(self._connection, seconds):
            yield self._connection

    def everything(self, now: datetime) -> dict[UUID, JobRow]:
        """Facts of every job in flight."""
        with self._within(_READ_SECONDS) as connection:
            ids = in_flight_ids(
                connection, since=now - timedelta(days=IN_FLIGHT_DAYS), finished_since=now - LINGER
            )
            self.unreadable = {job_id: error for job_id, error in self.unreadable.items() if job_id in ids}
            return self._readable(connection, ids)

    def facts(self, job_ids: Collection[UUID]) -> dict[UUID, JobRow]:
        """Facts of those of the jobs that exist."""
        with self._within(_READ_SECONDS) as connection:
            return self._readable(connection, list(job_ids))

    def _readable(self, connection: Connection, ids: list[UUID]) -> dict[UUID, JobRow]:
        """A job that cannot be read is left out and noted: found by halves, it costs the others only time."""
        try:
            found = read_status_rows(connection, ids)
        except Exception as error:
            if self.dead or len(self.unreadable) >= _MOST_UNREADABLE:
                raise
            if len(ids) <= 1:
                self.unreadable |= dict.fromkeys(ids, error)
                return {}
            half = len(ids) // 2
            return self._readable(connection, ids[:half]) | self._readable(connection, ids[half:])
        for job_id in found:
            self.unreadable.pop(job_id, None)
        return found

    def records(self, job_ids: Collection[UUID]) -> Records:
        """What our schema remembers of the jobs.

        Nothing where it is not installed.
        """
        with self._within(_READ_SECONDS) as connection:
            if not job_ids or not installed(connection):
                return Records()
            ids = list(job_ids)
            events = tuple(Event(*row) for row in recorded_transitions(connection, ids))
            return replace(records_without_events(connection, ids), events=events)

    def new_rows(self, since: datetime) -> list[NewRow]:
        with self._within(_READ_SECONDS) as connection:
            return new_rows(connection, since)

    def missing_triggers(self) -> list[str]:
        """Names of the notifying triggers that are absent or disabled."""
        with self._within(_HEARTBEAT_SECONDS) as connection:
            return missing_triggers(connection, NOTIFYING_TRIGGERS)

    def heartbeat(self, token: str) -> None:
        """Send the NOTIFY that the LISTEN connection must receive."""
        with self._within(_HEARTBEAT_SECONDS) as connection:
            connection.execute(select(func.pg_notify(HEARTBEAT_CHANNEL, token)))


def records_without_events(connection: Connection, job_ids: list[UUID]) -> Records:
    """The jobs' acknowledged failures and campaigns. At most two statements.

    A campaign goes by the first eight characters of its id.
    """
    if not job_ids or not installed(connection):
        return Records()
    rows = connection.execute(_NOTED, {_OF_JOBS.key: job_ids}).all()
    acknowledged = frozenset(job_id for job_id, campaign_id in rows if campaign_id is None)
    return Records((), acknowledged, {job_id: str(found)[:8] for job_id, found in rows if found is not None})


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
