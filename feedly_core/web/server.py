"""What the web server does beside pages: start-up and shutdown of the process, and our own routes."""

from __future__ import annotations

import asyncio
import gc
import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.routing import BaseRoute

from feedly_core.web import live_socket, pictures, startup

_HEAVY_IMPORTS = ("pandas", "plotly.graph_objects", "PIL.Image", "babel.dates")
"""Imported before the first visitor comes, who would wait a second for them otherwise."""


@asynccontextmanager
async def lifespan(app: object) -> AsyncIterator[None]:
    """Start the dashboard with the server and stop it with the server.

    The garbage collector is told to leave alone what start-up made: Streamlit collects the oldest
    generation after page runs, and walking all imported modules each time costs 90 ms.
    """
    startup.start()
    for module in _HEAVY_IMPORTS:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        await asyncio.to_thread(startup.close)


def routes(base_path: str) -> list[BaseRoute]:
    """Our routes, moved under ``base_path`` by hand: Streamlit moves only its own."""
    prefix = "/" + base_path.strip("/") if base_path.strip("/") else ""
    return [*live_socket.routes(prefix), *pictures.routes(prefix)]
