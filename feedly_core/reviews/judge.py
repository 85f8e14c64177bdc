"""Is the AI judge right? Its answers against people's verdicts, as a whole and question by question."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from math import nan
from uuid import UUID

import numpy as np

from feedly_core.reviews.judged_pictures import JudgedPicture, Question, Said
from feedly_core.reviews.questions import ReasonsByQuestion
from feedly_core.reviews.rulings import Right, Ruling
from feedly_core.reviews.verdicts import Verdict
from feedly_core.statistics.agreement import JudgeAgreement, judge_agreement
from feedly_core.statistics.clustered import pass_rate
from feedly_core.statistics.clusters import Ints
from feedly_core.statistics.estimate import Estimate
from feedly_core.statistics.proportions import more_jobs_for
from feedly_core.statistics.reliability import pairwise_kappa

HALF_WIDTH = 0.15
"""How exactly the share of missed pictures should be known: plus or minus 15 points."""

_MOST_SLICES = 12


class Pile(StrEnum):
    """The four cells of the confusion matrix. Positive means bad."""

    MISSED = "missed"
    FALSE_ALARM = "false_alarm"
    FOUND = "found"
    CLEARED = "cleared"


class Slice(StrEnum):
    """What the judge's figures are split by."""

    PROMPT = "prompt"
    PROVIDER = "provider"
    WEEK = "week"


@dataclass(frozen=True)
class Comparison:
    """The judge against people in one question, or as a whole.

    ``ceiling``: Cohen's κ between people, which no judge can be asked to beat by much.
    """

    figures: JudgeAgreement
    ceiling: Estimate


@dataclass(frozen=True)
class JudgeReport:
    """The judge against people. Positive means bad: recall is how many of the bad pictures it finds.

    ``asked``: questions whose answers make it call a picture bad, those with a reason of people.
    ``unanswered``: pictures that the judge never saw, ``tied``: where people do not agree; both are left out.
    ``more``: about how many more judged pictures would give the share of missed ones to ± 15 points.
    """

    whole: Comparison
    questions: Mapping[Question, Comparison]
    asked: tuple[Question, ...]
    pictures: int
    unanswered: int
    tied: int
    more: int | None


def judge_report(pictures: Sequence[JudgedPicture], reasons: ReasonsByQuestion) -> JudgeReport:
    """Figures of every judged picture."""
    asked, shared = tuple(question for question, given in reasons.items() if given), _shared(pictures)
    whole = Comparison(
        _agreement(pictures, lambda one: one.claimed_bad(asked), lambda one: one.bad),
        shared.ceiling(lambda said: said.verdict is not Verdict.APPROVE),
    )
    questions = {
        question: _compared(pictures, shared, question, frozenset(reasons[question])) for question in asked
    }
    return JudgeReport(
        whole,
        questions,
        asked,
        len(pictures),
        sum(one.claimed_bad(asked) is None for one in pictures),
        sum(one.bad is None for one in pictures),
        _more(whole.figures, pictures),
    )


def judge_slices(
    pictures: Sequence[JudgedPicture], reasons: ReasonsByQuestion, by: Slice, zone: tzinfo
) -> tuple[tuple[str, JudgeAgreement], ...]:
    """The whole judgement per prompt version, provider or week (its Monday), most pictures first.

    Weeks are in order, the newest last. ``–`` where it is not recorded; twelve at most.
    """
    groups: dict[str, list[JudgedPicture]] = {}
    for one in pictures:
        groups.setdefault(_slice(one, by, zone), []).append(one)
    if by is Slice.WEEK:
        names = sorted(groups)[-_MOST_SLICES:]
    else:
        names = sorted(groups, key=lambda name: -len(groups[name]))[:_MOST_SLICES]
    asked = tuple(question for question, given in reasons.items() if given)
    return tuple(
        (name, _agreement(groups[name], lambda one: one.claimed_bad(asked), lambda one: one.bad))
        for name in names
    )


def piles(
    pictures: Iterable[JudgedPicture], reasons: ReasonsByQuestion, question: Question | None = None
) -> dict[Pile, tuple[JudgedPicture, ...]]:
    """The pictures of each cell, as a whole or of one ``question``."""
    asked = tuple(one for one, given in reasons.items() if given)
    given = None if question is None else frozenset(reasons[question])
    found: dict[Pile, list[JudgedPicture]] = {pile: [] for pile in Pile}
    for one in pictures:
        claimed = one.claimed_bad(asked) if question is None else one.complaints.get(question)
        true = one.bad if given is None else one.opinion.has_reason(given)
        if claimed is not None and true is not None:
            found[_PILES[claimed, true]].append(one)
    return {pile: tuple(held) for pile, held in found.items()}


