"""What the server answers a page, in the hands of a test."""

from __future__ import annotations

from playwright.sync_api import Page, WebSocketRoute
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.waiting import wait_until


class Answers:
    """Streamlit's answers to ``page``, which is not open yet.

    ``hold`` keeps them on their way from then on, ``release`` lets all of them arrive.
    """

    def __init__(self, page: Page) -> None:
        self._page, self._ended = page, 0
        self._held: list[str | bytes] | None = None
        page.route_web_socket("**/_stcore/stream", self._between)

    def hold(self) -> None:
        self._held, self._ended = [], 0

    def wait_for_runs(self, number: int) -> None:
        """Until so many runs have ended on the server since ``hold``."""
        wait_until(lambda: self._page.evaluate("1") and self._ended >= number, 30, f"{number} runs")

    def release(self) -> None:
        held, self._held = self._held or [], None
        for message in held:
            self._browser.send(message)

    def _between(self, browser: WebSocketRoute) -> None:
        self._browser = browser
        browser.connect_to_server().on_message(self._heard)

    def _heard(self, message: str | bytes) -> None:
        if self._held is None:
            self._browser.send(message)
            return
        self._held.append(message)
        if isinstance(message, bytes):
            self._ended += ForwardMsg.FromString(message).WhichOneof("type") == "script_finished"
