"""Viewers who wander: clients of Streamlit's protocol that change pages, jobs and filters.

Each opens a session, looks at a page, follows its live sockets, changes a few of its widgets, goes on to
another page or job, and now and then leaves and comes back as somebody new. They run in a process of
their own, which writes what they met as one JSON document at its end.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import random
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit
from uuid import uuid4

import websockets
from streamlit.components.v2.bidi_component.main import _make_trigger_id
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.BidiComponent_pb2 import BidiComponent
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.typing import Origin, Subprotocol

LIVE_COMPONENT = "feedly.live"
PAGES = ("overview", "live_monitor", "live_monitor", "results", "results", "review", "trends", "create_jobs")
STAY_S = (4.0, 20.0)
"""How long a viewer looks at one page, at least and at most."""
VISITS = 8
"""Pages of one session; then the tab is closed."""
RUN_SECONDS = 60.0
REST_S = 1.0
"""As ``REST_MS`` of the page's script."""


@dataclass
class Met:
    """What the viewers did, how long page runs took (the slowest, in s), and what went wrong."""

    sessions: int = 0
    pages: int = 0
    filters: int = 0
    redraws: int = 0
    slowest_s: float = 0.0
    problems: list[str] = field(default_factory=list)


class Wanderers:
    """``count`` viewers of the dashboard at ``url`` who know these jobs; leaving ends them.

    ``stay_s``: how long they look at one page, at least and at most.
    """

    def __init__(
        self, url: str, count: int, jobs: Sequence[str], report: Path, stay_s: tuple[float, float] = STAY_S
    ) -> None:
        self._report = report
        self._stop = multiprocessing.Event()
        self._process = multiprocessing.Process(
            target=_run, args=(url, count, tuple(jobs), report, stay_s, self._stop), daemon=True
        )

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._process.join(RUN_SECONDS)
        self._process.kill()

    @property
    def met(self) -> Met:
        """What was met, once all have left."""
        return Met(**json.loads(self._report.read_text()))


_Stay = tuple[float, float]


def _run(url: str, count: int, jobs: tuple[str, ...], report: Path, stay: _Stay, stop: object) -> None:
    asyncio.run(_together(url, count, jobs, report, stay, stop))


async def _together(
    url: str, count: int, jobs: tuple[str, ...], report: Path, stay: _Stay, stop: object
) -> None:
    """The report is written before anybody is sent away, so that no closing counts as a problem."""
    met = Met()
    viewers = [
        asyncio.create_task(_viewer(url, jobs, met, stay, random.Random(number))) for number in range(count)
    ]
    await asyncio.to_thread(stop.wait)  # type: ignore[attr-defined]
    report.write_text(json.dumps(asdict(met)))
    for viewer in viewers:
        viewer.cancel()


async def _viewer(url: str, jobs: tuple[str, ...], met: Met, stay: _Stay, rng: random.Random) -> None:
    await asyncio.sleep(rng.uniform(0, 10))
    while True:
        try:
            async with Visit.open(url) as visit:
                met.sessions += 1
                for _ in range(VISITS):
                    await _look_around(visit, jobs, met, stay, rng)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what this run asks for
            met.problems.append(f"{type(error).__name__}: {error}")
            await asyncio.sleep(1)


async def _look_around(
    visit: Visit, jobs: tuple[str, ...], met: Met, stay: _Stay, rng: random.Random
) -> None:
    page = rng.choice(PAGES)
    query = f"lang=en&job={rng.choice(jobs)}" if page != "trends" and rng.random() < 0.6 else "lang=en"
    met.pages += 1
    asked_at = time.monotonic()
    await visit.go(page, query)
    met.slowest_s = max(met.slowest_s, time.monotonic() - asked_at)
    followed = asyncio.create_task(visit.follow(met))
    try:
        for _ in range(rng.randint(1, 3)):
            await asyncio.sleep(rng.uniform(*stay) / 3)
            if visit.change_one(rng):
                met.filters += 1
                await visit.run()
    finally:
        followed.cancel()
        met.problems += visit.problems
        visit.problems.clear()


