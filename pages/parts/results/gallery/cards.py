"""Cards of a gallery page, in groups or not, and the way to the next page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from uuid import UUID

import streamlit as st

from feedly_core.analytics.gallery import Card, Count, Page
from feedly_core.analytics.gallery_groups import Group, GroupBy, Tone, grouped, tones
from feedly_core.analytics.page_walk import NEWEST
from feedly_core.analytics.variant_source import VariantSource
from feedly_core.domain.labels import STATE_LABELS
from feedly_core.domain.scores import Limit, Unit, written
from feedly_core.reviews.winners import Winner
from pages.shared.actions import pictures_row
from pages.shared.app_links import link_here, link_to
from pages.shared.ask import ask
from pages.shared.badges import badge
from pages.shared.formatting import age
from pages.shared.language import _, _n, language
from pages.shared.lightbox import card_opener
from pages.shared.navigation import page_href, picture_url
from pages.shared.scores import score_title, score_words

CARD_SCORES = ("ocr_accuracy", "contrast", "iou_with_food")
MOST_COMPARED = 4


def counted(count: Count, source: VariantSource) -> None:
    """How many variants match, and how old that is."""
    if count.more:
        number = _("{n}+ variants", n=count.number)
    else:
        number = _n("{n} variant", "{n} variants", count.number)
    st.caption(f"{number} · {_freshness(source)}")


def show_freshness(source: VariantSource) -> None:
    """Source of the data, and its age."""
    st.caption(_freshness(source))


def _freshness(source: VariantSource) -> str:
    if source.bounded_to is not None:
        fresh = _("Only the newest {n} jobs that match: the read model is not filled.", n=source.bounded_to)
    elif not source.complete:
        fresh = _("Older jobs are still being read in.")
    else:
        fresh = _("Data as of {age}.", age=age(source.refreshed_at))
    return f"{fresh} {_drawn(source)}"


def _drawn(source: VariantSource) -> str:
    """How far the measuring of the drawn letters is."""
    progress = source.contrast
    if source.bounded_to is not None:
        return _("The drawn letters are measured only with the read model.")
    if progress is None:
        return _("The contrast of the drawn letters is not measured yet.")
    parts = [
        _(
            "Contrast as drawn: {share} of {n} pictures measured, {age}.",
            share=written(progress.share, Unit.SHARE, Limit(1.0, 1.0)),
            n=progress.pictures,
            age=age(progress.at),
        )
    ]
    if progress.pending:
        parts.append(_n("{n} still to do.", "{n} still to do.", progress.pending))
    if progress.unreadable:
        parts.append(
            _n(
                "{n} picture could not be measured: missing or unreadable.",
                "{n} pictures could not be measured: missing or unreadable.",
                progress.unreadable,
            )
        )
    return " ".join(parts)


def show_cards(some: Iterable[Card], compared: list[str], won: Mapping[UUID, Winner], sorted_by: str) -> None:
    """The pictures.

    Each card leads to its job and can be put beside others.

    ``won``: choices by job. A score that the pictures are sorted by stands on each card.
    """
    shown = (_card(card, compared, _winner(card, won.get(card.job_id)), sorted_by) for card in some)
    st.html(f"<div class='fd-gallery'>{''.join(shown)}</div>")


def turn(page: Page, after: str | None) -> None:
    """To the first and the next page."""
    back, forward = st.columns(2)
    if after and back.button(_("First page"), icon=":material/first_page:", width="stretch"):
        st.query_params.pop("after", None)
        st.rerun()
    if page.after and forward.button(_("Next page"), icon=":material/chevron_right:", width="stretch"):
        st.query_params["after"] = page.after
        st.rerun()


def _winner(card: Card, winner: Winner | None) -> str:
    """A badge for the team's winner; before the team has decided, for each picture that people chose."""
    if winner is None:
        return ""
    if winner.team:
        mine = winner.team.variant_id == card.variant_id
        return badge(_("Winner of the team"), ("★", "good")).html() if mine else ""
    votes = winner.votes[card.variant_id]
    return badge(_n("{n} vote", "{n} votes", votes), ("★", "busy")).html() if votes else ""


def _card(card: Card, compared: list[str], winner: str, sorted_by: str) -> str:
    words = card.line or _("(no description)")
    name = " · ".join((words, _("Variant {number}", number=card.variant)))
    no_picture = _("No finished picture yet")
    picture = (
        f"<a {card_opener(card, name)}><img src='{picture_url(card.picture_id)}'"
        f" alt='{escape(name, quote=True)}' width='320' height='320' loading='lazy'></a>"
        if card.picture_id
        else f"<div class='fd-results-nopicture'>{escape(no_picture)}</div>"
    )
    names = dict.fromkeys((*(() if sorted_by == NEWEST else (sorted_by,)), *CARD_SCORES))
    scores = " · ".join(
        f"{score_title(name, short=True)} {score_words(name, card.scores[name], large_text=card.large_text)}"
        for name in names
        if card.scores[name] is not None
    )
    state = _(STATE_LABELS[card.state])
    facts = " · ".join(filter(None, (card.tenant_id, f"#{card.variant}", age(card.created_at))))
    return (
        f"<div class='fd-card'>{_pick(card, words)}{picture}"
        f"<a href='{page_href('results', job=card.job_id)}'>{winner}<p>{escape(words)}</p>"
        f"<small>{escape(facts)}</small><small>{escape(scores or state)}</small></a>"
        f"{_actions(card, compared)}</div>"
    )


def _pick(card: Card, words: str) -> str:
    """The box that selects the picture; the browser marks what is selected."""
    if card.picture_id is None:
        return ""
    name = escape(_("Select {name}", name=f"{words} #{card.variant}"), quote=True)
    return (
        f"<button type='button' class='fd-pick' data-pick='{card.variant_id}' aria-pressed='false'"
        f" aria-label='{name}'>✓</button>"
    )


def _actions(card: Card, compared: list[str]) -> str:
    """Compared pictures stand side by side: one more joins them, the oldest gives way, or this one leaves."""
    if card.picture_id is None:
        return ""
    mine = str(card.variant_id)
    others = [other for other in compared if other != mine]
    if mine in compared:
        return pictures_row([card.variant_id], compare=link_here(compare=".".join(others)), compared=True)
    joined = ".".join([*others[1 - MOST_COMPARED :], mine])
    return pictures_row([card.variant_id], compare=link_here(compare=joined))


def grouped_cards(
    cards: Sequence[Card], by: GroupBy, compared: list[str], won: Mapping[UUID, Winner], sorted_by: str
) -> None:
    """The groups in the order of the page.

    A group may go on on the next page.
    """
    known = ask(tones, cards) if by is GroupBy.TONE else {}
    for group in grouped(cards, by):
        name, where = _head(group, by, known)
        link = f"<a {where}>{escape(name)}</a>" if where else ""
        number = escape(_n("{n} variant", "{n} variants", len(group.cards)))
        st.html(f"<h2 class='fd-group'>{link or escape(name)} <small>{number}</small></h2>")
        show_cards(group.cards, compared, won, sorted_by)


def _head(group: Group, by: GroupBy, known: Mapping[UUID, Tone]) -> tuple[str, str | None]:
    """What the group is called, and the attributes of the link of its name."""
    first = group.cards[0]
    if by is GroupBy.JOB:
        facts = (first.line or _("(no description)"), first.tenant_id, age(first.created_at))
        return " · ".join(filter(None, facts)), link_to(page_href("results", job=first.job_id))
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
    return link_here(after=None, **{key: value})
