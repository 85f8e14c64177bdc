"""A trigger probe that is killed at any moment leaves nothing that the next run does not remove."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg2

from feedly_core.diagnostics.probe.report import Phase
from feedly_core.diagnostics.probe.run import probe_trigger
from feedly_core.permissions import Person, Role
from tests.faults.probe_process import BEFORE_THE_FILES_GO, IN_THE_FILE, before
from tests.faults.world import World
from tests.waiting import wait_until

PROJECT = Path(__file__).parents[2]


def rows(world: World) -> int:
    """Rows of trigger probes in every table that could hold one."""
    connection = psycopg2.connect(world.url)
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM tenants) + (SELECT count(*) FROM jobs)"
            " + (SELECT count(*) FROM job_inputs) + (SELECT count(*) FROM jobs_variants)"
            " + (SELECT count(*) FROM image_assets) + (SELECT count(*) FROM txt_ad_copy_generations)"
        )
        row = cursor.fetchone()
    connection.close()
    return row[0] if row else 0


def files(world: World) -> int:
    return sum(path.is_file() for path in world.assets.rglob("*"))


MOMENTS = {
    IN_THE_FILE: "files",
    before("INSERT INTO tenants"): "files",
    before("INSERT INTO jobs_variants"): "files",  # in the middle of the transaction
    before("UPDATE jobs_variants"): "rows",
    Phase.FIRED: "rows",
    Phase.RECEIVED: "rows",
    Phase.TAKEN: "rows",
    Phase.FOLLOWING: "rows",
    Phase.CLEANING: "rows",
    before("DELETE FROM jobs"): "rows",  # in the middle of the transaction
    BEFORE_THE_FILES_GO: "files",
}
"""When a probe is killed, and what that leaves: rows with their files, or files alone."""


def test_a_kill_at_any_moment_leaves_no_row_and_no_file(world: World) -> None:
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
        for moment, what in MOMENTS.items():
            process.stdin.write(f"{moment}\n")
            process.stdin.flush()
            assert process.stdout.readline() == "killed\n", f"no probe came to: {moment}"
            assert (rows(world) > 0, files(world) > 0) == (what == "rows", True), moment
            wait_until(lambda: _next_run_leaves_nothing(world), what="the next run to remove what was left")
        process.stdin.close()


def _next_run_leaves_nothing(world: World) -> bool:
    """The server notices a killed client within moments; until then its rows count as in use."""
    with world.context() as context:
        report = probe_trigger(context, Person("next", Role.OPERATOR))
    assert report.cleaned
    return rows(world) + files(world) == 0
