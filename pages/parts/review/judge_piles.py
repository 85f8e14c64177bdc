"""The four piles of the AI judge as thumbnails, and one picture with the evidence of both sides."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from uuid import UUID

import streamlit as st

from feedly_core.domain.payloads.vlm_traces import Question
from feedly_core.i18n import N_, Message, translate
from feedly_core.permissions import Person
from feedly_core.reviews.figure_words import share
from feedly_core.reviews.judge import Pile, piles, right_about
from feedly_core.reviews.judged_pictures import JudgedPicture, JudgedPictures, judgement_of, verdicts_on
from feedly_core.reviews.questions import QUESTION_LABELS, ReasonsByQuestion
from feedly_core.reviews.rulings import RIGHT_LABELS, Right, Ruling, rule, rulings
from pages.parts.review.figures import sentence
from pages.shared import url_state
from pages.shared.ask import ask, dashboard, page_errors
from pages.shared.badges import BAD, GOOD, badge
from pages.shared.language import _, _n, language
from pages.shared.navigation import page_href, picture_url, section
from pages.shared.placeholders import empty
from pages.shared.reviewer import may_judge

_PILES: dict[Pile, Message] = {
    Pile.MISSED: N_("Missed: bad, the judge found nothing"),
    Pile.FALSE_ALARM: N_("False alarm: good, the judge found fault"),
    Pile.FOUND: N_("Found: bad for both"),
    Pile.CLEARED: N_("Cleared: good for both"),
}
_WHOLE = "whole"
_SHOWN = 24
_KEYS = {Right.JUDGE: "j", Right.PEOPLE: "p", Right.UNCLEAR: "h"}


def show_piles(person: Person | None, pictures: JudgedPictures, reasons: ReasonsByQuestion) -> None:
    """Thumbnails of one pile; the one that is open stands above them.

    ``person`` None: nothing can be kept.
    """
    section(_("Look at the pictures"), _("Who is right, the judge or people? One key says it: j, p or h."))
    asked = [question for question, given in reasons.items() if given]
    words = {_WHOLE: _("As a whole"), **{str(one): _(QUESTION_LABELS[one]) for one in asked}}
    about = url_state.one("judge-question", _("Question"), words, words.__getitem__)
    found = piles(pictures, reasons, None if about == _WHOLE else Question(about))
    titles = {one: f"{_(words)} · {len(found[one])}" for one, words in _PILES.items()}
    pile = url_state.one("pile", _("Pile"), titles, titles.__getitem__, also=_close)
    held = found[pile]
    if not held:
        empty(_("This pile is empty."))
        return
    ruled = ask(rulings, held)
    figure, looked = right_about(held, ruled)
    if looked:
        st.caption(
            _n(
                "{n} picture of this pile was looked at again; the judge was right about {share}.",
                "{n} pictures of this pile were looked at again; the judge was right about {share}.",
                looked,
                share=translate(share(figure), language()),
            )
        )
    opened = held.of_variant(st.session_state.get("judge-open"))
    if opened is not None:
        _evidence(person, opened, held, ruled.get(opened.variant_id, ()))
    _thumbnails(held, {variant for variant, told in ruled.items() if told})


def _thumbnails(held: JudgedPictures, looked: set[UUID]) -> None:
    with st.container(horizontal=True):
        for one in held[:_SHOWN]:
            with st.container(width=132, gap="small"):
                source = escape(picture_url(one.picture_id), quote=True)
                alt = escape(one.text or _("Variant {n}", n=one.variant), quote=True)
                st.html(
                    f"<img src='{source}' alt='{alt}' width='128' height='128' loading='lazy'"
                    " style='object-fit:contain;border-radius:8px'>"
                )
                st.button(
                    _("Looked at") if one.variant_id in looked else _("Open"),
                    key=f"evidence-{one.variant_id}",
                    icon=":material/check:" if one.variant_id in looked else None,
                    on_click=_open,
                    args=(one.variant_id,),
                    width="stretch",
                )
    if len(held) > _SHOWN:
        st.caption(_("The first {n} are shown.", n=_SHOWN))


def _evidence(
    person: Person | None, one: JudgedPicture, held: JudgedPictures, told: Sequence[Ruling]
) -> None:
    """The picture large, the judge's words and people's beside it, and who was right."""
    with st.container(border=True):
        left, right = st.columns([1, 1.2], gap="large")
        with left:
            source = escape(picture_url(one.picture_id, "full"), quote=True)
            st.html(
                f"<img src='{source}' alt='{escape(one.text or '', quote=True)}'"
                " style='width:100%;max-height:26rem;object-fit:contain;border-radius:8px'>"
            )
            href = escape(page_href("results", job=one.job_id), quote=True)
            words = escape(_("Open the job"))
            st.html(f"<a href='{href}' target='_self'>{words}</a>")
        with right:
            _judge_words(one)
            st.text(_("People"))
            for said in ask(verdicts_on, one.variant_id, one.picture_id):
                who = _("Team") if said.team else said.reviewer
                st.text(f"{who}: {sentence(said)}")
            for ruling in told:
                st.caption(f"{ruling.person}: {_(RIGHT_LABELS[ruling.right])}")
            _ruling_buttons(person, one, held)


def _judge_words(one: JudgedPicture) -> None:
    st.text(_("AI judge"))
    for question, fault in one.complaints.items():
        mark = badge(_("Finds fault"), BAD) if fault else badge(_("Fine"), GOOD)
        st.html(f"<span>{escape(_(QUESTION_LABELS[question]))}</span> {mark.html()}")
    words = ask(judgement_of, one.variant_id)
    said = words and (words.reasoning or words.text)
    st.text(f"“{said}”" if said else _("The judge gave no reasons."))


def _ruling_buttons(person: Person | None, one: JudgedPicture, held: JudgedPictures) -> None:
    if person is None or not may_judge(person):
        return
    with st.container(horizontal=True):
        for right, words in RIGHT_LABELS.items():
            st.button(
                _(words),
                key=f"right-{right}",
                shortcut=_KEYS[right],
                on_click=_rule,
                args=(person, one, held, right),
            )
        st.button(_("Close"), key="evidence-close", on_click=_close)


def _rule(person: Person, one: JudgedPicture, held: JudgedPictures, right: Right) -> None:
    """Store the word, and open the next picture of the pile."""
    with page_errors():
        rule(dashboard().engine, dashboard().settings, person, one, right)
        places = [each.variant_id for each in held]
        after = places.index(one.variant_id) + 1
        _open(places[after]) if after < len(places) else _close()


def _open(variant_id: UUID) -> None:
    st.session_state["judge-open"] = str(variant_id)


def _close() -> None:
    st.session_state.pop("judge-open", None)
