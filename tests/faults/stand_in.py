"""A stand-in for the analysis service's listener: hears, locks the variant like a worker, moves it on."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2

from feedly_core.database_address import parse_address
from feedly_core.db.listening import ListenConnection
from feedly_core.domain.pipeline import VARIANT_STEP_NAMES, following


class StandIn:
    """``works`` False makes it hear and do nothing. Each step takes ``work_s``, or until ``hold`` is set;
    ``fails_at`` fails."""

    def __init__(self, url: str, *, works: bool = True) -> None:
        self.hold: threading.Event | None = None
        self.work_s = 0.0
        self.fails_at: str | None = None
        self.locked = threading.Event()
        self._url, self._works = url, works
        self._stop = threading.Event()
        channels = ("job_state_changed", "job_variant_state_changed")
        self._ear = ListenConnection(parse_address(url), "asyncpg listener", channels)
        self._ear.execute(f"LISTEN {channels[-1]}")  # asyncpg sends one by one: only the last is seen
        self._thread = threading.Thread(target=self._listen, name="stand-in listener", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        if self.hold:
            self.hold.set()
        self._thread.join(10)
        self._ear.close()

    def _listen(self) -> None:
        while not self._stop.is_set():
            for event in self._ear.wait(0.05):
                payload = json.loads(event.payload)
                if self._works and payload.get("status") == "done" and "job_variants_id" in payload:
                    self._work(payload)

    def _work(self, payload: dict[str, Any]) -> None:
        step = following(payload["current_step"])
        if step not in VARIANT_STEP_NAMES:
            return
        connection = psycopg2.connect(self._url)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(_RUNNING, (step, payload["job_variants_id"]))
                self.locked.set()
                self._stop.wait(self.work_s)
                if self.hold:
                    self.hold.wait(30)
                ended = "failed" if step == self.fails_at else "done"
                cursor.execute(_ENDED, (ended, payload["job_variants_id"]))
        except psycopg2.Error:
            pass  # the test's row was removed while we worked on it
        finally:
            connection.close()


_RUNNING = (
    "UPDATE jobs_variants SET status = 'running', current_step = %s, updated_at = now()"
    " WHERE job_variants_id = %s"
)
_ENDED = "UPDATE jobs_variants SET status = %s, updated_at = clock_timestamp() WHERE job_variants_id = %s"


@contextmanager
def listening(url: str, *, works: bool = True) -> Iterator[StandIn]:
    """A listener in the background for the time of the block."""
    stand_in = StandIn(url, works=works)
    try:
        yield stand_in
    finally:
        stand_in.close()
