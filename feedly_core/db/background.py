"""Background workers: threads that repeat a duty, whatever fails."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import psycopg2
from sqlalchemy.exc import SQLAlchemyError

from feedly_core.errors import FeedlyError

_EXPECTED = (FeedlyError, SQLAlchemyError, psycopg2.Error, OSError)
"""Databases go away: one line in the log. Anything else is our own mistake: a stack trace."""


class Backoff:
    """Waiting times that double from ``first`` to ``longest`` seconds.

    Each has up to half as jitter.
    """

    def __init__(self, first: float, longest: float, rng: random.Random | None = None) -> None:
        self._first = first
        self._longest = longest
        self._rng = rng or random.Random()  # noqa: S311 - spreads reconnects, hides nothing
        self._next = first

    def next(self) -> float:
        seconds = self._next
        self._next = min(self._next * 2, self._longest)
        return seconds * (1 + self._rng.random() / 2)

    def reset(self) -> None:
        self._next = self._first


@dataclass(frozen=True)
class DutyHealth:
    """How one duty of this process does.

    ``failing_since`` None: its last attempt succeeded.

    ``error``: the first line of the newest failure, for operators.
    """

    name: str
    failures: int = 0
    failing_since: datetime | None = None
    error: str = ""


class Duty:
    """One piece of recurring work.

    Its failures are logged, counted and shown by :func:`duty_health`.
    """

    def __init__(self, name: str, logger: logging.Logger, backoff: Backoff | None = None) -> None:
        self.health = DutyHealth(name)
        self.backoff = backoff or Backoff(1.0, 60.0)
        self._logger = logger

    def succeeded(self) -> None:
        self.backoff.reset()
        if self.health.failing_since:
            self._logger.info("%s works again", self.health.name)
            self.health = replace(self.health, failing_since=None)

    def failed(self, error: Exception) -> float:
        """Take note of a failure; seconds until the next attempt.

        The same error is logged once.
        """
        text = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        before = self.health
        since = before.failing_since or datetime.now(UTC)
        self.health = replace(before, failures=before.failures + 1, failing_since=since, error=text)
        if before.failing_since is None or before.error != text:
            trace = None if isinstance(error, _EXPECTED) else error
            self._logger.log(
                logging.ERROR if trace else logging.WARNING,
                "%s failed: %s",
                before.name,
                text,
                exc_info=trace,
            )
        return self.backoff.next()


class BackgroundWorker:
    """A daemon thread that calls ``work`` until it is stopped.

    ``work`` returns the seconds until it is due again, None for "when woken". When it raises, ``failed`` is
    called and it is tried again with back-off. ``ended`` runs last, in the thread.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], float | None],
        logger: logging.Logger,
        *,
        backoff: Backoff | None = None,
        failed: Callable[[Exception], None] = lambda error: None,
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        self.stopping = threading.Event()
        self.duty = Duty(name, logger, backoff)
        self.duties = [self.duty]
        self._logger = logger
        self._work, self._failed, self._ended = work, failed, ended
        self._woken, self._again = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def add_duty(self, name: str) -> Duty:
        """A part of the work that fails alone: its caller attempts it."""
        duty = Duty(name, self._logger)
        self.duties.append(duty)
        return duty

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        with _lock:
            _running.append(self)
        self._thread.start()

    def wake(self) -> None:
        """End a pause early.

        A back-off goes on: what fails is not tried at every event.
        """
        self._woken.set()

    def retry(self) -> None:
        """End any pause early, a back-off too."""
        self._woken.set()
        self._again.set()

    def finish(self) -> None:
        """Stop after the present call of ``work``; from any thread."""
        self.stopping.set()
        self.retry()

    def stop(self, timeout: float) -> None:
        """Finish, and wait at most ``timeout`` seconds for the end.

        May be called twice, or unstarted.
        """
        self.finish()
        self.join(timeout)

    def join(self, timeout: float | None = None) -> None:
        if self._thread.ident is not None:
            self._thread.join(timeout)

    def _run(self) -> None:
        try:
            while not self.stopping.is_set():
                self._once()
        finally:
            try:
                self._ended()
            except _EXPECTED as error:
                self.duty.failed(error)
            with _lock:
                _running.remove(self)

    def _once(self) -> None:
        self._woken.clear()
        try:
            pause = self._work()
        except Exception as error:  # noqa: BLE001 - the thread must outlive it; logged and counted
            self._again.clear()
            pause = self.duty.failed(error)
            self._failed(error)
            if not self.stopping.is_set():
                self._again.wait(pause)
        else:
            self.duty.succeeded()
            if not self.stopping.is_set():
                self._woken.wait(pause)


_lock = threading.Lock()
_running: list[BackgroundWorker] = []


def duty_health() -> tuple[DutyHealth, ...]:
    """Every duty of this process's workers, by name."""
    with _lock:
        found = [duty.health for worker in _running for duty in worker.duties]
    return tuple(sorted(found, key=lambda health: health.name))
