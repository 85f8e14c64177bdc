"""Addresses of saved views, pure: what is kept of one, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedly_core.analytics.gallery import RANGES
from feedly_core.analytics.gallery_address import (
    PERIODS,
    asked_dates,
    asked_period,
    narrowed_scores,
    write_score_range,
)
from feedly_core.errors import InvalidInput
from feedly_core.saved_views.addresses import (
    FLEETING,
    PARAMETERS,
    address_of,
    kept_parameters,
    known_parameters,
    read_address,
)

NOW, SEOUL = datetime(2026, 7, 9, 15, 30, tzinfo=UTC), ZoneInfo("Asia/Seoul")
SAVED = st.sampled_from(sorted(PARAMETERS)).flatmap(
    lambda page: st.tuples(
        st.just(page),
        st.dictionaries(
            st.sampled_from(sorted(known_parameters(page) or {"lang"})),
            st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
        ),
    )
)


@given(SAVED)
def test_an_address_comes_back_as_it_was_written(saved: tuple[str, dict[str, str]]) -> None:
    page, given_ = saved
    kept = kept_parameters(page, given_)
    assert kept == {name: value for name, value in given_.items() if name in PARAMETERS[page]}
    assert read_address(address_of(page, kept)) == (page, kept)
    assert read_address(f"https://host/base/{address_of(page, {**given_, 'lang': 'ko'})}#top") == (page, kept)


@given(st.text())
def test_any_text_is_read_or_refused_in_words(written: str) -> None:
    try:
        page, kept = read_address(written)
    except InvalidInput:
        return
    assert kept.keys() <= PARAMETERS[page]


def test_no_view_keeps_an_act_or_a_place_in_a_list() -> None:
    assert not any(PARAMETERS[page] & names for page, names in FLEETING.items())
    with pytest.raises(InvalidInput, match="does not know next"):
        read_address("results?next=http://evil")


@given(st.dictionaries(st.sampled_from(sorted(RANGES)), st.tuples(st.floats(0, 1), st.floats(0, 1))))
def test_ranges_of_scores_are_read_as_they_are_written(drawn: dict[str, tuple[float, float]]) -> None:
    wanted = {}
    for score, shares in drawn.items():
        low, high = RANGES[score]
        first, last = sorted(float(f"{low + (high - low) * share:g}") for share in shares)
        wanted[score] = (max(low, first), min(high, last))
    written = ",".join(write_score_range(score, ends) for score, ends in wanted.items())
    assert narrowed_scores(written) == {
        score: ends for score, ends in wanted.items() if ends != RANGES[score]
    }


@given(st.dates(), st.dates())
def test_dates_go_before_a_number_of_days_and_end_with_their_day(one, other) -> None:  # type: ignore[no-untyped-def]
    on = f"{one.isoformat()}~{other.isoformat()}"
    first, last = sorted((one, other))
    assert asked_dates(on) == (first, last)
    if last.year > 9990:
        return
    since, until = asked_period({"on": on, "days": "7"}, NOW, SEOUL)
    assert since is not None and until is not None
    assert since.date() == first and until.date() == last + timedelta(days=1)


@given(st.text(max_size=12))
def test_strange_periods_are_no_filter(written: str) -> None:
    since, until = asked_period({"days": written, "on": f"x{written}"}, NOW, SEOUL)
    assert until is None
    assert since is None or (since == NOW - timedelta(days=int(written)) and int(written) in PERIODS)
