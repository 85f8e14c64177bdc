"""A benchmark ends: by itself, when its time is over, and when it is told to stop.

A signal waits while a call into the database or the browser's driver has the main thread. So a thread of its
own watches: it lets the main thread leave, and ends what was started, and the process, when it does not.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from types import FrameType

import psutil

from dashboard.demo.postgres import EmbeddedPostgres

GRACE_S = 10.0
STOPPED = 3
"""Exit code of a benchmark that did not come to its end."""

_servers: list[EmbeddedPostgres] = []
os.register_at_fork(after_in_child=lambda: signal.set_wakeup_fd(-1))  # a child's signals are its own


@contextlib.contextmanager
def served(server: EmbeddedPostgres) -> Iterator[EmbeddedPostgres]:
    """Start a server that is stopped however the block or the benchmark ends."""
    server.start()
    _servers.append(server)
    try:
        yield server
    finally:
        server.stop(even_if_used=True)
        _servers.remove(server)


@contextlib.contextmanager
def ending_within(seconds: float, grace_s: float = GRACE_S) -> Iterator[None]:
    """Leave the block after so many seconds, and at once after SIGTERM or SIGINT.

    The block ends with SystemExit; what has not left ``grace_s`` later is ended from outside. Use it in the
    main thread.
    """
    heard, told = socket.socketpair()
    told.setblocking(False)
    done = threading.Event()
    before = {one: signal.signal(one, _leave) for one in (signal.SIGTERM, signal.SIGINT)}
    fd = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    threading.Thread(target=_watch, args=(heard, seconds, grace_s, done), daemon=True).start()
    try:
        yield
    finally:
        done.set()
        signal.set_wakeup_fd(fd)
        for one, handler in before.items():
            signal.signal(one, handler)
        told.close()  # ends the watching


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(STOPPED)


def _watch(heard: socket.socket, seconds: float, grace_s: float, done: threading.Event) -> None:
    heard.settimeout(seconds)
    with heard:
        try:
            if not heard.recv(1):
                return
        except TimeoutError:
            print(f"not done after {seconds:.0f} s", file=sys.stderr, flush=True)
            signal.raise_signal(signal.SIGTERM)  # a handler runs in the main thread
    if not done.wait(grace_s):
        _end_everything()


def _end_everything() -> None:
    children = psutil.Process().children(recursive=True)
    for server in _servers:
        with contextlib.suppress(Exception):
            server.stop(even_if_used=True)
    for child in children:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
    os._exit(STOPPED)
