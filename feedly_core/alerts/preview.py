"""What a rule would have sent in the last two weeks, from recorded steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush
from uuid import UUID

from sqlalchemy import Connection

from feedly_core.alerts.conditions import (
    OF_TROUBLED_JOBS,
    Finding,
    Observed,
    WatchedJob,
    find,
    remember_ends,
)
from feedly_core.alerts.course import Alert, next_state, wakes_at
from feedly_core.alerts.past import Change
from feedly_core.alerts.recorded import recorded_past
from feedly_core.alerts.rules import KINDS, NewRule, Rule, RuleKind
from feedly_core.db.own_schema import installed
from feedly_core.db.query_budget import query_budget

DAYS = 14
MOST_SHOWN = 10


@dataclass(frozen=True)
class Fired:
    """One alert that the rule would have sent: from when to when, how many jobs, some of them."""

    opened_at: datetime
    ended_at: datetime | None
    size: int
    jobs: tuple[UUID, ...]


@dataclass(frozen=True)
class Preview:
    """What a rule would have sent since ``since``. ``fired``: its alerts, the newest first.

    ``messages``: their number in all. None instead of this: nothing is recorded that could say it.
    """

    since: datetime
    fired: tuple[Fired, ...]
    messages: int


@query_budget(statements=8, rows=200_000)
def preview(connection: Connection, new: NewRule, zone: str, now: datetime) -> Preview | None:
    """Replay the recorded steps of the last 14 days through the rule.

    At most the newest 40,000 events; the answer says since when. None where no history is kept of its kind.
    """
    if not KINDS[new.kind].recorded or not installed(connection):
        return None
    past = recorded_past(connection, now - timedelta(days=DAYS), now)
    rule = Rule(UUID(int=0), new, zone, True, "", past.since)
    return replayed(rule, past.changes, past.since, now)


def replayed(rule: Rule, course: Sequence[Change], since: datetime, until: datetime) -> Preview:
    """Lead the rule through the changes of the jobs. Pure."""
    replay = _Replay(rule, since)
    timers: list[datetime] = []
    place = 0
    while place < len(course) or timers:
        now = min([*timers[:1], *(change.at for change in course[place : place + 1])])
        if now > until:
            break
        while timers and timers[0] <= now:
            heappop(timers)
        while place < len(course) and course[place].at <= now:
            for moment in replay.take(course[place]):
                heappush(timers, moment)
            place += 1
        wakes = replay.step(now)
        if wakes is not None:
            heappush(timers, wakes)
    return Preview(since, tuple(reversed(replay.fired.values())), replay.messages)


class _Replay:
    """One rule and its alert while the past goes by."""

    def __init__(self, rule: Rule, since: datetime) -> None:
        self._rule, self._since = rule, since
        self._jobs: dict[UUID, WatchedJob] = {}
        self._ended: dict[UUID, WatchedJob] = {}
        self._found: Finding | None = None
        self._alert: Alert | None = None
        self.fired: dict[UUID, Fired] = {}
        self.messages = 0

    def take(self, change: Change) -> list[datetime]:
        """Take a change; later moments at which time alone may change what the rule finds."""
        info, job = KINDS[self._rule.kind], change.job
        if job is not None and (job.troubles or self._rule.kind not in OF_TROUBLED_JOBS):
            self._jobs[change.job_id], self._found = job, None
        elif self._jobs.pop(change.job_id, None) is not None:  # each moment asks all jobs that are kept
            self._found = None
        if job is None:
            return []
        self._ended = remember_ends(self._ended, [job], change.at)
        if info.windowed:
            return [job.moved_at + self._rule.window]
        if self._rule.kind is RuleKind.NOTHING_FINISHED:
            limit = timedelta(minutes=self._rule.new.threshold)
            later = {job.created_at + limit, job.moved_at + limit, self._since + limit}
            return [moment for moment in later if moment > change.at]
        return []

    def step(self, now: datetime) -> datetime | None:
        """Ask the rule; the next moment at which its alert may change by itself."""
        finding = self._finding(now)
        alert, planned = next_state(self._rule, self._alert, finding, now)
        if alert is None:
            return None
        if planned is not None:
            self.messages += 1
        if alert.sent_size:
            self._note(alert, finding)
        self._alert = alert if alert.ended_at is None else None
        return wakes_at(self._rule, alert, now) if self._alert else None

    def _finding(self, now: datetime) -> Finding:
        """What the rule finds; where it looks at troubled jobs only, time alone changes nothing."""
        if self._found is None or self._rule.kind not in OF_TROUBLED_JOBS:
            self._found = find(self._rule, Observed(now, self._since, self._jobs, self._ended)) or Finding()
        return self._found

    def _note(self, alert: Alert, finding: Finding) -> None:
        before = self.fired.get(alert.alert_id)
        known = before.jobs if before else ()
        new = [job.job_id for job in finding.jobs if job.job_id not in known]
        self.fired[alert.alert_id] = Fired(
            alert.opened_at,
            alert.ended_at,
            max(alert.size, before.size if before else 0),
            (*known, *new)[:MOST_SHOWN],
        )
