"""Links from a word on any page to its entry on the help page."""

from __future__ import annotations

from html import escape

from feedly_core.domain.glossary import SCORE_TERMS, STEP_TERMS, TERMS
from pages.shared.language import _
from pages.shared.navigation import page_href


def term_link(key: str | None, words: str) -> str:
    """``words`` as HTML; a link to the entry where ``key`` is a term. The explanation shows on hover."""
    term = TERMS.get(key or "")
    if term is None:
        return escape(words)
    href, about = page_href("help", term=term.key), _(term.explanation)
    return (
        f'<a class="fd-term" href="{escape(href, quote=True)}" target="_self"'
        f' title="{escape(about, quote=True)}">{escape(words)}</a>'
    )


def score_link(name: str, words: str) -> str:
    """The name of a score, leading to what it means."""
    return term_link(SCORE_TERMS.get(name), words)


def step_link(name: str, words: str) -> str:
    """The name of a step, leading to what it does."""
    return term_link(STEP_TERMS.get(name), words)
