"""Rules over figures that only the database has: scores, cost, checks, the release gate, saved views."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine

from feedly_core.alerts.conditions import ENOUGH_ENDED, Finding
from feedly_core.alerts.rules import Rule, RuleKind
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.trends import Point, period
from feedly_core.analytics.variant_source import variant_source
from feedly_core.db.engine import reading
from feedly_core.diagnostics.check import CheckOutcome
from feedly_core.diagnostics.check_report import CheckReport, run_checks
from feedly_core.diagnostics.checks import ALL_CHECKS
from feedly_core.diagnostics.context import open_context
from feedly_core.domain.scores import SCORES
from feedly_core.errors import NotFound
from feedly_core.golden_sets.gate import GateCode, sentence
from feedly_core.golden_sets.release_check import release_check
from feedly_core.i18n import N_, joined
from feedly_core.reviews.limits import limits_in_force
from feedly_core.saved_views.matches import new_to_the_team
from feedly_core.saved_views.views import SavedView
from feedly_core.settings import Settings
from feedly_core.targets.budget import Budget, NewTarget, target_words
from feedly_core.targets.figures import budgets
from feedly_core.targets.store import list_targets

FIGURES = frozenset(
    {
        *(RuleKind.SCORE_MEDIAN, RuleKind.COST, RuleKind.BURN_RATE),
        *(RuleKind.GATE_REGRESSED, RuleKind.CHECK_FAILED, RuleKind.VIEW_MATCHES),
    }
)
RARE = frozenset({RuleKind.GATE_REGRESSED, RuleKind.CHECK_FAILED})
"""Kinds that cost many statements, or ask the services."""

EVERY = timedelta(minutes=1)
"""Between two readings of figures, at least, and only when something has changed."""

RARELY = timedelta(minutes=10)
"""Between two runs of the checks and looks at the gate."""

_SHARES = ((1.0, 10), (0.8, 3), (0.5, 1))
"""Share of the budget, and the size of the alert: it opens at half and grows at 80 and 100 %."""


def measure(engine: Engine, settings: Settings, rule: Rule, now: datetime) -> Finding:
    """What the rule finds in the figures at ``now``. Raises database errors."""
    if rule.kind is RuleKind.CHECK_FAILED:
        with open_context(settings) as context:
            return red_checks(rule, run_checks(context, ALL_CHECKS))
    with reading(engine) as connection:
        if rule.kind is RuleKind.GATE_REGRESSED:
            return _gate(connection, settings, rule, now)
        if rule.kind is RuleKind.VIEW_MATCHES:
            seen = new_to_the_team(connection, rule.new.subject, now, settings.zone)
            return unseen(rule, *seen) if seen else Finding()
        if rule.kind is RuleKind.BURN_RATE:
            known = list_targets(connection)
            found = budgets(connection, variant_source(connection, now), known)
            return burning(rule, [(known[target_id], budget) for target_id, budget in found.items()])
        median = rule.kind is RuleKind.SCORE_MEDIAN
        since = now - rule.window if median else begin_of(rule.new.subject, rule, now)
        wanted = PictureFilters(tenant=rule.new.tenant or None, since=since)
        point = period(connection, variant_source(connection, now), wanted)
        return bad_median(rule, point) if median else spent_budget(rule, point)


def bad_median(rule: Rule, found: Point | None) -> Finding:
    """Nothing below five jobs with that score. Pure."""
    spread = found.scores.get(rule.new.subject) if found else None
    if spread is None or spread.median is None or spread.n < ENOUGH_ENDED:
        return Finding()
    higher = SCORES[rule.new.subject].higher_is_better
    bad = spread.median < rule.new.threshold if higher else spread.median > rule.new.threshold
    return Finding(1, figure=spread.median) if bad else Finding()


def spent_budget(rule: Rule, found: Point | None) -> Finding:
    """Its size grows with the share of the budget. Jobs of unknown cost are named. Pure."""
    spent = (found.cost_usd or 0.0) if found else 0.0
    size = next((size for share, size in _SHARES if spent >= share * rule.new.threshold), 0)
    unknown = found.jobs - found.priced if found else 0
    lines = (N_("The cost of {n} more jobs is unknown", n=unknown),) if unknown else ()
    return Finding(size, figure=spent, lines=lines) if size else Finding()


def burning(rule: Rule, found: Sequence[tuple[NewTarget, Budget]]) -> Finding:
    """Targets whose budget burns too fast over both windows: soon enough, and no mere blip. Pure."""
    hot = []
    for target, budget in found:
        rates = [rate for rate in budget.burn_rates if rate is not None]
        if len(rates) == len(budget.windows) and min(rates) >= rule.new.threshold:
            hot.append((min(rates), target))
    hot.sort(key=lambda each: each[0], reverse=True)
    lines = tuple(target_words(target) for _, target in hot)
    return Finding(len(hot), figure=hot[0][0], lines=lines) if hot else Finding()


def unseen(rule: Rule, view: SavedView, count: int) -> Finding:
    """New pictures of a view, from as many on as the rule says. Pure."""
    if count < rule.new.threshold:
        return Finding()
    return Finding(count, figure=count, path=f"/{view.address}")


def red_checks(rule: Rule, report: CheckReport) -> Finding:
    """The broken checks, or the named one. Pure."""
    red = [
        result
        for result in report
        if result.outcome is CheckOutcome.FAILED and rule.new.subject in ("", result.check.key)
    ]
    lines = tuple(joined(": ", [result.check.name, result.finding.found]) for result in red)
    return Finding(len(red), lines=lines)


def begin_of(name: str, rule: Rule, now: datetime) -> datetime:
    """When the day or month that ``now`` lies in began, by the clocks of the rule's zone."""
    local = now.astimezone(ZoneInfo(rule.zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    return local.replace(day=1) if name == "month" else local


def _gate(connection: Connection, settings: Settings, rule: Rule, now: datetime) -> Finding:
    """The newest release of the set. A set that was removed finds nothing."""
    known = limits_in_force(connection, settings)
    try:
        found = release_check(connection, rule.new.subject, known, now)
    except NotFound:
        return Finding()
    if not found.results:
        return Finding()
    release = found.results[0].run.release
    answer = found.answer(release, now.astimezone(settings.zone).date())
    if answer.code is not GateCode.REGRESSION:
        return Finding()
    return Finding(1, lines=(sentence(answer, rule.new.subject, release),))
