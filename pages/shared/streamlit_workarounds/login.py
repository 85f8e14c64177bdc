"""Streamlit's login, as our own routes see it.

Delete when Streamlit has public calls that say whether a login is set up and read its cookie outside a page.
"""

from __future__ import annotations

import json

from starlette.requests import HTTPConnection
from streamlit.auth_util import get_secrets_auth_section
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME
from streamlit.web.server.starlette.starlette_websocket import _get_signed_cookie_with_chunks

from dashboard.server.sign_in import Claims


def login_is_set_up() -> bool:
    """Whether ``secrets.toml`` names an identity provider."""
    return bool(get_secrets_auth_section())


def claims_of(connection: HTTPConnection) -> Claims | None:
    """The claims in a request's signed cookie.

    None when no login is set up.
    """
    if not login_is_set_up():
        return None
    raw = _get_signed_cookie_with_chunks(dict(connection.cookies), USER_COOKIE_NAME)
    claims = json.loads(raw) if raw else {}
    return claims if isinstance(claims, dict) else {}
