"""One heap for all threads, few collections of garbage: seen from a process of its own."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import weakref

import pytest

from dashboard.server.heap import collect_each_minute

_COUNT_HEAPS = """
import ctypes, sys, threading
from dashboard.server.heap import keep_heap_small
if sys.argv[1] == "kept small":
    assert keep_heap_small()
libc, together = ctypes.CDLL(None), threading.Barrier(6)
def allocate():
    together.wait()
    libc.malloc(1000)
    together.wait()
threads = [threading.Thread(target=allocate) for _ in range(6)]
for thread in threads: thread.start()
for thread in threads: thread.join()
libc.malloc_info(0, ctypes.c_void_p.in_dll(libc, "stdout"))
libc.fflush(None)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a setting of glibc")
def test_all_threads_share_one_heap() -> None:
    heaps = {
        how: subprocess.run(
            [sys.executable, "-c", _COUNT_HEAPS, how], capture_output=True, text=True, check=True
        ).stdout.count("<heap nr=")
        for how in ("kept small", "as it comes")
    }
    assert heaps["kept small"] == 1
    assert heaps["as it comes"] > 1, "nothing would be gained here"


_COUNT_COLLECTIONS = """
import gc, sys
from dashboard.server.heap import collect_rarely
if sys.argv[1] == "rarely":
    collect_rarely()
walked = []
gc.callbacks.append(lambda phase, told: walked.append(phase) if phase == "stop" else None)
kept = [{"job": [number]} for number in range(5_000)]
sys.stdout.write(str(len(walked)))
"""


def test_a_large_board_is_drawn_without_a_collection_of_garbage() -> None:
    collections = {
        how: int(
            subprocess.run(
                [sys.executable, "-c", _COUNT_COLLECTIONS, how], capture_output=True, text=True, check=True
            ).stdout
        )
        for how in ("rarely", "as it comes")
    }
    assert collections["rarely"] == 0
    assert collections["as it comes"] > 5, "nothing would be gained here"


class Run:
    """A page run, which knows itself."""

    def __init__(self) -> None:
        self.me = self


def test_what_died_of_old_age_is_given_back() -> None:
    run = Run()
    gc.collect()
    gone = weakref.ref(run)
    del run
    gc.collect(1)
    assert gone() is not None, "it was old"

    async def until_gone() -> None:
        collecting = asyncio.create_task(collect_each_minute(0.001))
        async with asyncio.timeout(10):
            while gone():
                await asyncio.sleep(0)
        collecting.cancel()

    asyncio.run(until_gone())
