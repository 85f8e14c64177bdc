"""Pick the winner of a job's variants.

Nobody's choice is overwritten.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime
from html import escape
from string import ascii_uppercase
from uuid import UUID

import streamlit as st

from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import Card, Page
from feedly_core.analytics.variant_source import named_source, variant_source
from feedly_core.permissions import Person
from feedly_core.reviews.queue import QueueOrder, candidates
from feedly_core.reviews.taps import keep_tap
from feedly_core.reviews.winners import Choice, Winner, choose, history, winners
from pages.parts.review.figures import figures
from pages.parts.review.filters import which_pictures
from pages.shared import url_state
from pages.shared.actions import job_row
from pages.shared.ask import ask, dashboard, page_errors
from pages.shared.badges import GOOD, WARN, badge
from pages.shared.formatting import moment, shortened
from pages.shared.formatting import named as called
from pages.shared.language import _, _n, plain
from pages.shared.lightbox import card_opener
from pages.shared.navigation import page_href, picture_url
from pages.shared.placeholders import empty
from pages.shared.reviewer import may_judge

Job = tuple[Card, ...]
PER_ROW = 4
"""Pictures side by side; more stand below."""


def show_winner(person: Person) -> None:
    """One job after the other: its variants, and everybody's choice."""
    chosen, named = which_pictures()
    jobs = _jobs(_named(chosen) if named else _page(chosen))
    if not jobs:
        empty(
            _("No job has two finished pictures here."),
            _("Choose other filters, or wait until a job has finished."),
        )
        return
    made = ask(winners, [job[0].job_id for job in jobs])
    with st.container(horizontal=True, vertical_alignment="center"):
        job = jobs[0] if named else _chosen(jobs, made, person)
        pairwise = st.toggle(
            _("In pairs"), key="pairs", help=_("Two at a time; the better one meets the next one.")
        )
        blind = st.toggle(
            _("Blind"),
            key="blind-winner",
            help=_("Shuffled, without scores and names, until you have chosen."),
        )
    winner = made.get(job[0].job_id, Winner((), None))
    mine = next((choice for choice in winner.people if choice.person == person.name), None)
    hidden = blind and mine is None and may_judge(person)
    shown = _shuffled(job, person) if blind else job
    st.caption(_("Text: {words}", words=plain(shortened(job[0].text or job[0].description or "–"))))
    if pairwise and mine is None:
        shown = _pair(shown)
    if not hidden:
        st.html(job_row(job[0].job_id, [card.variant_id for card in job], choosing=True))
    _columns(person, job, shown, winner, hidden=hidden, pairwise=pairwise and mine is None, blind=blind)
    if not hidden:
        _agreement(person, job, winner)


def _named(chosen: PictureFilters) -> Page:
    """The pictures that the address names, as they are now."""
    return ask(candidates, ask(named_source, datetime.now(UTC)), chosen, QueueOrder.NEWEST)


def _page(chosen: PictureFilters) -> Page:
    """The newest pictures, or the older ones that were asked for; other filters begin anew."""
    before, after = st.session_state.get("winner-page", (chosen, None))
    if before != chosen:
        after = None
    page = ask(candidates, ask(variant_source, datetime.now(UTC)), chosen, QueueOrder.NEWEST, after=after)
    with st.container(horizontal=True):
        if after is not None:
            st.button(_("Newest jobs"), key="jobs-newest", on_click=_turn, args=(chosen, None))
        if page.after is not None:
            st.button(_("Older jobs"), key="jobs-older", on_click=_turn, args=(chosen, page.after))
    return page


def _turn(chosen: PictureFilters, after: str | None) -> None:
    st.session_state["winner-page"] = (chosen, after)
    st.session_state.pop("winner-job", None)
    st.query_params.pop("winner-job", None)


def _jobs(page: Page) -> list[Job]:
    """Jobs with two pictures at least; one that goes on on the next page is left to that page's neighbour."""
    found: dict[UUID, list[Card]] = {}
    for card in page.cards:
        found.setdefault(card.job_id, []).append(card)
    jobs = [tuple(sorted(cards, key=lambda card: card.variant or 0)) for cards in found.values()]
    return [job for job in jobs if len(job) > 1]


def _chosen(jobs: list[Job], made: dict[UUID, Winner], person: Person) -> Job:
    """The job that is up, named in the address; the label tells whether it still waits for this person."""
    by_id = {str(job[0].job_id): job for job in jobs}
    ids = list(by_id)

    def label(job_id: str) -> str:
        job = by_id[job_id]
        winner = made.get(job[0].job_id)
        chosen = winner and any(choice.person == person.name for choice in winner.people)
        sign = "●" if winner and winner.team else "◐" if chosen else "○"
        return f"{sign} {called(job[0].created_at, job[0].job_id, job[0].text or job[0].tenant_id)}"

    def step(by: int) -> None:
        place = ids.index(st.session_state["winner-job"]) + by
        st.session_state["winner-job"] = ids[place % len(ids)]
        url_state.keep("winner-job", ids[0])()

    labels = {job_id: label(job_id) for job_id in ids}
    st.button(_("Previous job"), on_click=step, args=(-1,), key="job-before", shortcut="left")
    job_id = url_state.one("winner-job", _("Job"), ids, labels.__getitem__, label_visibility="collapsed")
    st.button(_("Next job"), on_click=step, args=(1,), key="job-after", shortcut="right")
    return by_id[job_id]


def _shuffled(job: Job, person: Person) -> Job:
    """Another order for each person, the same each time."""
    order = list(job)
    random.Random(f"{job[0].job_id}{person.name}").shuffle(order)  # noqa: S311 - not for secrets
    return tuple(order)


