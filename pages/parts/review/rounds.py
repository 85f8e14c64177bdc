"""Rounds: start one, judge one's next picture, and see how well people agree."""

from __future__ import annotations

from datetime import UTC, datetime, time
from functools import partial
from html import escape
from uuid import uuid4

import streamlit as st

from feedly_core.analytics.variant_source import variant_source
from feedly_core.db.own_schema import ROUNDS
from feedly_core.permissions import Person
from feedly_core.reviews.queue import QueueOrder, candidates
from feedly_core.reviews.round_figures import round_opinions
from feedly_core.reviews.rounds import MOST_OPINIONS, Round, RoundPlan, Seat, give, rounds, start_round, take
from feedly_core.reviews.tags import tag_words, tags
from feedly_core.reviews.verdicts import VERDICT_LABELS, Entry, Verdict
from pages.parts.review.filters import review_filters
from pages.parts.review.round_agreement import show_agreement
from pages.shared import url_state
from pages.shared.ask import ask, dashboard, page_errors, sections
from pages.shared.formatting import moment, named
from pages.shared.language import _, _n
from pages.shared.navigation import picture_url, section
from pages.shared.own_schema import has_own_schema
from pages.shared.placeholders import empty
from pages.shared.reviewer import may_judge

_VERDICTS = {Verdict.APPROVE: "1", Verdict.NEEDS_WORK: "2", Verdict.REJECT: "3"}


def show_rounds(person: Person) -> None:
    """The rounds, the chosen one's next picture, and its figures."""
    section(
        _("Rounds"),
        _("Pictures that some people judge side by side. An open picture is reserved for five minutes."),
    )
    if not has_own_schema(_("Rounds are kept in the dashboard's own schema."), ROUNDS):
        return
    if may_judge(person):
        with st.expander(_("Start a round"), icon=":material/add_task:"):
            _form(person)
    known = ask(rounds)
    if not known:
        empty(_("There is no round yet."), _("Start one above: choose pictures, people and a date."))
        return
    by_id = {str(one.round_id): one for one in known}
    titles = {key: named(one.created_at, one.round_id, one.title) for key, one in by_id.items()}
    chosen = by_id[url_state.one("round", _("Round"), titles, titles.__getitem__, also=_leave)]
    sections(
        partial(_progress, chosen),
        partial(_judge, person, chosen),
        lambda: show_agreement(person, chosen, ask(round_opinions, chosen.round_id)),
    )


def _form(person: Person) -> None:
    """Pictures by filter, people by name, opinions per picture, and the sheet with examples."""
    chosen = review_filters()
    with st.form("start-round", border=False):
        title = st.text_input(_("Title"), key="round-title")
        people = st.text_input(_("People, separated by commas"), key="round-people", value=person.name)
        columns = st.columns(5)
        pictures = columns[0].number_input(_("Pictures"), 1, 500, 20, key="round-pictures")
        opinions = columns[1].number_input(
            _("Opinions per picture"), 1, MOST_OPINIONS, 1, key="round-opinions"
        )
        overlap = columns[2].number_input(_("Judged by everybody, percent"), 0, 100, 20, key="round-overlap")
        repeats = columns[3].number_input(_("Hidden repeats, percent"), 0, 100, 10, key="round-repeats")
        due = columns[4].date_input(_("Due"), value=None, key="round-due")
        sheet = st.text_area(_("Instructions"), key="round-sheet", max_chars=2000)
        examples = st.toggle(
            _("Show the first three pictures as examples"), key="round-examples", value=False
        )
        if not st.form_submit_button(_("Start the round"), icon=":material/play_arrow:"):
            return
    with page_errors():
        source = ask(variant_source, datetime.now(UTC))
        page = ask(
            candidates,
            source,
            chosen,
            QueueOrder.SHUFFLED,
            seed=title,
            size=int(pictures) + 3 * bool(examples),
        )
        shown = page.cards[: 3 * bool(examples)]
        zone = dashboard().settings.zone
        plan = RoundPlan(
            title,
            tuple(dict.fromkeys(name.strip() for name in people.split(",") if name.strip())),
            int(opinions),
            overlap / 100,
            repeats / 100,
            datetime.combine(due, time(23, 59), zone) if due else None,
            sheet,
            tuple(card.finished_id for card in shown),
        )
        start_round(dashboard().engine, dashboard().settings, person, plan, page.cards[len(shown) :])
        st.rerun()


