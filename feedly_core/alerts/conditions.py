"""What a rule finds in what the dashboard knows at one moment. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from feedly_core.alerts.rules import Rule, RuleKind
from feedly_core.analytics.durations import Source, Spread
from feedly_core.domain.status import ENDED, State
from feedly_core.i18n import Message
from feedly_core.live.board import BoardRow
from feedly_core.live.problems import Problem, ProblemKind
from feedly_core.live.snapshot import HubKind, HubState

ENOUGH_ENDED = 5
"""Fewer jobs that ended say nothing about a share."""

REMEMBERED = timedelta(hours=24)
"""How long the end of a job is kept: the longest window of a rule."""


@dataclass(frozen=True, slots=True)
class WatchedJob:
    """What rules look at of one job.

    ``moved_at``: its last change. ``problems`` say what is wrong in words; they do not tell two states apart.
    """

    job_id: UUID
    tenant: str
    state: State
    troubles: frozenset[ProblemKind]
    created_at: datetime
    moved_at: datetime
    problems: tuple[Problem, ...] = field(default=(), compare=False)


def watched(row: BoardRow) -> WatchedJob:
    """The job as rules look at it."""
    view = row.view
    return WatchedJob(
        view.job_id,
        view.facts.tenant_id or "",
        view.status.state,
        frozenset(problem.kind for problem in row.problems),
        view.facts.created_at,
        view.moved_at,
        row.problems,
    )


@dataclass(frozen=True)
class Observed:
    """Everything known at ``now``.

    ``jobs`` None: jobs are not followed right now. ``ended``: the jobs that ended, kept for a day.
    ``since``: from when on they were followed without a gap. ``steps``: durations. ``listeners``: sessions
    by channel, a channel is missing where nobody may see them. ``measured``: what rules over figures found.
    """

    now: datetime
    since: datetime
    jobs: Mapping[UUID, WatchedJob] | None = None
    ended: Mapping[UUID, WatchedJob] = field(default_factory=dict)
    hub: HubState | None = None
    listeners: Mapping[str, int] = field(default_factory=dict)
    steps: Mapping[str, Spread] = field(default_factory=dict)
    measured: Mapping[UUID, Finding] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """What a rule finds. ``size`` 0: nothing. ``jobs``: those that it is about, the newest change first.

    ``figure``: the measured value beside the threshold. ``names``: steps or channels that it is about.
    ``lines``: what else it says of them. ``path``: where to look, empty where its kind says it.
    """

    size: int = 0
    jobs: tuple[WatchedJob, ...] = ()
    figure: float | None = None
    names: tuple[str, ...] = ()
    lines: tuple[Message, ...] = ()
    path: str = ""


def find(rule: Rule, observed: Observed) -> Finding | None:
    """Ask one rule. None: nothing is known now, so nothing begins or ends."""
    return _CONDITIONS[rule.kind](rule, observed)


def remember_ends(
    ended: Mapping[UUID, WatchedJob], jobs: Iterable[WatchedJob], now: datetime
) -> dict[UUID, WatchedJob]:
    """The ends of jobs with those of ``jobs``, a day back at most. One that goes on has not ended."""
    found = dict(ended)
    for job in jobs:
        if job.state in ENDED:
            found[job.job_id] = job
        else:
            found.pop(job.job_id, None)
    return {job_id: job for job_id, job in found.items() if now - job.moved_at < REMEMBERED}


def _with_trouble(*kinds: ProblemKind) -> Callable[[Rule, Observed], Finding | None]:
    wanted = frozenset(kinds)

    def condition(rule: Rule, observed: Observed) -> Finding | None:
        if observed.jobs is None:
            return None
        found = [
            # Only the words of what the rule is about: a job may have other problems too.
            job
            if job.troubles <= wanted
            else replace(job, problems=tuple(each for each in job.problems if each.kind in wanted))
            for job in _of_tenant(rule, observed.jobs.values())
            if job.troubles & wanted
        ]
        found.sort(key=lambda job: job.moved_at, reverse=True)
        return Finding(len(found), tuple(found))

    return condition


def _failure_share(rule: Rule, observed: Observed) -> Finding | None:
    if observed.jobs is None or observed.now - observed.since < rule.window:
        return None
    recent = [
        job for job in _of_tenant(rule, observed.ended.values()) if observed.now - job.moved_at < rule.window
    ]
    failed = [job for job in recent if job.state is State.FAILED]
    if len(recent) < ENOUGH_ENDED:
        return Finding()
    percent = 100 * len(failed) / len(recent)
    if percent < rule.new.threshold:
        return Finding()
    failed.sort(key=lambda job: job.moved_at, reverse=True)
    return Finding(len(failed), tuple(failed), percent)


def _nothing_finished(rule: Rule, observed: Observed) -> Finding | None:
    limit = timedelta(minutes=rule.new.threshold)
    if observed.jobs is None or observed.now - observed.since < limit:
        return None
    waiting = [job for job in _of_tenant(rule, observed.jobs.values()) if job.state not in ENDED]
    if not waiting:
        return Finding()
    # A job that was only just made is no sign of silence.
    oldest = min(job.created_at for job in waiting)
    ends = [job.moved_at for job in _of_tenant(rule, observed.ended.values()) if job.state is State.COMPLETE]
    silent = observed.now - max([observed.since, oldest, *ends])
    if silent < limit:
        return Finding()
    waiting.sort(key=lambda job: job.created_at)
    return Finding(1, tuple(waiting), silent.total_seconds() / 60)


def _slow_step(rule: Rule, observed: Observed) -> Finding | None:
    known = {
        step: spread.p95
        for step, spread in observed.steps.items()
        if spread.source is Source.RECORDED and rule.new.subject in ("", step)
    }
    if not known:
        return None
    slow = sorted((step for step in known if known[step] > rule.new.threshold), key=known.__getitem__)
    slow.reverse()
    return Finding(len(slow), figure=known[slow[0]], names=tuple(slow)) if slow else Finding()


def _hub_down(rule: Rule, observed: Observed) -> Finding | None:
    hub = observed.hub
    if hub is None:
        return None
    lasts = observed.now - hub.since
    if hub.kind is HubKind.LIVE or lasts < timedelta(minutes=rule.new.threshold):
        return Finding()
    return Finding(1, figure=lasts.total_seconds() / 60)


def _no_listener(_rule: Rule, observed: Observed) -> Finding | None:
    if not observed.listeners:
        return None
    silent = tuple(sorted(channel for channel, count in observed.listeners.items() if count == 0))
    return Finding(len(silent), names=silent)


def _measured(rule: Rule, observed: Observed) -> Finding | None:
    return observed.measured.get(rule.rule_id)


def _never(_rule: Rule, _observed: Observed) -> Finding:
    """The sender itself notices the loss of the database, and when a digest is due."""
    return Finding()


def _of_tenant(rule: Rule, jobs: Iterable[WatchedJob]) -> Iterable[WatchedJob]:
    tenant = rule.new.tenant
    return (job for job in jobs if job.tenant == tenant) if tenant else jobs


OF_TROUBLED_JOBS = frozenset({RuleKind.JOB_FAILED, RuleKind.JOB_STUCK, RuleKind.RETRIES_USED_UP})
"""Kinds that find jobs by their troubles: the others make no difference to them."""

_CONDITIONS: dict[RuleKind, Callable[[Rule, Observed], Finding | None]] = {
    RuleKind.JOB_FAILED: _with_trouble(ProblemKind.FAILED),
    RuleKind.JOB_STUCK: _with_trouble(ProblemKind.STUCK, ProblemKind.NO_ROW),
    RuleKind.RETRIES_USED_UP: _with_trouble(ProblemKind.EXHAUSTED),
    RuleKind.FAILURE_SHARE: _failure_share,
    RuleKind.NOTHING_FINISHED: _nothing_finished,
    RuleKind.SLOW_STEP: _slow_step,
    RuleKind.HUB_DOWN: _hub_down,
    RuleKind.NO_LISTENER: _no_listener,
    RuleKind.SCORE_MEDIAN: _measured,
    RuleKind.COST: _measured,
    RuleKind.CHECK_FAILED: _measured,
    RuleKind.GATE_REGRESSED: _measured,
    RuleKind.BURN_RATE: _measured,
    RuleKind.VIEW_MATCHES: _measured,
    RuleKind.DATABASE_LOST: _never,
    RuleKind.DIGEST: _never,
}
