"""A background worker that runs in one process: the holder of an advisory lock."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod

from sqlalchemy import Connection, Engine, func, select

from feedly_core.db import own_schema
from feedly_core.db.background import BackgroundWorker
from feedly_core.db.engine import reading
from feedly_core.db.own_schema import facts_fit
from feedly_core.errors import MissingInSchema
from feedly_core.i18n import N_

STANDBY_SECONDS = 10.0


class ExclusiveWorker(ABC):
    """Runs :meth:`work` while it holds the lock ``key``.

    An error ends one turn, not the worker.
    """

    def __init__(self, name: str, key: int, engine: Engine) -> None:
        self._engine = engine
        self._key = key
        self._woken = threading.Event()
        self._worker = BackgroundWorker(name, self._turn, logging.getLogger("feedly.read_model"))
        self._stop = self._worker.stopping

    @abstractmethod
    def work(self, right: Connection) -> None:
        """Work until stopped.

        ``right`` holds the lock: a statement on it fails when the lock was lost.
        """

    def has_place(self, connection: Connection) -> bool:
        """Whether the tables that the work fills are there; here those of the read model."""
        if not own_schema.installed(connection):
            return False
        if not facts_fit(connection):
            raise MissingInSchema(
                N_("The read model is that of another version; pages read FeedlyAI's rows instead."),
                hint=N_("Make it anew with `python -m feedly_core facts rebuild`."),
            )
        return True

    def start(self) -> None:
        self._worker.start()

    def wake(self) -> None:
        """Something changed: there may be work."""
        self._woken.set()

    def stop(self, timeout: float = 5.0) -> None:
        self._worker.finish()
        self._woken.set()
        self._worker.join(timeout)

    def _turn(self) -> float:
        """From getting the lock until something goes wrong; ends at once without the lock."""
        with reading(self._engine) as connection:
            if not self.has_place(connection):
                return STANDBY_SECONDS
        with self._engine.connect() as right:
            # Held by an open transaction, not by the session: a pooler may hand the session to others.
            if right.scalar(select(func.pg_try_advisory_xact_lock(self._key))):
                self.work(right)
        return STANDBY_SECONDS
