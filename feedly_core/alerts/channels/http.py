"""POST to an allowed host: the address that was checked is the one connected to, and nothing is followed."""

from __future__ import annotations

import http.client
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from feedly_core.alerts.channels.outgoing import DeliveryFailed

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 10.0
ALL_SECONDS = 20.0
"""Of one request in all, however slowly the receiver writes: less than half a claim."""

_MOST_BYTES = 64 * 1024
_AGAIN = frozenset({408, 425, 429})
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True)
class Reach:
    """Hosts that may be reached. ``private``: those of them that may lie in a private network."""

    hosts: frozenset[str]
    private: frozenset[str]


@dataclass(frozen=True)
class Answer:
    """The receiver's answer to a request it accepted (2xx)."""

    status: int
    body: bytes

    def document(self) -> dict[str, Any]:
        """The JSON object in it; empty when there is none."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


def post(address: str, body: bytes, headers: Mapping[str, str], reach: Reach) -> Answer:
    """Send ``body``. Raises :class:`DeliveryFailed` unless the answer is 2xx."""
    parts = urlsplit(address)
    host, secure = (parts.hostname or "").rstrip("."), parts.scheme == "https"
    if parts.username or parts.password:
        raise DeliveryFailed("an address with a password in it is not used", hopeless=True)
    if not secure and (parts.scheme != "http" or host not in reach.private):
        raise DeliveryFailed("only https may be used outside the private network", hopeless=True)
    port = parts.port or (443 if secure else 80)
    ip = checked_ip(host, port, reach)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _Pinned(host, port, ip, secure)
    try:
        connection.connect()
    except (OSError, ssl.SSLError) as error:
        raise DeliveryFailed(f"cannot connect to {host}: {type(error).__name__}") from None
    with _within(connection, ALL_SECONDS):
        try:
            connection.request("POST", target, body, dict(headers))
            answer = connection.getresponse()
            content = answer.read(_MOST_BYTES)
        except (OSError, http.client.HTTPException) as error:
            why = f"{host} has not answered: {type(error).__name__}"
            raise DeliveryFailed(why, uncertain=True) from None
        finally:
            connection.close()
    return _accepted(host, answer.status, dict(answer.headers), content)


def checked_ip(host: str, port: int, reach: Reach) -> str:
    """The address of an allowed host. Raises :class:`DeliveryFailed` when one of its addresses is refused."""
    if host not in reach.hosts and host not in reach.private:
        raise DeliveryFailed(f"the host {host or '?'} is not among FEEDLY_ALERT_HOSTS", hopeless=True)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise DeliveryFailed(f"the host {host} has no address") from None
    ips = [str(entry[4][0]).partition("%")[0] for entry in found]
    if host not in reach.private and not all(_public(ip) for ip in ips):
        raise DeliveryFailed(f"the host {host} lies in a private network", hopeless=True)
    return ips[0]


def _public(written: str) -> bool:
    """Whether everybody's network leads there; an IPv4 address inside an IPv6 one counts as itself."""
    ip = ipaddress.ip_address(written)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if ip.teredo is not None:
            return False
        ip = inner or ip
    return ip.is_global and not ip.is_multicast


class _Pinned(http.client.HTTPConnection):
    """Connects to the checked address; the certificate must be the host's."""

    def __init__(self, host: str, port: int, ip: str, secure: bool) -> None:
        super().__init__(host, port, timeout=ANSWER_SECONDS)
        self._ip, self._secure = ip, secure

    def connect(self) -> None:
        self.sock = socket.create_connection((self._ip, self.port), CONNECT_SECONDS)
        if self._secure:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)
        self.sock.settimeout(ANSWER_SECONDS)


@contextmanager
def _within(connection: http.client.HTTPConnection, seconds: float) -> Iterator[None]:
    """Cut the connection after ``seconds``.

    A receiver that writes a byte now and then would hold us for ever.
    """
    held = connection.sock

    def cut() -> None:
        with suppress(OSError):
            held.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _accepted(host: str, status: int, headers: Mapping[str, str], content: bytes) -> Answer:
    if 200 <= status < 300:
        return Answer(status, content)
    if 300 <= status < 400:
        raise DeliveryFailed(
            f"{host} answers with a redirect ({status}), which is not followed", hopeless=True
        )
    again = status in _AGAIN or status >= 500
    raise DeliveryFailed(f"{host} answers {status}", after=_wait(headers), hopeless=not again)


def _wait(headers: Mapping[str, str]) -> float | None:
    """Seconds of Retry-After; None for a date, which our own pauses serve as well."""
    try:
        return max(0.0, float(headers.get("Retry-After", "")))
    except ValueError:
        return None


def post_json(address: str, document: object, reach: Reach, **headers: str) -> Answer:
    """Send a JSON document. ``headers``: with underscores for hyphens."""
    body = json.dumps(document, ensure_ascii=False).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return post(address, body, {"Content-Type": "application/json; charset=utf-8", **named}, reach)
