"""A test that never ends. Run by test_run_guard.py, not by a run of the suite."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from pathlib import Path

import psutil
import pytest

from dashboard.demo.postgres import EmbeddedPostgres


def test_that_never_ends(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    """Tells what it has started, and how that takes Ctrl+C."""
    detached = subprocess.Popen(["sleep", "600"], start_new_session=True)
    server = next(each.pid for each in psutil.process_iter() if _is_of(postgres, each))
    told = {
        "pids": [os.getpid(), detached.pid, server],
        "folder": str(postgres._home),
        "ignores_sigint": signal.getsignal(signal.SIGINT) is signal.SIG_IGN,
    }
    Path(os.environ["TELL"]).write_text(json.dumps(told))
    threading.Event().wait()
    pytest.fail("it ended")


def _is_of(server: EmbeddedPostgres, process: psutil.Process) -> bool:
    try:
        return process.name() == "postgres" and str(server._data) in process.cmdline()
    except psutil.Error:  # it ended meanwhile: other tests start and end programs beside this one
        return False
