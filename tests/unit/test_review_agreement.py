from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score, roc_curve

from feedly_core.analytics.gallery import Card
from feedly_core.domain.scores import DEFAULTS
from feedly_core.domain.status import State
from feedly_core.reviews.agreement import (
    agreements,
    best_threshold,
    between_reviewers,
    human_verdict,
    judged,
    roc_auc,
)
from feedly_core.reviews.queue import Item, proposed
from feedly_core.reviews.verdicts import StoredVerdict, Verdict

APPROVE, REJECT = Verdict.APPROVE, Verdict.REJECT
judgements = st.lists(st.tuples(st.booleans(), st.integers(0, 12)), min_size=1, max_size=60)


def item(*said: tuple[str, Verdict], team: Verdict | None = None, **scores: float | None) -> Item:
    variant, picture, job = uuid4(), uuid4(), uuid4()

    def standing(who: str, verdict: Verdict, *, decided: bool = False) -> StoredVerdict:
        return StoredVerdict(
            uuid4(), variant, job, picture, who, decided, verdict, (), "", (), False, None, datetime.now(UTC)
        )

    stored_verdicts = [standing(*one) for one in said] + (
        [standing("팀", team, decided=True)] if team else []
    )
    shown = Card(variant, job, 1, None, None, None, State.COMPLETE, datetime.now(UTC), picture, None, scores)
    return Item(shown, tuple(stored_verdicts))


@given(judgements)
def test_auc_is_that_of_scikit_learn(pairs: list[tuple[bool, int]]) -> None:
    approved, scores = [a for a, _ in pairs], [s / 12 for _, s in pairs]
    ours = roc_auc(approved, scores)
    if all(approved) or not any(approved):
        assert ours is None
    else:
        assert ours == pytest.approx(roc_auc_score(approved, scores), abs=1e-12)


@given(judgements)
def test_the_best_threshold_agrees_as_often_as_any_on_the_roc_curve(pairs: list[tuple[bool, int]]) -> None:
    approved, scores = np.array([a for a, _ in pairs]), np.array([s / 12 for _, s in pairs])
    limit, agrees = best_threshold(approved, scores)
    if approved.all() or not approved.any():
        assert (limit, agrees) == (None, None)
        return
    false_rate, true_rate, limits = roc_curve(approved, scores, drop_intermediate=False)
    right = true_rate * approved.sum() + (1 - false_rate) * (~approved).sum()
    assert agrees is not None
    assert agrees >= right[1:].max() / len(approved) - 1e-9  # the first is "approve nothing"
    assert limit in limits
    assert ((scores >= limit) == approved).mean() == pytest.approx(agrees)


def test_a_metric_where_lower_is_better_is_read_the_right_way_round() -> None:
    shown = [item(("지영", APPROVE), iou_with_food=0.0), item(("지영", REJECT), iou_with_food=0.3)]
    by_name = {found.score.name: found for found in agreements(judged(shown))}
    iou = by_name["iou_with_food"]
    assert (iou.auc, iou.threshold, iou.agrees, iou.judged, iou.approved) == (1.0, 0.0, 1.0, 2, 1)
    assert by_name["ocr_accuracy"].judged == 0
    assert by_name["ocr_accuracy"].auc is None


def test_the_ai_judge_is_compared_like_a_score() -> None:
    shown = [item(("지영", APPROVE)), item(("지영", REJECT)), item(("지영", REJECT))]
    answers = {one.picture.variant_id: share for one, share in zip(shown, (1.0, 0.5, 1.0), strict=True)}
    found = {one.score.name: one for one in agreements(judged(shown, answers))}["judge"]
    assert (found.judged, found.auc, found.threshold) == (3, 0.75, 1.0)
    assert found.agrees == pytest.approx(2 / 3)


def test_the_limit_in_force_is_measured_by_the_same_verdicts() -> None:
    shown = [
        item(("지영", APPROVE), iou_with_food=0.01),
        item(("지영", APPROVE), iou_with_food=0.2),
        item(("지영", REJECT), iou_with_food=0.3),
        item(("지영", REJECT), iou_with_food=0.4),
    ]
    by_name = {
        found.score.name: found
        for found in agreements(judged(shown), {"iou_with_food": DEFAULTS["iou_with_food"]})
    }
    assert (by_name["iou_with_food"].now, by_name["iou_with_food"].agrees) == (0.75, 1.0)
    assert by_name["readability"].now is None


def test_the_team_outvotes_the_majority_and_a_tie_says_nothing() -> None:
    assert human_verdict(item(("지영", APPROVE), ("민호", REJECT))) is None
    assert human_verdict(item(("지영", APPROVE), ("민호", APPROVE), ("수진", REJECT))) is True
    assert human_verdict(item(("지영", APPROVE), ("민호", APPROVE), team=REJECT)) is False
    assert human_verdict(item()) is None
    assert judged([item(), item(("지영", Verdict.NEEDS_WORK))])["approved"].tolist() == [False]


def test_reviewers_are_compared_on_what_both_judged() -> None:
    shown = [
        item(("지영", APPROVE), ("민호", APPROVE)),
        item(("민호", REJECT), ("지영", APPROVE)),
        item(("지영", APPROVE), team=REJECT),
    ]
    (row,) = between_reviewers(shown).to_dict("records")
    assert row == {"one": "민호", "other": "지영", "pictures": 2, "alike": 0.5}


def test_a_meeting_talks_of_disputes_then_the_worst_then_the_winners() -> None:
    disputed = [item(("지영", APPROVE), ("민호", REJECT), overall=0.9 - number / 100) for number in range(9)]
    others = [item(overall=0.5 + number / 100) for number in range(9)]
    won = {others[7].picture.variant_id, others[8].picture.variant_id}

    def asked(size: int, *known: Item) -> list[Item]:
        return proposed(known, won, size)

    everything = [*others, *disputed]
    assert asked(9, *everything) == [*disputed[:4:-1], *others[:3], others[7], others[8]]
    assert asked(30, *everything) == [*disputed[::-1], *others]
    assert asked(6, *others) == [*others[:4], others[7], others[8]]
    assert asked(4, *disputed) == disputed[:4:-1]
    assert asked(2, *everything) == [disputed[8], disputed[7]], "too short for everything"
    assert asked(5, others[7], others[8]) == [others[7], others[8]]
