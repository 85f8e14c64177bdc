"""Check: one question about the trigger chain, with its finding and fix.

Checks are data. :mod:`feedly_core.diagnostics.check_report` runs them all at once. The page, the
terminal and the support bundle only show the results.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from feedly_core.diagnostics.context import CheckContext
from feedly_core.i18n import N_, NN_, Message


class CheckOutcome(StrEnum):
    """Outcome of a check.

    ``UNKNOWN``: the evidence is missing. :data:`SEVERITY` sorts from good to bad.
    """

    OK = "ok"
    UNKNOWN = "unknown"
    WARNING = "warning"
    FAILED = "failed"


SEVERITY = (CheckOutcome.OK, CheckOutcome.UNKNOWN, CheckOutcome.WARNING, CheckOutcome.FAILED)

OUTCOME_LABELS: dict[CheckOutcome, Message] = {
    CheckOutcome.OK: N_("OK"),
    CheckOutcome.UNKNOWN: N_("Unknown"),
    CheckOutcome.WARNING: N_("Warning"),
    CheckOutcome.FAILED: N_("Error"),
}


class Group(StrEnum):
    """Group of a check, in the order in which an event passes the system."""

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
    """Fix of a fault: advice, and SQL or a command to copy.

    ``sql`` goes to the database, ``command`` to a shell or an environment file. ``repair`` marks SQL
    that installs a trigger object and may be run from the page (:mod:`feedly_core.diagnostics.repair`).
    """

    advice: Message
    sql: str = ""
    command: str = ""
    repair: bool = False


@dataclass(frozen=True)
class Finding:
    """What a check found.

    ``cause`` is a short machine-readable name of the fault, empty when OK.
    """

    outcome: CheckOutcome
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
    """One check.

    ``key`` is stable (``triggers.variant_notify``): terminal, tests and support refer to it.
    """

    key: str
    group: Group
    name: Message
    question: Message
    run: Callable[[CheckContext], Finding]


@dataclass(frozen=True)
class CheckResult:
    """One check with its finding and duration."""

    check: Check
    finding: Finding
    milliseconds: float

    @property
    def outcome(self) -> CheckOutcome:
        return self.finding.outcome


def worst(outcomes: list[CheckOutcome]) -> CheckOutcome:
    """Worst outcome of several checks; OK for none."""
    return max(outcomes, key=SEVERITY.index, default=CheckOutcome.OK)


def age_words(seconds: float) -> Message:
    """A rough age in its largest unit."""
    if seconds >= 86_400:
        return NN_("{n} day", "{n} days", int(seconds // 86_400))
    if seconds >= 3_600:
        return NN_("{n} hour", "{n} hours", int(seconds // 3_600))
    if seconds >= 60:
        return NN_("{n} minute", "{n} minutes", int(seconds // 60))
    return N_("{seconds} s", seconds=int(seconds))


def quoted(name: str) -> str:
    """A name as an SQL identifier, quoted only where it must be."""
    return name if name.isidentifier() and name.islower() else '"' + name.replace('"', '""') + '"'
