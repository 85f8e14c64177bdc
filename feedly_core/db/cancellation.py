"""Cancels queries whose viewer has left, so that they hold no locks."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

from psycopg2 import Error, extensions
from sqlalchemy import Connection

from feedly_core.errors import FeedlyError
from feedly_core.i18n import N_

LOOK_SECONDS = 0.25
"""Time between two looks at whether the asker is still there, while anything is asked."""

_log = logging.getLogger("feedly.database")


class QueryCancelled(FeedlyError):
    """The question was cancelled because its asker has left."""


class _Question:
    """One connection in use. ``cancel`` and ``end`` never overlap: a cancel that came late would hit the
    connection's next user."""

    def __init__(self, driver: extensions.connection, left: Callable[[], bool]) -> None:
        self._driver, self._left = driver, left
        self._lock = threading.Lock()
        self._ended = False
        self.cancelled = False

    def cancel_if_left(self) -> None:
        with self._lock:
            if self._ended or not self._left():
                return
            self.cancelled = True  # and again at the next look: the block may ask a second thing
            try:
                self._driver.cancel()
            except Error as error:
                _log.warning("a query that nobody waits for could not be cancelled: %s", error)

    def end(self) -> None:
        with self._lock:
            self._ended = True


_asked: set[_Question] = set()
_something_asked = threading.Condition()
_watcher: threading.Thread | None = None


@contextmanager
def cancelled_when(connection: Connection, left: Callable[[], bool]) -> Iterator[None]:
    """While the block runs, ``left`` is asked from another thread.

    Once it is true the statement on ``connection`` is cancelled and the block ends with
    :class:`QueryCancelled`.
    """
    question = _Question(_driver_of(connection), left)
    with _something_asked:
        _asked.add(question)
        _watch()
        _something_asked.notify()
    try:
        yield
    finally:
        with _something_asked:
            _asked.discard(question)
        question.end()
        if question.cancelled:
            connection.invalidate()  # the cancel may still be on its way to this connection's server process
            raise QueryCancelled(N_("The question was given up: nobody waits for its answer."))


def _driver_of(connection: Connection) -> extensions.connection:
    return cast(extensions.connection, connection.connection.driver_connection)


def _watch() -> None:
    """Start the one watching thread of the process, once."""
    global _watcher
    if _watcher is None:
        _watcher = threading.Thread(target=_look_again_and_again, name="abandoned queries", daemon=True)
        _watcher.start()


def _look_again_and_again() -> None:
    pause = threading.Event()
    while True:
        with _something_asked:
            _something_asked.wait_for(lambda: _asked)
            questions = list(_asked)
        for question in questions:
            question.cancel_if_left()
        pause.wait(LOOK_SECONDS)
