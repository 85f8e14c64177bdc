"""What a browser window must not meet: console errors, page errors, any HTTP status >= 400."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext


def watch(context: BrowserContext, problems: list[str], allow_status: Sequence[int] = ()) -> None:
    """Write into ``problems`` what goes wrong in any page of the context from now on."""
    context.on(
        "response",
        lambda answer: (
            problems.append(f"{answer.status} {answer.url}")
            if answer.status >= 400 and answer.status not in allow_status and not _harmless(answer.url)
            else None
        ),
    )
    context.on(
        "console",
        lambda message: (
            problems.append(f"console: {message.text}")
            if message.type == "error" and "Failed to load resource" not in message.text
            else None  # a failed load is judged by its status above
        ),
    )
    context.on("weberror", lambda error: problems.append(f"page error: {error.error}"))


def _harmless(url: str) -> bool:
    """A 404 that is nobody's fault: Streamlit's page looks for its server below a deep link's own path."""
    path = urlsplit(url).path
    return "/_stcore/" in path and not path.startswith("/_stcore/")
