"""Row of actions under every job, picture and campaign: where it leads on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from uuid import UUID

import streamlit as st

from feedly_core.reviews import agenda
from feedly_core.reviews.meetings import MAX_AGENDA
from pages.shared.app_links import link_to
from pages.shared.ask import dashboard, page_errors
from pages.shared.language import _
from pages.shared.navigation import page_href
from pages.shared.one_run import once
from pages.shared.reviewer import known_reviewer, may_judge
from pages.shared.streamlit_workarounds.scripts import module

SEPARATOR = "."
_listener = st.components.v2.component(
    "feedly.actions",
    html="<span hidden></span>",
    js=module(Path(__file__).with_name("actions.js")),
)


def pictures_row(variants: Sequence[UUID], *, compare: str = "", compared: bool = False) -> str:
    """Of one picture, or of some: their variants.

    ``compare``: the link that puts it beside others, or takes it away where it is ``compared``.
    """
    named = SEPARATOR.join(map(str, variants))
    here = link_to(page_href("review", variants=named))
    return _row(here, here, named, compare or link_to(page_href("results", compare=named)), compared=compared)


def job_row(job_id: UUID, variants: Iterable[UUID], *, choosing: bool = False) -> str:
    """Of one job; ``variants`` are those with a finished picture.

    ``choosing``: its winner is being chosen here.
    """
    finished = list(map(str, variants))
    compare = link_to(page_href("review", view="runs", kind="job", after=job_id))
    judge = link_to(page_href("review", job=job_id)) if finished else ""
    several = len(finished) > 1 and not choosing
    winner = link_to(page_href("review", view="winner", job=job_id)) if several else ""
    return _row(link_to(page_href("results", job=job_id)), judge, SEPARATOR.join(finished), compare, winner)


def campaign_row(campaign_id: UUID) -> str:
    """Of one campaign, whose pictures are many: they are judged, and compared as a run."""
    return _row(
        link_to(page_href("create_jobs", part="campaigns", run=campaign_id)),
        link_to(page_href("review", campaign=campaign_id)),
        "",
        link_to(page_href("review", view="runs", kind="campaign", after=campaign_id)),
    )


def _row(
    itself: str, judge: str, pictures: str, compare: str, winner: str = "", *, compared: bool = False
) -> str:
    """The links as HTML, by their attributes; what leads nowhere is left out."""
    collect = link_to(page_href("review", view="meeting", add=pictures)) if pictures else ""
    links = [
        _link(judge, "rate_review", _("Judge this")),
        _link(winner, "trophy", _("Pick the winner")),
        _link(collect, "playlist_add", _("Add to agenda"), act="agenda", pictures=pictures)
        if _collects()
        else "",
        _link(compare, "compare", _("✓ compared") if compared else _("Compare")),
        _link(itself, "link", _("Copy link"), act="copy"),
    ]
    name = escape(_("Actions"), quote=True)
    return f"<nav class='fd-actions' aria-label='{name}'>{''.join(links)}</nav>"


def _link(where: str, icon: str, words: str, **data: str) -> str:
    """``icon``: a Material symbol, alone where there is little room; the words are then its title.

    One element: the gallery has hundreds, and the browser takes each apart before it shows any.
    """
    if not where:
        return ""
    given = "".join(f" data-{name}='{escape(value, quote=True)}'" for name, value in data.items())
    named = escape(words, quote=True)
    return f"<a {where} title='{named}' data-icon='{icon}'{given}>{named}</a>"


@once
def _collects() -> bool:
    person = known_reviewer()
    return person is None or may_judge(person)


def listen_for_actions() -> None:
    """In the frame, once per run."""
    with st.container(key="socket-actions"):
        _listener(
            key="actions",
            data={"collects": known_reviewer() is not None, "copied": _("Copied")},
            on_agenda_change=_collect_clicked,
        )


def _collect_clicked() -> None:
    asked = st.session_state["actions"].agenda
    if asked:
        with page_errors():
            collect(variants_of(str(asked)))


def variants_of(written: str) -> tuple[UUID, ...]:
    """The ids of an address; anything else is left out."""
    found = []
    for part in written.split(SEPARATOR)[:MAX_AGENDA]:
        try:
            found.append(UUID(part))
        except ValueError:
            continue
    return tuple(dict.fromkeys(found))


def collect(variants: Sequence[UUID]) -> None:
    """Put pictures on the agenda of the person who looks, and say so."""
    person = known_reviewer()
    if person is None or not variants:
        return
    here = dashboard()
    done = agenda.collect(here.engine, here.settings, person, variants)
    words = (
        _("On the agenda of the running meeting: {n}", n=done.pictures)
        if done.meeting_id
        else _("On the agenda of the next meeting: {n}", n=done.pictures)
    )
    st.toast(words, icon=":material/playlist_add:")
