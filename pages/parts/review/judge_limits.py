"""Limits of the scores against people: a slider moves one, matrix and curve follow; an operator stores it."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from feedly_core.domain.scores import LARGE_TEXT, Unit, written, written_limit
from feedly_core.i18n import Message, translate
from feedly_core.permissions import Person, Role
from feedly_core.reviews.figure_words import NO_INTERVAL, kappa, share
from feedly_core.reviews.judged_pictures import JudgedPictures
from feedly_core.reviews.limit_tuning import TUNED, ScoreVerdicts, score_kind, score_verdicts
from feedly_core.reviews.limits import use_limit
from feedly_core.statistics.estimate import NoInterval
from feedly_core.statistics.thresholds import BestLimit
from pages.shared import url_state
from pages.shared.ask import dashboard, page_errors
from pages.shared.language import _, language
from pages.shared.navigation import section
from pages.shared.placeholders import empty
from pages.shared.scores import limit_in_force, limits, score_title

_GREY, _TEAL = "#7d8a8f", "#0f8b8d"


def chosen_score() -> str:
    """The score whose limit is shown, known before it is drawn: no other is read of each picture."""
    url_state.restore("limit-of", TUNED, TUNED[0], words=_title)
    return score_kind(st.session_state["limit-of"]).name


def show_limits(person: Person | None, pictures: JudgedPictures) -> None:
    """One score: its limit now, another one by hand, and the one that agrees best with people.

    ``person`` None: nothing can be kept.
    """
    section(
        _("Limits against people"),
        _("A picture that does not reach the limit is called bad. How well does that agree with people?"),
    )
    titles = {name: _title(name) for name in TUNED}
    name = url_state.one("limit-of", _("Score"), titles, titles.__getitem__)
    held = score_verdicts(pictures, name)
    if not held.values:
        empty(_("No judged picture has this score."))
        return
    good = _slider(held)
    _figures(held, good)
    _curve(held, good)
    best = _best(hash((held.name, held.jobs, held.values, held.bad)), held)
    _show_best(held, best)
    _store(person, held, good)


def _title(name: str) -> str:
    if name == LARGE_TEXT:
        return _("{score}, large text", score=score_title("contrast"))
    return score_title(name)


def _slider(held: ScoreVerdicts) -> float:
    known = limits().get(held.name)
    low, high = held.kind.range
    scale = 100.0 if held.kind.unit is Unit.SHARE else 1.0
    usual = known.good if known else (low + high) / 2
    shown = st.slider(
        _("Limit of pass, percent") if scale == 100 else _("Limit of pass, n:1"),
        low * scale,
        high * scale,
        round(usual * scale, 1),
        0.5 if scale == 100 else 0.1,
        key=f"limit-slider-{held.name}-{usual}",
    )
    now = limit_in_force(held.name) if held.name != LARGE_TEXT else "–"
    if held.name == LARGE_TEXT and known:
        now = f"≥ {written_limit(known.good, held.kind.unit)}"
    st.caption(_("In force: {limit}", limit=now))
    return usual if shown == round(usual * scale, 1) else shown / scale


def _figures(held: ScoreVerdicts, good: float) -> None:
    found = held.at(good)
    matrix = found.matrix
    lines = [
        {
            "": _("People: bad"),
            _("Limit: bad"): matrix.true_positive,
            _("Limit: good"): matrix.false_negative,
        },
        {
            "": _("People: good"),
            _("Limit: bad"): matrix.false_positive,
            _("Limit: good"): matrix.true_negative,
        },
    ]
    left, right = st.columns(2, gap="large")
    with left:
        st.dataframe(lines, hide_index=True, key="limit-matrix")
    with right:
        figures = {
            _("Recall"): share(found.recall),
            _("Precision"): share(found.precision),
            _("Specificity"): share(found.specificity),
            _("κ"): kappa(found.kappa),
            _("Always the majority"): share(found.majority),
        }
        rows = [{_("Figure"): title, _("Value"): _say(value)} for title, value in figures.items()]
        st.dataframe(rows, hide_index=True, key="limit-figures")


def _curve(held: ScoreVerdicts, good: float) -> None:
    """Precision over recall of every limit, with the slider's as a point."""
    curve, at = held.curve, held.at(good)
    hover = [written(float(limit), held.kind.unit) for limit in curve.limits]
    figure = go.Figure()
    figure.add_scatter(
        x=100 * curve.recall,
        y=100 * curve.precision,
        mode="lines",
        line={"color": _GREY, "width": 2},
        text=hover,
        hovertemplate="%{text}: %{x:.0f}% · %{y:.0f}%<extra></extra>",
    )
    if at.recall.value is not None and at.precision.value is not None:
        figure.add_scatter(
            x=[100 * at.recall.value],
            y=[100 * at.precision.value],
            mode="markers",
            marker={"size": 14, "color": _TEAL, "symbol": "diamond"},
            hovertemplate=f"{written(good, held.kind.unit)} · n = {at.matrix.n}<extra></extra>",
        )
    figure.update_xaxes(range=[-2, 102], title=_("Recall, percent"))
    figure.update_yaxes(range=[-2, 102], title=_("Precision, percent"))
    figure.update_layout(height=260, margin={"l": 8, "r": 8, "t": 8, "b": 8}, showlegend=False)
    st.plotly_chart(figure, key=f"limit-curve-{held.name}", config={"displayModeBar": False})


@st.cache_resource(ttl=600, max_entries=50, show_spinner=False)
def _best(key: int, _held: ScoreVerdicts) -> BestLimit:
    """Fitted again when a verdict changes."""
    return _held.best()


def _show_best(held: ScoreVerdicts, best: BestLimit) -> None:
    limit, unit = best.limit, held.kind.unit
    if limit.value is None:
        reason = _(NO_INTERVAL[limit.no_interval or NoInterval.UNDEFINED])
        st.text(_("No best limit: {reason} (n = {n}).", reason=reason, n=limit.n))
        return
    value = written(limit.value, unit)
    if limit.interval is None:
        interval = _(NO_INTERVAL[limit.no_interval or NoInterval.UNDEFINED])
    else:
        interval = f"{written(limit.interval.low, unit)}–{written(limit.interval.high, unit)}"
    st.text(_("Best limit: {value} [{interval}], n = {n}.", value=value, interval=interval, n=limit.n))
    st.caption(
        _(
            "On jobs that it was not fitted on it is right about {share}. Best: the mean of recall and"
            " specificity is highest.",
            share=_say(share(best.held_out.accuracy)),
        )
    )


def _store(person: Person | None, held: ScoreVerdicts, good: float) -> None:
    if person is None:
        return
    if person.role < Role.OPERATOR or dashboard().settings.read_only:
        st.caption(_("An operator sets the limits."))
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            _("Use this limit"),
            icon=":material/done:",
            key="use-limit",
            type="primary",
            on_click=_use,
            args=(person, held.name, good),
        )
        st.button(
            _("Back to the limit of the settings"),
            key="use-settings",
            on_click=_use,
            args=(person, held.name, None),
        )
        st.caption(
            _(
                "{limit} will hold for every page, command and notebook at once; who set it is kept.",
                limit=written_limit(round(good, 4), held.kind.unit),
            )
        )


def _use(person: Person, name: str, good: float | None) -> None:
    with page_errors():
        here = dashboard()
        use_limit(here.engine, here.settings, person, name, None if good is None else round(good, 4))


def _say(words: Message) -> str:
    return translate(words, language())
