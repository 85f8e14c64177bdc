"""Many viewers without many browsers: clients that speak Streamlit's protocol and our live socket.

Each holds one session and one live socket, asks for the fragment's rerun at every version as the
page's script does, and takes in everything that is sent. They run in a process of their own.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import multiprocessing.synchronize
from types import TracebackType
from typing import Self

import websockets
from streamlit.components.v2.bidi_component.main import _make_trigger_id
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.BidiComponent_pb2 import BidiComponent
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

LIVE_COMPONENT = "feedly.live"
READY_SECONDS = 180


class Viewers:
    """``count`` clients on ``page`` (such as ``/live_monitor``); entering waits until all have drawn once."""

    def __init__(self, url: str, page: str, count: int) -> None:
        self._ready = multiprocessing.Event()
        self._process = multiprocessing.Process(
            target=_run, args=(url.replace("http", "ws", 1), page, count, self._ready), daemon=True
        )
        self._count = count

    def __enter__(self) -> Self:
        if self._count:
            self._process.start()
            if not self._ready.wait(READY_SECONDS):
                raise TimeoutError(f"{self._count} viewers were not ready after {READY_SECONDS} s")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._count:
            self._process.terminate()
            self._process.join()


def _run(url: str, page: str, count: int, ready: multiprocessing.synchronize.Event) -> None:
    asyncio.run(_view_together(url, page, count, ready))


async def _view_together(url: str, page: str, count: int, ready: multiprocessing.synchronize.Event) -> None:
    drawn = asyncio.Semaphore(0)
    tasks = []
    for _ in range(count):
        tasks.append(asyncio.create_task(_view(url, page, drawn)))
        await drawn.acquire()
    ready.set()
    await asyncio.gather(*tasks)


async def _view(url: str, page: str, drawn: asyncio.Semaphore) -> None:
    async with websockets.connect(
        f"{url}/_stcore/stream", subprotocols=["streamlit"], max_size=None
    ) as session:
        first = BackMsg()
        first.rerun_script.query_string = "lang=en"
        first.rerun_script.page_name = page.strip("/")
        await session.send(first.SerializeToString())
        component, fragment_id = await _drawn_component(session)
        reading = asyncio.create_task(_take_everything(session))
        try:
            await _follow(url, session, component, fragment_id, drawn)
        finally:
            reading.cancel()


async def _drawn_component(session: websockets.ClientConnection) -> tuple[BidiComponent, str]:
    """The live component of the first page run, which is read to its end, and the fragment it is in."""
    component, fragment_id = None, ""
    async for content in session:
        message = ForwardMsg.FromString(content)
        element = message.delta.new_element
        if element.WhichOneof("type") == "bidi_component":
            found = element.bidi_component
            if found.component_name == LIVE_COMPONENT:
                component, fragment_id = found, message.delta.fragment_id
        if message.WhichOneof("type") == "script_finished" and component is not None:
            return component, fragment_id
    raise ConnectionError("the page ended before its live component was drawn")


async def _take_everything(session: websockets.ClientConnection) -> None:
    async for content in session:
        ForwardMsg.FromString(content)


async def _follow(
    url: str,
    session: websockets.ClientConnection,
    component: BidiComponent,
    fragment_id: str,
    drawn: asyncio.Semaphore,
) -> None:
    data = json.loads(component.json or component.mixed.json)
    async with websockets.connect(url + data["path"], origin=url.replace("ws", "http", 1)) as live:
        drawn.release()
        last = data["version"]
        async for version in live:
            if version == last:
                continue
            last = version
            rerun = BackMsg()
            rerun.rerun_script.query_string = "lang=en"
            rerun.rerun_script.fragment_id = fragment_id
            state = rerun.rerun_script.widget_states.widgets.add()
            state.id = _make_trigger_id(component.id, "events")
            state.json_trigger_value = json.dumps([{"event": "tick", "value": version}])
            await session.send(rerun.SerializeToString())
