"""Head of run against run: one sentence, one interval plot, the scores, and the way to measure more."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from feedly_core.domain.scores import SCORES, Unit
from feedly_core.errors import FeedlyError
from feedly_core.i18n import N_, Message, translate
from feedly_core.jobs.request import JobKind
from feedly_core.permissions import Role
from feedly_core.reviews.decision import RunDecision
from feedly_core.reviews.decision_words import DECISIONS, RULE, change, counts, plan, sentence, signed
from feedly_core.reviews.run_plans import Run, keep_plan, plan_of, plan_sentence
from feedly_core.statistics.comparison import Decision
from feedly_core.statistics.estimate import Estimate
from pages.shared.ask import ask, dashboard
from pages.shared.badges import BAD, BUSY, GOOD, IDLE, badge
from pages.shared.language import _, _n, language
from pages.shared.person import current_person
from pages.shared.placeholders import error_card
from pages.shared.scores import score_title

_LOOKS = {Decision.BETTER: GOOD, Decision.WORSE: BAD, Decision.NOT_DECIDED: IDLE}
_TONES = {Decision.BETTER: "#2e8b57", Decision.WORSE: "#d64545", Decision.NOT_DECIDED: "#7d8a8f"}
_MOST_LINES = 200


def show_decision(found: RunDecision, before: str, after: str, kind: str) -> None:
    """Is the later run better, worse, or is it not decided? An open plan comes first."""
    plan_made = ask(plan_of, (kind, before), (kind, after))
    orders = found.comparison.rates.difference.jobs
    decision = found.comparison.decision
    if plan_made is not None and plan_made.open(orders):
        st.html(badge(N_("Measuring"), BUSY).html())
        st.text(_say(plan_sentence(plan_made, orders)))
    else:
        st.html(badge(DECISIONS[decision], _LOOKS[decision]).html())
    more = plan(found)
    st.text(" ".join(_say(part) for part in (sentence(found, before, after), more) if part))
    difference = found.comparison.rates.difference
    if difference.interval is not None:
        _interval(difference, _TONES[decision])
    st.caption(_(RULE))
    st.caption(_say(counts(found)))
    _source(found)
    if more is not None and found.comparison.more is not None:
        st.button(
            _("Measure it"),
            icon=":material/science:",
            key="measure",
            on_click=_measure,
            args=(found, (kind, before), (kind, after)),
        )
        if st.session_state.pop(_ASKED, False):
            st.switch_page("pages/create_jobs.py", query_params={"part": "campaigns"})
        problem = st.session_state.pop(_PROBLEM, None)
        if problem is not None:
            error_card(problem)
    _scores(found)


_ASKED, _PROBLEM = "measure-asked", "measure-problem"


def _measure(found: RunDecision, before: Run, after: Run) -> None:
    """Fix how many orders decide, then give them to the campaign form."""
    here, person = dashboard(), current_person()
    if found.comparison.more is None:
        return
    orders = found.comparison.more.orders
    if person.role >= Role.OPERATOR and not here.settings.read_only:
        try:
            keep_plan(
                *(here.engine, here.settings, person, before, after),
                orders=orders,
                compared=found.comparison.rates.difference.jobs,
            )
        except FeedlyError as error:
            st.session_state[_PROBLEM] = error
            return
    _fill_campaign(found, orders, after[1] if after[0] == "release" else "")


def _fill_campaign(found: RunDecision, orders: int, version: str) -> None:
    """Give the campaign form the orders that the later run lacks, else all of them again, and how many."""
    kind = JobKind.FULL
    lines = (found.missing or found.descriptions)[:_MOST_LINES]
    st.session_state["campaign-kind"] = kind
    st.session_state[f"campaign-{kind}-descriptions"] = "\n".join(" ".join(line.split()) for line in lines)
    st.session_state["campaign-limit"] = max(1, min(orders, 10_000))
    st.session_state["campaign-version"] = version
    st.session_state["part"] = "campaigns"
    st.session_state[_ASKED] = True


def _say(words: Message | str) -> str:
    return translate(words, language())


def _interval(difference: Estimate, tone: str) -> None:
    """The difference of the pass rates as a point with its interval, beside the line of no difference."""
    if difference.interval is None or difference.value is None:
        return
    value, low, high = (
        100 * each for each in (difference.value, difference.interval.low, difference.interval.high)
    )
    figure = go.Figure()
    figure.add_vline(x=0, line={"dash": "dot", "width": 2, "color": "#7d8a8f"})
    figure.add_scatter(
        x=[value],
        y=[""],
        error_x={"array": [high - value], "arrayminus": [value - low], "thickness": 4, "width": 10},
        mode="markers",
        marker={"size": 14, "color": tone},
        hovertemplate=f"{signed(value, 1)} [{signed(low, 1)}, {signed(high, 1)}] · n = {difference.n}"
        "<extra></extra>",
    )
    reach = 1.15 * max(abs(low), abs(high), 1.0)
    figure.update_xaxes(range=[-reach, reach], title=_("Difference of pass rates, points"), zeroline=False)
    figure.update_yaxes(visible=False)
    figure.update_layout(height=130, margin={"l": 8, "r": 8, "t": 8, "b": 8}, showlegend=False)
    finding = _(
        "Difference of pass rates: {value} points, 95% interval {low} to {high}",
        value=signed(value, 1),
        low=signed(low, 1),
        high=signed(high, 1),
    )
    st.plotly_chart(figure, key="decision-interval", config={"displayModeBar": False}, alt=finding)


def _source(found: RunDecision) -> None:
    """What the figures do not know."""
    lines = []
    if found.source.refreshed_at is None:
        lines.append(_("Only the newest jobs are compared, until the read model is filled."))
    elif not found.source.complete:
        lines.append(_("Older jobs are still being read; the figures are not complete yet."))
    if found.missing:
        lines.append(
            _n(
                "{n} description of the earlier run was not made in the later one yet.",
                "{n} descriptions of the earlier run were not made in the later one yet.",
                len(found.missing),
            )
        )
    for line in lines:
        st.caption(line)


def _scores(found: RunDecision) -> None:
    """Each score's paired median difference; one that moves by less than its noise says nothing."""
    rows = []
    for score in found.comparison.scores:
        median, noise = score.median, found.noise[score.name]
        rows.append(
            {
                _("Score"): score_title(score.name),
                _("Median difference"): _say(change(score.name, median.difference)),
                _("p (Holm)"): "–" if score.p_value is None else f"{score.p_value:.3f}",
                _("Rose"): median.rose,
                _("Fell"): median.fell,
                "n": median.difference.n,
                _("Noise of repeats"): _noise(score.name, noise),
            }
        )
    st.dataframe(rows, hide_index=True, key="decision-scores")
    st.caption(
        _(
            "Shares in points. Noise of repeats: two runs of one order under one release differ by less in 95"
            " of 100 cases; a dash where no order ran twice."
        )
    )


def _noise(name: str, noise: Estimate) -> str:
    if noise.value is None:
        return "–"
    share = SCORES[name].unit is Unit.SHARE
    shown = f"±{100 * noise.value:.1f}" if share else f"±{noise.value:.2f}"
    return f"{shown} (n = {noise.n})"
