"""Score registry: names, titles, units, directions, limits and formulas.

The one place that says what a score is called, when it is good and how it is written. Which limits hold is
answered by ``reviews.limits``: these, changed by ``FEEDLY_THRESHOLDS``, changed by what an operator stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from feedly_core.errors import SettingsInvalid
from feedly_core.i18n import N_, Message
from feedly_core.settings import Settings


class Grade(StrEnum):
    """Result of a limit.

    A score that is not recorded is neither good nor bad.
    """

    PASS = "pass"  # noqa: S105
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"


class Unit(StrEnum):
    """Written form: a share as percent, a contrast as n:1, a count as it is."""

    SHARE = "share"
    CONTRAST = "contrast"
    COUNT = "count"


class ContrastState(StrEnum):
    """Whether the drawn letters were measured, and if not, why."""

    PENDING = "pending"
    MEASURED = "measured"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    UNPLACED = "unplaced"


@dataclass(frozen=True)
class Limit:
    """``good`` is the last value that passes, ``fair`` the last that only warns."""

    good: float
    fair: float
    higher_is_better: bool = True

    def judge(self, value: float | Decimal | None) -> Grade:
        """Pass, warn or fail; a missing value is unknown."""
        if value is None:
            return Grade.UNKNOWN
        # Floats order as the shortest decimals that name them do: only a decimal needs exact bounds.
        decimal = isinstance(value, Decimal)
        for bound, grade in ((self.good, Grade.PASS), (self.fair, Grade.WARN)):
            limit = _exact(bound) if decimal else bound
            if value >= limit if self.higher_is_better else value <= limit:
                return grade
        return Grade.FAIL


Limits = Mapping[str, Limit]
"""Limits in force, by the name of the score; ``contrast_large_text`` besides."""


@dataclass(frozen=True)
class ScoreKind:
    """One score.

    ``short`` is the title where there is little room; ``limit`` None: never judged.
    """

    name: str
    title: Message
    unit: Unit = Unit.SHARE
    limit: Limit | None = None
    short: Message | None = None
    higher_is_better: bool = True

    @property
    def range(self) -> tuple[float, float]:
        """Lowest and highest possible value."""
        return (1.0, 21.0) if self.unit is Unit.CONTRAST else (0.0, 1.0)


def _lower(good: float, fair: float) -> Limit:
    return Limit(good, fair, higher_is_better=False)


LARGE_TEXT = "contrast_large_text"
"""Name of the contrast limit of large text, in settings and in :data:`DEFAULTS`."""

SCORES: Mapping[str, ScoreKind] = {
    kind.name: kind
    for kind in (
        ScoreKind("overall", N_("Overall score"), limit=Limit(0.8, 0.6)),
        ScoreKind("ocr_accuracy", N_("OCR accuracy"), limit=Limit(0.85, 0.6), short=N_("OCR")),
        ScoreKind("ocr_confidence", N_("OCR confidence"), limit=Limit(0.7, 0.4)),
        ScoreKind("character_match_rate", N_("Characters matched"), limit=Limit(0.9, 0.7)),
        ScoreKind("word_match_rate", N_("Words matched"), limit=Limit(0.8, 0.5)),
        ScoreKind("edit_distance", N_("Edit distance"), Unit.COUNT, higher_is_better=False),
        ScoreKind("contrast", N_("Contrast as drawn"), Unit.CONTRAST, Limit(4.5, 3.0), N_("Contrast")),
        ScoreKind("contrast_worst", N_("Contrast, worst 5%"), Unit.CONTRAST, Limit(3.0, 1.5)),
        ScoreKind("contrast_stored", N_("Stored contrast"), Unit.CONTRAST),
        ScoreKind("readability", N_("Readability")),
        ScoreKind(
            "iou_with_food",
            N_("Overlap with food or people"),
            limit=_lower(0.02, 0.1),
            short=N_("Overlap"),
            higher_is_better=False,
        ),
        ScoreKind("covered", N_("Object covered most"), limit=_lower(0.05, 0.2), higher_is_better=False),
        ScoreKind("proposal_iou", N_("Match with the planner's box"), limit=Limit(0.98, 0.8)),
        ScoreKind("relevance", N_("Fit of picture and copy"), limit=Limit(0.6, 0.3)),
        ScoreKind("judge", N_("AI judge: favourable answers")),
    )
}
"""Every score by name. ``contrast`` and ``contrast_worst`` are measured on the drawn letters,
``contrast_stored`` is the service's own figure of the requested colour. ``covered`` is the share of one
detected object under the text box. ``judge`` is the share of favourable answers of the AI judge."""

COMPARED = (
    *("overall", "ocr_accuracy", "contrast", "contrast_worst", "contrast_stored"),
    *("readability", "iou_with_food"),
)
"""Scores of a picture that reviews show, and that people's verdicts and other runs are compared with."""