def _pair(job: Job) -> Job:
    """The best so far against the next one."""
    champion, seen = st.session_state.get(f"pairs-{job[0].job_id}", (job[0].variant_id, 1))
    best = next((picture for picture in job if picture.variant_id == champion), job[0])
    return (best, job[min(seen, len(job) - 1)])


def _columns(
    person: Person, job: Job, shown: Job, winner: Winner, *, hidden: bool, pairwise: bool, blind: bool
) -> None:
    mine = {choice.variant_id for choice in winner.people if choice.person == person.name}
    columns = [
        column for _row in range(0, len(shown), PER_ROW) for column in st.columns(min(len(shown), PER_ROW))
    ]
    for place, (column, picture) in enumerate(zip(columns, shown, strict=False)):
        with column:
            name = _letters(place) if hidden else _("Variant {n}", n=picture.variant)
            _card(picture, name, winner, hidden=hidden)
            if not may_judge(person):
                continue
            if pairwise:
                st.button(
                    _("{name} is better", name=name),
                    key=f"better-{place}",
                    on_click=_better,
                    args=(person, job, picture, shown[1 - place], place == 0, blind),
                    shortcut=_key(place),
                    width="stretch",
                )
            else:
                st.button(
                    _("My choice") if picture.variant_id in mine else _("Choose {name}", name=name),
                    key=f"choose-{place}",
                    type="primary" if picture.variant_id in mine else "secondary",
                    on_click=_choose,
                    args=(person, picture.job_id, picture.variant_id, blind),
                    shortcut=_key(place),
                    width="stretch",
                )


def _letters(place: int) -> str:
    """A to Z, then AA, AB and so on."""
    more, letter = divmod(place, len(ascii_uppercase))
    return (_letters(more - 1) if more else "") + ascii_uppercase[letter]


def _key(place: int) -> str | None:
    """The digits 1 to 9, then 0; more pictures have no key."""
    return str((place + 1) % 10) if place < 10 else None


def _card(picture: Card, name: str, winner: Winner, *, hidden: bool) -> None:
    badges = ""
    if not hidden:
        if winner.team and winner.team.variant_id == picture.variant_id:
            badges += badge(_("Winner of the team"), GOOD).html()
        for choice in winner.people:
            if choice.variant_id == picture.variant_id:
                badges += badge(choice.person, ("★", "busy")).html()
    scores = "" if hidden else " · ".join(f"{item['label']} {item['value']}" for item in figures(picture)[:3])
    image = (
        f"<a {card_opener(picture, name, to_job=not hidden)}>"
        f'<img src="{escape(picture_url(picture.finished_id, "view"), quote=True)}" width="720" height="720"'
        f' alt="{escape(name, quote=True)}"></a>'
    )
    words = f"<p>{escape(name)}</p><small>{escape(scores)}</small>"
    if not hidden:
        words = f'<a href="{escape(page_href("results", job=picture.job_id), quote=True)}">{words}</a>'
    st.html(f'<div class="fd-card">{image}{words}</div>{badges}')


def _choose(
    person: Person, job_id: UUID, variant_id: UUID | None, blind: bool = False, team: bool = False
) -> None:
    """``variant_id`` None takes the choice back."""
    with page_errors():
        here = dashboard()
        choose(here.engine, here.settings, person, job_id, variant_id, team=team, blind=blind)


def _better(person: Person, job: Job, picture: Card, rival: Card, left: bool, blind: bool) -> None:
    """Keep the tap, and go on with the better one until it has met every other."""
    with page_errors():
        here, pair = dashboard(), (picture.variant_id, rival.variant_id)
        keep_tap(here.engine, here.settings, person, picture.job_id, *pair, left=left, blind=blind)
    key = f"pairs-{job[0].job_id}"
    seen = st.session_state.get(key, (None, 1))[1] + 1
    st.session_state[key] = (picture.variant_id, seen)
    if seen >= len(job):
        del st.session_state[key]
        _choose(person, picture.job_id, picture.variant_id, blind)


def _agreement(person: Person, job: Job, winner: Winner) -> None:
    """Who chose what, where they differ, and the team's decision, another row with who and when."""
    names = {picture.variant_id: _("Variant {n}", n=picture.variant) for picture in job}
    if winner.disputed:
        st.html(badge(_("The choices differ"), WARN).html())
    elif winner.people:
        st.html(
            badge(
                _n("{n} person chose, no dispute", "{n} people chose, no dispute", len(winner.people)), GOOD
            ).html()
        )
    if may_judge(person):
        with st.container(horizontal=True):
            _decide(person, job, names)
            if any(choice.person == person.name for choice in winner.people):
                st.button(
                    _("Take my choice back"),
                    icon=":material/undo:",
                    key="choose-none",
                    on_click=_choose,
                    args=(person, job[0].job_id, None),
                )
    with st.expander(_("Who chose what, and when")):
        for choice in reversed(ask(history, job[0].job_id)):
            st.text(_line(choice, names))


def _decide(person: Person, job: Job, names: dict[UUID, str]) -> None:
    with st.popover(_("Decide for the team"), icon=":material/gavel:"):
        st.caption(_("Everybody's own choice stays; the decision is kept beside them with your name."))
        for picture in job:
            st.button(
                names[picture.variant_id],
                key=f"team-{picture.variant_id}",
                on_click=_choose,
                args=(person, picture.job_id, picture.variant_id, False, True),
                width="stretch",
            )


def _line(choice: Choice, names: dict[UUID, str]) -> str:
    what = names.get(choice.variant_id, "?") if choice.variant_id else _("Taken back")
    who = _("{name} for the team", name=choice.person) if choice.team else choice.person
    return f"{moment(choice.at)}  {who}: {what}"
