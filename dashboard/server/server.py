"""Start-up and shutdown of the process, and our own routes."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from dashboard.output import choose_language_of_environment
from dashboard.server import live_socket, logs, metrics_route, pictures, search_route, site_files, startup
from dashboard.server.api import doors
from dashboard.server.compression import CompressedStatics
from dashboard.server.exposure import check_exposure
from dashboard.server.guard import Guard
from dashboard.server.heap import collect_each_minute, collect_rarely, keep_heap_small
from feedly_core.diagnostics.masking import secrets_of
from feedly_core.search.hits import Place
from feedly_core.settings import Settings

Lifespan = Callable[[Any], AbstractAsyncContextManager[None]]

_HEAVY_IMPORTS = ("plotly.subplots", "babel.dates")


def _use_libraries() -> None:
    """Before the first visitor comes, who would wait a second for it.

    The first table and the first picture take 10 MB that stay, as the modules do.
    """
    for module in _HEAVY_IMPORTS:
        importlib.import_module(module)
    frame = importlib.import_module("pandas").DataFrame([{"text": "", "number": 1}])
    importlib.import_module("pyarrow").Table.from_pandas(frame)
    importlib.import_module("PIL.Image").init()


def make_lifespan(address: str | None, has_login: bool) -> Lifespan:
    """The start and the end of the process's work, for a server that listens on ``address``."""

    @asynccontextmanager
    async def lifespan(_app: object) -> AsyncIterator[None]:
        def prepare(settings: Settings) -> None:
            logs.configure(settings.log_format, secrets_of(settings))
            check_exposure(settings, address, has_login)

        keep_heap_small()
        choose_language_of_environment()
        startup.start(prepare=prepare)
        _use_libraries()
        collect_rarely()
        collecting = asyncio.create_task(collect_each_minute())
        try:
            yield
        finally:
            collecting.cancel()
            await asyncio.to_thread(startup.close)

    return lifespan


def make_routes(base_path: str, guard: Guard, places: Sequence[Place] = ()) -> list[BaseRoute]:
    """Our routes under ``base_path``; Streamlit moves only its own.

    ``places``: what a search may name besides the database.
    """
    prefix = "/" + base_path.strip("/") if base_path.strip("/") else ""
    rooms = (live_socket, pictures, metrics_route)
    return [
        *(route for room in rooms for route in room.routes(prefix, guard)),
        *search_route.routes(prefix, guard, places),
        *site_files.routes(prefix),
        *doors.routes(prefix, guard),
    ]


def make_middleware(base_path: str, statics: Path) -> list[Middleware]:
    """What answers before Streamlit, whose own files lie in the folder ``statics``."""
    return [Middleware(CompressedStatics, folder=statics, base_path=base_path)]
