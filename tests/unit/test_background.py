"""A worker outlives whatever its duty meets, says so, and ends when it is told to."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

import pytest

from feedly_core.db.background import BackgroundWorker, Backoff, DutyHealth, duty_health
from feedly_core.errors import DatabaseUnreachable
from feedly_core.i18n import N_
from tests.waiting import wait_until

LOG = logging.getLogger("tests.background")
QUICK = 0.001


@pytest.fixture
def running() -> Iterator[list[BackgroundWorker]]:
    workers: list[BackgroundWorker] = []
    yield workers
    for worker in workers:
        worker.stop(10)
        assert not worker.running


def health(name: str) -> DutyHealth:
    (found,) = (one for one in duty_health() if one.name == name)
    return found


@pytest.mark.parametrize(
    ("error", "traced"),
    [(ValueError("an odd row"), True), (DatabaseUnreachable(N_("The database cannot be reached.")), False)],
)
def test_a_failing_duty_is_counted_logged_once_and_tried_until_it_works(
    running: list[BackgroundWorker], caplog: pytest.LogCaptureFixture, error: Exception, traced: bool
) -> None:
    mended, failures = threading.Event(), 0

    def work() -> None:
        nonlocal failures
        if not mended.is_set():
            failures += 1
            raise error

    with caplog.at_level(logging.INFO, "tests.background"):
        worker = BackgroundWorker("an odd duty", work, LOG, backoff=Backoff(QUICK, QUICK))
        running.append(worker)
        worker.start()
        wait_until(lambda: failures > 3, what="the duty being tried again")
        failing = health("an odd duty")
        assert failing.failures >= 3 and failing.failing_since and str(error) in failing.error
        mended.set()
        wait_until(lambda: health("an odd duty").failing_since is None, what="the duty working again")
    told = [record for record in caplog.records if "failed" in record.message]
    assert len(told) == 1 and bool(told[0].exc_info) is traced
    assert health("an odd duty").failures == failures


def test_waking_ends_a_pause_but_no_back_off(running: list[BackgroundWorker]) -> None:
    calls: list[str] = []
    broken = threading.Event()

    def work() -> None:
        calls.append("called")
        if broken.is_set():
            raise OSError("away")

    worker = BackgroundWorker("sleeper", work, LOG, backoff=Backoff(600, 600))
    running.append(worker)
    worker.start()
    wait_until(lambda: len(calls) == 1)
    broken.set()
    worker.wake()
    wait_until(lambda: health("sleeper").failures == 1)
    worker.wake()
    worker.retry()
    wait_until(lambda: health("sleeper").failures == 2, what="the attempt that a person asked for")
    assert len(calls) == 3


def test_the_end_is_tidied_even_where_tidying_fails(running: list[BackgroundWorker]) -> None:
    tidied = threading.Event()

    def tidy() -> None:
        tidied.set()
        raise OSError("the lease could not be given up")

    worker = BackgroundWorker("one shot", lambda: worker.finish(), LOG, ended=tidy)
    running.append(worker)
    worker.start()
    worker.join(10)
    assert tidied.is_set() and not worker.running
    assert "one shot" not in {one.name for one in duty_health()}
