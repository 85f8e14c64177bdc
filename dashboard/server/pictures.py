"""Pictures by asset id; the browser never chooses a path."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Literal
from uuid import UUID

from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from dashboard.server import startup
from dashboard.server.guard import Guard
from feedly_core.errors import FeedlyError, NotFound, PictureUnusable
from feedly_core.images.masks import mask_layer
from feedly_core.images.thumbnails import Shown, picture
from feedly_core.settings import Settings

_log = logging.getLogger("feedly.routes")

Size = Literal["thumb", "view", "full", "mask"]
Source = Callable[[Engine, Settings, UUID], Shown]
_SOURCES: dict[Size, Source] = {
    "thumb": lambda engine, settings, asset_id: picture(engine, settings, asset_id, "thumb"),
    "view": lambda engine, settings, asset_id: picture(engine, settings, asset_id, "view"),
    "full": lambda engine, settings, asset_id: picture(engine, settings, asset_id, "full"),
    "mask": mask_layer,
}

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

_KEPT: dict[Size, str] = {
    "thumb": "private, max-age=31536000, immutable",
    "view": "private, max-age=31536000, immutable",
    "full": "private, max-age=31536000, immutable",
    "mask": "private, max-age=3600",
}
"""How long a browser may keep a picture. Services write each asset's file once, under its own id; a mask is
asked for by its job, whose YOLO run may be written again. What is missing is never kept."""


def routes(prefix: str, guard: Guard) -> list[BaseRoute]:
    """``<prefix>/img/thumb/<asset id>`` (320 px WebP), ``…/view/…`` (800 px), ``…/full/…``.

    ``…/mask/<job id>`` is the layer of the forbidden area.
    """
    return [
        Route(f"{prefix}/img/{size}/{{id:uuid}}", _endpoint(source, guard, _KEPT[size]))
        for size, source in _SOURCES.items()
    ]


def picture_path(id_: UUID | str, size: Size = "thumb") -> str:
    """The route's address without the base path.

    ``mask`` takes a job's id, the others an asset's.
    """
    return f"/img/{size}/{id_}"


def _endpoint(source: Source, guard: Guard, kept: str) -> Callable[[Request], Response]:
    """A plain function, no coroutine: Starlette runs it in a worker thread."""

    def serve(request: Request) -> Response:
        if refusal := guard.refusal(request):
            return PlainTextResponse(refusal[1], refusal[0], _HEADERS)
        return _serve(request, source, kept)

    return serve


def _serve(request: Request, source: Source, kept: str) -> Response:
    dashboard = startup.current()
    try:
        shown = source(dashboard.engine, dashboard.settings, request.path_params["id"])
    except (NotFound, PictureUnusable):
        missing = {**_HEADERS, "Cache-Control": "no-store"}
        return Response(_PLACEHOLDER, 404, missing, media_type="image/svg+xml")
    except FeedlyError as error:
        _log.warning("%s", error)
        return PlainTextResponse("database unavailable", 503, _HEADERS)
    etag = f'"{shown.digest}"'
    headers = {**_HEADERS, "ETag": etag, "Cache-Control": kept}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(shown.content, media_type=shown.media_type, headers=headers)
