"""Scores as every page writes them: title, value, limit."""

from __future__ import annotations

from feedly_core.domain.scores import LARGE_TEXT, SCORES, Limit, write_score, written_limit
from feedly_core.reviews.limits import current_limits
from pages.shared.ask import dashboard
from pages.shared.language import _
from pages.shared.one_run import once


@once
def limits() -> dict[str, Limit]:
    """The limits in force, the same for one run: stored ones before the settings'."""
    return current_limits(dashboard().engine, dashboard().settings)


def score_title(name: str, *, short: bool = False) -> str:
    """The score's name in the viewer's language.

    ``short`` where there is little room.
    """
    kind = SCORES[name]
    return _(kind.short or kind.title if short else kind.title)


def score_words(name: str, value: float | None, *, large_text: bool | None = None) -> str:
    """The value, never rounded against its limit.

    A dash for None.
    """
    return write_score(name, value, limits(), large_text=large_text)


def limit_in_force(name: str) -> str:
    """``≥ 85%``, for the contrast with the limit of large text; a dash without a limit."""
    known, kind = limits(), SCORES[name]
    if name not in known:
        return "–"
    sign = "≥" if kind.higher_is_better else "≤"
    shown = f"{sign} {written_limit(known[name].good, kind.unit)}"
    if name != "contrast":
        return shown
    large = written_limit(known[LARGE_TEXT].good, kind.unit)
    return _("{limit}, large text {large}", limit=shown, large=f"{sign} {large}")
