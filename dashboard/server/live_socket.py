"""Socket that announces new versions to a browser, never data."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from uuid import UUID

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from dashboard.server import startup
from dashboard.server.guard import Guard
from feedly_core.live.hub import Hub

PATH = "/live/ws"
TURN_SECONDS = 0.005
"""Pause between two viewers. Each answers with a page run: fifty at once would all be served last,
each waiting for all others, and the event loop behind them."""
HEARTBEAT_SECONDS = 10.0
"""The newest version is sent again this often: a page calls itself live only while it receives that."""
PROCESS = secrets.token_hex(4)
"""Name of this process. Versions of two processes cannot be compared."""
_TRY_AGAIN_LATER = 1013


def version_name(version: int) -> str:
    """A version as the browser gets it: ``process:number``."""
    return f"{PROCESS}:{version}"


def routes(prefix: str, guard: Guard) -> list[BaseRoute]:
    """``<prefix>/live/ws``, optionally ``?job=<uuid>`` for one job only."""
    turns = asyncio.Lock()

    async def serve(socket: WebSocket) -> None:
        if await asyncio.to_thread(guard.refusal, socket):
            await socket.close()
        else:
            await _serve(socket, turns)

    return [WebSocketRoute(prefix + PATH, serve)]


async def _serve(socket: WebSocket, turns: asyncio.Lock) -> None:
    await socket.accept()
    hub = startup.current().hub
    if hub is None:
        await socket.close(_TRY_AGAIN_LATER)
        return
    await _follow(socket, hub, _job(socket), turns)


def _job(socket: WebSocket) -> UUID | None:
    try:
        return UUID(socket.query_params["job"])
    except (KeyError, ValueError):
        return None


async def _follow(socket: WebSocket, hub: Hub, job_id: UUID | None, turns: asyncio.Lock) -> None:
    """Send each version until the browser leaves. A slow browser gets the newest, never a backlog."""
    newest: asyncio.Queue[int] = asyncio.Queue(maxsize=1)
    loop = asyncio.get_running_loop()

    def replace(version: int) -> None:
        if newest.full():
            newest.get_nowait()
        newest.put_nowait(version)

    def tell(version: int) -> None:
        loop.call_soon_threadsafe(replace, version)

    unsubscribe = hub.subscribe(tell, job_id)
    replace(hub.job_version(job_id) if job_id else hub.version)
    try:
        async with asyncio.TaskGroup() as both:
            both.create_task(_send(socket, newest, turns))
            both.create_task(_receive(socket))
    except* WebSocketDisconnect:
        pass  # whichever of the two notices it ends the other
    finally:
        unsubscribe()


async def _receive(socket: WebSocket) -> None:
    """Browsers send nothing but their leaving, which raises :class:`WebSocketDisconnect`."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
    raise WebSocketDisconnect


async def _send(socket: WebSocket, newest: asyncio.Queue[int], turns: asyncio.Lock) -> None:
    """Each version at once, or when the viewers before have had their turn; the last one as a heartbeat."""
    loop = asyncio.get_running_loop()
    version = await newest.get()
    while True:
        await turns.acquire()
        loop.call_later(TURN_SECONDS, turns.release)
        while not newest.empty():
            version = newest.get_nowait()
        await socket.send_text(version_name(version))
        with suppress(TimeoutError):
            version = await asyncio.wait_for(newest.get(), HEARTBEAT_SECONDS)
