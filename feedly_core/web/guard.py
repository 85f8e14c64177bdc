"""Who may use our own routes: they are outside Streamlit's checks."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection


def same_origin(connection: HTTPConnection) -> bool:
    """True unless a browser says that another site's page asks.

    Only browsers send ``Origin``; a program that sends none is no forged page. The scheme is not
    compared, because a proxy may end TLS in front of us.
    """
    origin = connection.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == connection.headers.get("host")
