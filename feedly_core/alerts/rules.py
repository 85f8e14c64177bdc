"""Alert rules: what they look at, and what makes one valid. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from feedly_core.db.own_schema.facts import CHARTED
from feedly_core.diagnostics.checks import ALL_CHECKS
from feedly_core.domain.pipeline import STEPS, title
from feedly_core.domain.scores import SCORES
from feedly_core.domain.typed_text import text_problems
from feedly_core.errors import InvalidInput
from feedly_core.i18n import LANGUAGES, N_, Message, joined, verbatim
from feedly_core.saved_views.views import LONGEST_NAME, MOST_NEW, VIEW_MATCHES

MAILBOX = "mailbox"
"""The built-in channel: its messages are shown on the page *Diagnostics* and leave the house nowhere."""

LONGEST_TENANT = 255
LONGEST_WINDOW = 24 * 60


class RuleKind(StrEnum):
    """What a rule looks at."""

    JOB_FAILED = "job_failed"
    JOB_STUCK = "job_stuck"
    RETRIES_USED_UP = "retries_used_up"
    FAILURE_SHARE = "failure_share"
    NOTHING_FINISHED = "nothing_finished"
    SLOW_STEP = "slow_step"
    HUB_DOWN = "hub_down"
    NO_LISTENER = "no_listener"
    SCORE_MEDIAN = "score_median"
    COST = "cost"
    CHECK_FAILED = "check_failed"
    GATE_REGRESSED = "gate_regressed"
    BURN_RATE = "burn_rate"
    VIEW_MATCHES = VIEW_MATCHES
    DATABASE_LOST = "database_lost"
    DIGEST = "digest"


class Subject(StrEnum):
    """What a rule may be limited to. :data:`NEEDED` ones must be named."""

    STEP = "step"
    SCORE = "score"
    PERIOD = "period"
    CHECK = "check"
    GOLDEN_SET = "golden_set"
    VIEW = "view"
    HOW_OFTEN = "how_often"


NEEDED = frozenset({Subject.SCORE, Subject.PERIOD, Subject.GOLDEN_SET, Subject.HOW_OFTEN, Subject.VIEW})
PERIODS = {"day": N_("a day"), "month": N_("a month")}
HOW_OFTEN = {"day": N_("every day"), "week": N_("every Monday")}
NAMED_BY_PEOPLE = {
    Subject.GOLDEN_SET: (N_("Golden set"), 200),
    Subject.VIEW: (N_("Saved view"), LONGEST_NAME),
}
"""Subjects of which people give the names, and how long these may be."""


@dataclass(frozen=True)
class KindInfo:
    """How people read and set rules of one kind.

    ``unit`` of the threshold, None without one; ``usual`` its first value, ``least`` and ``most`` its limits.
    ``about_jobs``: a tenant may be named. ``windowed``: it looks back over a window. ``subject``: what it
    may be limited to. ``recorded``: the recorded step history says when it would have sent.
    """

    title: Message
    unit: Message | None = None
    usual: float = 0.0
    least: float = 0.0
    most: float = 0.0
    about_jobs: bool = True
    windowed: bool = False
    subject: Subject | None = None
    recorded: bool = True


_MINUTES = N_("min")
KINDS: dict[RuleKind, KindInfo] = {
    RuleKind.JOB_FAILED: KindInfo(N_("A job failed")),
    RuleKind.JOB_STUCK: KindInfo(N_("A job is stuck")),
    RuleKind.RETRIES_USED_UP: KindInfo(N_("A job's retries are used up"), recorded=False),
    RuleKind.FAILURE_SHARE: KindInfo(
        N_("Too many jobs of a period failed"), N_("% of the jobs that ended"), 20, 1, 100, windowed=True
    ),
    RuleKind.NOTHING_FINISHED: KindInfo(N_("Nothing finished while jobs wait"), _MINUTES, 30, 1, 1440),
    RuleKind.SLOW_STEP: KindInfo(
        N_("A step is slow (p95)"),
        N_("seconds"),
        *(120, 1, 86_400),
        about_jobs=False,
        subject=Subject.STEP,
        recorded=False,
    ),
    RuleKind.HUB_DOWN: KindInfo(
        N_("The dashboard receives no events"), _MINUTES, 2, 0, 1440, about_jobs=False, recorded=False
    ),
    RuleKind.NO_LISTENER: KindInfo(N_("No service listens"), about_jobs=False, recorded=False),
    RuleKind.SCORE_MEDIAN: KindInfo(
        N_("The median of a score is bad"),
        N_("as the score is written, for example 0.8"),
        *(0.8, 0, 21),
        windowed=True,
        subject=Subject.SCORE,
        recorded=False,
    ),
    RuleKind.COST: KindInfo(
        N_("Cost against a budget"), N_("USD"), 100, 0.01, 1e9, subject=Subject.PERIOD, recorded=False
    ),
    RuleKind.CHECK_FAILED: KindInfo(
        N_("A diagnostics check is broken"), about_jobs=False, subject=Subject.CHECK, recorded=False
    ),
    RuleKind.GATE_REGRESSED: KindInfo(
        N_("A release breaks what was approved"),
        about_jobs=False,
        subject=Subject.GOLDEN_SET,
        recorded=False,
    ),
    RuleKind.BURN_RATE: KindInfo(
        N_("A target's error budget burns"),
        N_("times as fast as it may, over 1 h and 6 h"),
        *(6, 0.1, 1000),
        about_jobs=False,
        recorded=False,
    ),
    RuleKind.VIEW_MATCHES: KindInfo(
        N_("A saved view has new matches"),
        N_("new pictures"),
        *(1, 1, MOST_NEW),
        about_jobs=False,
        subject=Subject.VIEW,
        recorded=False,
    ),
    RuleKind.DIGEST: KindInfo(
        N_("Digest"),
        N_("o'clock"),
        *(9, 0, 23),
        subject=Subject.HOW_OFTEN,
        recorded=False,
    ),
    RuleKind.DATABASE_LOST: KindInfo(
        N_("The database cannot be reached"), _MINUTES, 2, 0, 1440, about_jobs=False, recorded=False
    ),
}


@dataclass(frozen=True)
class NewRule:
    """A rule as a person writes it.

    ``tenant``, ``subject`` (a step): empty for all. ``window_minutes``: of kinds that look back.
    ``quiet_from``, ``quiet_to``: minutes of the day between which nothing is sent; both or neither.
    """

    kind: RuleKind
    channel: str = MAILBOX
    tenant: str = ""
    subject: str = ""
    threshold: float = 0.0
    window_minutes: int = 60
    quiet_from: int | None = None
    quiet_to: int | None = None
    language: str = LANGUAGES[0]


@dataclass(frozen=True)
class Rule:
    """A rule that is kept. ``zone``: of its quiet hours. ``active``: False while paused."""

    rule_id: UUID
    new: NewRule
    zone: str
    active: bool
    created_by: str
    created_at: datetime

    @property
    def kind(self) -> RuleKind:
        return self.new.kind

    @property
    def window(self) -> timedelta:
        return timedelta(minutes=self.new.window_minutes)

    def quiet(self, now: datetime) -> bool:
        """Whether ``now`` lies in the quiet hours."""
        return self.quiet_ends(now) > now

    def quiet_ends(self, now: datetime) -> datetime:
        """The first moment from ``now`` on at which something may be sent."""
        start, end = self.new.quiet_from, self.new.quiet_to
        if start is None or end is None:
            return now
        local = now.astimezone(ZoneInfo(self.zone))
        minute = 60 * local.hour + local.minute
        inside = start <= minute < end if start < end else minute >= start or minute < end
        if not inside:
            return now
        left = timedelta(minutes=(end - minute) % 1440, seconds=-local.second)
        return now + left - timedelta(microseconds=local.microsecond)


def rule_words(rule: NewRule) -> Message:
    """The rule in one line: what, which value, of whom."""
    info = KINDS[rule.kind]
    parts = [info.title]
    if info.unit is not None:
        parts.append(_limit_words(rule, info.unit))
    if info.windowed:
        parts.append(N_("within {n} minutes", n=rule.window_minutes))
    if rule.subject:
        parts.append(subject_title(info.subject, rule.subject))
    if rule.tenant:
        parts.append(N_("Tenant: {tenant}", tenant=rule.tenant))
    return joined(" · ", parts)


def _limit_words(rule: NewRule, unit: Message) -> Message:
    value = f"{rule.threshold:g}"
    if rule.kind is RuleKind.DIGEST:
        return N_("at {time}", time=f"{int(rule.threshold):02d}:00")
    if rule.kind is RuleKind.SCORE_MEDIAN:
        return N_("limit {value}", value=value)
    if rule.kind is RuleKind.COST:
        return N_("budget {value} USD", value=value)
    return N_("from {value} {unit}", value=value, unit=unit)


def subject_names(subject: Subject | None) -> tuple[str, ...]:
    """The names that a rule may be limited to; none where it may not, or where people give the names."""
    if subject is Subject.CHECK:
        return tuple(check.key for check in ALL_CHECKS)
    names = {
        Subject.STEP: STEPS,
        Subject.SCORE: CHARTED,
        Subject.PERIOD: PERIODS,
        Subject.HOW_OFTEN: HOW_OFTEN,
    }
    return tuple(names.get(subject, ())) if subject else ()


def subject_title(subject: Subject | None, name: str) -> Message:
    """The name for people."""
    if subject is Subject.CHECK:
        return next((check.name for check in ALL_CHECKS if check.key == name), verbatim(name))
    if subject is Subject.SCORE and name in SCORES:
        return SCORES[name].title
    if subject is Subject.PERIOD:
        return PERIODS.get(name, verbatim(name))
    if subject is Subject.HOW_OFTEN:
        return HOW_OFTEN.get(name, verbatim(name))
    return verbatim(name) if subject in NAMED_BY_PEOPLE else title(name)


def check_rule(rule: NewRule, channels: tuple[str, ...]) -> None:
    """Raise :class:`InvalidInput` naming each fault."""
    info = KINDS[rule.kind]
    faults = text_problems(N_("Tenant"), rule.tenant, LONGEST_TENANT)
    if rule.channel not in channels:
        faults.append(N_("There is no channel {name}.", name=rule.channel))
    if info.unit is not None and not info.least <= rule.threshold <= info.most:
        faults.append(
            N_(
                "The limit must lie between {least} and {most}.",
                least=f"{info.least:g}",
                most=f"{info.most:g}",
            )
        )
    if info.windowed and not 1 <= rule.window_minutes <= LONGEST_WINDOW:
        faults.append(N_("The period must be 1 to {most} minutes.", most=LONGEST_WINDOW))
    faults += _subject_faults(info.subject, rule.subject)
    quiet = (rule.quiet_from, rule.quiet_to)
    if (None in quiet) != (quiet == (None, None)) or (quiet[0] is not None and quiet[0] == quiet[1]):
        faults.append(N_("Quiet hours need a beginning and another end."))
    if any(minute is not None and not 0 <= minute < 1440 for minute in quiet):
        faults.append(N_("Quiet hours are times of one day."))
    if rule.language not in LANGUAGES:
        faults.append(N_("There is no language {name}.", name=rule.language))
    if faults:
        raise InvalidInput(
            joined(" ", faults),
            detail=N_("Nothing was written."),
            hint=N_("Correct it and try again."),
        )


def _subject_faults(subject: Subject | None, name: str) -> list[Message]:
    if not name:
        return [N_("Say what the rule is about.")] if subject in NEEDED else []
    if subject in NAMED_BY_PEOPLE:
        field, longest = NAMED_BY_PEOPLE[subject]
        return text_problems(field, name, longest)
    return (
        []
        if name in subject_names(subject)
        else [N_("A rule of this kind cannot be about {name}.", name=name)]
    )
