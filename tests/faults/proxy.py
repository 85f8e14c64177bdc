"""A TCP proxy in front of a server, to cause what networks do: stalls, delays, cuts.

A stalled proxy keeps the socket open and moves no byte: the half-open connection that a client cannot see.
"""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy.engine import make_url

BLOCK = 65536


@dataclass
class Proxy:
    """``port`` listens on 127.0.0.1 and forwards to ``target``: a port or a Unix socket path."""

    target: int | Path
    latency_s: float = 0.0
    received: int = field(default=0, init=False)
    """Bytes that the server has sent."""
    round_trips: int = field(default=0, init=False)
    """How often a client has sent something after the server's answer."""
    _listener: socket.socket = field(init=False)
    _moving: threading.Event = field(default_factory=threading.Event, init=False)
    _stopped: threading.Event = field(default_factory=threading.Event, init=False)
    _pairs: list[tuple[socket.socket, socket.socket]] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._moving.set()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def stall(self) -> None:
        """From now on no byte passes, on old connections and new ones; nothing is closed."""
        self._moving.clear()

    def resume(self) -> None:
        self._moving.set()

    def cut(self) -> None:
        """Close every connection; new ones are accepted."""
        for pair in self._pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._stopped.set()
        self._moving.set()
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                continue
            try:
                server = self._connect()
            except OSError:
                client.close()
                continue
            # As PostgreSQL and libpq do: else the second piece of an answer waits 40 ms for a delayed ACK.
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._pairs.append((client, server))
            threading.Thread(target=self._forward, args=(client, server), daemon=True).start()

    def _connect(self) -> socket.socket:
        if isinstance(self.target, int):
            server = socket.create_connection(("127.0.0.1", self.target))
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return server
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(str(self.target))
        except OSError:
            server.close()
            raise
        return server

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        """Pass each piece on ``latency_s`` after it came. It waits for no other: a delay, no bandwidth."""
        other = {client: server, server: client}
        under_way: deque[tuple[float, socket.socket, bytes]] = deque()
        spoke = server
        with client, server, contextlib.suppress(OSError):
            while not self._stopped.is_set():
                patience = max(0.0, under_way[0][0] - time.monotonic()) if under_way else None
                ready = select.select([client, server], [], [], patience)[0]
                for source in ready:
                    self._moving.wait()
                    data = source.recv(BLOCK)
                    self.received += len(data) if source is server else 0
                    self.round_trips += source is client and spoke is server
                    spoke = source
                    under_way.append((time.monotonic() + self.latency_s, other[source], data))
                while under_way and under_way[0][0] <= time.monotonic():
                    _due, target, data = under_way.popleft()
                    self._moving.wait()
                    if not data:  # the other end has closed
                        return
                    target.sendall(data)


def through(database_url: str, port: int) -> SecretStr:
    """The same database by TCP on a port of this machine."""
    url = make_url(database_url).set(host="127.0.0.1", port=port, query={})
    return SecretStr(url.render_as_string(hide_password=False))


def socket_of(database_url: str) -> Path:
    """The Unix socket that the test server's URL names."""
    query = make_url(database_url).query
    return Path(str(query["host"])) / f".s.PGSQL.{query['port']}"


@contextlib.contextmanager
def proxied(target: int | Path, latency_s: float = 0.0) -> Iterator[Proxy]:
    proxy = Proxy(target, latency_s)
    try:
        yield proxy
    finally:
        proxy.close()
