"""However a run of the tests ends, nothing of it goes on running."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.waiting import wait_until

PROJECT = Path(__file__).parents[2]
IN_THE_BACKGROUND = "trap '' INT; exec \"$0\" -m pytest -q -n 1 -p no:cacheprovider tests/faults/endless.py"
"""As a shell starts it there: with Ctrl+C ignored."""


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_of_a_run_outlives_it(ending: signal.Signals, tmp_path: Path) -> None:
    told = tmp_path / "told"
    run = subprocess.Popen(
        ["sh", "-c", IN_THE_BACKGROUND, sys.executable],
        cwd=PROJECT,
        env={**os.environ, "TELL": str(told)},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    found: dict[str, Any] = wait_until(lambda: _told(told, run), 180)
    assert not found["ignores_sigint"]
    if ending == signal.SIGINT:
        os.killpg(run.pid, ending)  # as a terminal sends Ctrl+C: to all of the run
    else:
        run.send_signal(ending)
    run.wait(30)
    wait_until(lambda: not any(map(psutil.pid_exists, found["pids"])), 30, "the end of all that it started")
    wait_until(lambda: not Path(found["folder"]).exists(), 30, "the end of its files")


def _told(told: Path, run: subprocess.Popen[bytes]) -> Any:
    """What the run within says of itself; fails at once where it ended without a word."""
    assert run.poll() is None, "the run ended before it had told anything"
    return told.exists() and json.loads(told.read_text() or "{}")
