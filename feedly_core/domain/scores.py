"""When a score is good, when it needs eyes: the one place, changed by ``FEEDLY_THRESHOLDS``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from feedly_core.errors import SettingsInvalid
from feedly_core.i18n import N_, Message
from feedly_core.settings import Settings


class Verdict(StrEnum):
    """What a threshold says about a score. A score that is not recorded is neither good nor bad."""

    PASS = "pass"  # noqa: S105
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Limit:
    """``good`` is the last value that passes, ``fair`` the last that only warns."""

    good: float
    fair: float
    higher_is_better: bool = True

    def judge(self, value: float | None) -> Verdict:
        """Pass, warn or fail; a missing value is unknown."""
        if value is None:
            return Verdict.UNKNOWN
        sign = 1 if self.higher_is_better else -1
        if sign * value >= sign * self.good:
            return Verdict.PASS
        return Verdict.WARN if sign * value >= sign * self.fair else Verdict.FAIL


DEFAULTS: Mapping[str, Limit] = {
    "ocr_accuracy": Limit(0.85, 0.6),
    "ocr_confidence": Limit(0.7, 0.4),
    "character_match_rate": Limit(0.9, 0.7),
    "word_match_rate": Limit(0.8, 0.5),
    "contrast": Limit(4.5, 3.0),
    "contrast_large_text": Limit(3.0, 2.0),
    "contrast_worst": Limit(3.0, 1.5),
    "iou_with_food": Limit(0.02, 0.1, higher_is_better=False),
    "covered": Limit(0.05, 0.2, higher_is_better=False),
    "proposal_iou": Limit(0.98, 0.8),
    "relevance": Limit(0.6, 0.3),
    "overall": Limit(0.8, 0.6),
}
"""By score. ``contrast`` and ``contrast_large_text`` pass at WCAG AA; ``covered`` is the share of one
detected object under the text box; ``overall`` is the mean of OCR, readability and 1 − IoU."""


def limits(settings: Settings) -> dict[str, Limit]:
    """The defaults with the settings' changes: ``{"contrast": [4.5, 3.0]}`` is [good, fair].

    Raises :class:`SettingsInvalid` for an unknown score or a pair in the wrong order.
    """
    found = dict(DEFAULTS)
    for name, (good, fair) in settings.thresholds.items():
        if name not in found:
            raise _invalid(f"{name}?", N_("Known scores: {names}", names=", ".join(DEFAULTS)))
        changed = replace(found[name], good=good, fair=fair)
        if changed.judge(good) != Verdict.PASS or (good != fair and changed.judge(fair) == Verdict.PASS):
            raise _invalid(name, N_("Give the limit of pass first, then the weaker limit of warn."))
        found[name] = changed
    return found


def passes(known: Mapping[str, Limit], scores: Mapping[str, float | None]) -> bool | None:
    """Whether none of the scores fails its limit; None when no score with a limit is recorded."""
    judged = {known[name].judge(value) for name, value in scores.items() if name in known}
    if judged <= {Verdict.UNKNOWN}:
        return None
    return Verdict.FAIL not in judged


def _invalid(name: str, hint: Message) -> SettingsInvalid:
    return SettingsInvalid(N_("FEEDLY_THRESHOLDS cannot be used: {name}", name=name), hint=hint)
