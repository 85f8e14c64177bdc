"""The release gate's answer as a document."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection
from typing_extensions import TypedDict

from feedly_core.documents.answers import Asking
from feedly_core.golden_sets.gate import MEANING_WORDS, GateAnswer, Policy, sentence
from feedly_core.golden_sets.release_check import ReleaseCheck, release_check
from feedly_core.i18n import translate
from feedly_core.reviews.limits import limits_in_force


class CaseLine(TypedDict):
    """One order of the golden set. ``meaning``: good, or why not; ``words``: the same in a sentence."""

    number: int
    description: str
    meaning: str
    words: str
    approved: bool


class GateDocument(TypedDict):
    """``answer``: pass, regression, not_decided, incomplete. ``code``: the exit code of ``feedlyai gate``."""

    golden_set: str
    version: int
    release: str
    policy: str
    answer: str
    code: int
    sentence: str
    cases: list[CaseLine]


def gate(
    connection: Connection, asking: Asking, golden_set: str, release: str, policy: Policy
) -> GateDocument:
    """May this release go out? Raises :class:`NotFound` for an unknown set."""
    known = limits_in_force(connection, asking.settings)
    found = release_check(connection, golden_set, known, asking.now, [release])
    answer = found.answer(release, today(asking), policy)
    return gate_document(found, answer, release, policy, asking.language)


def gate_document(
    found: ReleaseCheck, answer: GateAnswer, release: str, policy: Policy, language: str
) -> GateDocument:
    """The answer and what each case means, in the order of the set."""
    return {
        "golden_set": found.golden.name,
        "version": found.golden.version,
        "release": release,
        "policy": policy.value,
        "answer": answer.code.name.lower(),
        "code": answer.code.value,
        "sentence": translate(sentence(answer, found.golden.name, release), language),
        "cases": [
            {
                "number": order.position + 1,
                "description": order.description,
                "meaning": answer.meanings[order.case_id].value,
                "words": translate(MEANING_WORDS[answer.meanings[order.case_id]], language),
                "approved": order.case_id in found.approved,
            }
            for order in found.golden.orders
        ],
    }


def today(asking: Asking) -> date:
    """The settings' zone's day: known failures end with it."""
    return asking.now.astimezone(asking.settings.zone).date()
