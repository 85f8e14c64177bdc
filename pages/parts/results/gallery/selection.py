"""Selected pictures of the gallery: one bar with what can be done with them all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import streamlit as st

from feedly_core.analytics.export import FORMATS as TABLES
from feedly_core.analytics.export import Format
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import Order, cards_of, gallery_page
from feedly_core.analytics.variant_source import VariantSource
from feedly_core.reviews.deck import MOST_SLIDES, Audience
from feedly_core.reviews.meetings import MAX_AGENDA
from feedly_core.reviews.takeaway import FORMATS, Wanted, takeaway
from feedly_core.reviews.verdicts import VERDICT_LABELS, Entry, Verdict, save
from pages.shared.actions import SEPARATOR, collect
from pages.shared.ask import ask, dashboard, page_errors
from pages.shared.language import _, _n, language
from pages.shared.navigation import site_address
from pages.shared.reviewer import known_reviewer, may_judge
from pages.shared.scores import limits
from pages.shared.streamlit_workarounds.scripts import module

MOST_SELECTED = MAX_AGENDA
_KEY = "gallery-selected"
_VERDICTS = (Verdict.APPROVE, Verdict.NEEDS_WORK, Verdict.REJECT)
_select = st.components.v2.component(
    "feedly.gallery_select",
    html="<span hidden></span>",
    js=module(Path(__file__).with_name("select.js")),
)


@dataclass(frozen=True)
class Shown:
    """What the gallery shows: where it comes from, which pictures, in which order."""

    source: VariantSource
    filters: PictureFilters
    order: Order


def selected() -> list[UUID]:
    """The selected variants, in the order of their selection."""
    chosen: list[UUID] = st.session_state.setdefault(_KEY, [])
    return chosen


def show_selection(shown: Shown) -> None:
    """The bar over the cards: verdict, agenda and files of what is selected, else files of the filter."""
    with st.container(key="socket-select"):
        _select(
            key="gallery-select",
            data={"chosen": [str(one) for one in selected()], "most": MOST_SELECTED},
            on_chosen_change=_receive,
        )
    chosen = selected()
    with st.container(key="gallery-bar", horizontal=True, vertical_alignment="center"):
        words = _n("{n} selected", "{n} selected", len(chosen)) if chosen else _("All of this filter")
        st.markdown(f"**{words}**", width="content")
        if chosen:
            _actions(chosen, shown.source)
            st.button(_("Clear the selection"), icon=":material/close:", key="select-none", on_click=_clear)
        else:
            st.button(
                _("Select all"),
                icon=":material/select_all:",
                key="select-all",
                on_click=_select_all,
                args=(shown,),
                help=_("The first {n} of this filter.", n=MOST_SELECTED),
            )
        per_page = _per_page()
        wanted = PictureFilters(variants=tuple(chosen)) if chosen else shown.filters
        for name, form in FORMATS.items():
            _download(name, form, replace(shown, filters=wanted), per_page)


def _per_page() -> int:
    words = {1: _("1 per slide"), 4: _("4 per slide")}
    return int(
        st.selectbox(
            _("Pictures per slide"),
            list(words),
            format_func=words.__getitem__,
            key="slides-per-page",
            label_visibility="collapsed",
            width=150,
        )
    )


def _download(name: str, form: Format, shown: Shown, per_page: int) -> None:
    """Each file is made when it is asked for."""
    here = dashboard()
    local = datetime.now(here.settings.zone)
    # Asked here: the file is made later, outside the viewer's session.
    audience = Audience(language(), here.settings.zone, limits(), site_address())
    title = shown.filters.tenant or _("Gallery")
    bound = _("Slides and originals: the first {n} pictures.", n=MOST_SLIDES)
    wanted = Wanted(shown.filters, shown.order, title, 4 if per_page == 4 else 1)
    st.download_button(
        name,
        data=partial(_made, shown.source, wanted, form, audience),
        file_name=f"feedly-{shown.filters.tenant or 'pictures'}-{local:%Y-%m-%d}.{form.ending}",
        mime=form.mime,
        icon=":material/download:",
        on_click="ignore",
        key=f"take-{form.ending}",
        help=None if form in TABLES.values() else bound,
    )


def _made(source: VariantSource, wanted: Wanted, form: Format, audience: Audience) -> bytes:
    here = dashboard()
    return takeaway(here.engine, here.settings, source, wanted, form, audience, datetime.now(UTC))


def _actions(chosen: Sequence[UUID], source: VariantSource) -> None:
    """What writes: verdicts and the agenda; and the way to judge them one by one."""
    named = SEPARATOR.join(map(str, chosen))
    st.page_link(
        "pages/review.py",
        label=_("Judge this"),
        icon=":material/rate_review:",
        query_params={"variants": named},
    )
    person = known_reviewer()
    if person is None:
        st.page_link(
            "pages/review.py",
            label=_("Add to agenda"),
            icon=":material/playlist_add:",
            query_params={"view": "meeting", "add": named},
        )
    elif may_judge(person):
        _button(_("Add to agenda"), "playlist_add", "select-agenda", partial(collect, chosen))
        _verdicts(chosen, source)


def _verdicts(chosen: Sequence[UUID], source: VariantSource) -> None:
    with st.popover(_("Give a verdict"), icon=":material/gavel:"):
        st.caption(
            _n(
                "Your verdict on {n} picture; it replaces an earlier one of yours.",
                "Your verdict on {n} pictures; it replaces earlier ones of yours.",
                len(chosen),
            )
        )
        st.text_input(_("Comment (goes with your verdict)"), key="select-comment", max_chars=2000)
        for verdict in _VERDICTS:
            name = f"select-{verdict.value}"
            _button(_(VERDICT_LABELS[verdict]), None, name, partial(_judge, chosen, verdict, source))


def _button(words: str, icon: str | None, key: str, act: Callable[[], None]) -> None:
    shape = f":material/{icon}:" if icon else None
    st.button(words, icon=shape, key=key, on_click=_guarded, args=(act,))


def _guarded(act: Callable[[], None]) -> None:
    with page_errors():
        act()


def _judge(chosen: Sequence[UUID], verdict: Verdict, source: VariantSource) -> None:
    """One entry per picture, all in one transaction."""
    person, here = known_reviewer(), dashboard()
    if person is None:
        return
    comment = str(st.session_state.get("select-comment") or "")
    entries = [
        Entry(uuid4(), card.job_id, card.variant_id, card.finished_id, verdict, comment=comment)
        for card in ask(cards_of, source, chosen)
        if card.picture_id is not None
    ]
    if entries:
        save(here.engine, here.settings, person, entries)
    given = _(VERDICT_LABELS[verdict])
    words = _n("{n} picture judged: {verdict}", "{n} pictures judged: {verdict}", len(entries), verdict=given)
    st.toast(words, icon=":material/gavel:")


def _receive() -> None:
    """What the browser has selected; an id that is none is left out."""
    found = []
    for sent in st.session_state["gallery-select"].chosen or ():
        try:
            found.append(UUID(str(sent)))
        except ValueError:
            continue
    st.session_state[_KEY] = list(dict.fromkeys(found))[:MOST_SELECTED]


def _select_all(shown: Shown) -> None:
    with page_errors():
        finished = replace(shown.filters, finished=True)
        page = ask(gallery_page, shown.source, finished, shown.order, None, MOST_SELECTED)
        st.session_state[_KEY] = [card.variant_id for card in page.cards]


def _clear() -> None:
    st.session_state[_KEY] = []
