"""What a check is: one question, a verdict, what was found, why it matters and how to put it right.

Checks are data. :mod:`feedly_core.diagnostics.check_report` asks them all at once; the page, the
terminal and the support bundle only show the answers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from feedly_core.diagnostics.context import Scene
from feedly_core.i18n import N_, Message


class Verdict(StrEnum):
    """Sorted from good to bad by :data:`SEVERITY`. Unknown means: the evidence is missing."""

    OK = "ok"
    UNKNOWN = "unknown"
    WARNING = "warning"
    FAILED = "failed"


SEVERITY = (Verdict.OK, Verdict.UNKNOWN, Verdict.WARNING, Verdict.FAILED)

VERDICT_LABELS: dict[Verdict, Message] = {
    Verdict.OK: N_("in order"),
    Verdict.UNKNOWN: N_("not known"),
    Verdict.WARNING: N_("look at this"),
    Verdict.FAILED: N_("broken"),
}


class Group(StrEnum):
    """Where a check belongs; the order is the way of an event through the system."""

    DATABASE = "database"
    SCHEMA = "schema"
    TRIGGERS = "triggers"
    LISTENERS = "listeners"
    SERVICES = "services"
    CONFIGURATION = "configuration"
    WORK = "work"


GROUP_TITLES: dict[Group, Message] = {
    Group.DATABASE: N_("Database"),
    Group.SCHEMA: N_("Tables"),
    Group.TRIGGERS: N_("Triggers"),
    Group.LISTENERS: N_("Listeners"),
    Group.SERVICES: N_("Services"),
    Group.CONFIGURATION: N_("Configuration"),
    Group.WORK: N_("Work in the pipeline"),
}


@dataclass(frozen=True)
class Fix:
    """How to put it right: a sentence, and what to copy.

    ``sql`` goes to the database, ``command`` to a shell or an environment file. ``repair`` marks SQL
    that installs a trigger object and may be run from the page (:mod:`feedly_core.diagnostics.repair`).
    """

    advice: Message
    sql: str = ""
    command: str = ""
    repair: bool = False


@dataclass(frozen=True)
class Finding:
    """A check's answer. ``cause`` is a short machine-readable name of what is wrong, empty when ok."""

    verdict: Verdict
    found: Message
    cause: str = ""
    why: Message | None = None
    fix: Fix | None = None
    difference: str = ""
    """A unified diff, where an object differs from what the listener needs."""
    rows: tuple[tuple[Message | str, ...], ...] = ()
    """A small table of evidence, heading first; a plain str is data and never translated."""


@dataclass(frozen=True)
class Check:
    """``key`` is stable (``triggers.variant_notify``): exit codes, tests and support refer to it."""

    key: str
    group: Group
    name: Message
    question: Message
    ask: Callable[[Scene], Finding]


@dataclass(frozen=True)
class Answer:
    """A check, its finding and how long it took."""

    check: Check
    finding: Finding
    milliseconds: float

    @property
    def verdict(self) -> Verdict:
        return self.finding.verdict


def worst(verdicts: list[Verdict]) -> Verdict:
    """The verdict of a whole group; OK for none."""
    return max(verdicts, key=SEVERITY.index, default=Verdict.OK)
