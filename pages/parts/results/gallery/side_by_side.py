"""Two to four variants of any jobs side by side: one zoom for all, and a table of differences."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from uuid import UUID

import streamlit as st

from feedly_core.analytics.gallery import Card, cards_of, picture_urls
from feedly_core.analytics.variant_source import FactSource
from feedly_core.db.own_schema.facts import SCORES
from feedly_core.images.assets import Unavailable
from feedly_core.results.image_checks import file_facts
from pages.parts.results.figure import Panel, picture_figure
from pages.parts.results.gallery.choose import OUTCOMES
from pages.parts.results.gallery.grid import MOST_COMPARED
from pages.parts.results.panels import unavailable
from pages.parts.results.pictures import HEIGHTS
from pages.parts.results.widgets import html_table
from pages.shared.ask import ask, dashboard
from pages.shared.formatting import moment
from pages.shared.language import _
from pages.shared.navigation import page_href, picture_url, section
from pages.shared.scores import score_title, score_words


def asked() -> list[str]:
    """The variants that the address names; what is no id is left out."""
    found = []
    for part in st.query_params.get("compare", "").split(".")[:MOST_COMPARED]:
        try:
            found.append(str(UUID(part)))
        except ValueError:
            continue
    return list(dict.fromkeys(found))


def show(source: FactSource, variant_ids: list[str]) -> None:
    """Draw the comparison; with one variant say that another is needed."""
    section(_("Compare"))
    cards = ask(cards_of, source, [UUID(variant_id) for variant_id in variant_ids])
    if len(cards) < 2:
        st.caption(_("Choose one more picture to compare it with."))
        return
    for column, card in zip(st.columns(len(cards), gap="small"), cards, strict=True):
        column.html(f"<p class='fd-results-links'>{_name(card)}</p>")
    figure = picture_figure({"": _panels(cards)}, zoom=None, panel_height=HEIGHTS[len(cards)], ink="#808495")
    st.plotly_chart(figure, key="beside", config={"scrollZoom": True}, theme=None)
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
            panels.append(Panel(None, None, missing=(escape(_("No finished picture yet")),)))
            continue
        found = file_facts(urls.get(card.variant_id), dashboard().settings)
        if isinstance(found, Unavailable):
            panels.append(Panel(None, None, missing=unavailable(found)))
        else:
            panels.append(Panel(picture_url(card.picture_id, "full"), (found.width, found.height)))
    return panels


def _name(card: Card) -> str:
    """The copy and the variant's number, leading to the job."""
    words = " · ".join((card.line or _("(no description)"), _("Variant {number}", number=card.variant)))
    return f"<a href='{page_href('results', job=card.job_id)}' target='_self'>{escape(words)}</a>"


def _differences(cards: Sequence[Card]) -> None:
    """A row a fact that differs, a column a variant; what all share stands in one line below."""
    facts = {
        _("Tenant"): [card.tenant_id or "–" for card in cards],
        _("Time"): [moment(card.created_at) for card in cards],
        _("Version"): [card.version or "–" for card in cards],
        _("Result"): [_(OUTCOMES[card.outcome]) for card in cards],
        _("Copy"): [card.line or "–" for card in cards],
        **{score_title(name): [score_words(name, card.scores[name]) for card in cards] for name in SCORES},
    }
    different = {name: values for name, values in facts.items() if len(set(values)) > 1}
    if different:
        rows = [[escape(name), *map(escape, values)] for name, values in different.items()]
        html_table([escape(_("What differs")), *map(_name, cards)], rows, _("What differs"))
    same = " · ".join(f"{name}: {values[0]}" for name, values in facts.items() if name not in different)
    if same:
        together = escape(_("The same for all: {facts}", facts=same))
        st.html(f"<p class='fd-results-quiet'>{together}</p>")
