"""The gallery as the results page shows it when no job is chosen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import plotly.graph_objects as go
import streamlit as st

from feedly_core.analytics.export import FORMATS, export
from feedly_core.analytics.gallery import (
    BINS,
    RANGES,
    Filters,
    Order,
    count_matches,
    gallery_page,
    histogram,
)
from feedly_core.analytics.gallery_groups import GroupBy
from feedly_core.analytics.variant_source import FactSource, fact_source
from feedly_core.db import own_schema
from feedly_core.reviews.winners import winners
from pages.parts.results.gallery import choose, grid, groups, side_by_side
from pages.shared.ask import ask, dashboard, page_errors
from pages.shared.language import _
from pages.shared.navigation import section
from pages.shared.placeholders import empty

HISTOGRAM_HEIGHT = 150


def show() -> None:
    """Filters, histogram, cards, comparison and export."""
    section(_("Gallery"))
    with page_errors():
        source = ask(fact_source, datetime.now(UTC))
        with st.expander(_("Filters"), icon=":material/filter_alt:", expanded=bool(_any_asked())):
            filters = choose.filters(reviewed=ask(own_schema.installed))
            filters = _narrowed(source, filters)
        order, group = choose.order()
        _pages(source, filters, order, group)


def _narrowed(source: FactSource, filters: Filters) -> Filters:
    """The filters with the ranges of scores; each histogram counts what the others leave."""
    scores = choose.scores()
    if not scores:
        return filters
    columns = st.columns(min(len(scores), 2))
    places = {score: columns[number % 2].container() for number, score in enumerate(scores)}
    ranges = {}
    for score, place in places.items():
        with place:
            if chosen := choose.score_range(score):
                ranges[score] = chosen
    for score, place in places.items():
        others = {name: chosen for name, chosen in ranges.items() if name != score}
        with place:
            _brush(source, replace(filters, ranges=others), score)
    st.caption(_("Draw a box over the bars to narrow the range."))
    return replace(filters, ranges=ranges)


def _pages(source: FactSource, filters: Filters, order: Order, group: GroupBy | None) -> None:
    compared = side_by_side.asked()
    if compared:
        side_by_side.show(source, compared)
    after = st.query_params.get("after")
    page = ask(gallery_page, source, filters, order, after)
    grid.counted(ask(count_matches, source, filters), source)
    if not page.cards:
        empty(_("No picture matches"), _("Widen the filters, or make a job."))
        return
    jobs = {card.job_id for card in page.cards}
    won = ask(winners, jobs) if ask(own_schema.installed) else {}
    if group is None:
        grid.cards(page.cards, compared, won, order.by)
    else:
        groups.show(page.cards, group, compared, won, order.by)
    grid.turn(page, after)
    _take_along(source, filters, order)


def _brush(source: FactSource, filters: Filters, score: str) -> None:
    """How the score is spread over the matches; a box drawn over it narrows the range."""
    low, high = RANGES[score]
    width = (high - low) / BINS
    middles = [low + width * (number + 0.5) for number in range(BINS)]
    counts = ask(histogram, source, filters, score)
    figure = go.Figure(go.Bar(x=middles, y=counts, width=width * 0.96))
    figure.update_layout(
        height=HISTOGRAM_HEIGHT, margin={"l": 0, "r": 0, "t": 4, "b": 0}, dragmode="select", bargap=0
    )
    figure.update_xaxes(range=[low, high])
    st.plotly_chart(
        figure,
        key=f"brush-{score}",
        on_select=lambda: _brushed(score),
        selection_mode="box",
        config={"displayModeBar": False},
    )


def _brushed(score: str) -> None:
    boxes = st.session_state[f"brush-{score}"].selection.box
    if boxes:
        first, last = sorted(boxes[0]["x"])
        choose.set_range(score, round(first, 3), round(last, 3))


def _take_along(source: FactSource, filters: Filters, order: Order) -> None:
    """The filter's variants as a table that opens without this program."""
    settings = dashboard().settings
    columns = st.columns(len(FORMATS))
    for column, (name, form) in zip(columns, FORMATS.items(), strict=True):
        column.download_button(
            name,
            data=lambda form=form: ask(export, source, filters, order, form, settings),
            file_name=f"feedly-variants.{form.ending}",
            mime=form.mime,
            icon=":material/download:",
            on_click="ignore",
            width="stretch",
        )


def _any_asked() -> bool:
    return any(
        key in st.query_params
        for key in (
            *("tenant", "outcome", "tone", "version", "days", "on"),
            *("words", "verdict", "campaign", "score"),
        )
    )
