"""Placeholders: empty, loading, error."""

from __future__ import annotations

from html import escape

import streamlit as st

from feedly_core.errors import FeedlyError
from pages.shared.language import _, language


def empty(title: str, hint: str = "") -> None:
    """Nothing to show, and what would change that."""
    _card("idle", "○", title, [hint] if hint else [])


def loading(height: int = 160) -> None:
    """A grey place of the height (pixels) that the content will have."""
    st.skeleton(height=height)


def error_card(error: FeedlyError) -> None:
    """Message, detail and hint, never a stack trace."""
    title, *rest = error.sentences(language())
    _card("bad", "✕", title, rest, role="alert")


def unexpected_card(reference: str) -> None:
    """An error that nobody foresaw.

    ``reference`` finds it in the log.
    """
    _card(
        "bad",
        "✕",
        _("This part of the page could not be drawn"),
        [
            _("The rest of the dashboard goes on working. Reload the page to try again."),
            _("If it happens again, give the engineers this number: {reference}", reference=reference),
        ],
        role="alert",
    )


def _card(tone: str, shape: str, title: str, lines: list[str], role: str = "status") -> None:
    body = "".join(f"<p>{escape(line, quote=True)}</p>" for line in lines)
    st.html(
        f'<div class="fd-state fd-{tone}" role="{role}"><i aria-hidden="true">{shape}</i>'
        f"<div><strong>{escape(title, quote=True)}</strong>{body}</div></div>"
    )
