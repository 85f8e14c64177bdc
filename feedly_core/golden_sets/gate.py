"""Whether a release broke what was approved. Pure.

A picture passes by the verdict of people, else by the limits of its scores; it must also hold every
expected fact. A job passes when at least half of its pictures do. A case passes when more than half of its
repeats do, and is not decided at exactly half: then the noise is as large as the answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum, StrEnum
from uuid import UUID

from feedly_core.i18n import N_, Message


class CaseState(StrEnum):
    """How an order did under a release."""

    PASSED = "passed"
    FAILED = "failed"
    UNDECIDED = "undecided"
    RUNNING = "running"
    MISSING = "missing"


class Meaning(StrEnum):
    """What a case means for the gate, most urgent first."""

    BROKEN = "broken"
    MISSING = "missing"
    RUNNING = "running"
    UNDECIDED = "undecided"
    NEVER_APPROVED = "never_approved"
    KNOWN = "known"
    GOOD = "good"


class Policy(StrEnum):
    """What a release must show."""

    NO_REGRESSION = "no-regression"
    ALL_PASS = "all-pass"  # noqa: S105


class GateCode(IntEnum):
    """What a script learns."""

    PASS = 0
    REGRESSION = 1
    NOT_DECIDED = 2
    INCOMPLETE = 3
    NO_DATABASE = 4


CASE_WORDS = {
    CaseState.PASSED: N_("Passed"),
    CaseState.FAILED: N_("Failed"),
    CaseState.UNDECIDED: N_("Not decided"),
    CaseState.RUNNING: N_("Not ready yet"),
    CaseState.MISSING: N_("Not made"),
}
MEANING_WORDS = {
    Meaning.BROKEN: N_("Broken: it was approved and fails now"),
    Meaning.MISSING: N_("Missing: it was not made under this release"),
    Meaning.RUNNING: N_("Not ready yet"),
    Meaning.UNDECIDED: N_("Not decided: its repeats contradict each other, or nothing was measured"),
    Meaning.NEVER_APPROVED: N_("Fails, and was never approved"),
    Meaning.KNOWN: N_("Known failure"),
    Meaning.GOOD: N_("Good"),
}
GATE_WORDS = {
    GateCode.PASS: N_("Pass"),
    GateCode.REGRESSION: N_("Regression"),
    GateCode.NOT_DECIDED: N_("Not decided"),
    GateCode.INCOMPLETE: N_("Incomplete"),
}


@dataclass(frozen=True)
class KnownFailure:
    """A failure that people accept, up to and on its day ``until``."""

    reason: str
    until: date
    person: str

    def holds(self, today: date) -> bool:
        return today <= self.until


def job_passes(pictures: Sequence[bool | None]) -> bool | None:
    """Whether at least half of the pictures pass, whatever the unknown ones are; else None."""
    passing, unknown = pictures.count(True), pictures.count(None)
    if not pictures or unknown == len(pictures):
        return None
    if 2 * passing >= len(pictures):
        return True
    return False if 2 * (passing + unknown) < len(pictures) else None


def case_state(jobs: Sequence[bool | None], *, running: int, repeats: int) -> CaseState:
    """The case from its ended jobs, once no job is ``running``; what is short of ``repeats`` is missing."""
    if running:
        return CaseState.RUNNING
    if len(jobs) < repeats:
        return CaseState.MISSING
    passing, failing = jobs.count(True), jobs.count(False)
    if 2 * passing > len(jobs):
        return CaseState.PASSED
    return CaseState.FAILED if 2 * failing > len(jobs) else CaseState.UNDECIDED


def meaning(
    state: CaseState, *, approved: bool, known: KnownFailure | None, today: date, policy: Policy
) -> Meaning:
    """What one case means under the policy. A missing case never passes, not even a known failure."""
    if state in (CaseState.MISSING, CaseState.RUNNING):
        return Meaning(state.value)
    if state is CaseState.PASSED:
        return Meaning.GOOD
    if known is not None and known.holds(today):
        return Meaning.KNOWN
    if state is CaseState.UNDECIDED:
        return Meaning.UNDECIDED
    return Meaning.BROKEN if approved or policy is Policy.ALL_PASS else Meaning.NEVER_APPROVED


@dataclass(frozen=True)
class GateAnswer:
    """The answer, and what each case means, in the order of the set."""

    code: GateCode
    meanings: Mapping[UUID, Meaning]
    approved: int

    @property
    def counts(self) -> Mapping[Meaning, int]:
        return Counter(self.meanings.values())


def judge(meanings: Mapping[UUID, Meaning], *, approved: int, policy: Policy) -> GateAnswer:
    """One answer for all cases. ``approved``: of them, so many have a baseline."""
    found = set(meanings.values())
    if Meaning.BROKEN in found:
        code = GateCode.REGRESSION
    elif not meanings or found & {Meaning.MISSING, Meaning.RUNNING}:
        code = GateCode.INCOMPLETE
    elif found & {Meaning.UNDECIDED, Meaning.NEVER_APPROVED} or not (approved or policy is Policy.ALL_PASS):
        code = GateCode.NOT_DECIDED
    else:
        code = GateCode.PASS
    return GateAnswer(code, meanings, approved)


def sentence(answer: GateAnswer, name: str, release: str) -> Message:
    """The answer in one sentence."""
    counts = answer.counts
    return N_(
        "{answer}. {name} under {release}: {good} of {all} cases are good, {broken} broken, {open} missing"
        " or not ready, {undecided} not decided, {known} known failures; {approved} have a baseline.",
        answer=GATE_WORDS[answer.code],
        name=name,
        release=release,
        good=counts[Meaning.GOOD],
        all=len(answer.meanings),
        broken=counts[Meaning.BROKEN],
        open=counts[Meaning.MISSING] + counts[Meaning.RUNNING],
        undecided=counts[Meaning.UNDECIDED] + counts[Meaning.NEVER_APPROVED],
        known=counts[Meaning.KNOWN],
        approved=answer.approved,
    )
