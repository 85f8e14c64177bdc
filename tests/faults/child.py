"""A process of the product's own, which a test may kill."""

from __future__ import annotations

import multiprocessing
import os
import runpy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from feedly_core.settings import Settings
from tests.database_url import database_url_of

PROGRAMS = ("alert_process", "campaign_process", "rerun_process")
"""What they import is imported once for all of them: a start of Python takes a CPU second."""


class Child:
    """``python -m tests.faults.<module>``, forked from a process that has imported all it needs."""

    def __init__(self, module: str, environment: Mapping[str, str]) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([f"tests.faults.{name}" for name in PROGRAMS])
        self._process = context.Process(target=_run, args=(module, dict(environment)), daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self._process.kill()

    def wait(self) -> None:
        self._process.join()


def _run(module: str, environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    runpy.run_path(str(Path(__file__).with_name(f"{module}.py")), run_name="__main__")


def start_child(module: str, settings: Settings, **environment: str) -> Child:
    """Run ``tests.faults.<module>`` on the database of ``settings``."""
    return Child(module, {**os.environ, "DATABASE_URL": database_url_of(settings), **environment})


@contextmanager
def child(module: str, settings: Settings, **environment: str) -> Iterator[Child]:
    """The same, killed at the end of the block."""
    process = start_child(module, settings, **environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
