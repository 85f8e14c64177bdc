"""Review: judge alone or in a meeting, pick winners, compare, and what was decided."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import streamlit as st

from feedly_core.analytics.variant_source import variant_source
from feedly_core.i18n import N_
from feedly_core.permissions import Person
from feedly_core.reviews.agreement import (
    Agreement,
    agreements,
    between_reviewers,
    favourable_answers,
    judged,
)
from feedly_core.reviews.queue import Item, judged_items
from pages.parts.review import meeting, minutes, queue, runs, who, winner
from pages.parts.review.figures import said, with_picture
from pages.parts.review.filters import review_filters
from pages.shared import url_state
from pages.shared.ask import ask, page_errors, sections
from pages.shared.formatting import percent
from pages.shared.language import _, _n
from pages.shared.navigation import page_title, section
from pages.shared.own_schema import has_own_schema
from pages.shared.placeholders import empty
from pages.shared.scores import limit_in_force, limits, score_title, score_words
from pages.shared.streamlit_workarounds.scripts import give_keys_back


def _show_agreement(person: Person) -> None:
    """How people agree with the scores, and with each other."""
    with st.expander(_("Which pictures"), icon=":material/filter_list:"):
        chosen = review_filters()
    shown = ask(judged_items, ask(variant_source, datetime.now(UTC)), chosen)
    sections(lambda: _show_scores(shown), lambda: _show_disputes(shown), lambda: _show_pairs(shown))


def _show_scores(shown: Sequence[Item]) -> None:
    """Per metric the area under the ROC curve and the best limit."""
    frame = judged(shown, ask(favourable_answers, [item.picture.variant_id for item in shown]))
    section(
        _("Scores against people"),
        _("Do the automatic scores find what people approve? 0.5 is chance, 1 is perfect."),
    )
    if frame.empty:
        empty(
            _("Nobody has judged these pictures yet."), _("Verdicts of the queue and of meetings count here.")
        )
    else:
        approved = int(frame["approved"].sum())
        st.caption(
            _n(
                "{n} judged picture, {approved} approved",
                "{n} judged pictures, {approved} approved",
                len(frame),
                approved=approved,
            )
        )
        rows = [_agreement_row(item) for item in agreements(frame, limits())]
        st.dataframe(rows, hide_index=True)
        st.caption(
            _(
                "Best limit: where to cut so that most verdicts are met. Few verdicts make a rough figure."
                " An operator sets the limits."
            )
        )


def _show_disputes(shown: Sequence[Item]) -> None:
    """Pictures that people judged differently."""
    section(_("Disputed pictures"))
    disputed = [item for item in shown if item.disputed]
    if not disputed:
        empty(_("Nobody contradicts anybody."))
    for item in disputed[:30]:
        with st.container(border=True):
            title = item.picture.text or item.picture.description or str(item.picture.variant_id)
            lines = (f"{line['who']}: {line['words']}" for line in said(item))
            st.html(with_picture(item.picture, title, lines))


def _show_pairs(shown: Sequence[Item]) -> None:
    """How often each two reviewers agree."""
    section(_("Reviewers in pairs"))
    pairs = between_reviewers(shown)
    if pairs.empty:
        empty(_("No two people have judged the same picture yet."))
    else:
        st.dataframe(
            pairs,
            hide_index=True,
            column_config={
                "one": _("Person"),
                "other": _("Other person"),
                "pictures": _("Pictures judged by both"),
                "alike": st.column_config.ProgressColumn(
                    _("Same verdict"), format="percent", min_value=0, max_value=1
                ),
            },
        )


def _agreement_row(item: Agreement) -> dict[str, object]:
    name = item.score.name
    sign = "≥" if item.score.higher_is_better else "≤"
    return {
        _("Score"): score_title(name),
        _("Judged"): str(item.judged),
        _("ROC AUC"): "–" if item.auc is None else f"{item.auc:.2f}",
        _("Limit now"): limit_in_force(name),
        _("Agrees with people now"): percent(item.now),
        _("Best limit"): "–" if item.threshold is None else f"{sign} {score_words(name, item.threshold)}",
        _("Agrees with people"): percent(item.agrees),
    }


_VIEWS = {
    "judge": N_("Judge"),
    "winner": N_("Pick the winner"),
    "meeting": N_("Meeting"),
    "runs": N_("Compare runs"),
    "agreement": N_("People and scores"),
    "minutes": N_("Minutes"),
}
_DRAW: dict[str, Callable[[Person], None]] = {
    "judge": queue.show_queue,
    "winner": winner.show_winner,
    "meeting": meeting.show_meetings,
    "runs": runs.show_runs,
    "agreement": _show_agreement,
    "minutes": minutes.show_minutes,
}


def _show_view() -> None:
    """The chosen view, or what is missing before anybody can judge."""
    if not has_own_schema(_("This database has no place for verdicts yet.")):
        return
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        view = url_state.switch("view", _("View"), _VIEWS, lambda name: _(_VIEWS[name]))
        name = st.container()
    person = who.reviewer()
    if person is None:
        return
    with name:
        who.change_name(person)
    _DRAW[view](person)


page_title("review")
give_keys_back()
with page_errors():
    _show_view()
