"""The two doors for programs, built when the first one comes: most dashboards are opened by people only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.server.api.callers import Entrance, RateLimit
from dashboard.server.guard import Guard

API, MCP = "/api/v1", "/mcp"


def routes(prefix: str, guard: Guard) -> list[BaseRoute]:
    """``<prefix>/api/v1/…`` and ``<prefix>/mcp``, each with a token of the page Connect."""
    entrance = Entrance(guard, RateLimit())

    def api() -> ASGIApp:
        from dashboard.server.api.app import make_app

        return make_app(entrance)

    def mcp() -> ASGIApp:
        from dashboard.server.api.mcp_route import make_endpoint

        return make_endpoint(entrance)

    tools = _Later(mcp)
    # Without the route, /mcp is answered by a redirect, which loses https behind a proxy.
    return [
        Mount(prefix + API, app=_Later(api)),
        Route(prefix + MCP, endpoint=tools),
        Mount(prefix + MCP, app=tools),
    ]


class _Later:
    def __init__(self, make: Callable[[], ASGIApp]) -> None:
        self._make = make
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._app is None:
            self._app = await asyncio.to_thread(self._make)
        await self._app(scope, receive, send)
