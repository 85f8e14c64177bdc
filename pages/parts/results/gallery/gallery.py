"""Gallery of pictures across jobs: filters, cards, comparison, export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from html import escape
from uuid import UUID

import plotly.graph_objects as go
import streamlit as st

from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import (
    BINS,
    HISTOGRAM_ROWS,
    RANGES,
    Card,
    Page,
    cards_of,
    count_matches,
    gallery_page,
    histogram,
    picture_urls,
)
from feedly_core.analytics.gallery_groups import GroupBy
from feedly_core.analytics.variant_source import VariantSource, variant_source
from feedly_core.db import own_schema
from feedly_core.db.own_schema.facts import SCORE_COLUMNS
from feedly_core.domain.labels import STATE_LABELS
from feedly_core.domain.scores import SCORES, Unit
from feedly_core.images.assets import Unavailable
from feedly_core.results.image_checks import file_facts
from feedly_core.reviews.winners import Winner, winners
from pages.parts.results.gallery import cards
from pages.parts.results.gallery.cards import MOST_COMPARED
from pages.parts.results.gallery.filters import (
    asked_filters,
    chosen_filters,
    chosen_scores,
    draw_filters,
    gallery_order,
    score_range,
    set_range,
)
from pages.parts.results.gallery.selection import Shown, show_selection
from pages.parts.results.golden import add_to_golden_set
from pages.parts.results.panel import Panel, unavailable
from pages.parts.results.pictures import beside
from pages.parts.results.widgets import html_table
from pages.shared.ask import ask, asked_together, dashboard, page_errors
from pages.shared.filter_chips import filter_chips
from pages.shared.formatting import moment
from pages.shared.language import _, _n
from pages.shared.navigation import page_href, section
from pages.shared.not_understood import not_understood
from pages.shared.placeholders import empty
from pages.shared.saved_views import offer_to_save
from pages.shared.scores import score_title, score_words
from pages.shared.terms import score_link
from pages.shared.when_open import when_open


def _asked_comparison() -> list[str]:
    """The variants that the address names; what is no id, or too many, is said above the page."""
    found: dict[str, None] = {}
    for part in filter(None, st.query_params.get("compare", "").split(".")):
        try:
            found[str(UUID(part))] = None
        except ValueError:
            not_understood("compare", part)
    named = list(found)
    if len(named) > MOST_COMPARED:
        most = _n("{n} variant", "{n} variants", MOST_COMPARED)
        not_understood("compare", ".".join(named[MOST_COMPARED:]), most)
    return named[:MOST_COMPARED]


def _show_comparison(source: VariantSource, variant_ids: list[str]) -> None:
    """Draw the comparison; with one variant say that another is needed."""
    section(_("Compare"))
    cards = ask(cards_of, source, [UUID(variant_id) for variant_id in variant_ids])
    for unknown in set(variant_ids) - {str(card.variant_id) for card in cards}:
        not_understood("compare", unknown)
    add_to_golden_set("gallery-golden", [card.variant_id for card in cards])
    if len(cards) < 2:
        st.caption(_("Choose one more picture to compare it with."))
        return
    beside({"": _panels(cards)}, [_words(card) for card in cards], of=variant_ids)
    _differences(cards)
    if st.button(_("End the comparison"), icon=":material/close:"):
        st.query_params.pop("compare", None)
        st.rerun()


def _panels(cards: Sequence[Card]) -> list[Panel]:
    """The finished pictures in their own shape; a placeholder says why one cannot be shown."""
    urls = ask(picture_urls, cards)
    panels = []
    for card in cards:
        if card.picture_id is None:
            panels.append(Panel(None, None, missing=(_("No finished picture yet"),)))
            continue
        found = file_facts(urls.get(card.variant_id), dashboard().settings)
        if isinstance(found, Unavailable):
            panels.append(Panel(None, None, missing=unavailable(found)))
        else:
            size = found.width, found.height
            panels.append(Panel(card.picture_id, size, name=_words(card), job=card.job_id))
    return panels


def _name(card: Card) -> str:
    """The copy and the variant's number, leading to the job."""
    return f"<a href='{page_href('results', job=card.job_id)}' target='_self'>{escape(_words(card))}</a>"


def _words(card: Card) -> str:
    return " · ".join((card.line or _("(no description)"), _("Variant {number}", number=card.variant)))


def _score(card: Card, name: str) -> str:
    return score_words(name, card.scores[name], large_text=card.large_text)


