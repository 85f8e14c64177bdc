"""A process of the product's own, which a test may kill."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from feedly_core.settings import Settings
from tests.database_url import database_url_of

PROJECT = Path(__file__).parents[2]


def start_child(module: str, settings: Settings, **environment: str) -> subprocess.Popen[bytes]:
    """Run ``tests.faults.<module>`` on the database of ``settings``."""
    known = {**os.environ, "DATABASE_URL": database_url_of(settings), **environment}
    return subprocess.Popen([sys.executable, "-m", f"tests.faults.{module}"], cwd=PROJECT, env=known)


@contextmanager
def child(module: str, settings: Settings, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """The same, killed at the end of the block."""
    process = start_child(module, settings, **environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