def right_about(
    pictures: Iterable[JudgedPicture], rulings: Mapping[UUID, Sequence[Ruling]]
) -> tuple[Estimate, int]:
    """How often the judge was right where it differs from people, and how many of them were looked at.

    A picture counts for the judge when most people who ruled say so; a tie and "hard to say" are left out.
    """
    jobs, flags, looked = [], [], 0
    for one in pictures:
        told = rulings.get(one.variant_id, ())
        looked += bool(told)
        votes = sum((said.right is Right.JUDGE) - (said.right is Right.PEOPLE) for said in told)
        if votes:
            jobs.append(str(one.job_id))
            flags.append(votes > 0)
    return pass_rate(jobs, flags), looked


_PILES = {
    (False, True): Pile.MISSED,
    (True, False): Pile.FALSE_ALARM,
    (True, True): Pile.FOUND,
    (False, False): Pile.CLEARED,
}


def _answer(question: Question) -> Callable[[JudgedPicture], bool | None]:
    return lambda one: one.complaints.get(question)


def _agreement(
    pictures: Sequence[JudgedPicture],
    claimed: Callable[[JudgedPicture], bool | None],
    true: Callable[[JudgedPicture], bool | None],
) -> JudgeAgreement:
    return judge_agreement(
        _numbered(one.job_id for one in pictures),
        [_number(claimed(one)) for one in pictures],
        [_number(true(one)) for one in pictures],
    )


def _compared(
    pictures: Sequence[JudgedPicture], shared: _Shared, question: Question, given: frozenset[str]
) -> Comparison:
    return Comparison(
        _agreement(pictures, _answer(question), lambda one: one.opinion.has_reason(given)),
        shared.ceiling(lambda said: not given.isdisjoint(said.tags)),
    )


@dataclass(frozen=True)
class _Shared:
    """What people say of the pictures that several judged; the team is nobody. One line per verdict."""

    jobs: Ints
    pictures: Ints
    people: Ints
    said: Sequence[Said]

    def ceiling(self, flag: Callable[[Said], bool]) -> Estimate:
        """κ between every two people, weighed by the pictures that both judged."""
        flags = [float(flag(said)) for said in self.said]
        return pairwise_kappa(self.jobs, self.pictures, self.people, flags).mean


def _shared(pictures: Sequence[JudgedPicture]) -> _Shared:
    lines = [
        (job, number, said)
        for job, (number, one) in zip(
            _numbered(one.job_id for one in pictures), enumerate(pictures), strict=True
        )
        if len(one.opinion.said) > 1
        for said in one.opinion.said
        if not said.team
    ]
    jobs, numbers, said = zip(*lines, strict=True) if lines else ((), (), ())
    people: dict[str, int] = {}
    who = [people.setdefault(one.reviewer, len(people)) for one in said]
    return _Shared(np.array(jobs, int), np.array(numbers, int), np.array(who, int), said)


def _more(figures: JudgeAgreement, pictures: Sequence[JudgedPicture]) -> int | None:
    """Jobs with a bad picture are what counts; as many pictures go with each as until now."""
    jobs = more_jobs_for(figures.recall, HALF_WIDTH)
    if jobs is None:
        return None
    with_bad = max(1, figures.recall.jobs)
    return round(jobs * max(1.0, len(pictures) / with_bad))


def _slice(one: JudgedPicture, by: Slice, zone: tzinfo) -> str:
    if by is Slice.PROMPT:
        return one.prompt_version or "–"
    if by is Slice.PROVIDER:
        return one.provider or "–"
    return _week(one.answered_at, zone)


def _week(moment: datetime | None, zone: tzinfo) -> str:
    if moment is None:
        return "–"
    local = moment.astimezone(zone).date()
    return f"{local.fromordinal(local.toordinal() - local.weekday()):%Y-%m-%d}"


def _number(flag: bool | None) -> float:
    return nan if flag is None else float(flag)


def _numbered(ids: Iterable[UUID]) -> list[int]:
    """A number per id: sorting and comparing ids took a third of the figures' time."""
    numbers: dict[int, int] = {}
    return [numbers.setdefault(one.int, len(numbers)) for one in ids]
