"""Waiting for a condition instead of for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

_Found = TypeVar("_Found")


def wait_until(condition: Callable[[], _Found], timeout: float = 10.0, what: str = "the condition") -> _Found:
    """The first truthy answer of ``condition``; fails after ``timeout`` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        began = time.monotonic()
        found = condition()
        if found:
            return found
        now = time.monotonic()
        if now > deadline:
            raise AssertionError(f"{what} did not come true within {timeout} s")
        time.sleep(min(max(0.01, 2 * (now - began)), 0.2))  # looks take no more than a third of the time
