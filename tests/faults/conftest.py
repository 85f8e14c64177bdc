"""A healthy world around the diagnostics, for faults to break."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.world import World, healthy_world


@pytest.fixture
def world(database_url: str, tmp_path: Path, new_database: Callable[[str | None], str]) -> Iterator[World]:
    """Database, listener, services, folder and clock, all in order."""
    with healthy_world(database_url, tmp_path, lambda: new_database(None)) as made:
        yield made
