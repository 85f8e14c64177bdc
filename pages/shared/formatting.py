"""Times in the dashboard's zone and the viewer's language."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID

from babel.dates import format_datetime, format_timedelta

from dashboard.server.startup import current
from feedly_core.domain.labels import duration_words
from pages.shared.language import _, language

_PATTERNS = {"ko": "M월 d일 (E) HH:mm", "en": "EEE d MMM HH:mm"}
_PATTERNS_OTHER_YEAR = {"ko": "y년 M월 d일 HH:mm", "en": "d MMM y HH:mm"}

_SHORT = 60
"""Characters of a description in a list to choose from."""


def moment(value: datetime | None, *, now: datetime | None = None) -> str:
    """Day and minute in the set zone.

    The year only when it is not this one. None gives a dash.
    """
    if value is None:
        return "–"
    zone = current().settings.zone
    local = value.astimezone(zone)
    this_year = local.year == (now or datetime.now(UTC)).astimezone(zone).year
    patterns = _PATTERNS if this_year else _PATTERNS_OTHER_YEAR
    return format_datetime(local, patterns[language()], locale=language())


def named(value: datetime | None, id_: UUID, words: str | None = None) -> str:
    """A thing in a list to choose from: when, what, and the beginning of its id.

    Streamlit chooses by the shown words: two things of the same minute must not read alike.
    """
    short = words and shortened(words, _SHORT)
    return " · ".join(filter(None, (moment(value), short, str(id_)[:8])))


def shortened(text: str, most: int = 300) -> str:
    """A text for a glance; the whole stands elsewhere."""
    return text if len(text) <= most else f"{text[:most]}…"


def clock(value: datetime | None) -> str:
    """Hour, minute and second in the set zone."""
    return value.astimezone(current().settings.zone).strftime("%H:%M:%S") if value else "–"


def age(value: datetime | None, *, now: datetime | None = None) -> str:
    """How long ago: "3 minutes ago".

    A time of the future (a clock that runs ahead) is "just now".
    """
    if value is None:
        return "–"
    seconds = ((now or datetime.now(UTC)) - value).total_seconds()
    if seconds < 5:
        return _("just now")
    return _ago(int(seconds), language())


@lru_cache(maxsize=1_024)
def _ago(seconds: int, locale: str) -> str:
    """Kept: the variants of a job, and jobs that began together, stand on many cards."""
    return format_timedelta(timedelta(seconds=-seconds), threshold=1.2, add_direction=True, locale=locale)


def duration(seconds: float | None) -> str:
    """A length of time in the viewer's language: ``0.4 s``, ``3 min 20 s``."""
    return _(duration_words(seconds))


def percent(share: float | None) -> str:
    """``share`` 0 to 1 as both languages write it: ``85%``, without a space."""
    return "–" if share is None else f"{100 * share:.0f}%"


def zone_name() -> str:
    """The zone that times are shown in, to name beside a table."""
    return current().settings.timezone
