"""Is the AI judge right? Sentence, figures per question, slices, and the reasons that answer a question."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import streamlit as st

from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.variant_source import VariantSource, variant_source
from feedly_core.db.own_schema import JUDGING, installed
from feedly_core.domain.payloads.vlm_traces import Question
from feedly_core.i18n import N_, Message, translate
from feedly_core.permissions import Person, Role
from feedly_core.reviews.figure_words import false_alarm_sentence, judge_sentence, kappa, share
from feedly_core.reviews.judge import Comparison, JudgeReport, Slice, judge_report, judge_slices
from feedly_core.reviews.judged_pictures import JudgedPictures, judged_pictures
from feedly_core.reviews.questions import (
    QUESTION_LABELS,
    ReasonsByQuestion,
    keep_reasons,
    reasons_by_question,
)
from feedly_core.reviews.tags import tag_words, tags
from feedly_core.reviews.telling_pictures import telling_pictures
from pages.parts.review.filters import boxed_filters
from pages.parts.review.judge_limits import chosen_score, show_limits
from pages.parts.review.judge_piles import show_piles
from pages.shared import url_state
from pages.shared.actions import SEPARATOR
from pages.shared.ask import ask, dashboard, page_errors, sections
from pages.shared.language import _, _n, language
from pages.shared.navigation import section
from pages.shared.own_schema import has_own_schema
from pages.shared.placeholders import empty
from pages.shared.reviewer import may_judge
from pages.shared.scores import limits

_TELLING = 30
_SLICES = {Slice.WEEK: N_("Week"), Slice.PROMPT: N_("Prompt version"), Slice.PROVIDER: N_("Provider")}


def show_judge(person: Person) -> None:
    """The judge and the scores' limits, held against people."""
    chosen = boxed_filters()
    source = ask(variant_source, datetime.now(UTC))
    pictures = ask(judged_pictures, source, chosen, (chosen_score(),))
    reasons, kept = ask(reasons_by_question), ask(installed, JUDGING)
    section(
        _("Is the AI judge right?"),
        _("Its answers about each picture against what people say of it. Bad is what the judge should find."),
    )
    if not pictures:
        empty(
            _("Nobody has judged these pictures yet."), _("Verdicts of the queue and of meetings count here.")
        )
        _more_pictures(person, source, chosen, _TELLING)
        return
    sections(
        partial(_show_figures, person, pictures, reasons, source, chosen),
        partial(show_piles, person if kept else None, pictures, reasons),
        partial(_show_slices, pictures, reasons),
        partial(show_limits, person if kept else None, pictures),
        partial(_edit_reasons, person, reasons) if kept else _offer_tables,
    )


def _offer_tables() -> None:
    has_own_schema(_("Who was right, limits and questions are kept in the dashboard's own schema."), JUDGING)


def _show_figures(
    person: Person,
    pictures: JudgedPictures,
    reasons: ReasonsByQuestion,
    source: VariantSource,
    chosen: PictureFilters,
) -> None:
    found = _report(_fingerprint(pictures, reasons), pictures, reasons)
    figures = found.whole.figures
    alarm = false_alarm_sentence(figures)
    st.subheader(_say(judge_sentence(figures)), anchor=False)
    if alarm:
        st.text(_say(alarm))
    asked = ", ".join(_(QUESTION_LABELS[question]) for question in found.asked)
    st.caption(
        _(
            "The judge calls a picture bad when it answers one of these questions badly: {questions}",
            questions=asked,
        )
    )
    lines = [_line(_("As a whole"), found.whole)]
    lines += [_line(_(QUESTION_LABELS[question]), one) for question, one in found.questions.items()]
    st.dataframe(lines, hide_index=True, key="judge-figures")
    st.caption(
        _(
            "Recall: how many bad pictures the judge finds. Precision: how many of those that it calls bad"
            " are bad. κ is agreement beyond chance; people agree with each other as far as the column beside"
            " it says. Intervals are 95% over jobs, because the variants of a job are alike."
        )
    )
    _left_out(found)
    if found.more:
        st.text(
            _n(
                "About {n} more judged picture would tell it to ±15 points.",
                "About {n} more judged pictures would tell it to ±15 points.",
                found.more,
            )
        )
    if found.more != 0:
        _more_pictures(person, source, chosen, min(200, found.more or _TELLING))


