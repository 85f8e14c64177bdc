"""Streamlit's scripts and styles, compressed once per process.

Streamlit sends them as they are, because it would compress each answer anew; a proxy in front may do it, but
not everybody has one. Their names carry a hash of their content, so a browser keeps them for good.
"""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

_KINDS = {".js": "text/javascript", ".css": "text/css"}
_LEVEL = 6
"""The highest level saves 1 % more of Streamlit's scripts and takes three times as long."""
_KEPT = "public, immutable, max-age=31536000"


class CompressedStatics:
    """Middleware that answers for ``<base path>/static/*.js`` and ``*.css`` where gzip is welcome.

    ``folder`` is the root of Streamlit's files. Only what lies in it when the server starts is ever read.
    """

    def __init__(self, app: ASGIApp, *, folder: Path, base_path: str) -> None:
        self._app = app
        prefix = "/" + base_path.strip("/") if base_path.strip("/") else ""
        self._files = {
            f"{prefix}/{path.relative_to(folder).as_posix()}": path
            for path in folder.glob("static/**/*")
            if path.suffix in _KINDS
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = self._files.get(scope["path"]) if scope["type"] == "http" else None
        if path is None or scope["method"] not in ("GET", "HEAD") or not _welcome(scope):
            await self._app(scope, receive, send)
            return
        headers = {"Content-Encoding": "gzip", "Cache-Control": _KEPT, "Vary": "Accept-Encoding"}
        content = await run_in_threadpool(compressed, path)
        await Response(content, headers=headers, media_type=_KINDS[path.suffix])(scope, receive, send)


def _welcome(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    if "range" in headers:
        return False
    for part in headers.get("accept-encoding", "").lower().replace(" ", "").split(","):
        coding, _, quality = part.partition(";q=")
        if coding == "gzip":
            return not quality or bool(quality.strip("0."))
    return False


@cache
def compressed(path: Path) -> bytes:
    return gzip.compress(path.read_bytes(), _LEVEL, mtime=0)
