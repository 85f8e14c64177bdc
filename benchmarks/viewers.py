"""Many viewers without many browsers: clients that speak Streamlit's protocol and our live socket.

Each holds one session and one live socket, asks for the fragment's rerun at every version and every
pulse as the page's script does (without a hub: every 2 s), takes in everything that is sent, and notes
when a redraw had arrived whole. What a browser does after that is not in their times. They run in a
process of their own.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import multiprocessing
import signal
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

import websockets
from streamlit.components.v2.bidi_component.main import _make_trigger_id
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.BidiComponent_pb2 import BidiComponent
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.typing import Origin, Subprotocol

LIVE_COMPONENT = "feedly.live"
READY_SECONDS = 180
LEAVING_SECONDS = 10
"""Then they are killed: nobody waits for viewers who do not leave."""


class Viewers:
    """``count`` clients on ``page`` (such as ``/live_monitor``); entering waits until all have drawn once.

    ``arrivals``, after leaving: for each client the moments (seconds of the epoch) of its redraws.
    """

    def __init__(self, url: str, page: str, count: int) -> None:
        self.arrivals: list[list[float]] = []
        self._count = count
        self._told, teller = multiprocessing.Pipe(duplex=False)
        self._process = multiprocessing.Process(
            target=_run, args=(url.replace("http", "ws", 1), page, count, teller), daemon=True
        )

    def __enter__(self) -> Self:
        if self._count:
            self._process.start()
            if not self._told.poll(READY_SECONDS):
                self._process.kill()
                raise TimeoutError(f"{self._count} viewers were not ready after {READY_SECONDS} s")
            self._told.recv()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._count and self._process.is_alive():
            self._process.terminate()
            if self._told.poll(LEAVING_SECONDS):
                self.arrivals = self._told.recv()
            self._process.join(LEAVING_SECONDS)
            self._process.kill()


def _run(url: str, page: str, count: int, teller: Connection) -> None:
    asyncio.run(_until_told(url, page, count, teller))


async def _until_told(url: str, page: str, count: int, teller: Connection) -> None:
    """View until SIGTERM, also while some have not drawn yet."""
    arrivals: list[list[float]] = [[] for _ in range(count)]
    viewing = asyncio.create_task(_view_together(url, page, arrivals, teller))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, viewing.cancel)
    await asyncio.wait([viewing])
    teller.send(arrivals)


async def _view_together(url: str, page: str, arrivals: list[list[float]], teller: Connection) -> None:
    drawn = asyncio.Semaphore(0)
    async with asyncio.TaskGroup() as group:
        for mine in arrivals:
            group.create_task(_view(url, page, drawn, mine))
            await drawn.acquire()
        teller.send("ready")


async def _view(url: str, page: str, drawn: asyncio.Semaphore, arrivals: list[float]) -> None:
    async with websockets.connect(
        f"{url}/_stcore/stream", subprotocols=[Subprotocol("streamlit")], max_size=None
    ) as session:
        first = BackMsg()
        first.rerun_script.query_string = "lang=en"
        first.rerun_script.page_name = page.strip("/")
        await session.send(first.SerializeToString())
        viewed = await _first_run(session)
        async with asyncio.TaskGroup() as group:
            group.create_task(_take_everything(session, arrivals))
            if viewed.component is None:
                drawn.release()
                group.create_task(_ask(session, viewed, viewed.asks_every, "asked"))
                return
            data = json.loads(viewed.component.json or viewed.component.mixed.json)
            group.create_task(_follow(url, session, viewed, data, drawn))
            if data["pulse"]:
                group.create_task(_ask(session, viewed, data["pulse"], "pulse"))


@dataclass
class _Viewed:
    """A page after its first run: the fragment that redraws itself, and by which of its two ways."""

    component: BidiComponent | None = None
    asks_every: float = 0.0
    fragment_id: str = ""

    def rerun(self, tick: str) -> bytes:
        """What a browser sends to have the fragment redrawn."""
        message = BackMsg()
        message.rerun_script.query_string = "lang=en"
        message.rerun_script.fragment_id = self.fragment_id
        if self.component is None:
            message.rerun_script.is_auto_rerun = True
        else:
            state = message.rerun_script.widget_states.widgets.add()
            state.id = _make_trigger_id(self.component.id, "events")
            state.json_trigger_value = json.dumps([{"event": "tick", "value": tick}])
        return bytes(message.SerializeToString())


async def _first_run(session: websockets.ClientConnection) -> _Viewed:
    viewed = _Viewed()
    async for content in session:
        message = ForwardMsg.FromString(content)
        element = message.delta.new_element
        if element.WhichOneof("type") == "bidi_component":
            if element.bidi_component.component_name == LIVE_COMPONENT:
                viewed.component, viewed.fragment_id = element.bidi_component, message.delta.fragment_id
        elif message.WhichOneof("type") == "auto_rerun":
            viewed.asks_every, viewed.fragment_id = (
                message.auto_rerun.interval,
                message.auto_rerun.fragment_id,
            )
        elif message.WhichOneof("type") == "script_finished" and viewed.fragment_id:
            return viewed
    raise ConnectionError("the page ended before its live part was drawn")


async def _take_everything(session: websockets.ClientConnection, arrivals: list[float]) -> None:
    async for content in session:
        if ForwardMsg.FromString(content).WhichOneof("type") == "script_finished":
            arrivals.append(time.time())


async def _follow(
    url: str,
    session: websockets.ClientConnection,
    viewed: _Viewed,
    data: dict[str, str],
    drawn: asyncio.Semaphore,
) -> None:
    origin = Origin(url.replace("ws", "http", 1))
    async with websockets.connect(url + data["path"], origin=origin) as live:
        drawn.release()
        last: str | bytes = data["version"]
        async for version in live:
            if version != last:
                last = version
                await session.send(viewed.rerun(str(version)))


async def _ask(session: websockets.ClientConnection, viewed: _Viewed, seconds: float, reason: str) -> None:
    for number in itertools.count():
        await asyncio.sleep(seconds)
        await session.send(viewed.rerun(f"{reason} {number}"))