DEFAULTS: Limits = {name: kind.limit for name, kind in SCORES.items() if kind.limit} | {
    LARGE_TEXT: Limit(3.0, 2.0)
}
"""``contrast`` passes at WCAG AA: 4.5, or 3.0 for large text (24 px, or 18.7 px bold)."""


def limits(settings: Settings) -> dict[str, Limit]:
    """The defaults with the settings' changes: ``{"contrast": [4.5, 3.0]}`` is [good, fair].

    Raises :class:`SettingsInvalid` for an unknown score or a pair in the wrong order.
    """
    found = dict(DEFAULTS)
    for name, (good, fair) in settings.thresholds.items():
        if name not in found:
            raise _invalid(f"{name}?", N_("Known scores: {names}", names=", ".join(DEFAULTS)))
        changed = replace(found[name], good=good, fair=fair)
        if changed.judge(good) != Grade.PASS or (good != fair and changed.judge(fair) == Grade.PASS):
            raise _invalid(name, N_("Give the limit of pass first, then the weaker limit of warn."))
        found[name] = changed
    return found


def limit_for(known: Limits, name: str, *, large_text: bool | None = None) -> Limit | None:
    """The score's limit.

    That of the contrast depends on the size of the drawn text.
    """
    return known.get(LARGE_TEXT if name == "contrast" and large_text else name)


def passes(
    known: Limits, scores: Mapping[str, float | None], *, large_text: bool | None = None
) -> bool | None:
    """Whether none of the scores fails its limit.

    None when no score with a limit is recorded.
    """
    judged = False
    for name, value in scores.items():
        limit = limit_for(known, name, large_text=large_text)
        if limit is None or value is None:
            continue
        if limit.judge(value) is Grade.FAIL:
            return False
        judged = True
    return True if judged else None


def overall(accuracy: Any, readability: Any, food: Any) -> Any:
    """Mean of OCR accuracy, readability and 1 − IoU, as the service computes it on request.

    Of numbers or of SQL columns; a missing part makes it missing.
    """
    if accuracy is None or readability is None or food is None:
        return None
    return (accuracy + readability + 1 - food) / 3


def readability_of(ratio: float, aa: float, aaa: float) -> float:
    """The service's readability score of a contrast: 0.5 at WCAG AA, 1 from AAA on, linear between."""
    if ratio < aa:
        return 0.5 * ratio / aa
    return min(1.0, 0.5 + 0.5 * (ratio - aa) / (aaa - aa))


_DIGITS = {Unit.SHARE: 0, Unit.CONTRAST: 1}
_MOST_DIGITS = 6


def written(value: float | None, unit: Unit, limit: Limit | None = None) -> str:
    """``83%`` of a share, ``4.5:1`` of a contrast.

    A dash for None.

    With as many digits as it takes not to contradict the limit: 0.8487 against 85 % is ``84.9 %``. A value
    too near to the limit for six digits is written as below or above it.
    """
    if value is None:
        return "–"
    if unit is Unit.COUNT:
        return f"{value:g}"
    exact = _exact(value)
    if limit is None:
        return _with_unit(_rounded(exact, unit, _DIGITS[unit]), unit, _DIGITS[unit])
    for digits in range(_DIGITS[unit], _MOST_DIGITS + 1):
        rounded = _rounded(exact, unit, digits)
        if limit.judge(rounded) is limit.judge(exact):
            return _with_unit(rounded, unit, digits)
    bounds = (_exact(limit.good), _exact(limit.fair))
    nearest = min(bounds, key=lambda bound: abs(bound - exact))
    return f"{'<' if exact < nearest else '>'} {written_limit(float(nearest), unit)}"


def _rounded(exact: Decimal, unit: Unit, digits: int) -> Decimal:
    return exact.quantize(Decimal(1).scaleb(-digits - (2 if unit is Unit.SHARE else 0)))


def written_limit(bound: float, unit: Unit) -> str:
    """A limit, never rounded: ``85%``, ``4.5:1``."""
    exact = _exact(bound)
    if unit is Unit.SHARE:
        return f"{_plain(exact * 100)}%"
    return f"{_plain(exact)}:1" if unit is Unit.CONTRAST else _plain(exact)


def write_score(name: str, value: float | None, known: Limits, *, large_text: bool | None = None) -> str:
    """A score as every page, file and command writes it."""
    return written(value, SCORES[name].unit, limit_for(known, name, large_text=large_text))


def _exact(value: float | Decimal) -> Decimal:
    """The number as it is written: 0.85 means 85 hundredths."""
    return value if isinstance(value, Decimal) else Decimal(repr(float(value)))


def _with_unit(value: Decimal, unit: Unit, digits: int) -> str:
    return f"{100 * value:.{digits}f}%" if unit is Unit.SHARE else f"{value:.{digits}f}:1"


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _invalid(name: str, hint: Message) -> SettingsInvalid:
    return SettingsInvalid(N_("FEEDLY_THRESHOLDS cannot be used: {name}", name=name), hint=hint)
