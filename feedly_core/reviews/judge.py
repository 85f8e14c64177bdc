"""Is the AI judge right? Its answers against people's verdicts, as a whole and question by question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from enum import StrEnum
from math import nan
from uuid import UUID

import numpy as np

from feedly_core.domain.payloads.vlm_traces import Question
from feedly_core.reviews.judged_pictures import JudgedPictures, Opinion, Said, finds_fault
from feedly_core.reviews.questions import ReasonsByQuestion
from feedly_core.reviews.rulings import Right, Ruling
from feedly_core.reviews.verdicts import Verdict
from feedly_core.statistics.agreement import JudgeAgreement, judge_agreement
from feedly_core.statistics.clustered import pass_rate
from feedly_core.statistics.clusters import Bools, Floats, Ints, numbered
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


def judge_report(pictures: JudgedPictures, reasons: ReasonsByQuestion) -> JudgeReport:
    """Figures of every judged picture."""
    asked, shared = _asked(reasons), _shared(pictures)
    whole = Comparison(
        _agreement(pictures, _any_fault(asked), _bad),
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
        int(np.isnan(_claimed(pictures, _any_fault(asked))).sum()),
        int(np.isnan(_true(pictures, _bad)).sum()),
        _more(whole.figures, pictures),
    )


def judge_slices(
    pictures: JudgedPictures, reasons: ReasonsByQuestion, by: Slice, zone: tzinfo
) -> tuple[tuple[str, JudgeAgreement], ...]:
    """The whole judgement per prompt version, provider or week (its Monday), most pictures first.

    Weeks are in order, the newest last. ``–`` where it is not recorded; twelve at most.
    """
    named = np.array(_names(pictures, by, zone), dtype=object)
    sizes = Counter(named)
    if by is Slice.WEEK:
        names = sorted(sizes)[-_MOST_SLICES:]
    else:
        names = sorted(sizes, key=lambda name: -sizes[name])[:_MOST_SLICES]
    asked = _any_fault(_asked(reasons))
    return tuple((name, _agreement(pictures, asked, _bad, named == name)) for name in names)


def piles(
    pictures: JudgedPictures, reasons: ReasonsByQuestion, question: Question | None = None
) -> dict[Pile, JudgedPictures]:
    """The pictures of each cell, as a whole or of one ``question``."""
    if question is None:
        claimed, true = _claimed(pictures, _any_fault(_asked(reasons))), _true(pictures, _bad)
    else:
        claimed, true = (
            _claimed(pictures, _fault_in(question)),
            _true(pictures, _reason_of(frozenset(reasons[question]))),
        )
    return {
        pile: pictures.take(np.flatnonzero((claimed == flags[0]) & (true == flags[1])).tolist())
        for flags, pile in _PILES.items()
    }


def right_about(pictures: JudgedPictures, rulings: Mapping[UUID, Sequence[Ruling]]) -> tuple[Estimate, int]:
    """How often the judge was right where it differs from people, and how many of them were looked at.

    A picture counts for the judge when most people who ruled say so; a tie and "hard to say" are left out.
    """
    jobs, flags, looked = [], [], 0
    job_of = dict(zip(pictures.columns["variant_key"], pictures.columns["job_key"], strict=True))
    for variant_id, told in rulings.items():
        if str(variant_id) not in job_of:
            continue
        looked += 1
        votes = sum((said.right is Right.JUDGE) - (said.right is Right.PEOPLE) for said in told)
        if votes:
            jobs.append(job_of[str(variant_id)])
            flags.append(votes > 0)
    return pass_rate(jobs, flags), looked


_PILES = {
    (False, True): Pile.MISSED,
    (True, False): Pile.FALSE_ALARM,
    (True, True): Pile.FOUND,
    (False, False): Pile.CLEARED,
}


def _asked(reasons: ReasonsByQuestion) -> tuple[Question, ...]:
    return tuple(question for question, given in reasons.items() if given)


Complaints = Mapping[Question, bool]


def _claimed(pictures: JudgedPictures, claimed: Callable[[Complaints], bool | None]) -> Floats:
    return _flags(map(claimed, pictures.answers))[pictures.answer]


def _true(pictures: JudgedPictures, true: Callable[[Opinion], bool | None]) -> Floats:
    return _flags(map(true, pictures.opinions))[pictures.opinion]


def _agreement(
    pictures: JudgedPictures,
    claimed: Callable[[Complaints], bool | None],
    true: Callable[[Opinion], bool | None],
    kept: Bools | slice = slice(None),
) -> JudgeAgreement:
    return judge_agreement(
        pictures.jobs[kept], _claimed(pictures, claimed)[kept], _true(pictures, true)[kept]
    )


def _any_fault(asked: Collection[Question]) -> Callable[[Complaints], bool | None]:
    return lambda complaints: finds_fault(complaints, asked)


def _fault_in(question: Question) -> Callable[[Complaints], bool | None]:
    return lambda complaints: complaints.get(question)


def _reason_of(given: frozenset[str]) -> Callable[[Opinion], bool | None]:
    return lambda opinion: opinion.has_reason(given)


def _bad(opinion: Opinion) -> bool | None:
    return opinion.bad


def _compared(
    pictures: JudgedPictures, shared: _Shared, question: Question, given: frozenset[str]
) -> Comparison:
    return Comparison(
        _agreement(pictures, _fault_in(question), _reason_of(given)),
        shared.ceiling(lambda said: not given.isdisjoint(said.tags)),
    )


@dataclass(frozen=True)
class _Shared:
    """What people say of the pictures that several judged; the team is nobody. One line per verdict.

    ``told`` is the place of each line's words among ``said``, which the pictures of one opinion share.
    """

    jobs: Ints
    pictures: Ints
    people: Ints
    told: Ints
    said: Sequence[Said]

    def ceiling(self, flag: Callable[[Said], bool]) -> Estimate:
        """κ between every two people, weighed by the pictures that both judged."""
        flags = _flags(flag(said) for said in self.said)[self.told]
        return pairwise_kappa(self.jobs, self.pictures, self.people, flags).mean


def _shared(pictures: JudgedPictures) -> _Shared:
    several = [
        [said for said in one.said if not said.team] if len(one.said) > 1 else [] for one in pictures.opinions
    ]
    said = [one for told in several for one in told]
    people = numbered(one.reviewer for one in said)
    sizes = np.array([len(told) for told in several], np.int64)
    of_picture = sizes[pictures.opinion]
    lines = np.repeat(np.arange(len(pictures)), of_picture)
    starts = np.repeat((np.cumsum(sizes) - sizes)[pictures.opinion], of_picture)
    told = starts + np.arange(len(starts)) - np.repeat(np.cumsum(of_picture) - of_picture, of_picture)
    return _Shared(pictures.jobs[lines], lines, people[told], told, said)


def _more(figures: JudgeAgreement, pictures: JudgedPictures) -> int | None:
    """Jobs with a bad picture are what counts; as many pictures go with each as until now."""
    jobs = more_jobs_for(figures.recall, HALF_WIDTH)
    if jobs is None:
        return None
    with_bad = max(1, figures.recall.jobs)
    return round(jobs * max(1.0, len(pictures) / with_bad))


def _names(pictures: JudgedPictures, by: Slice, zone: tzinfo) -> list[str]:
    if by is not Slice.WEEK:
        name = "prompt_version" if by is Slice.PROMPT else "provider"
        return [one or "–" for one in pictures.columns[name]]
    days = [at and at.astimezone(zone).date() for at in pictures.columns["answered_at"]]
    weeks = {day: _week(day) for day in set(days)}
    return [weeks[day] for day in days]


def _week(day: date | None) -> str:
    """Its Monday."""
    return "–" if day is None else f"{day.fromordinal(day.toordinal() - day.weekday()):%Y-%m-%d}"


def _flags(flags: Iterable[bool | None]) -> Floats:
    return np.array([nan if flag is None else float(flag) for flag in flags], float)
