"""The line between a page and its server, in the hands of a test."""

from __future__ import annotations

from collections.abc import Callable
from itertools import dropwhile

from playwright.sync_api import BrowserContext, Page, WebSocketRoute
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.waiting import wait_until

_NEWER = 1_000_000
_SETTLED = (
    "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
)


class Line:
    """Streamlit's own socket. ``hold`` keeps answers back until ``release`` sends or ``lose`` forgets them;
    ``asked`` is what the page asks meanwhile."""

    def __init__(self, context: BrowserContext) -> None:
        self.asked: list[BackMsg] = []
        self._held: list[tuple[WebSocketRoute, str | bytes]] | None = None
        context.route_web_socket("**/_stcore/stream", self._stream)

    def _stream(self, page: WebSocketRoute) -> None:
        server = page.connect_to_server()

        def up(message: str | bytes) -> None:
            if self._held is not None:
                self.asked.append(BackMsg.FromString(message))
            server.send(message)

        def down(message: str | bytes) -> None:
            if self._held is None:
                page.send(message)
            else:
                self._held.append((page, message))

        page.on_message(up)
        server.on_message(down)

    def hold(self) -> None:
        self._held = []

    def release(self) -> None:
        held, self._held = self._held or [], None
        for page, message in held:
            page.send(message)

    def wait_for_runs(self, page: Page, number: int) -> None:
        """Until so many whole runs have ended on the server since ``hold``."""
        wait_until(lambda: page.evaluate(_SETTLED) or self._whole_runs() >= number, 30, f"{number} runs")

    def _whole_runs(self) -> int:
        messages = [ForwardMsg.FromString(data) for _, data in self._held or []]
        ended = [message.script_finished for message in messages if message.HasField("script_finished")]
        return ended.count(ForwardMsg.FINISHED_SUCCESSFULLY)

    def lose(self, page: Page, has_come: Callable[[ForwardMsg], bool]) -> None:
        """Forget what is held, once the run that sent such a message has ended."""
        wait_until(
            lambda: page.evaluate(_SETTLED) or self._holds_a_run(has_come), 30, "the run that is to be lost"
        )
        self._held = None

    def _holds_a_run(self, has_come: Callable[[ForwardMsg], bool]) -> bool:
        messages = [ForwardMsg.FromString(data) for _, data in self._held or []]
        rest = dropwhile(lambda message: not has_come(message), messages)
        return any(message.HasField("script_finished") for message in rest)

    def fragments_asked(self, page: Page) -> list[str]:
        """Of which parts the page has asked a redraw, or an empty text for a whole page."""
        page.evaluate(_SETTLED)
        return [message.rerun_script.fragment_id for message in self.asked]


class SilentSockets:
    """The live sockets lead nowhere: what they tell is told by :meth:`change`."""

    def __init__(self, context: BrowserContext) -> None:
        self._open: list[WebSocketRoute] = []
        self._process = ""
        context.route_web_socket("**/live/ws*", self._opened)

    def _opened(self, socket: WebSocketRoute) -> None:
        """The server says only which process it is."""
        socket.connect_to_server().on_message(lambda message: self._told(socket, str(message)))

    def _told(self, socket: WebSocketRoute, version: str) -> None:
        if socket not in self._open:
            self._process = version.partition(":")[0]
            self._open.append(socket)

    def wait_for_one(self, page: Page) -> None:
        """A live part opens its socket after all that it has drawn."""
        wait_until(lambda: page.evaluate(_SETTLED) or self._open, 30, "a live socket")

    def change(self) -> None:
        """Every live part of the page is told that there is something new."""
        assert self._open, "nobody to be told"
        for socket in self._open:
            socket.send(f"{self._process}:{_NEWER}")
