"""The overlay step's choice of a box, step by step.

The rule ends in a random draw when no box leads clearly, so a choice cannot be recomputed: what was
chosen is inferred from where the text lies, and the rule says how likely that was.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from feedly_core.domain.boxes import Box
from feedly_core.domain.payloads.planner_layout import ForbiddenPosition, PlannerLayout, Proposal
from feedly_core.i18n import N_, Message

UNSCORED = 0.5
"""A group in which no item has a score competes with this one."""

COVERS = 0.05
"""A proposal that shares more than this with forbidden areas is dropped; the overlay step's own constant,
whatever the planner's document allowed."""

FORCED_LENGTH = 100
SAME_PLACE = 0.002
"""Sum of the four differences up to which two boxes are the same: ratios are stored with 4 decimals."""

_GROUPS = (
    ("max_size", ("max_size",)),
    ("top", ("top",)),
    ("bottom", ("bottom",)),
    ("left", ("left",)),
    ("right", ("right",)),
    ("center", ("center", "middle")),
)
_CLEAR_SPREAD, _CLEAR_RATIO, _CLEAR_LEAD = 0.2, 1.15, 0.15


class Outcome(StrEnum):
    """Which part of the rule decided."""

    NOTHING = "nothing"
    ONLY_ONE = "only_one"
    ALL_COVER = "all_cover"
    FORCED = "forced"
    CLEAR = "clear"
    DRAWN = "drawn"


@dataclass(frozen=True)
class Adjustment:
    """One change of a group's score, and why."""

    amount: float
    reason: Message


@dataclass(frozen=True)
class Contender:
    """The best proposal of a group.

    ``probability`` of being chosen, 0 to 1.
    """

    group: str
    proposal: Proposal
    score: float
    adjustments: tuple[Adjustment, ...]
    probability: float

    @property
    def adjusted(self) -> float:
        return self.score + sum(adjustment.amount for adjustment in self.adjustments)


@dataclass(frozen=True)
class Choice:
    """The rule applied to one layout.

    ``contenders`` are ordered by adjusted score, best first.
    """

    outcome: Outcome
    dropped: tuple[Proposal, ...]
    contenders: tuple[Contender, ...]
    temperature: float | None = None

    def probability(self, proposal: Proposal) -> float:
        """How likely the rule chooses this proposal, 0 to 1."""
        return sum(item.probability for item in self.contenders if item.proposal == proposal)


def group_of(source: str) -> str:
    """The group that a proposal competes in, by source name."""
    return next((name for name, words in _GROUPS if any(word in source for word in words)), "other")


def length_bonus(length: int) -> float:
    """Bonus of the max-size box for a text of ``length`` characters. 0 below 20, at most 1."""
    return 0.0 if length < 20 else min(1.0, (length - 20) / 80)


def temperature(length: int) -> float:
    """Of the random draw: long texts draw more sharply."""
    return 1.0 if length < 50 else 0.7 if length < FORCED_LENGTH else 0.5


def choose(layout: PlannerLayout, length: int) -> Choice:
    """Apply the overlay step's rule to ``layout`` and a text length. ``length`` counts spaces too."""
    proposals = layout.proposals
    if not proposals:
        return Choice(Outcome.NOTHING, (), ())
    if len(proposals) == 1:
        return Choice(Outcome.ONLY_ONE, (), (_alone(proposals[0]),))
    dropped = tuple(item for item in proposals if (item.occlusion_iou or 0.0) > COVERS)
    kept = tuple(item for item in proposals if item not in dropped)
    if not kept:
        return Choice(Outcome.ALL_COVER, dropped, (_alone(proposals[0]),))
    contenders = [_best(group, kept, layout.forbidden_position, length) for group in _present_groups(kept)]
    contenders.sort(key=lambda item: item.adjusted, reverse=True)
    outcome = _outcome(contenders, length)
    shares = _shares(contenders, outcome, temperature(length))
    return Choice(
        outcome,
        dropped,
        tuple(
            Contender(item.group, item.proposal, item.score, item.adjustments, share)
            for item, share in zip(contenders, shares, strict=True)
        ),
        temperature(length) if outcome is Outcome.DRAWN else None,
    )


def nearest(layout: PlannerLayout, box: Box) -> tuple[Proposal | None, float]:
    """The proposal at ``box`` and the sum of differences.

    None when even the nearest is elsewhere.
    """
    distances = [(_distance(item.box, box), item) for item in layout.proposals]
    if not distances:
        return None, math.inf
    distance, item = min(distances, key=lambda pair: pair[0])
    return (item if distance <= SAME_PLACE else None), distance


def _distance(one: Box, other: Box) -> float:
    return (
        abs(one.x - other.x)
        + abs(one.y - other.y)
        + abs(one.width - other.width)
        + abs(one.height - other.height)
    )


def _alone(proposal: Proposal) -> Contender:
    score = UNSCORED if proposal.score is None else proposal.score
    return Contender(group_of(proposal.source), proposal, score, (), 1.0)


def _present_groups(kept: tuple[Proposal, ...]) -> list[str]:
    return list(dict.fromkeys(group_of(item.source) for item in kept))


def _best(
    group: str, kept: tuple[Proposal, ...], position: ForbiddenPosition | None, length: int
) -> Contender:
    members = [item for item in kept if group_of(item.source) == group]
    best = max(members, key=lambda item: -math.inf if item.score is None else item.score)
    score = UNSCORED if best.score is None else best.score
    return Contender(group, best, score, tuple(_adjustments(group, best.source, position, length)), 0.0)


def _adjustments(
    group: str, source: str, position: ForbiddenPosition | None, length: int
) -> Iterator[Adjustment]:
    """Position moves a group by its name; the largest box only when a long text favours it anyway."""
    named = {group}
    if group == "max_size":
        bonus = length_bonus(length)
        if not bonus:
            return
        yield Adjustment(bonus, N_("the text has {n} characters", n=length))
        named = {side for side in ("top", "bottom") if side in source}
    if position is None:
        return
    if "bottom" in named and position.is_top_y:
        yield Adjustment(0.3, N_("the objects lie in the upper half"))
    if "top" in named and position.is_bottom_y:
        yield Adjustment(0.3, N_("the objects lie in the lower half"))
    if named & {"left", "right"} and position.is_center_x:
        yield Adjustment(-0.3, N_("the objects lie in the middle"))


def _outcome(ordered: list[Contender], length: int) -> Outcome:
    if length >= FORCED_LENGTH and any(item.group == "max_size" for item in ordered):
        return Outcome.FORCED
    scores = [item.adjusted for item in ordered]
    best, worst = scores[0], scores[-1]
    second = scores[1] if len(scores) > 1 else -math.inf
    spread = best - worst >= _CLEAR_SPREAD or (worst > 0 and best / worst >= _CLEAR_RATIO)
    return Outcome.CLEAR if spread or best - second >= _CLEAR_LEAD else Outcome.DRAWN


def _shares(ordered: list[Contender], outcome: Outcome, heat: float) -> list[float]:
    if outcome is Outcome.FORCED:
        return [float(item.group == "max_size") for item in ordered]
    if outcome is Outcome.CLEAR:
        return [1.0, *(0.0 for _ in ordered[1:])]
    weights = [math.exp((item.adjusted - ordered[0].adjusted) / heat) for item in ordered]
    return [weight / sum(weights) for weight in weights]