def _progress(chosen: Round) -> None:
    parts = [
        _n("{n} picture", "{n} pictures", chosen.pictures),
        _("{given} of {wanted} opinions", given=chosen.given, wanted=chosen.wanted),
    ]
    if chosen.people:
        parts.append(", ".join(chosen.people))
    if chosen.due_at is not None:
        late = chosen.due_at < datetime.now(UTC) and chosen.given < chosen.wanted
        due = moment(chosen.due_at)
        parts.append(_("overdue since {when}", when=due) if late else _("due {when}", when=due))
    st.progress(min(1.0, chosen.given / max(1, chosen.wanted)), text=" · ".join(parts))
    looking = sorted(set(chosen.looking.values()))
    if looking:
        st.caption(_("Looking now: {people}", people=", ".join(looking)))
    if chosen.instructions or chosen.examples:
        with st.expander(_("Instructions"), icon=":material/description:"):
            st.text(chosen.instructions)
            _pictures(chosen)


def _pictures(chosen: Round) -> None:
    images = "".join(
        f"<img src='{escape(picture_url(one), quote=True)}' alt='' width='160' height='160'"
        " style='object-fit:contain' loading='lazy'>"
        for one in chosen.examples
    )
    if images:
        st.html(images)


def _judge(person: Person, chosen: Round) -> None:
    """The picture that is reserved for this person, with one key per verdict."""
    if not may_judge(person):
        return
    if chosen.people and person.name not in chosen.people:
        st.caption(_("This round asks {people}.", people=", ".join(chosen.people)))
        return
    seat: Seat | None = st.session_state.get("round-seat")
    if seat is None or seat.round_id != chosen.round_id or seat.lease_until < datetime.now(UTC):
        if st.session_state.get("round-done") == (chosen.round_id, chosen.given):
            st.success(_("Nothing is left for you in this round."))
            return
        st.button(
            _("Next picture"),
            type="primary",
            key="round-next",
            on_click=_next,
            args=(person, chosen),
            shortcut="g",
        )
        return
    _seat(person, chosen, seat)


def _seat(person: Person, chosen: Round, seat: Seat) -> None:
    left, right = st.columns([1.4, 1], gap="large")
    with left:
        source = escape(picture_url(seat.picture_id, "full"), quote=True)
        st.html(f"<img src='{source}' alt='' style='width:100%;max-height:32rem;object-fit:contain'>")
    with right:
        st.caption(_("Reserved for you until {when}", when=moment(seat.lease_until)))
        words = {tag: _(tag_words(tag)) for tag in ask(tags)}
        key = f"{seat.variant_id}-{seat.slot}"
        st.pills(
            _("Reasons"),
            list(words),
            selection_mode="multi",
            format_func=words.__getitem__,
            key=f"round-tags-{key}",
        )
        st.text_input(_("Comment"), key=f"round-comment-{key}")
        with st.container(horizontal=True):
            for verdict, shortcut in _VERDICTS.items():
                st.button(
                    _(VERDICT_LABELS[verdict]),
                    key=f"round-{verdict}",
                    shortcut=shortcut,
                    on_click=_give,
                    args=(person, chosen, seat, verdict),
                )


def _next(person: Person, chosen: Round) -> None:
    """Reserve the next picture; where none is left, say so until the round moves."""
    with page_errors():
        here = dashboard()
        seat = take(here.engine, here.settings, person, chosen.round_id)
        st.session_state["round-seat"] = seat
        # What was just given is not in the round that the page has drawn.
        given = {} if seat else {one.round_id: one.given for one in ask(rounds)}
        st.session_state["round-done"] = None if seat else (chosen.round_id, given.get(chosen.round_id))


def _give(person: Person, chosen: Round, seat: Seat, verdict: Verdict) -> None:
    with page_errors():
        here, key = dashboard(), f"{seat.variant_id}-{seat.slot}"
        entry = Entry(
            uuid4(),
            seat.job_id,
            seat.variant_id,
            seat.picture_id,
            verdict,
            tags=tuple(st.session_state.get(f"round-tags-{key}") or ()),
            comment=st.session_state.get(f"round-comment-{key}") or "",
            blind=True,
        )
        give(here.engine, here.settings, person, seat, entry)
        st.session_state["round-seat"] = None
        _next(person, chosen)


def _leave() -> None:
    st.session_state.pop("round-seat", None)
