"""Filters of the gallery, kept in the address."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from functools import partial
from html import escape
from typing import TypeVar
from uuid import UUID

import streamlit as st

from feedly_core.analytics.choices import choices
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import RANGES, SORTS, Order
from feedly_core.analytics.gallery_address import (
    PERIODS,
    SEPARATOR,
    Span,
    asked_dates,
    asked_period,
    asked_scores,
    write_score_range,
)
from feedly_core.analytics.gallery_groups import GroupBy, tones_named
from feedly_core.analytics.page_walk import NEWEST
from feedly_core.db.own_schema.facts import COMPLETE, FAILED, OPEN
from feedly_core.i18n import N_
from feedly_core.reviews.verdicts import Verdict
from pages.shared import url_state
from pages.shared.app_links import link_here
from pages.shared.ask import ask, dashboard
from pages.shared.campaigns import campaign_names
from pages.shared.filter_chips import Chip
from pages.shared.language import _
from pages.shared.not_understood import not_understood
from pages.shared.scores import score_title

_Option = TypeVar("_Option")
OUTCOMES = {COMPLETE: N_("Complete"), FAILED: N_("Failed"), OPEN: N_("Not finished")}
VERDICTS = {
    Verdict.APPROVE: N_("Approved"),
    Verdict.NEEDS_WORK: N_("Needs work"),
    Verdict.REJECT: N_("Rejected"),
}
GROUPS = {GroupBy.JOB: N_("Job"), GroupBy.TENANT: N_("Tenant"), GroupBy.TONE: N_("Tone")}


def asked_filters(*, reviewed: bool) -> PictureFilters:
    """All filters as the address has them.

    ``reviewed``: our schema is there, with verdicts and campaigns.
    """
    named = st.query_params.keys()
    tenants, tones = ask(choices) if named & {"tenant", "tone"} else ((), ())
    tone = _asked("tone", tones)
    _asked("days", PERIODS)
    since, until = asked_days()
    campaign = _asked("campaign", campaign_names()) if reviewed and "campaign" in named else None
    return PictureFilters(
        tenant=_asked("tenant", tenants),
        outcome=_asked("outcome", OUTCOMES),
        tones=ask(tones_named, tone) if tone else None,
        since=since,
        until=until,
        version=st.query_params.get("version", "").strip() or None,
        words=st.query_params.get("words", ""),
        ranges={score: ends for score, ends in _asked_ranges().items() if ends != RANGES[score]},
        verdict=_asked("verdict", VERDICTS) if reviewed else None,
        campaign=UUID(campaign) if campaign else None,
    )


def _asked(key: str, options: Iterable[_Option]) -> _Option | None:
    return url_state.asked(key, options, nothing=_("All"))


def draw_filters(*, reviewed: bool) -> None:
    """The fields of all filters but the score ranges."""
    tenants, tones = ask(choices)
    top = st.columns(4)
    with top[0]:
        _maybe("tenant", _("Tenant"), tenants)
    with top[1]:
        _maybe("outcome", _("Result"), OUTCOMES, lambda name: _(OUTCOMES[name]))
    with top[2]:
        _maybe("tone", _("Tone"), tones)
    with top[3]:
        # Any release may be written: to list those of a long history costs more than the page.
        url_state.written("version", _("Release"), placeholder=_("All"), also=_first_page)
    middle = st.columns([1, 1, 2])
    with middle[0]:
        url_state.maybe("days", _("Period"), PERIODS, lambda number: _(PERIODS[number]), also=_forget_dates)
    with middle[1]:
        _dates()
    with middle[2]:
        hint = _("Any part of a description, copy, post or hashtag")
        url_state.written("words", _("Search"), placeholder=hint, icon=":material/search:", also=_first_page)
    if not reviewed:
        return
    runs = campaign_names()
    left, right = st.columns(2)
    with left:
        _maybe("verdict", _("Verdict"), VERDICTS, lambda name: _(VERDICTS[name]))
    with right:
        _maybe("campaign", _("Campaign"), runs, runs.__getitem__)


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
        chips.append(Chip("on", _("Dates"), asked["on"].replace(SEPARATOR, " – "), also=_forget_dates))
    if asked.get("score"):
        names = ", ".join(map(score_title, _asked_ranges()))
        chips.append(Chip("score", _("Score ranges"), names, [], _first_page))
    return chips


def _sorted_by(name: str) -> str:
    return _("Time") if name == NEWEST else score_title(name)


def gallery_order() -> tuple[Order, GroupBy | None]:
    """By what, which end first, and in which groups."""
    by = url_state.one("sort", _("Sort by"), SORTS, _sorted_by, also=_first_page)
    up = url_state.flag("up", _("Ascending"), also=_first_page)
    group = _maybe("group", _("Group by"), GROUPS, lambda name: _(GROUPS[name]), none=_("No groups"))
    _worst_first(Order(str(by), up))
    return Order(str(by), up), group


_WORST = ("overall", "contrast", "ocr_accuracy")


def _worst_first(order: Order) -> None:
    """One click to the pictures that need somebody: the lowest scores first, as an address."""
    links = []
    for score in _WORST:
        link = link_here(after=None, sort=score, up=True)
        current = " aria-current='true'" if order == Order(score, ascending=True) else ""
        words = escape(_("Worst first: {score}", score=score_title(score)), quote=True)
        links.append(f"<a {link}{current}>{words}</a>")
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


def score_range(score: str) -> None:
    """The field for the lowest and the highest value of a chosen score."""
    low, high = RANGES[score]
    key = f"range-{score}"
    if url_state.address_wins(key) or key not in st.session_state:
        st.session_state[key] = _asked_ranges().get(score, (low, high))
    st.slider(score_title(score), low, high, key=key, on_change=_keep_ranges)


def set_range(score: str, low: float, high: float) -> None:
    """Narrow the range, as a brush over the histogram asks.

    Takes effect with the next run.
    """
    least, most = RANGES[score]
    st.session_state[f"range-{score}"] = (max(least, low), min(most, high))
    _keep_ranges()


def _asked_ranges() -> dict[str, tuple[float, float]]:
    """Scores and ranges of the address; what is not understood is said."""
    asked = {}
    for each in asked_scores(st.query_params.get("score", "")):
        if each.score is None:
            not_understood("score", each.written)
            continue
        low, high = RANGES[each.score]
        if each.ends is None:
            not_understood("score", each.written, f"{score_title(each.score)} {low:g}~{high:g}")
        asked[each.score] = each.ends or (low, high)
    return asked


def _keep_ranges() -> None:
    st.query_params.pop("after", None)
    parts = [
        write_score_range(score, st.session_state.get(f"range-{score}", RANGES[score]))
        for score in st.session_state["score"]
    ]
    if parts:
        st.query_params["score"] = ",".join(parts)
    else:
        st.query_params.pop("score", None)


def _first_page() -> None:
    """Another choice begins at its first page."""
    st.query_params.pop("after", None)


_maybe = partial(url_state.maybe, also=_first_page)


_DAYS = {str(days) for days in PERIODS}


def asked_days() -> Span:
    """The period as the address has it."""
    dates, days = _asked_dates(), st.query_params.get("days")
    if dates and days:
        not_understood("days", days, " – ".join(str(day) for day in dates))
    return asked_period(st.query_params.to_dict(), datetime.now(UTC), dashboard().settings.zone)


def _dates() -> None:
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
    url_state.clear("dates", ())


def _keep_dates() -> None:
    chosen = st.session_state["dates"]
    _forget("days")
    url_state.clear("days")
    _forget("on")
    if chosen:
        ends = sorted({chosen[0], chosen[-1]})
        st.query_params["on"] = SEPARATOR.join(day.isoformat() for day in ends)


def _forget(key: str) -> None:
    st.query_params.pop(key, None)
    st.query_params.pop("after", None)


def _asked_dates() -> tuple[date, ...]:
    """Nothing, one day, or the first and the last of several."""
    asked = st.query_params.get("on", "")
    found = asked_dates(asked)
    if found is None:
        not_understood("on", asked)
    return found or ()
