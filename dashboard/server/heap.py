"""The process's memory: one heap for all threads, few collections of garbage."""

from __future__ import annotations

import asyncio
import ctypes
import gc
from typing import Never

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
"""glibc's <malloc.h>."""
_LARGE = 128 * 1024
"""Bytes: what glibc begins with. Setting it keeps it there."""


_NEW_OBJECTS = 20_000
"""A board of two hundred jobs makes some ten thousand. Python's own 700 is meant for small programs."""


def keep_heap_small() -> bool:
    """Tell the C library so; large blocks are returned at once.

    False where it has no such settings. Delete when Streamlit draws its runs in threads that it keeps.

    Streamlit draws each page run in a new thread. glibc would give them up to eight heaps a core, and what is
    freed in one serves no other. It would also learn from each large block that is freed to put the next into
    the heap, where small ones that live longer keep it from shrinking. In half an hour of 30 viewers the
    process grew by a fifth. Python's own lock lets one thread allocate at a time: nobody waits for the heap.
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is None:
        return False
    options = {_M_ARENA_MAX: 1, _M_MMAP_THRESHOLD: _LARGE, _M_TRIM_THRESHOLD: _LARGE}
    return all(set_option(option, value) for option, value in options.items())


def collect_rarely() -> None:
    """Leave what exists out of garbage collections, and collect after more new objects.

    A collection stops every thread. With Python's own threshold they took a tenth of the processor's time of
    page runs, and the largest, which walks all that is kept for viewers, stopped them for up to 100 ms. There
    is little garbage to find: ten thousand objects among a million made.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)


async def collect_each_minute(pause_s: float = 60.0) -> Never:
    """Give back what has died of old age; ends when it is cancelled.

    A page run lives long enough to count as old when it dies, and Python walks the old only once they have
    grown by a quarter. Until then the garbage of some hundred runs lay there: 8 MB after six minutes of 33
    viewers. A collection stops every thread: for 0.1 to 0.3 s where three busy processes share two cores.
    """
    while True:
        await asyncio.sleep(pause_s)
        gc.collect()
