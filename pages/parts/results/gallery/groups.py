"""The cards of a page in groups, each below the name of what its pictures have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import urlencode
from uuid import UUID

import streamlit as st

from feedly_core.analytics.gallery import Card
from feedly_core.analytics.gallery_groups import Group, GroupBy, Tone, grouped, tones
from feedly_core.reviews.winners import Winner
from pages.parts.results.gallery import grid
from pages.shared.ask import ask
from pages.shared.formatting import age
from pages.shared.language import _, _n, language
from pages.shared.navigation import page_href


def show(
    cards: Sequence[Card], by: GroupBy, compared: list[str], won: Mapping[UUID, Winner], sorted_by: str
) -> None:
    """The groups in the order of the page; a group may go on on the next page."""
    known = ask(tones, cards) if by is GroupBy.TONE else {}
    for group in grouped(cards, by):
        name, address = _head(group, by, known)
        link = f"<a href='{escape(address, quote=True)}' target='_self'>{escape(name)}</a>" if address else ""
        number = escape(_n("{n} variant", "{n} variants", len(group.cards)))
        st.html(f"<h4 class='fd-group'>{link or escape(name)} <small>{number}</small></h4>")
        grid.cards(group.cards, compared, won, sorted_by)


def _head(group: Group, by: GroupBy, known: Mapping[UUID, Tone]) -> tuple[str, str | None]:
    """What the group is called, and where its name leads."""
    first = group.cards[0]
    if by is GroupBy.JOB:
        facts = (first.line or _("(no description)"), first.tenant_id, age(first.created_at))
        return " · ".join(filter(None, facts)), page_href("results", job=first.job_id)
    if by is GroupBy.TENANT:
        return first.tenant_id or _("No tenant"), _narrowed("tenant", first.tenant_id)
    tone = known.get(first.tone_style_id) if first.tone_style_id else None
    if tone is None:
        return _("No tone"), None
    name = tone.korean if language() == "ko" else tone.english
    return name or tone.korean or tone.english or _("No tone"), _narrowed("tone", tone.korean)


def _narrowed(key: str, value: str | None) -> str | None:
    """This address with the group as its filter, from the first page on."""
    if value is None:
        return None
    kept = {name: old for name, old in st.query_params.items() if name != "after"}
    return "?" + urlencode({**kept, key: value})
