"""Pictures by asset id: the browser never learns a file's path and never chooses one."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from feedly_core.errors import FeedlyError, NotFound, PictureUnusable
from feedly_core.images.thumbnails import picture
from feedly_core.web import startup
from feedly_core.web.guard import same_origin

Size = Literal["thumb", "full"]

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_PLACEHOLDER = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 320" fill="none" stroke="#7a8699">
<rect width="320" height="320" fill="#7a8699" fill-opacity=".12" stroke="none"/>
<g stroke-width="6" stroke-linecap="round" stroke-linejoin="round">
<rect x="105" y="115" width="110" height="90" rx="10"/>
<path d="m112 195 32-36 22 22 16-16 27 30M95 105l130 110"/></g></svg>"""
"""Drawn where a picture cannot be: a page with a gap says that there is one."""
_SECONDS_FRESH = 3600
"""An asset's file never changes under its id, except when a step runs again with the same id."""


def routes(prefix: str) -> list[BaseRoute]:
    """``<prefix>/img/thumb/<asset id>`` (320 px WebP) and ``<prefix>/img/full/<asset id>``."""
    return [
        Route(f"{prefix}/img/{size}/{{asset_id:uuid}}", _endpoint(size), methods=["GET"])
        for size in ("thumb", "full")
    ]


def picture_path(asset_id: UUID | str, size: Size = "thumb") -> str:
    """The route's address without the base path."""
    return f"/img/{size}/{asset_id}"


def _endpoint(size: Size):  # type: ignore[no-untyped-def]
    def serve(request: Request) -> Response:
        """A plain function: Starlette runs it in a worker thread."""
        return _serve(request, request.path_params["asset_id"], size)

    return serve


def _serve(request: Request, asset_id: UUID, size: Size) -> Response:
    if not same_origin(request):
        return PlainTextResponse("foreign origin", 403, _HEADERS)
    dashboard = startup.current()
    try:
        shown = picture(dashboard.engine, dashboard.settings, asset_id, size)
    except (NotFound, PictureUnusable):
        return Response(_PLACEHOLDER, 404, _HEADERS, media_type="image/svg+xml")
    except FeedlyError:
        return PlainTextResponse("database unavailable", 503, _HEADERS)
    etag = f'"{shown.digest}"'
    headers = {**_HEADERS, "ETag": etag, "Cache-Control": f"private, max-age={_SECONDS_FRESH}"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(shown.content, media_type=shown.media_type, headers=headers)
