"""What people prefer of the text: font, place and colour by pairwise taps, beside the AI judge."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import plotly.graph_objects as go
import streamlit as st

from feedly_core.analytics.variant_source import variant_source
from feedly_core.db.own_schema import TAPS
from feedly_core.i18n import N_, Message, translate
from feedly_core.permissions import Person
from feedly_core.reviews.figure_words import of_ten, share
from feedly_core.reviews.preference import PreferenceReport, preference_report
from feedly_core.reviews.taps import Attribute, Tap, taps
from feedly_core.statistics.estimate import Estimate, Interval
from pages.parts.review.filters import boxed_filters
from pages.shared import url_state
from pages.shared.ask import ask
from pages.shared.language import _, _n, language
from pages.shared.navigation import section
from pages.shared.own_schema import has_own_schema
from pages.shared.placeholders import empty

ATTRIBUTES: dict[Attribute, Message] = {
    Attribute.FONT: N_("Font"),
    Attribute.PLACE: N_("Place of the text"),
    Attribute.COLOUR: N_("Colour of the text"),
    Attribute.TONE: N_("Tone"),
    Attribute.RELEASE: N_("Release"),
    Attribute.CATEGORY: N_("Kind of store"),
}
_PLACES = {"top": N_("Top third"), "middle": N_("Middle third"), "bottom": N_("Bottom third")}
_TEAL, _GREY = "#0f8b8d", "#7d8a8f"


def show_preference(person: Person) -> None:
    """One attribute's ranking, of all taps or of one tone, release or kind of store."""
    section(
        _("What people prefer"),
        _("Every tap on the better of two pictures of one job counts. Variants of other jobs never meet."),
    )
    if not has_own_schema(_("Taps are kept in the dashboard's own schema."), TAPS):
        return
    chosen = boxed_filters()
    given = ask(taps, ask(variant_source, datetime.now(UTC)), chosen)
    if not given:
        empty(
            _("Nobody has compared two pictures yet."),
            _("Open “Pick the winner” and switch on “In pairs”: every tap is kept."),
        )
        return
    titles = {one: _(words) for one, words in ATTRIBUTES.items()}
    attribute = url_state.switch("prefer-by", _("By"), titles, titles.__getitem__)
    given = _narrowed(given, titles)
    if attribute.of_job:
        empty(
            _("All pictures of a job share it, so that no tap compares two."),
            _("Choose it above to see what people prefer within one of them."),
        )
        return
    found = _report(_fingerprint(given), given, attribute)
    if not found.compared:
        empty(_("No tap compares two different ones yet."))
        return
    _figure(found)
    _table(found)
    _notes(found)


def _narrowed(given: tuple[Tap, ...], titles: dict[Attribute, str]) -> tuple[Tap, ...]:
    """Only taps on jobs of one tone, release or kind of store."""
    columns = st.columns(3)
    for column, attribute in zip(columns, (one for one in Attribute if one.of_job), strict=True):
        values = sorted({tap.winner.attributes[attribute] for tap in given})
        with column:
            only = url_state.maybe(f"prefer-{attribute}", titles[attribute], values)
        if only is not None:
            given = tuple(tap for tap in given if tap.winner.attributes[attribute] == only)
    return given


def _figure(found: PreferenceReport) -> None:
    """Each level's wins of ten as a point with its interval; the judge's beside it."""
    figure = go.Figure()
    names = [level_words(found.attribute, level.name) for level in found.people.levels]
    people = [level.wins for level in found.people.levels]
    judge = [found.judge_wins(level.name) for level in found.people.levels]
    _points(figure, names, people, name=_("People"), marker={"size": 12, "color": _TEAL})
    hollow = {"size": 10, "color": _GREY, "symbol": "diamond-open"}
    _points(figure, names, judge, name=_("AI judge"), marker=hollow)
    figure.add_vline(x=5, line={"dash": "dot", "color": _GREY})
    figure.update_xaxes(range=[0, 10], title=_("Wins of 10 against the others"))
    figure.update_yaxes(autorange="reversed")
    figure.update_layout(
        height=140 + 42 * len(names),
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        legend={"orientation": "h", "y": 1.15},
        scattermode="group",
    )
    st.plotly_chart(figure, key="preference-figure", config={"displayModeBar": False})


def _points(figure: go.Figure, names: Sequence[str], wins: Sequence[Estimate | None], **look: object) -> None:
    """Points with intervals; a level without a figure has none."""
    x, y, low, high, hover = [], [], [], [], []
    for name, one in zip(names, wins, strict=True):
        if one is not None and one.value is not None:
            span = one.interval or Interval(one.value, one.value)
            x.append(10 * one.value)
            y.append(name)
            low.append(10 * (one.value - span.low))
            high.append(10 * (span.high - one.value))
            hover.append(f"n = {one.n}")
    error = {"array": high, "arrayminus": low, "thickness": 3}
    figure.add_scatter(x=x, y=y, error_x=error, mode="markers", hovertext=hover, **look)


def _table(found: PreferenceReport) -> None:
    ranks = {level.name: place for place, level in enumerate(found.judge.levels, start=1)}
    st.dataframe(
        [
            {
                _("Level"): level_words(found.attribute, level.name),
                _("Wins"): _say(of_ten(level.wins))
                if found.differs(level.name)
                else _("no difference shown"),
                _("Share of wins"): _say(share(level.wins)),
                _("Better than"): ", ".join(
                    level_words(found.attribute, name) for name in found.better_than(level.name)
                )
                or "–",
                _("Rank with people"): place,
                _("Rank with the AI judge"): str(ranks.get(level.name, "–")),
            }
            for place, level in enumerate(found.people.levels, start=1)
        ],
        hide_index=True,
        key="preference-levels",
    )


def _notes(found: PreferenceReport) -> None:
    st.caption(
        _n(
            "{n} tap, {compared} of them between two different ones.",
            "{n} taps, {compared} of them between two different ones.",
            found.taps,
            compared=found.compared,
        )
    )
    st.caption(
        _(
            "An equal picture wins {share} on the left side; this bias is removed. Intervals are 95% over"
            " jobs. No difference is shown where ranges overlap.",
            share=_say(share(found.people.left_wins)),
        )
    )


def level_words(attribute: Attribute, name: str) -> str:
    """A level as people read it."""
    return _(_PLACES[name]) if attribute is Attribute.PLACE and name in _PLACES else name


def _fingerprint(given: Sequence[Tap]) -> int:
    return hash(tuple((tap.winner_id, tap.loser_id, tap.left) for tap in given))


@st.cache_resource(ttl=600, max_entries=30, show_spinner=False)
def _report(key: int, _given: Sequence[Tap], attribute: Attribute) -> PreferenceReport:
    """Fitted again when a tap is added."""
    return preference_report(_given, attribute)


def _say(words: Message) -> str:
    return translate(words, language())
