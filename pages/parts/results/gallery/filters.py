"""Filters of the gallery, kept in the address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from html import escape
from urllib.parse import urlencode
from uuid import UUID

import streamlit as st

from feedly_core.analytics.choices import choices
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import NEWEST, RANGES, SORTS, Order
from feedly_core.analytics.gallery_groups import GroupBy, tones_named
from feedly_core.db.own_schema.facts import COMPLETE, FAILED, OPEN
from feedly_core.i18n import N_
from feedly_core.reviews.verdicts import Verdict
from pages.shared import url_state
from pages.shared.ask import ask, dashboard
from pages.shared.campaigns import campaign_names
from pages.shared.filter_chips import Chip
from pages.shared.language import _
from pages.shared.not_understood import not_understood
from pages.shared.scores import score_title

OUTCOMES = {COMPLETE: N_("Complete"), FAILED: N_("Failed"), OPEN: N_("Not finished")}
VERDICTS = {
    Verdict.APPROVE: N_("Approved"),
    Verdict.NEEDS_WORK: N_("Needs work"),
    Verdict.REJECT: N_("Rejected"),
}
GROUPS = {GroupBy.JOB: N_("Job"), GroupBy.TENANT: N_("Tenant"), GroupBy.TONE: N_("Tone")}


def gallery_filters(*, reviewed: bool) -> PictureFilters:
    """All filters but the score ranges.

    ``reviewed``: our schema is there, with verdicts and campaigns.
    """
    tenants, tones = ask(choices)
    top = st.columns(4)
    with top[0]:
        tenant = _maybe("tenant", _("Tenant"), tenants)
    with top[1]:
        outcome = _maybe("outcome", _("Result"), OUTCOMES, lambda name: _(OUTCOMES[name]))
    with top[2]:
        tone = _maybe("tone", _("Tone"), tones)
    with top[3]:
        version = _release()
    middle = st.columns([1, 1, 2])
    with middle[0]:
        last_days()
    with middle[1]:
        dates()
    with middle[2]:
        hint = _("Any part of a description, copy, post or hashtag")
        words = url_state.written(
            "words", _("Search"), placeholder=hint, icon=":material/search:", also=_first_page
        )
    since, until = asked_days()
    chosen = PictureFilters(
        tenant=tenant,
        outcome=outcome,
        tones=ask(tones_named, tone) if tone else None,
        since=since,
        until=until,
        version=version,
        words=words,
    )
    return _reviewed(chosen) if reviewed else chosen


def chosen_filters() -> list[Chip]:
    """The filters of the address, each to be taken away."""
    by_verdict = {verdict.value: words for verdict, words in VERDICTS.items()}
    known: tuple[tuple[str, str, object, Callable[[str], str]], ...] = (
        ("tenant", _("Tenant"), None, str),
        ("outcome", _("Result"), None, lambda name: _(OUTCOMES[name]) if name in OUTCOMES else name),
        ("tone", _("Tone"), None, str),
        ("version", _("Release"), "", str),
        ("days", _("Period"), None, lambda days: _(PERIODS[int(days)]) if days in _DAYS else days),
        ("words", _("Search"), "", str),
        ("verdict", _("Verdict"), None, lambda name: _(by_verdict[name]) if name in by_verdict else name),
        ("campaign", _("Campaign"), None, lambda campaign: campaign[:8]),
    )
    asked = st.query_params
    chips = [
        Chip(key, label, words(asked[key]), empty, _first_page)
        for key, label, empty, words in known
        if asked.get(key)
    ]
    if asked.get("on"):
        chips.append(Chip("on", _("Dates"), asked["on"].replace(_SEPARATOR, " – "), also=_forget_dates))
    if asked.get("score"):
        names = ", ".join(map(score_title, _asked_ranges()))
        chips.append(Chip("score", _("Score ranges"), names, [], _first_page))
    return chips


def _release() -> str | None:
    """Any release may be written: to list those of a long history costs more than the page."""
    return url_state.written("version", _("Release"), placeholder=_("All"), also=_first_page).strip() or None


def _reviewed(chosen: PictureFilters) -> PictureFilters:
    runs = campaign_names()
    left, right = st.columns(2)
    with left:
        verdict = _maybe("verdict", _("Verdict"), VERDICTS, lambda name: _(VERDICTS[name]))
    with right:
        campaign = _maybe("campaign", _("Campaign"), runs, runs.__getitem__)
    return replace(chosen, verdict=verdict, campaign=UUID(campaign) if campaign else None)


def _sorted_by(name: str) -> str:
    return _("Time") if name == NEWEST else score_title(name)


def gallery_order() -> tuple[Order, GroupBy | None]:
    """By what, which end first, and in which groups."""
    left, middle, right = st.columns([2, 1, 2], vertical_alignment="bottom")
    with left:
        by = url_state.one("sort", _("Sort by"), SORTS, _sorted_by, also=_first_page)
    with middle:
        up = url_state.flag("up", _("Ascending"), also=_first_page)
    with right:
        group = _maybe("group", _("Group by"), GROUPS, lambda name: _(GROUPS[name]), none=_("No groups"))
    _worst_first(Order(str(by), up))
    return Order(str(by), up), group


_WORST = ("overall", "contrast", "ocr_accuracy")


def _worst_first(order: Order) -> None:
    """One click to the pictures that need somebody: the lowest scores first, as an address."""
    links = []
    for score in _WORST:
        kept = {key: value for key, value in st.query_params.items() if key not in {"after", "sort", "up"}}
        address = "?" + urlencode({**kept, "sort": score, "up": True})
        current = " aria-current='true'" if order == Order(score, ascending=True) else ""
        words = escape(_("Worst first: {score}", score=score_title(score)), quote=True)
        href = escape(address, quote=True)
        links.append(f"<a href='{href}' target='_self'{current}><span>{words}</span></a>")
    st.html(f"<nav class='fd-actions'>{''.join(links)}</nav>")


def chosen_scores() -> list[str]:
    """The scores whose spread is shown and whose range may be narrowed."""
    asked = list(_asked_ranges())
    if url_state.address_wins("score") or "score" not in st.session_state:
        st.session_state["score"] = asked
    return st.multiselect(
        _("Score ranges"),
        list(RANGES),
        key="score",
        format_func=score_title,
        placeholder=_("Choose scores"),
        on_change=_keep_ranges,
    )


def score_range(score: str) -> tuple[float, float] | None:
    """The lowest and the highest value of a chosen score, None while it is not narrowed."""
    low, high = RANGES[score]
    key = f"range-{score}"
    if url_state.address_wins(key) or key not in st.session_state:
        st.session_state[key] = _asked_ranges().get(score, (low, high))
    st.slider(score_title(score), low, high, key=key, on_change=_keep_ranges)
    chosen: tuple[float, float] = st.session_state[key]
    return None if chosen == (low, high) else chosen


def set_range(score: str, low: float, high: float) -> None:
    """Narrow the range, as a brush over the histogram asks.

    Takes effect with the next run.
    """
    least, most = RANGES[score]
    st.session_state[f"range-{score}"] = (max(least, low), min(most, high))
    _keep_ranges()


def _asked_ranges() -> dict[str, tuple[float, float]]:
    """Scores and ranges of the address, as in ``score=contrast:1~4.5,overall``."""
    asked = {}
    for part in filter(None, st.query_params.get("score", "").split(",")):
        score, colon, written = part.partition(":")
        if score not in RANGES:
            not_understood("score", part)
            continue
        asked[score] = RANGES[score]
        if colon:
            ends = _ends(written, *RANGES[score])
            if ends is None:
                low, high = RANGES[score]
                not_understood("score", part, f"{score_title(score)} {low:g}~{high:g}")
            else:
                asked[score] = ends
    return asked


def _ends(written: str, low: float, high: float) -> tuple[float, float] | None:
    """Both ends of a written range; None for what is no range within the limits."""
    try:
        first, last = (float(end) for end in written.split("~"))
    except ValueError:
        return None
    return (first, last) if low <= first <= last <= high else None


def _keep_ranges() -> None:
    st.query_params.pop("after", None)
    parts = []
    for score in st.session_state["score"]:
        first, last = st.session_state.get(f"range-{score}", RANGES[score])
        narrowed = (first, last) != RANGES[score]
        parts.append(f"{score}:{first:g}~{last:g}" if narrowed else score)
    if parts:
        st.query_params["score"] = ",".join(parts)
    else:
        st.query_params.pop("score", None)


def _first_page() -> None:
    """Another choice begins at its first page."""
    st.query_params.pop("after", None)


_maybe = partial(url_state.maybe, also=_first_page)


PERIODS = {1: N_("24 hours"), 7: N_("7 days"), 30: N_("30 days"), 90: N_("90 days")}
_DAYS = {str(days) for days in PERIODS}
_SEPARATOR = "~"

Span = tuple[datetime | None, datetime | None]


def asked_days() -> Span:
    """The period as the address has it: since (included) and until (not included); None is open."""
    dates = _asked_dates()
    if dates:
        if days := st.query_params.get("days"):
            not_understood("days", days, " – ".join(str(day) for day in dates))
        zone = dashboard().settings.zone
        begin = datetime.combine(dates[0], time(), zone)
        return begin, datetime.combine(dates[-1] + timedelta(days=1), time(), zone)
    days = st.query_params.get("days", "")
    if days.isdigit() and int(days) in PERIODS:
        return datetime.now(UTC) - timedelta(days=int(days)), None
    return None, None


def last_days() -> None:
    """The select of the last so many days."""
    url_state.maybe("days", _("Period"), PERIODS, lambda number: _(PERIODS[number]), also=_forget_dates)


def dates() -> None:
    """The field for one day or a span of days."""
    if url_state.address_wins("dates"):
        st.session_state["dates"] = _asked_dates()
    if "dates" not in st.session_state:
        st.session_state["dates-first"] = _asked_dates()
    st.date_input(
        _("Dates"),
        value=st.session_state["dates-first"],
        key="dates",
        format="YYYY-MM-DD",
        on_change=_keep_dates,
    )


def _forget_dates() -> None:
    _forget("on")
    st.session_state["dates"] = ()


def _keep_dates() -> None:
    chosen = st.session_state["dates"]
    _forget("days")
    st.session_state["days"] = None
    _forget("on")
    if chosen:
        ends = sorted({chosen[0], chosen[-1]})
        st.query_params["on"] = _SEPARATOR.join(day.isoformat() for day in ends)


def _forget(key: str) -> None:
    st.query_params.pop(key, None)
    st.query_params.pop("after", None)


def _asked_dates() -> tuple[date, ...]:
    """Nothing, one day, or the first and the last of several."""
    asked = st.query_params.get("on", "")
    if not asked:
        return ()
    try:
        found = sorted(date.fromisoformat(part) for part in asked.split(_SEPARATOR))
    except ValueError:
        found = []
    if not 1 <= len(found) <= 2:
        not_understood("on", asked)
        return ()
    return tuple(found)
