"""Nothing of a test run outlives it, however the run ends: normally, by Ctrl+C, kill or kill -9.

Each process of the run has one guard beside it. Whatever the process starts inherits a mark in its
environment. When the process ends, the guard's input ends: it kills all that bears the mark and removes the
folders that it was told of.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import psutil

MARK = "TEST_RUN"
PATIENCE_S = 5.0
"""For a PostgreSQL server to end by itself: killed, it would leave its shared memory behind."""
COMPANION = "from multiprocessing."
"""Python's own helpers of process pools and forks: children of the run that end with it, left by no test."""


class RunGuard:
    """The guard of this process, from its making to :meth:`end`."""

    def __init__(self) -> None:
        self._outer = os.environ.get(MARK)
        mark = f"{self._outer or ''}/{uuid.uuid4().hex}"
        self._process = subprocess.Popen(
            [sys.executable, __file__, mark],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            # Unmarked: a run around this one, as xdist's is, would end it before its work is done.
            env={name: value for name, value in os.environ.items() if name != MARK},
        )
        os.environ[MARK] = mark
        # A run in a shell's background ignores SIGINT, and so would all that it starts.
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def remove_at_the_end(self, folder: Path) -> None:
        """``folder`` goes with the run."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{folder}\n")
        self._process.stdin.flush()

    def end(self) -> list[str]:
        """The programs that the run had left running, now killed."""
        left, _ = self._process.communicate()
        os.environ.pop(MARK)
        if self._outer is not None:
            os.environ[MARK] = self._outer
        return left.splitlines()


def main(mark: str) -> None:
    folders = [line.rstrip("\n") for line in sys.stdin]
    left = []
    for _ in range(2):  # the second time for what was started meanwhile
        found = marked(mark)
        for process in found:
            with contextlib.suppress(psutil.Error):
                command = " ".join(process.cmdline())
                if COMPANION not in command or process.ppid() != os.getppid():
                    left.append(f"{process.name()} {process.pid}: {command[:120]!r}\n")
                process.send_signal(signal.SIGQUIT if process.name() == "postgres" else signal.SIGKILL)
        for process in _still_alive(found, time.monotonic() + PATIENCE_S):
            with contextlib.suppress(psutil.Error):
                process.kill()
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(BrokenPipeError):  # nobody listens where the run was killed
        sys.stdout.write("".join(left))
        sys.stdout.flush()


def _still_alive(found: list[psutil.Process], until: float) -> list[psutil.Process]:
    """Those that have not ended by then. One that its parent has not asked after yet has ended."""
    while (alive := [process for process in found if _runs(process)]) and time.monotonic() < until:
        time.sleep(0.05)
    return alive


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def marked(mark: str) -> list[psutil.Process]:
    """Living processes with the mark, or one below it, in their environment."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(MARK, "").startswith(mark) and process.pid != os.getpid():
                found.append(process)
    return found


if __name__ == "__main__":
    main(sys.argv[1])
