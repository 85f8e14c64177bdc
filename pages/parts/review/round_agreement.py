"""How well the people of a round agree, and the pictures to talk about."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import streamlit as st

from feedly_core.i18n import Message, translate
from feedly_core.permissions import Person
from feedly_core.reviews import meetings
from feedly_core.reviews.figure_words import kappa, share
from feedly_core.reviews.round_figures import Opinion, RoundFigures, round_figures
from feedly_core.reviews.rounds import Round
from feedly_core.reviews.tags import tag_words
from pages.shared.ask import dashboard, page_errors
from pages.shared.language import _, _n, language
from pages.shared.navigation import section
from pages.shared.placeholders import empty
from pages.shared.reviewer import may_judge


def show_agreement(person: Person, chosen: Round, opinions: Sequence[Opinion]) -> None:
    """α and κ with their intervals, by reason too, what a person may know of themselves, and the agenda."""
    section(_("How people agree"), _("1 is perfect, 0 is chance. Intervals are 95% over jobs."))
    if not opinions:
        empty(_("Nobody has judged a picture of this round yet."))
        return
    found = round_figures(opinions, person)
    st.text(_("Krippendorff's α of all: {figure}", figure=_say(kappa(found.alpha))))
    pairs = [
        {
            _("Person"): pair.first,
            _("Other person"): pair.second,
            _("κ"): _say(kappa(pair.kappa)),
        }
        for pair in found.kappas.pairs
    ]
    left, right = st.columns(2, gap="large")
    if pairs:
        left.dataframe(pairs, hide_index=True, key="round-pairs")
    reasons = [
        {_("Reason"): _(tag_words(tag)), _("α"): _say(kappa(figure))} for tag, figure in found.reasons.items()
    ]
    if reasons:
        right.dataframe(reasons, hide_index=True, key="round-reasons")
    _people(found)
    _disputed(person, chosen, found.disputed)


def _people(found: RoundFigures) -> None:
    """Strictness and consistency, of all for operators, of oneself for everybody else."""
    if not found.people:
        return
    st.dataframe(
        [
            {
                _("Person"): name,
                _("Refused"): _say(share(figures.strictness)),
                _("Same verdict on a hidden repeat"): _say(share(figures.consistency)),
            }
            for name, figures in found.people.items()
        ],
        hide_index=True,
        key="round-people-figures",
    )
    st.caption(_("Only operators see everybody's figures; others see their own."))


def _disputed(person: Person, chosen: Round, disputed: Sequence[UUID]) -> None:
    if not disputed:
        st.caption(_("Nobody contradicts anybody."))
        return
    st.text(_n("{n} picture that people disagree on", "{n} pictures that people disagree on", len(disputed)))
    if may_judge(person):
        st.button(
            _("Talk about them in a meeting"),
            icon=":material/groups:",
            key="round-meeting",
            on_click=_meet,
            args=(person, chosen, disputed),
        )


def _meet(person: Person, chosen: Round, disputed: Sequence[UUID]) -> None:
    """Open a meeting with the disputed pictures as its agenda, and go there."""
    with page_errors():
        here = dashboard()
        agenda = disputed[: meetings.MAX_AGENDA]
        meeting_id = meetings.start(here.engine, here.settings, person, chosen.title, agenda)
        st.session_state["view"] = st.query_params["view"] = "meeting"
        st.query_params["meeting"] = str(meeting_id)


def _say(words: Message) -> str:
    return translate(words, language())
