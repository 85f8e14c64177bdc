"""A trigger probe that is killed at any moment leaves nothing that the next run does not remove."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psycopg2

from feedly_core.diagnostics.probe.run import probe_trigger
from feedly_core.permissions import Person, Role
from tests.faults.world import World
from tests.waiting import wait_until

PROJECT = Path(__file__).parents[2]
KILLS = 50


def left(world: World) -> int:
    """Rows of trigger probes in every table that could hold one, and their files."""
    connection = psycopg2.connect(world.url)
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM tenants) + (SELECT count(*) FROM jobs)"
            " + (SELECT count(*) FROM job_inputs) + (SELECT count(*) FROM jobs_variants)"
            " + (SELECT count(*) FROM image_assets) + (SELECT count(*) FROM txt_ad_copy_generations)"
        )
        row = cursor.fetchone()
    connection.close()
    return (row[0] if row else 0) + sum(path.is_file() for path in world.assets.rglob("*"))


def test_fifty_kills_leave_no_row_and_no_file(world: World) -> None:
    assert world.listener is not None
    world.listener.work_s = 0.03
    variables = {name: str(value) for name, value in world.variables.items()}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.probe_process"],
        cwd=PROJECT,
        env={**os.environ, **variables},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        moments, never = random.Random(50), threading.Event()

        orders, results = process.stdin, process.stdout

        def begin() -> int:
            orders.write("go\n")
            orders.flush()
            return int(results.readline())

        # The first runs are slower than those that follow: the shortest keeps the kills inside a run.
        whole = min(_duration(lambda: (begin(), results.readline())) for _ in range(5))
        caught_in_the_middle = 0
        for _ in range(KILLS):
            child = begin()
            never.wait(moments.uniform(0, whole))  # the random point
            with suppress(ProcessLookupError):  # it may just have ended
                os.kill(child, signal.SIGKILL)
            assert results.readline() == "gone\n"
            caught_in_the_middle += left(world) > 0
            wait_until(lambda: _next_run_leaves_nothing(world), what="the next run to remove what was left")
        orders.close()
    assert caught_in_the_middle >= KILLS // 5, "too few kills hit a running test to prove anything"


def _duration(run: Callable[[], object]) -> float:
    began = time.monotonic()
    run()
    return time.monotonic() - began


def _next_run_leaves_nothing(world: World) -> bool:
    """The server notices a killed client within moments; until then its rows count as in use."""
    with world.context() as context:
        report = probe_trigger(context, Person("next", Role.OPERATOR))
    assert report.cleaned
    return left(world) == 0
