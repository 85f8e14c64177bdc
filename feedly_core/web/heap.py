"""One heap for all threads."""

from __future__ import annotations

import ctypes

_M_ARENA_MAX = -8
"""glibc's <malloc.h>."""


def share_one_heap() -> bool:
    """Let all threads allocate from one heap; False where the C library has no such setting.

    Streamlit draws each page run in a new thread. glibc would give them up to eight heaps a core, and what is
    freed in one serves no other: in half an hour of 30 viewers the process grew by a fifth. Python's own lock
    lets only one thread allocate at a time, so nobody waits.
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    return bool(set_option and set_option(_M_ARENA_MAX, 1))
