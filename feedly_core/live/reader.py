"""The hub's own read connection: single statements, each under a time limit of the client."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from feedly_core.db.engine import make_engine
from feedly_core.db.event_delivery import missing_triggers
from feedly_core.db.own_schema import acknowledged_failures, campaign_jobs, installed, step_events
from feedly_core.domain.contract import HEARTBEAT_CHANNEL, HUB_APPLICATION, NOTIFYING_TRIGGERS
from feedly_core.live.durations import History, read_history
from feedly_core.live.events import Event
from feedly_core.live.listener import deadline
from feedly_core.live.queries import JobFacts, NewRow, in_flight_ids, new_rows, read_facts
from feedly_core.live.vitals import Vitals, read_vitals
from feedly_core.settings import Settings

IN_FLIGHT_DAYS = 7
"""Older jobs that never finished are history, not in flight; the results page shows them."""
LINGER = timedelta(minutes=10)
"""Finished jobs leave the board after this time."""

_READ_SECONDS = 8.0
_PULSE_SECONDS = 3.0


@dataclass(frozen=True)
class Everything:
    """One full reading: facts of all jobs in flight, and what our own schema knows about them."""

    jobs: dict[UUID, JobFacts]
    recorded: tuple[Event, ...] = ()
    acknowledged: frozenset[UUID] = frozenset()
    campaigns: Mapping[UUID, str] = field(default_factory=dict)


class Reader:
    """One open connection in autocommit. Methods raise SQLAlchemyError or FeedlyError when it is dead."""

    def __init__(self, settings: Settings) -> None:
        self._engine = make_engine(settings, application_name=HUB_APPLICATION)
        self._connection = self._engine.execution_options(isolation_level="AUTOCOMMIT").connect()

    def close(self) -> None:
        with suppress(SQLAlchemyError):
            self._connection.invalidate()
            self._connection.close()
        self._engine.dispose()

    @contextmanager
    def _within(self, seconds: float) -> Iterator[Connection]:
        with deadline(self._connection, seconds):
            yield self._connection

    def everything(self, now: datetime) -> Everything:
        """The full state of everything in flight; the recorded events fill the memory."""
        with self._within(_READ_SECONDS) as connection:
            ids = in_flight_ids(
                connection, since=now - timedelta(days=IN_FLIGHT_DAYS), finished_since=now - LINGER
            )
            jobs = read_facts(connection, ids)
            if not installed(connection):
                return Everything(jobs)
            return Everything(
                jobs, _recorded(connection, ids), _acknowledged(connection, ids), _campaigns(connection, ids)
            )

    def facts(self, job_ids: Collection[UUID]) -> dict[UUID, JobFacts]:
        with self._within(_READ_SECONDS) as connection:
            return read_facts(connection, job_ids)

    def new_rows(self, since: datetime) -> list[NewRow]:
        with self._within(_READ_SECONDS) as connection:
            return new_rows(connection, since)

    def history(self, now: datetime) -> History:
        with self._within(_READ_SECONDS) as connection:
            return read_history(connection, now)

    def vitals(self, now: datetime) -> Vitals:
        with self._within(_READ_SECONDS) as connection:
            return read_vitals(connection, now)

    def missing_triggers(self) -> list[str]:
        """Names of the notifying triggers that are absent or disabled."""
        with self._within(_PULSE_SECONDS) as connection:
            return missing_triggers(connection, NOTIFYING_TRIGGERS)

    def pulse(self, token: str) -> None:
        """Send a NOTIFY that the line must hear."""
        with self._within(_PULSE_SECONDS) as connection:
            connection.execute(select(func.pg_notify(HEARTBEAT_CHANNEL, token)))


def _recorded(connection: Connection, job_ids: list[UUID]) -> tuple[Event, ...]:
    """The last sight of each (row, step, status): all that the memory needs."""
    table = step_events.c
    states = (table.job_id, table.job_variants_id, table.step, table.status)
    query = (
        select(*states, func.max(table.row_updated_at), func.max(table.seen_at))
        .where(table.job_id.in_(job_ids))
        .group_by(*states)
    )
    return tuple(Event(*row) for row in connection.execute(query))


def _acknowledged(connection: Connection, job_ids: list[UUID]) -> frozenset[UUID]:
    table = acknowledged_failures.c
    return frozenset(connection.scalars(select(table.job_id).where(table.job_id.in_(job_ids))))


def _campaigns(connection: Connection, job_ids: list[UUID]) -> dict[UUID, str]:
    """The campaign of each job that one has made, by the first eight characters of its id."""
    table = campaign_jobs.c
    rows = connection.execute(select(table.job_id, table.campaign_id).where(table.job_id.in_(job_ids)))
    return {job_id: str(campaign_id)[:8] for job_id, campaign_id in rows}
