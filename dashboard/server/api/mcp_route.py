"""``/mcp``: the tools over HTTP, with a token."""

from __future__ import annotations

import asyncio
from typing import Any

from mcp.server.mcpserver import Context
from mcp.server.transport_security import TransportSecuritySettings
from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.server import startup
from dashboard.server.api.callers import Entrance
from dashboard.server.api.problems import answer_to
from dashboard.server.api.tools import Door, make_server
from feedly_core.access.tokens import Caller
from feedly_core.api import Feedly
from feedly_core.errors import FeedlyError

_CALLER = "feedly_caller"
LARGEST_REQUEST = 256 * 1024
"""Bytes. A call carries words and ids, no files."""


def make_endpoint(entrance: Entrance) -> ASGIApp:
    """The tools for programs that show a token. Each request stands alone: no session is kept."""
    server = make_server(_door)
    # Origin and host are the entrance's business, which knows the base address and the proxy.
    unchecked = TransportSecuritySettings(enable_dns_rebinding_protection=False)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            caller = await asyncio.to_thread(entrance.caller, HTTPConnection(scope))
        except FeedlyError as error:
            await answer_to(Request(scope), error)(scope, receive, send)
            return
        app = server.streamable_http_app(
            streamable_http_path="/",
            json_response=True,
            stateless_http=True,
            max_request_body_size=LARGEST_REQUEST,
            transport_security=unchecked,
        )
        # With or without a slash behind /mcp.
        here = {**scope, _CALLER: caller, "path": scope.get("root_path", "") + "/"}
        async with server.session_manager.run():
            await app(here, receive, send)

    return serve


def _door(context: Context[Any, Any]) -> Door:
    """The call's own caller, put beside its request."""
    request = context.request_context.request
    if not isinstance(request, Request):
        raise TypeError("a tool was called without its request")
    dashboard = startup.current()
    caller: Caller = request.scope[_CALLER]
    return Door(Feedly(dashboard.engine, dashboard.settings, caller.person), caller)
