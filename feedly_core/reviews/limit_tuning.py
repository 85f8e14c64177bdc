"""Which limit of a score agrees best with people, and what each limit would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from feedly_core.domain.scores import LARGE_TEXT, SCORES, ScoreKind
from feedly_core.reviews.judged_pictures import JudgedPicture
from feedly_core.statistics.agreement import JudgeAgreement, judge_agreement
from feedly_core.statistics.clusters import numbered
from feedly_core.statistics.thresholds import BestLimit, Criterion, LimitCurve, best_limit, limit_curve

TUNED = ("ocr_accuracy", "contrast", LARGE_TEXT, "readability", "iou_with_food", "overall")
"""Scores whose limit can be chosen by people's verdicts. Contrast has two, for usual and for large text."""


@dataclass(frozen=True)
class ScoreVerdicts:
    """One score beside what people say: a line per picture that has both. ``jobs`` are numbers."""

    name: str
    jobs: tuple[int, ...]
    values: tuple[float, ...]
    bad: tuple[bool, ...]

    @property
    def kind(self) -> ScoreKind:
        return score_kind(self.name)

    @property
    def curve(self) -> LimitCurve:
        """The confusion matrix at every limit."""
        return limit_curve(self.values, self.bad, higher_is_better=self.kind.higher_is_better)

    def best(self) -> BestLimit:
        """The limit with the best mean of recall and specificity, cross-validated over jobs."""
        return best_limit(
            self.jobs,
            self.values,
            self.bad,
            higher_is_better=self.kind.higher_is_better,
            criterion=Criterion.BALANCED_ACCURACY,
        )

    def at(self, good: float) -> JudgeAgreement:
        """How a limit of pass agrees with people; a picture that does not reach it is called bad."""
        sign = 1 if self.kind.higher_is_better else -1
        claimed = [float(sign * value < sign * good) for value in self.values]
        return judge_agreement(self.jobs, claimed, [float(flag) for flag in self.bad])


def score_kind(name: str) -> ScoreKind:
    """The score that a limit is of: that of large text is a contrast."""
    return SCORES["contrast" if name == LARGE_TEXT else name]


def score_verdicts(pictures: Sequence[JudgedPicture], name: str) -> ScoreVerdicts:
    """The pictures that have this score and a verdict of people; a contrast is of its size of text."""
    kind, lines = score_kind(name), []
    for one in pictures:
        value, bad = one.scores.get(kind.name), one.bad
        if value is None or bad is None or not _of_size(one, name):
            continue
        lines.append((one.job_key, value, bad))
    jobs, values, flags = zip(*lines, strict=True) if lines else ((), (), ())
    return ScoreVerdicts(name, tuple(numbered(jobs).tolist()), values, flags)


def _of_size(one: JudgedPicture, name: str) -> bool:
    if score_kind(name).name != "contrast":
        return True
    return (one.large_text is True) is (name == LARGE_TEXT)
