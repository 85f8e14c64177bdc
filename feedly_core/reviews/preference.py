"""What people prefer: levels of an attribute by taps on two variants of a job, beside the AI judge's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

from feedly_core.reviews.taps import Attribute, Tap
from feedly_core.statistics.estimate import Estimate
from feedly_core.statistics.preference import Preference, preference

MOST_LEVELS = 12
OTHERS = "…"
"""Levels beyond the twelve most shown ones are one."""


@dataclass(frozen=True)
class PreferenceReport:
    """People's ranking of the levels of one attribute, and the judge's of the same pairs.

    ``taps`` are all, ``compared`` those between two levels. ``people.left_wins`` is the bias of the side.
    """

    attribute: Attribute
    people: Preference
    judge: Preference
    taps: int
    compared: int

    def judge_wins(self, level: str) -> Estimate | None:
        """The judge's figure of a level."""
        return next((one.wins for one in self.judge.levels if one.name == level), None)

    def better_than(self, level: str) -> tuple[str, ...]:
        """Levels that people like less, with intervals that share no value."""
        names = [one.name for one in self.people.levels]
        after = names[names.index(level) + 1 :]
        return tuple(name for name in after if self.people.shows_difference(level, name))

    def differs(self, level: str) -> bool:
        """Whether the level's interval is apart from that of any other level."""
        others = (one.name for one in self.people.levels if one.name != level)
        return any(self.people.shows_difference(level, name) for name in others)


def preference_report(given: Sequence[Tap], attribute: Attribute) -> PreferenceReport:
    """The ranking of one attribute's levels over these taps."""
    seen = Counter(side.attributes[attribute] for tap in given for side in (tap.winner, tap.loser))
    kept = {name for name, _times in seen.most_common(MOST_LEVELS)}

    def level(name: str) -> str:
        return name if name in kept else OTHERS

    pairs = [
        (level(tap.winner.attributes[attribute]), level(tap.loser.attributes[attribute])) for tap in given
    ]
    people = preference(
        [str(tap.job_id) for tap in given],
        [winner for winner, _loser in pairs],
        [loser for _winner, loser in pairs],
        [nan if tap.left is None else (1.0 if tap.left else -1.0) for tap in given],
    )
    return PreferenceReport(
        attribute, people, _judge(given, pairs), len(given), sum(one != other for one, other in pairs)
    )


def _judge(given: Sequence[Tap], pairs: Sequence[tuple[str, str]]) -> Preference:
    """Each pair of variants once: the one with more favourable answers wins; the same many say nothing."""
    once: dict[frozenset[object], tuple[str, str, str]] = {}
    for tap, (winner, loser) in zip(given, pairs, strict=True):
        first, second = tap.winner.favour, tap.loser.favour
        if first is not None and second is not None and first != second:
            ordered = (winner, loser) if first > second else (loser, winner)
            once[frozenset((tap.winner_id, tap.loser_id))] = (str(tap.job_id), *ordered)
    jobs, winners, losers = zip(*once.values(), strict=True) if once else ((), (), ())
    return preference(jobs, winners, losers, [nan] * len(jobs))
