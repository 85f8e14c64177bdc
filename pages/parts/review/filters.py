"""Filters that all views of the review page share, kept in the address."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

import streamlit as st

from feedly_core.analytics.choices import choices
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import Card
from feedly_core.analytics.gallery_address import REVIEW_PERIODS, since_midnight
from feedly_core.analytics.gallery_groups import tones_named
from feedly_core.i18n import N_, Message
from feedly_core.reviews.queue import QueueOrder
from pages.shared import url_state
from pages.shared.actions import variants_of
from pages.shared.ask import ask, dashboard
from pages.shared.campaigns import campaign_names
from pages.shared.filter_chips import Chip, filter_chips
from pages.shared.language import _, _n
from pages.shared.when_open import when_open

ORDERS: dict[QueueOrder | str, Message] = {
    QueueOrder.WORST: N_("Worst score first"),
    QueueOrder.OLDEST: N_("Oldest first"),
    QueueOrder.NEWEST: N_("Newest first"),
    QueueOrder.DISPUTED: N_("Disputed first"),
    QueueOrder.SHUFFLED: N_("Shuffled"),
}

NAMING = ("job", "variants")
"""Parameters that name pictures themselves."""

SHARED = ("tenant", "tone", "campaign", "days")
"""Parameters of the filters that the views share."""


def which_pictures() -> tuple[PictureFilters, bool]:
    """The pictures to look at, and whether the address names them: then no filter stands before them."""
    named = _named_pictures()
    if named is None:
        return boxed_filters(), False
    with st.container(horizontal=True, vertical_alignment="center"):
        words = _("The pictures of job {id}", id=str(named.job)[:8])
        if named.variants:
            words = _n(
                "{n} chosen picture is in the queue.",
                "{n} chosen pictures are in the queue.",
                len(named.variants),
            )
        st.markdown(f"**{words}**", width="content")
        st.button(_("All pictures"), icon=":material/close:", key="all-pictures", on_click=forget_named)
    return named, True


def _named_pictures() -> PictureFilters | None:
    variants = variants_of(st.query_params.get("variants", ""))
    if variants:
        return PictureFilters(variants=variants)
    job_id = url_state.chosen_job()
    return PictureFilters(job=job_id) if job_id else None


def forget_named() -> None:
    """Every picture again."""
    for key in NAMING:
        st.query_params.pop(key, None)


def place_of(card: Card, chosen: PictureFilters) -> tuple[int, int]:
    """Named pictures stand as they were named, those of a job by their number."""
    named = list(chosen.variants or ())
    return named.index(card.variant_id) if card.variant_id in named else 0, card.variant or 0


def boxed_filters() -> PictureFilters:
    """The shared filters in a box; those in force stand below it."""
    when_open("review", _("Which pictures"), ":material/filter_list:", _draw_filters)
    _show_chips()
    return _asked_filters()


def review_filters() -> PictureFilters:
    """The shared filters in the open."""
    _draw_filters()
    _show_chips()
    return _asked_filters()


def _draw_filters() -> None:
    """Tenant, tone, campaign and period in one row."""
    tenants, tones = ask(choices)
    runs = campaign_names()
    columns = st.columns(4)
    with columns[0]:
        url_state.maybe("tenant", _("Tenant"), tenants)
    with columns[1]:
        url_state.maybe("tone", _("Tone"), tones)
    with columns[2]:
        url_state.maybe("campaign", _("Campaign"), runs, runs.__getitem__)
    with columns[3]:
        url_state.one("days", _("Created"), REVIEW_PERIODS, _periods().__getitem__, default=0)


def _periods() -> dict[int, str]:
    return {days: _(words) for days, words in REVIEW_PERIODS.items()}


def _show_chips() -> None:
    asked = st.query_params
    values = {str(days): words for days, words in _periods().items()}
    if "campaign" in asked:
        values |= campaign_names()
    labels = {"tenant": _("Tenant"), "tone": _("Tone"), "campaign": _("Campaign"), "days": _("Created")}
    filter_chips(
        [
            Chip(key, label, values.get(asked[key], asked[key]))
            for key, label in labels.items()
            if asked.get(key)
        ]
    )


def _asked_filters() -> PictureFilters:
    """What the address says, whether the fields are drawn or not."""
    named = st.query_params.keys()
    tenants, tones = ask(choices) if named & {"tenant", "tone"} else ((), ())
    runs = campaign_names() if "campaign" in named else {}
    tone = url_state.asked("tone", tones, nothing=_("All"))
    campaign = url_state.asked("campaign", runs, nothing=_("All"))
    days = url_state.asked("days", REVIEW_PERIODS, 0, words=_periods().__getitem__)
    return PictureFilters(
        tenant=url_state.asked("tenant", tenants, nothing=_("All")),
        tones=ask(tones_named, tone) if tone else None,
        campaign=UUID(campaign) if campaign else None,
        since=since_midnight(days or 0, datetime.now(UTC), dashboard().settings.zone),
    )


def queue_order(*, blind: bool) -> QueueOrder:
    """Which picture of the queue comes first.

    Blind it is left to chance, or the order would tell scores.
    """
    chosen = one_order("order", ORDERS, QueueOrder.WORST, disabled=blind)
    return QueueOrder.SHUFFLED if blind else QueueOrder(chosen)


def one_order(
    key: str,
    orders: Mapping[QueueOrder | str, Message],
    default: str,
    *,
    labelled: bool = False,
    disabled: bool = False,
) -> str:
    """One of some orders; kept in the address as ``key``."""
    named = {str(name): _(words) for name, words in orders.items()}
    return url_state.one(
        key,
        _("Order"),
        named,
        named.__getitem__,
        default=str(default),
        disabled=disabled,
        label_visibility="visible" if labelled else "collapsed",
    )
