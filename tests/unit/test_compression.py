"""Streamlit's scripts travel compressed, and nothing else is touched."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from dashboard.server.compression import CompressedStatics

SCRIPT = "export default 'a script';\n" * 300


def ask(folder: Path, path: str, accepted: str, base: str = "", **headers: str) -> httpx.Response:
    async def sent() -> httpx.Response:
        passed_on = Route(
            "/{path:path}", lambda request: PlainTextResponse("passed on"), methods=["GET", "POST"]
        )
        app = Starlette(
            routes=[passed_on], middleware=[Middleware(CompressedStatics, folder=folder, base_path=base)]
        )
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return await client.get(path, headers={"Accept-Encoding": accepted, **headers})

    return asyncio.run(sent())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "static" / "js").mkdir(parents=True)
    (tmp_path / "static" / "js" / "index.abc.js").write_text(SCRIPT)
    (tmp_path / "static" / "font.woff2").write_bytes(b"font")
    (tmp_path / "index.html").write_text("<html>")
    (tmp_path / "secret.js").write_text("outside")
    return tmp_path


@pytest.mark.parametrize("base", ["", "dash"])
def test_a_script_travels_small_and_is_kept_for_good(folder: Path, base: str) -> None:
    prefix = f"/{base}" if base else ""
    answer = ask(folder, f"{prefix}/static/js/index.abc.js", "br;q=1, GZIP", base)
    assert answer.text == SCRIPT
    assert answer.headers["content-type"].startswith("text/javascript")
    assert int(answer.headers["content-length"]) == len(gzip.compress(SCRIPT.encode(), 6, mtime=0))
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("path", "accepted", "more"),
    [
        ("/static/js/index.abc.js", "identity", {}),
        ("/static/js/index.abc.js", "gzip;q=0", {}),
        ("/static/js/index.abc.js", "gzip; q=0.000, br", {}),
        ("/static/js/index.abc.js", "gzip", {"Range": "bytes=0-9"}),
        ("/static/font.woff2", "gzip", {}),
        ("/static/js/../../secret.js", "gzip", {}),
        ("/static/js/%2e%2e/%2e%2e/secret.js", "gzip", {}),
        ("/secret.js", "gzip", {}),
        ("/", "gzip", {}),
    ],
)
def test_everything_else_is_passed_on(folder: Path, path: str, accepted: str, more: dict[str, str]) -> None:
    answer = ask(folder, path, accepted, **more)
    assert answer.text == "passed on"
    assert "content-encoding" not in answer.headers
