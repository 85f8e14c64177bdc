"""Dates and scores as an address of the gallery writes them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from feedly_core.analytics.gallery import RANGES
from feedly_core.i18n import N_

PERIODS = {1: N_("24 hours"), 7: N_("7 days"), 30: N_("30 days"), 90: N_("90 days")}
"""The last so many days that a list offers."""

REVIEW_PERIODS = {1: N_("Today"), 7: N_("7 days"), 30: N_("30 days"), 0: N_("All time")}
"""The same for the review page, in local days: a queue must not change while somebody judges."""

SEPARATOR = "~"

Span = tuple[datetime | None, datetime | None]
Ends = tuple[float, float]


@dataclass(frozen=True)
class AskedScore:
    """``score:low~high`` of an address. ``ends``: the whole range unless it is narrowed.

    None for both: no such score, or no such range.
    """

    written: str
    score: str | None
    ends: Ends | None


def asked_scores(written: str) -> tuple[AskedScore, ...]:
    """Scores and ranges, as in ``contrast:1~4.5,overall``."""
    found = []
    for part in filter(None, written.split(",")):
        score, colon, narrowed = part.partition(":")
        if score not in RANGES:
            found.append(AskedScore(part, None, None))
        else:
            ends = _ends(narrowed, *RANGES[score]) if colon else RANGES[score]
            found.append(AskedScore(part, score, ends))
    return tuple(found)


def narrowed_scores(written: str) -> dict[str, Ends]:
    """The ranges that leave something out; what is not understood leaves out nothing."""
    return {
        each.score: each.ends
        for each in asked_scores(written)
        if each.score is not None and each.ends is not None and each.ends != RANGES[each.score]
    }


def write_score_range(score: str, ends: Ends) -> str:
    """The score as an address names it, with its range where it is narrowed."""
    return score if ends == RANGES[score] else f"{score}:{ends[0]:g}{SEPARATOR}{ends[1]:g}"


def asked_dates(written: str) -> tuple[date, ...] | None:
    """Nothing, one day, or the first and the last of several; None for what is no date."""
    if not written:
        return ()
    try:
        found = sorted(date.fromisoformat(part) for part in written.split(SEPARATOR))
    except ValueError:
        return None
    return tuple(found) if len(found) <= 2 else None


def asked_period(parameters: Mapping[str, str], now: datetime, zone: ZoneInfo) -> Span:
    """Since (included) and until (not included); None is open. Dates go before a number of days."""
    if dates := asked_dates(parameters.get("on", "")):
        begin = datetime.combine(dates[0], time(), zone)
        return begin, datetime.combine(dates[-1] + timedelta(days=1), time(), zone)
    days = parameters.get("days", "")
    if days.isdecimal() and int(days) in PERIODS:
        return now.astimezone(UTC) - timedelta(days=int(days)), None
    return None, None


def since_midnight(days: int, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The first moment of so many local days, today included: the same all day. None for no days."""
    if not days:
        return None
    today = datetime.combine(now.astimezone(zone).date(), time(), zone)
    return (today - timedelta(days=days - 1)).astimezone(UTC)


def _ends(written: str, low: float, high: float) -> Ends | None:
    """Both ends of a written range; None for what is no range within the limits."""
    try:
        first, last = (float(end) for end in written.split(SEPARATOR))
    except ValueError:
        return None
    return (first, last) if low <= first <= last <= high else None
