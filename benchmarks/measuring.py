"""Times, statements, rows and bytes of a question, on one connection of a page."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import make_url

from benchmarks.figures import Figure, machine, spread
from feedly_core.db.engine import capabilities, make_engine, reading
from feedly_core.settings import load_settings
from tests.faults.proxy import Proxy, proxied, socket_of, through
from tests.plan_guard import counted, rows_scanned

TIMEOUT_MS = 60_000
LEAST = 3
"""Rounds of a question, however slow it is."""

_OF_PYTHON = gc.get_threshold()

Question = Callable[[Connection], object]
Work = Callable[[], object]


@dataclass
class Link:
    """An engine on the database, over a proxy that adds ``latency_ms`` each way (none: its own socket)."""

    engine: Engine
    latency_ms: float
    proxy: Proxy | None
    postgres: str

    @property
    def bytes(self) -> int:
        return self.proxy.received if self.proxy else 0


@contextmanager
def linked(url: str, latency_ms: float | None) -> Iterator[Link]:
    """``latency_ms`` None is the socket, without any proxy."""
    if latency_ms is None:
        with _engine(url) as engine:
            yield Link(engine, 0, None, _version(engine))
        return
    with proxied(Path(socket_of(url)), latency_ms / 1000) as proxy:
        over = through(url, proxy.port).get_secret_value()
        with _engine(over) as engine:
            yield Link(engine, latency_ms, proxy, _version(engine))


@contextmanager
def _engine(url: str) -> Iterator[Engine]:
    engine = make_engine(load_settings(DATABASE_URL=url, FEEDLY_STATEMENT_TIMEOUT_MS=TIMEOUT_MS), "benchmark")
    try:
        yield engine
    finally:
        engine.dispose()


@cache
def server_version(url: str) -> str:
    """``18.6``, as the server itself says. Asked once."""
    with _engine(url) as engine:
        return _version(engine)


def _version(engine: Engine) -> str:
    with reading(engine) as connection:
        capabilities(connection)
        return str(connection.exec_driver_sql("SHOW server_version").scalar_one()).split()[0]


def answered(
    link: Link,
    name: str,
    jobs: int,
    question: Question,
    *,
    budget_ms: float | None = None,
    rounds: int = 20,
    seconds: float = 6.0,
    old: Work | None = None,
) -> Figure:
    """A question in a transaction of its own, as a page asks it; with the rows that it scans."""

    def ask() -> None:
        with reading(link.engine) as connection:
            question(connection)

    found = measured(link, name, jobs, ask, budget_ms=budget_ms, rounds=rounds, seconds=seconds, old=old)
    return found if link.latency_ms else replace(found, rows=_rows(link.engine, question))


def measured(
    link: Link,
    name: str,
    jobs: int,
    ours: Work,
    *,
    budget_ms: float | None = None,
    rounds: int = 20,
    seconds: float = 6.0,
    old: Work | None = None,
) -> Figure:
    """Do it ``rounds`` times, in turn with the ``old`` tool's way, but no longer than ``seconds``."""
    ours()
    if old:
        old()
    before = link.bytes
    with counted(link.engine) as sent:
        ours()
    received = link.bytes - before if link.proxy else None
    times: list[float] = []
    others: list[float] = []
    used_s = 0.0
    until = time.perf_counter() + seconds
    while len(times) < rounds and (time.perf_counter() < until or len(times) < LEAST):
        before_s = _cpu_seconds(link.engine)
        times.append(_timed(ours))
        used_s += _cpu_seconds(link.engine) - before_s
        if old:
            others.append(_timed_by_itself(old))
    p50, p95, slowest = spread(times)
    return Figure(
        name,
        jobs,
        link.latency_ms,
        p50,
        p95,
        len(sent),
        round(p50 / spread(others)[0], 3) if others else None,
        budget_ms,
        p95 <= budget_ms if budget_ms is not None else None,
        machine(link.postgres),
        slowest,
        round(1000 * used_s / len(times), 2),
        bytes=received,
    )


def _cpu_seconds(engine: Engine) -> float:
    """Computed so far by this process and the server's process of our pooled connection."""
    pooled = engine.raw_connection()
    try:
        server = Path(f"/proc/{pooled.driver_connection.info.backend_pid}/schedstat")  # type: ignore[union-attr]
        there = int(server.read_text().split()[0]) / 1e9 if server.exists() else 0.0
    finally:
        pooled.close()
    return time.process_time() + there


def _timed(work: Work) -> float:
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


def _timed_by_itself(old: Work) -> float:
    """The old tool is a script: it collects garbage as Python does by itself, not as our server does."""
    here = gc.get_threshold()
    gc.set_threshold(*_OF_PYTHON)
    try:
        return _timed(old)
    finally:
        gc.set_threshold(*here)


def _rows(engine: Engine, question: Question) -> int:
    with reading(engine, TIMEOUT_MS) as connection:
        with counted(engine) as sent:
            question(connection)
        return max(rows_scanned(connection, sent).values(), default=0)


def plain_url(url: str, link: Link) -> str:
    """The address for a client that is not ours, over the same proxy."""
    if link.proxy is None:
        return url
    return make_url(through(url, link.proxy.port).get_secret_value()).render_as_string(hide_password=False)
