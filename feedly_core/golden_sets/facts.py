"""Expected facts of an order, proved by data. Pure.

A fact is kept as it is written: ``iou_with_food<=0.02``, ``ocr_accuracy>=0.95``, ``call_to_action``,
``top_third``, ``copy=따끈한 국물 한 그릇``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from feedly_core.domain.scores import SCORES, Grade, Limit, written_limit
from feedly_core.errors import InvalidInput
from feedly_core.i18n import N_, Message, composed, verbatim
from feedly_core.jobs.request import MAX_TEXT

MOST_FACTS = 12
_SCORE = re.compile(r"([a-z_]+)\s*(<=|>=)\s*([0-9]+(?:\.[0-9]+)?)")


class FactKind(StrEnum):
    """What a fact speaks about."""

    SCORE = "score"
    CALL_TO_ACTION = "call_to_action"
    TOP_THIRD = "top_third"
    COPY = "copy"


@dataclass(frozen=True)
class Fact:
    """One expectation of every picture of an order.

    ``bound``: the last value of ``score`` that holds, in the score's own direction. ``text``: the copy.
    """

    kind: FactKind
    score: str = ""
    bound: float = 0.0
    text: str = ""

    def __str__(self) -> str:
        if self.kind is FactKind.SCORE:
            sign = ">=" if SCORES[self.score].higher_is_better else "<="
            return f"{self.score}{sign}{self.bound:g}"
        return f"copy={self.text}" if self.kind is FactKind.COPY else self.kind.value


USUAL = (
    Fact(FactKind.SCORE, "iou_with_food", 0.02),
    Fact(FactKind.SCORE, "ocr_accuracy", 0.95),
    Fact(FactKind.CALL_TO_ACTION),
    Fact(FactKind.TOP_THIRD),
)
"""What forms offer."""


@dataclass(frozen=True)
class Evidence:
    """What the data say of one finished picture; None is not recorded.

    ``text_centre``: height of the middle of the text's box, 0 (top) to 1.
    """

    scores: Mapping[str, float | None]
    drawn_text: str | None
    call_to_action: bool | None
    text_centre: float | None


def holds(fact: Fact, shown: Evidence) -> bool | None:
    """Whether the data prove the fact; None where they do not say."""
    if fact.kind is FactKind.SCORE:
        limit = Limit(fact.bound, fact.bound, SCORES[fact.score].higher_is_better)
        grade = limit.judge(shown.scores.get(fact.score))
        return None if grade is Grade.UNKNOWN else grade is Grade.PASS
    if fact.kind is FactKind.CALL_TO_ACTION:
        return shown.call_to_action
    if fact.kind is FactKind.TOP_THIRD:
        return None if shown.text_centre is None else shown.text_centre <= 1 / 3
    return None if shown.drawn_text is None else _plain(shown.drawn_text) == _plain(fact.text)


def fact_words(fact: Fact) -> Message:
    """The fact for people."""
    if fact.kind is FactKind.SCORE:
        kind = SCORES[fact.score]
        sign = "≥" if kind.higher_is_better else "≤"
        return N_("{score} {bound}", score=kind.title, bound=f"{sign} {written_limit(fact.bound, kind.unit)}")
    if fact.kind is FactKind.COPY:
        return N_("Copy: {text}", text=verbatim(fact.text))
    return _WORDS[fact.kind]


_WORDS = {
    FactKind.CALL_TO_ACTION: N_("Call to action present"),
    FactKind.TOP_THIRD: N_("Text in the top third"),
}


def read_fact(written: str) -> Fact:
    """The fact that is written so. Raises :class:`InvalidInput`."""
    text = composed(written).strip()
    if text.startswith("copy="):
        copy = text.removeprefix("copy=").strip()
        if not copy or len(copy) > MAX_TEXT:
            raise _unknown(written)
        return Fact(FactKind.COPY, text=copy)
    if text in (FactKind.CALL_TO_ACTION, FactKind.TOP_THIRD):
        return Fact(FactKind(text))
    match = _SCORE.fullmatch(text)
    if match is None or match[1] not in SCORES:
        raise _unknown(written)
    kind, bound = SCORES[match[1]], float(match[3])
    if (match[2] == ">=") is not kind.higher_is_better or not math.isfinite(bound):
        raise _unknown(written)
    return Fact(FactKind.SCORE, kind.name, bound)


def read_facts(written: Iterable[str]) -> tuple[Fact, ...]:
    """Facts in their order, each once. Raises :class:`InvalidInput`."""
    facts = tuple(dict.fromkeys(read_fact(each) for each in written))
    if len(facts) > MOST_FACTS:
        raise InvalidInput(
            N_("An order may have {n} expected facts at most.", n=MOST_FACTS),
            hint=N_("Leave some out and try again."),
        )
    return facts


def _plain(text: str) -> str:
    return " ".join(composed(text).split())


def _unknown(written: str) -> InvalidInput:
    return InvalidInput(
        N_("This is no expected fact: {fact}", fact=verbatim(written)),
        detail=N_("Nothing was written."),
        hint=N_(
            "Write {examples}. A score that should be high takes >=, one that should be low <=.",
            examples="iou_with_food<=0.02, ocr_accuracy>=0.95, call_to_action, top_third, copy=…",
        ),
    )
