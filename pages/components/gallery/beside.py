"""Two to four variants of any jobs side by side: one zoom for all, and a table of differences."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from feedly_core.results.fact_source import FactSource
from feedly_core.results.gallery import Card, cards_of
from feedly_core.results.scores import written
from pages.components.app import ask
from pages.components.gallery.choose import NAMES, OUTCOMES
from pages.components.gallery.grid import MOST_COMPARED, UNITS
from pages.components.navigation import picture_url, section
from pages.components.results.figure import Panel, picture_figure
from pages.components.times import moment
from pages.components.words import _

PANEL_HEIGHT = 420


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
    if len(variant_ids) < 2:
        st.caption(_("Choose one more picture to compare it with."))
        return
    cards = ask(cards_of, source, [UUID(variant_id) for variant_id in variant_ids])
    panels = [
        Panel(
            picture_url(card.picture_id, "full") if card.picture_id else None,
            None,
            missing=() if card.picture_id else (_("No finished picture yet"),),
            name=card.line or "",
        )
        for card in cards
    ]
    figure = picture_figure({"": panels}, zoom=None, panel_height=PANEL_HEIGHT, ink="#808495")
    st.plotly_chart(figure, key="beside", config={"scrollZoom": True}, theme=None)
    st.dataframe(_differences(cards), hide_index=True, height="content")
    if st.button(_("End the comparison"), icon=":material/close:"):
        st.query_params.pop("compare", None)
        st.rerun()


def _differences(cards: tuple[Card, ...]) -> dict[str, list[str]]:
    """A row a fact, a column a variant."""
    facts = {
        _("Tenant"): [card.tenant_id or "–" for card in cards],
        _("Time"): [moment(card.created_at) for card in cards],
        _("Version"): [card.version or "–" for card in cards],
        _("Result"): [_(OUTCOMES[card.outcome]) for card in cards],
        _("Copy"): [card.line or "–" for card in cards],
        **{
            _(NAMES[name]): [written(card.scores[name], unit) for card in cards]
            for name, unit in UNITS.items()
        },
    }
    columns = {_("Fact"): list(facts)}
    for number, card in enumerate(cards):
        columns[f"{number + 1}: {str(card.job_id)[:8]} #{card.variant}"] = [
            values[number] for values in facts.values()
        ]
    return columns
