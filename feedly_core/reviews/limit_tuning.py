"""Which limit of a score agrees best with people, and what each limit would do."""

from __future__ import annotations

from dataclasses import dataclass

from feedly_core.domain.scores import LARGE_TEXT, SCORES, ScoreKind
from feedly_core.reviews.judged_pictures import JudgedPictures
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


def score_verdicts(pictures: JudgedPictures, name: str) -> ScoreVerdicts:
    """The pictures that have this score and a verdict of people; a contrast is of its size of text."""
    kind = score_kind(name)
    bad = [opinion.bad for opinion in pictures.opinions]
    of_size = [
        kind.name != "contrast" or (large is True) is (name == LARGE_TEXT)
        for large in pictures.columns["large_text"]
    ]
    lines = [
        (job, value, bad[opinion])
        for job, value, opinion, fits in zip(
            pictures.jobs.tolist(),
            pictures.scores[kind.name],
            pictures.opinion.tolist(),
            of_size,
            strict=True,
        )
        if fits and value is not None and bad[opinion] is not None
    ]
    jobs, values, flags = zip(*lines, strict=True) if lines else ((), (), ())
    return ScoreVerdicts(name, tuple(numbered(jobs).tolist()), values, flags)