def _differences(cards: Sequence[Card]) -> None:
    """One row per difference, one column per variant; what all share stands in one line below."""
    facts = {
        _("Tenant"): [card.tenant_id or "–" for card in cards],
        _("Time"): [moment(card.created_at) for card in cards],
        _("Version"): [card.version or "–" for card in cards],
        _("Result"): [_(STATE_LABELS[card.state]) for card in cards],
        _("Copy"): [card.line or "–" for card in cards],
        **{score_title(name): [_score(card, name) for card in cards] for name in SCORE_COLUMNS},
    }
    different = {name: values for name, values in facts.items() if len(set(values)) > 1}
    if different:
        linked = {score_title(name): score_link(name, score_title(name)) for name in SCORE_COLUMNS}
        rows = [[linked.get(name, escape(name)), *map(escape, values)] for name, values in different.items()]
        html_table([escape(_("What differs")), *map(_name, cards)], rows, _("What differs"))
    same = " · ".join(f"{name}: {values[0]}" for name, values in facts.items() if name not in different)
    if same:
        together = escape(_("The same for all: {facts}", facts=same))
        st.html(f"<p class='fd-results-quiet'>{together}</p>")


HISTOGRAM_HEIGHT = 150


def show_gallery() -> None:
    """Filters, histogram, cards, comparison and export."""
    with st.container(horizontal=True, vertical_alignment="center", key="gallery-head"):
        section(_("Gallery"))
        count = st.container(width="content")
    with page_errors():
        with asked_together():
            source = ask(variant_source, datetime.now(UTC))
            reviewed = ask(own_schema.installed)
            filters = asked_filters(reviewed=reviewed)
        with st.container(horizontal=True, key="gallery-filters"):

            def draw() -> None:
                draw_filters(reviewed=reviewed)
                _draw_scores(source, filters)

            when_open("gallery", _("Filters"), ":material/filter_alt:", draw, opened_by="score")
            offer_to_save("results")
        filter_chips(chosen_filters())
        with st.container(horizontal=True, vertical_alignment="center", key="gallery-order"):
            order, group = gallery_order()
        after = st.query_params.get("after")
        with asked_together():
            page = ask(gallery_page, source, filters, order, after)
            matches = ask(count_matches, source, filters, None if after else page)
            won = ask(winners, {card.job_id for card in page.cards}) if reviewed else {}
        with count:
            cards.counted(matches, source)
        _pages(Shown(source, filters, order), group, page, won)


def _draw_scores(source: VariantSource, filters: PictureFilters) -> None:
    """The ranges of scores; each histogram counts what the other filters leave."""
    scores = chosen_scores()
    if not scores:
        return
    columns = st.columns(min(len(scores), 2))
    counted = 0
    for number, score in enumerate(scores):
        others = {name: ends for name, ends in filters.ranges.items() if name != score}
        with columns[number % 2]:
            score_range(score)
            counted = max(counted, _brush(source, replace(filters, ranges=others), score))
    st.caption(_("Draw a box over the bars to narrow the range."))
    if counted >= HISTOGRAM_ROWS:
        st.caption(_("The bars count the newest {n} of these pictures.", n=f"{HISTOGRAM_ROWS:,}"))


def _pages(shown: Shown, group: GroupBy | None, page: Page, won: Mapping[UUID, Winner]) -> None:
    compared = _asked_comparison()
    if compared:
        _show_comparison(shown.source, compared)
    if not page.cards:
        empty(_("No picture matches"), _("Widen the filters, or make a job."))
        return
    show_selection(shown)
    if group is None:
        cards.show_cards(page.cards, compared, won, shown.order.by)
    else:
        cards.grouped_cards(page.cards, group, compared, won, shown.order.by)
    cards.turn(page, st.query_params.get("after"))


def _brush(source: VariantSource, filters: PictureFilters, score: str) -> int:
    """How the score is spread over the matches; a box drawn over it narrows the range.

    Returns how many are counted.
    """
    low, high = RANGES[score]
    width = (high - low) / BINS
    middles = [low + width * (number + 0.5) for number in range(BINS)]
    counts = ask(histogram, source, filters, score)
    figure = go.Figure(go.Bar(x=middles, y=counts, width=width * 0.96))
    figure.update_layout(
        height=HISTOGRAM_HEIGHT, margin={"l": 0, "r": 0, "t": 4, "b": 0}, dragmode="select", bargap=0
    )
    share = SCORES[score].unit is Unit.SHARE
    figure.update_xaxes(range=[low, high], tickformat=".0%" if share else None)
    most = max(range(BINS), key=lambda number: counts[number])
    finding = _(
        "{score} of {n} pictures, most of them between {low} and {high}",
        score=score_title(score),
        n=sum(counts),
        low=score_words(score, low + width * most),
        high=score_words(score, low + width * (most + 1)),
    )
    st.plotly_chart(
        figure,
        key=f"brush-{score}",
        on_select=lambda: _brushed(score),
        selection_mode="box",
        config={"displayModeBar": False},
        alt=finding,
    )
    return sum(counts)


def _brushed(score: str) -> None:
    boxes = st.session_state[f"brush-{score}"].selection.box
    if boxes:
        first, last = sorted(boxes[0]["x"])
        set_range(score, round(first, 3), round(last, 3))