class Visit:
    """One browser tab's session, as the page's script would hold it."""

    def __init__(self, url: str, stream: websockets.ClientConnection, headers: dict[str, str]) -> None:
        self.problems: list[str] = []
        self.headers = headers
        self._url, self._stream = url, stream
        self._asked = ClientState()
        self._widgets: dict[str, Element] = {}
        self._values: dict[str, WidgetState] = {}
        self._live: dict[str, tuple[BidiComponent, str]] = {}
        """Live components by id, each with the fragment that it stands in, or an empty text."""
        self._finished = asyncio.Event()
        self._one_run = asyncio.Lock()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    def open(cls, url: str) -> _Opening:
        return _Opening(url)

    async def close(self) -> None:
        self._reading.cancel()
        await self._stream.close()

    async def go(self, page: str, query: str) -> None:
        """Another page, or the same with another job."""
        self._asked = ClientState(query_string=query, page_name=page)
        self._widgets.clear()
        self._values.clear()
        self._live.clear()
        await self.run()

    async def run(self) -> None:
        """One page run with every widget's value, to its end."""
        if not await self._rerun(self._asked):
            raise TimeoutError(f"a run of {self._asked.page_name} took longer than {RUN_SECONDS} s")

    async def _redraw(self, component: BidiComponent, fragment: str, version: object) -> None:
        """What the component asks for at a new version. A fragment that is gone by then is not run."""
        asked = ClientState(fragment_id=fragment)
        asked.MergeFrom(self._asked)
        await self._rerun(asked, _tick(component, version))

    async def _rerun(self, asked: ClientState, *triggers: WidgetState) -> bool:
        """Send the request; whether a run has ended since."""
        async with self._one_run:
            message = BackMsg()
            message.rerun_script.CopyFrom(asked)
            message.rerun_script.widget_states.widgets.extend([*self._values.values(), *triggers])
            self._finished.clear()
            await self._stream.send(message.SerializeToString())
            ended = asyncio.ensure_future(self._finished.wait())
            try:
                await asyncio.wait(
                    (ended, self._reading), timeout=RUN_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
            finally:
                ended.cancel()
            if self._reading.done():
                self._reading.result()
            return self._finished.is_set()

    def change_one(self, rng: random.Random) -> bool:
        """Give one of the page's choices another value; False where there is none."""
        if not self._widgets:
            return False
        widget_id, element = rng.choice(list(self._widgets.items()))
        self._values[widget_id] = _another_value(widget_id, element, rng)
        return True

    async def follow(self, met: Met) -> None:
        """Ask for redraws as the page's script does: of the newest version, with a rest after each."""
        await asyncio.gather(*(self._follow(*each, met) for each in list(self._live.values())))

    async def _follow(self, component: BidiComponent, fragment: str, met: Met) -> None:
        data = json.loads(component.json or component.mixed.json)
        origin = "://".join(urlsplit(self._url)[:2])
        address = origin.replace("http", "ws", 1) + data["path"]
        async with websockets.connect(
            address, origin=Origin(origin), additional_headers=self.headers
        ) as socket:
            last, told = data["version"], _Told()
            async with asyncio.TaskGroup() as both:
                both.create_task(told.listen(socket))
                while True:
                    last = await told.newest_after(last)
                    met.redraws += 1
                    asked_at = time.monotonic()
                    await self._redraw(component, fragment, last)
                    await asyncio.sleep(max(data["delay"], min(time.monotonic() - asked_at, REST_S)))

    async def _read(self) -> None:
        async for content in self._stream:
            message = ForwardMsg.FromString(content)
            kind = message.WhichOneof("type")
            if kind == "delta":
                self._see(message.delta.new_element, message.delta.fragment_id)
            elif kind == "page_not_found":
                self.problems.append(f"page not found: {self._asked.page_name}")
            elif kind == "script_finished":
                self._finished.set()
        raise ConnectionError("the server closed the session")

    def _see(self, element: Element, fragment: str) -> None:
        kind = element.WhichOneof("type")
        if kind in {"selectbox", "checkbox", "button_group"}:
            self._widgets[getattr(element, kind).id] = element
        elif kind == "exception":
            self.problems.append(f"{self._asked.page_name}: {element.exception.message}")
        elif kind == "html" and 'role="alert"' in element.html.body:
            self.problems.append(f"{self._asked.page_name}?{self._asked.query_string}: {element.html.body}")
        elif kind == "bidi_component" and element.bidi_component.component_name == LIVE_COMPONENT:
            self._live[element.bidi_component.id] = (element.bidi_component, fragment)


class _Told:
    """The newest version that a live socket told."""

    def __init__(self) -> None:
        self._version: object = None
        self._more = asyncio.Event()

    async def listen(self, socket: websockets.ClientConnection) -> None:
        async for self._version in socket:
            self._more.set()

    async def newest_after(self, drawn: object) -> object:
        while self._version in (None, drawn):
            self._more.clear()
            await self._more.wait()
        return self._version


class _Opening:
    """``async with`` around a visit: connects to Streamlit's own socket, and closes it."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def __aenter__(self) -> Visit:
        address = self._url.replace("http", "ws", 1) + "/_stcore/stream"
        headers = {"Cookie": f"feedly_route={uuid4().hex}"}  # several processes: all of a visit is one's
        stream = await websockets.connect(
            address, subprotocols=[Subprotocol("streamlit")], max_size=None, additional_headers=headers
        )
        self._visit = Visit(self._url, stream, headers)
        return self._visit

    async def __aexit__(self, *_: object) -> None:
        await self._visit.close()


def _another_value(widget_id: str, element: Element, rng: random.Random) -> WidgetState:
    kind = element.WhichOneof("type")
    if kind == "checkbox":
        return WidgetState(id=widget_id, bool_value=rng.random() < 0.5)
    if kind == "selectbox":
        return WidgetState(id=widget_id, string_value=rng.choice(list(element.selectbox.options) or [""]))
    state = WidgetState(id=widget_id)
    state.string_array_value.data.append(rng.choice([o.content for o in element.button_group.options]))
    return state


def _tick(component: BidiComponent, version: object) -> WidgetState:
    return WidgetState(
        id=_make_trigger_id(component.id, "events"),
        json_trigger_value=json.dumps([{"event": "tick", "value": version}]),
    )
