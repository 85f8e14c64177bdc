"""The program behind a request: its token, and how often it may ask."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from starlette.requests import HTTPConnection

from dashboard.server import startup
from dashboard.server.guard import Guard
from dashboard.server.logs import log_ids
from dashboard.server.sign_in import way_of_signing_in
from feedly_core.access.tokens import Caller, TokenRefused, caller_of
from feedly_core.errors import FeedlyError, PermissionDenied
from feedly_core.i18n import N_

PER_MINUTE = 120
AT_ONCE = 30
"""Requests that a program may send in one go, after a pause."""
_MOST_KNOWN = 1_000
_SCHEME = "bearer "


class TooManyRequests(FeedlyError):
    """``seconds``: so long the program should wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(
            N_("Too many requests."),
            detail=N_("A token may ask {n} times a minute.", n=PER_MINUTE),
            hint=N_("Wait {seconds} s and ask again.", seconds=seconds),
        )
        self.seconds = seconds


@dataclass
class _Bucket:
    left: float
    at: float


class RateLimit:
    """Requests of each token: :data:`AT_ONCE`, then :data:`PER_MINUTE`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[UUID | str, _Bucket] = {}

    def take(self, key: UUID | str) -> None:
        """Count one request. Raises :class:`TooManyRequests`."""
        now, rate = self._clock(), PER_MINUTE / 60
        with self._lock:
            bucket = self._buckets.pop(key, None) or _Bucket(AT_ONCE, now)
            bucket.left = min(AT_ONCE, bucket.left + (now - bucket.at) * rate)
            bucket.at = now
            self._buckets[key] = bucket  # the one seen longest ago stands first, and goes first
            while len(self._buckets) > _MOST_KNOWN:
                del self._buckets[next(iter(self._buckets))]
            if bucket.left < 1:
                raise TooManyRequests(max(1, round((1 - bucket.left) / rate)))
            bucket.left -= 1


@dataclass(frozen=True)
class Entrance:
    """Who may ask: ``guard`` refuses foreign pages, a token says who it is."""

    guard: Guard
    limit: RateLimit

    def caller(self, connection: HTTPConnection) -> Caller:
        """The program of a request, counted.

        Neither a login's cookie nor a proxy's header opens this door. Raises :class:`PermissionDenied`,
        :class:`TokenRefused`, :class:`TooManyRequests`, and the dashboard's problem while it is not open.
        """
        log_ids(path=connection.url.path)
        if reason := self.guard.foreign(connection):
            raise PermissionDenied(N_("This request comes from elsewhere: {reason}.", reason=reason))
        dashboard = startup.current()
        sent = connection.headers.get("authorization", "")
        secret = sent[len(_SCHEME) :].strip() if sent.lower().startswith(_SCHEME) else ""
        # Wrong guesses are counted too, by where they come from.
        came_from = connection.client.host if connection.client else "unknown"
        way = way_of_signing_in(dashboard.settings, self.guard.claims_of(connection))
        try:
            found = caller_of(dashboard.engine, dashboard.settings, secret, way, datetime.now(UTC))
        except TokenRefused:
            self.limit.take(came_from)
            raise
        self.limit.take(found.token_id)
        log_ids(path=connection.url.path, viewer=found.person.name)
        return found