def _left_out(found: JudgeReport) -> None:
    parts = []
    if found.unanswered:
        parts.append(
            _n(
                "{n} picture without the judge's answers",
                "{n} pictures without the judge's answers",
                found.unanswered,
            )
        )
    if found.tied:
        parts.append(
            _n("{n} picture that people disagree on", "{n} pictures that people disagree on", found.tied)
        )
    if parts:
        st.caption(_("Left out: {what}", what=", ".join(parts)))


def _more_pictures(person: Person, source: VariantSource, chosen: PictureFilters, wanted: int) -> None:
    """Fill the queue with what teaches most."""
    if not may_judge(person):
        return

    def fill() -> None:
        with page_errors():
            telling = ask(telling_pictures, source, chosen, limits(), wanted)
            st.session_state["view"] = "judge"
            st.query_params.from_dict({"variants": SEPARATOR.join(map(str, telling))})

    st.button(
        _("Judge the most telling pictures"),
        icon=":material/playlist_add:",
        key="telling",
        on_click=fill,
        help=_("Pictures without a verdict where judge and limits contradict each other, or near a limit."),
    )


def _line(title: str, one: Comparison) -> dict[str, str]:
    figures = one.figures
    return {
        _("Question"): title,
        _("Recall"): _say(share(figures.recall)),
        _("Precision"): _say(share(figures.precision)),
        _("F1"): _say(share(figures.f1)),
        _("Specificity"): _say(share(figures.specificity)),
        _("κ"): _say(kappa(figures.kappa)),
        _("κ between people"): _say(kappa(one.ceiling)),
        _("Always the majority"): _say(share(figures.majority)),
    }


def _show_slices(pictures: JudgedPictures, reasons: ReasonsByQuestion) -> None:
    section(_("The judge over time"))
    titles = {one: _(words) for one, words in _SLICES.items()}
    by = url_state.switch("judge-by", _("Split by"), _SLICES, titles.__getitem__)
    lines = [
        {
            titles[by]: name,
            _("Recall"): _say(share(figures.recall)),
            _("Precision"): _say(share(figures.precision)),
            _("κ"): _say(kappa(figures.kappa)),
        }
        for name, figures in judge_slices(pictures, reasons, by, dashboard().settings.zone)
    ]
    st.dataframe(lines, hide_index=True, key="judge-slices")


def _edit_reasons(person: Person, reasons: ReasonsByQuestion) -> None:
    """Which reasons of people answer which question; an operator changes it."""
    if person.role < Role.OPERATOR or dashboard().settings.read_only:
        return
    with st.expander(_("Which reasons answer which question"), icon=":material/rule:"):
        offered = list(dict.fromkeys([*ask(tags), *(one for given in reasons.values() for one in given)]))
        words = {tag: _(tag_words(tag)) for tag in offered}
        with st.form("judge-reasons", border=False):
            for question in Question:
                st.multiselect(
                    _(QUESTION_LABELS[question]),
                    offered,
                    default=list(reasons[question]),
                    format_func=words.__getitem__,
                    key=f"reasons-{question}",
                )
            if st.form_submit_button(_("Keep these reasons")):
                with page_errors():
                    _keep(person, reasons)
                    st.rerun()


def _keep(person: Person, reasons: ReasonsByQuestion) -> None:
    here = dashboard()
    for question in Question:
        wanted = st.session_state[f"reasons-{question}"]
        if list(reasons[question]) != wanted:
            keep_reasons(here.engine, here.settings, person, question, wanted)


def _fingerprint(pictures: JudgedPictures, reasons: ReasonsByQuestion) -> tuple[object, ...]:
    told = tuple(hash(opinion.said) for opinion in pictures.opinions)
    columns = (pictures.columns[name] for name in ("variant_key", "answered_at"))
    lines = tuple(zip(*columns, (told[place] for place in pictures.opinion.tolist()), strict=True))
    return hash(lines), len(pictures), tuple(reasons.items())


@st.cache_resource(ttl=600, max_entries=20, show_spinner=False)
def _report(key: tuple[object, ...], _pictures: JudgedPictures, _reasons: ReasonsByQuestion) -> JudgeReport:
    """Computed again when a verdict, an answer or the map changes."""
    return judge_report(_pictures, _reasons)


def _say(words: Message) -> str:
    return translate(words, language())
