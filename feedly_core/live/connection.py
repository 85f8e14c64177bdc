"""The hub's two connections: one listens, one reads and tests."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from typing import Self

import psycopg2

from feedly_core.database_address import parse_address
from feedly_core.db.listening import ListenConnection, Notification
from feedly_core.domain.contract import (
    CHANGE_CHANNEL,
    HEARTBEAT_CHANNEL,
    LISTEN_APPLICATION,
    PIPELINE_CHANNELS,
)
from feedly_core.errors import FeedlyError
from feedly_core.i18n import N_, Message
from feedly_core.live.backoff import Every
from feedly_core.live.reader import Reader
from feedly_core.settings import Settings

_CHANNELS = (*PIPELINE_CHANNELS, CHANGE_CHANNEL, HEARTBEAT_CHANNEL)
HEARTBEAT_SECONDS = 10.0
_ANSWER_SECONDS = 3.0
_PROOF_SECONDS = 2.0


class ListenSilent(FeedlyError):
    """The hub's own NOTIFY did not come back: the socket is dead or LISTEN was lost."""


class Connection:
    """``reason`` says why the hub must poll.

    None while every change is received.

    A LISTEN connection proves itself by a NOTIFY of the other one: a pooler in transaction mode
    would hand its own NOTIFY straight back, and lose all others.
    """

    def __init__(self, settings: Settings, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._heartbeat = Every(HEARTBEAT_SECONDS)
        self._woken = threading.Event()
        self._token = ""
        self._answer_by: float | None = None
        self._held: list[Notification] = []
        self._listener: ListenConnection | None = None
        self.listen_error: Message | None = None
        self.missing_triggers: list[str] = []
        self.reader = Reader(settings)
        try:
            self._listen(settings)
            self.missing_triggers = self.reader.missing_triggers()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._listener:
            self._listener.close()
        self.reader.close()

    @property
    def reason(self) -> Message | None:
        if self.listen_error:
            return self.listen_error
        if self.missing_triggers:
            names = ", ".join(self.missing_triggers)
            return N_("This database has no enabled trigger {names}.", names=names)
        return None

    def _listen(self, settings: Settings) -> None:
        url = settings.listen_database_url or settings.database_url
        try:
            self._listener = ListenConnection(
                parse_address(url.get_secret_value() if url else "postgresql://"),
                LISTEN_APPLICATION,
                _CHANNELS,
            )
        except psycopg2.OperationalError:
            self.listen_error = N_("The connection for LISTEN cannot be made.")
            return
        except psycopg2.Error:
            self.listen_error = N_("This server refuses LISTEN, as a read replica does.")
            return
        if not self._proven(self._listener):
            self._listener.close()
            self._listener = None
            self.listen_error = N_(
                "NOTIFY does not arrive here, as behind a pooler in transaction mode. "
                "LISTEN_DATABASE_URL may name a direct connection."
            )

    def _proven(self, listener: ListenConnection) -> bool:
        self._send_heartbeat()
        end = self._monotonic() + _PROOF_SECONDS
        while self._answer_by is not None and (left := end - self._monotonic()) > 0:
            self._held += self._sorted(listener.wait(left))
        return self._answer_by is None

    def wait(self, seconds: float) -> list[Notification]:
        """What the pipeline's triggers sent.

        Returns early at the first, or when woken.
        """
        if self._listener is None:
            self._woken.wait(max(seconds, 0.0))
            self._woken.clear()
            return []
        held, self._held = self._held, []
        return held or self._sorted(self._listener.wait(seconds))

    def wake(self) -> None:
        """End a :meth:`wait` early, from any thread."""
        self._woken.set()
        if self._listener:
            self._listener.wake()

    def check(self) -> None:
        """Every 10 s: are the triggers there, does our own NOTIFY arrive? Raises :class:`ListenSilent`."""
        now = self._monotonic()
        if self._answer_by is not None and now > self._answer_by:
            raise ListenSilent(N_("NOTIFY does not arrive any more."))
        if self._heartbeat.due(now):
            self.missing_triggers = self.reader.missing_triggers()
            if self._listener:
                self._send_heartbeat()

    def next_check(self) -> float:
        """When :meth:`check` has something to do, on the monotonic clock."""
        return min(self._heartbeat.at, self._answer_by or self._heartbeat.at)

    def _send_heartbeat(self) -> None:
        self._token = uuid.uuid4().hex
        now = self._monotonic()
        self._heartbeat.postpone(now)
        self._answer_by = now + _ANSWER_SECONDS
        self.reader.heartbeat(self._token)

    def _sorted(self, notices: list[Notification]) -> list[Notification]:
        """Keep what is no heartbeat; that of another process proves nothing here."""
        others = []
        for notice in notices:
            if notice.channel != HEARTBEAT_CHANNEL:
                others.append(notice)
            elif notice.payload == self._token:
                self._answer_by = None
        if others and self._answer_by is not None:
            # Its own NOTIFY waits behind these: what sends so much is not silent.
            self._answer_by = self._monotonic() + _ANSWER_SECONDS
        return others
