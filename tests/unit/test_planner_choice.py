"""The overlay step's choice, against examples worked by hand and against its own properties."""

from __future__ import annotations

import math
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedly_core.domain.boxes import Box
from feedly_core.domain.payloads.planner_layout import read_planner_layout
from feedly_core.results.attribution import Attribution, Certainty, PlannerRun, Used, attribute
from feedly_core.results.planner_choice import Outcome, choose, group_of, length_bonus, nearest


def proposal(source: str, score: float | None, occlusion: float = 0.0, y: float = 0.05) -> dict[str, object]:
    return {"xywh": [0.1, y, 0.8, 0.18], "source": source, "score": score, "occlusion_iou": occlusion}


def layout(*proposals: dict[str, object], **position: bool):  # type: ignore[no-untyped-def]
    document = {"proposals": list(proposals), "max_forbidden_iou": 0.9}  # the overlay step has its own limit
    return read_planner_layout({**document, "forbidden_position": position or None})


def test_one_proposal_is_taken_even_when_it_covers() -> None:
    choice = choose(layout(proposal("rule_top", 0.2, occlusion=0.5)), 10)
    assert choice.outcome is Outcome.ONLY_ONE
    assert choice.contenders[0].probability == 1.0


def test_covering_proposals_are_dropped_and_the_first_is_taken_when_all_cover() -> None:
    mixed = choose(layout(proposal("rule_top", 0.9, 0.06), proposal("rule_bottom", 0.8, 0.05)), 10)
    assert [item.source for item in mixed.dropped] == ["rule_top"]
    assert [item.proposal.source for item in mixed.contenders] == ["rule_bottom"]
    covered = choose(layout(proposal("rule_top", 0.1, 0.3), proposal("rule_bottom", 0.8, 0.2)), 10)
    assert covered.outcome is Outcome.ALL_COVER
    assert covered.contenders[0].proposal.source == "rule_top"


@pytest.mark.parametrize(
    ("source", "group"),
    [
        ("max_size_full", "max_size"),
        ("grid_top_left_w6_h16", "top"),
        ("grid_mid_bottom_w6_h16", "bottom"),
        ("rule_left", "left"),
        ("grid_center_w6_h16", "center"),
        ("middle_band", "center"),
        ("something_new", "other"),
    ],
)
def test_groups(source: str, group: str) -> None:
    assert group_of(source) == group


def test_adjustments_follow_text_length_and_the_objects_position() -> None:
    choice = choose(
        layout(
            proposal("max_size_full", 1.0),
            proposal("rule_top", 0.9),
            proposal("rule_left", 0.7),
            is_bottom_y=True,
            is_center_x=True,
        ),
        60,
    )
    adjusted = {item.group: round(item.adjusted, 3) for item in choice.contenders}
    assert adjusted == {"max_size": 1.5, "top": 1.2, "left": 0.4}
    assert choice.outcome is Outcome.CLEAR
    assert choice.contenders[0].group == "max_size"


@pytest.mark.parametrize(
    ("source", "length", "total"),
    [
        ("max_size_full", 60, 0.5),
        ("max_size_top", 60, 0.8),
        ("max_size_top", 10, 0.0),
        ("max_size_left", 60, 0.5),
    ],
)
def test_the_largest_box_is_moved_by_its_name_only_with_a_length_bonus(
    source: str, length: int, total: float
) -> None:
    objects_below = {"is_bottom_y": True, "is_top_y": False, "is_center_x": True}
    choice = choose(layout(proposal(source, 0.4), proposal("rule_center", 0.4), **objects_below), length)
    largest = next(item for item in choice.contenders if item.group == "max_size")
    assert sum(item.amount for item in largest.adjustments) == pytest.approx(total)


def test_a_long_text_forces_the_largest_box() -> None:
    choice = choose(layout(proposal("rule_top", 9.0), proposal("max_size_full", 0.1)), 100)
    assert choice.outcome is Outcome.FORCED
    assert [(item.group, item.probability) for item in choice.contenders] == [("top", 0.0), ("max_size", 1.0)]


def test_close_scores_are_drawn_by_softmax() -> None:
    choice = choose(layout(proposal("rule_top", 0.9), proposal("rule_center", 0.85)), 10)
    assert choice.outcome is Outcome.DRAWN
    assert choice.temperature == 1.0
    expected = math.exp(0.9) / (math.exp(0.9) + math.exp(0.85))
    assert choice.contenders[0].probability == pytest.approx(expected)


def test_groups_without_any_score_compete_with_a_half() -> None:
    choice = choose(layout(proposal("rule_top", None), proposal("rule_center", 0.55)), 10)
    assert {item.group: item.score for item in choice.contenders} == {"top": 0.5, "center": 0.55}


@pytest.mark.parametrize(("length", "bonus"), [(19, 0.0), (20, 0.0), (60, 0.5), (100, 1.0), (500, 1.0)])
def test_length_bonus(length: int, bonus: float) -> None:
    assert length_bonus(length) == bonus


scores = st.none() | st.floats(-0.5, 1.3)
sources = st.sampled_from(
    ["max_size_full", "rule_top", "rule_bottom", "rule_left", "grid_center_w6_h16", "?"]
)


@given(
    st.lists(st.tuples(sources, scores, st.floats(0, 0.2)), max_size=11), st.integers(0, 200), st.booleans()
)
def test_probabilities_always_sum_to_one(
    items: list[tuple[str, float | None, float]], length: int, top: bool
) -> None:
    document = layout(*(proposal(*item) for item in items), is_top_y=top, is_center_x=True)
    choice = choose(document, length)
    if not items:
        assert choice.outcome is Outcome.NOTHING
        return
    assert sum(item.probability for item in choice.contenders) == pytest.approx(1.0)
    assert len({item.group for item in choice.contenders}) == len(choice.contenders)
    best = choice.contenders[0].adjusted
    assert all(item.adjusted <= best for item in choice.contenders)


def test_the_nearest_box_counts_only_within_rounding() -> None:
    document = layout(proposal("rule_top", 0.9), proposal("rule_bottom", 0.8, y=0.77))
    assert nearest(document, Box(0.1001, 0.7701, 0.8, 0.18))[0] == document.proposals[1]
    assert nearest(document, Box(0.1, 0.70, 0.8, 0.18))[0] is None
    assert nearest(layout(), Box(0.1, 0.7, 0.8, 0.18)) == (None, math.inf)


INPUT, PICTURE, RUN_A, RUN_B = (UUID(int=number) for number in range(1, 5))
TOP = Box(0.1, 0.05, 0.8, 0.18)


def run(run_id: UUID, image: UUID) -> PlannerRun:
    return PlannerRun(run_id, image, None, None, layout(proposal("rule_top", 0.9)))


def found(runs: list[PlannerRun], **changes: object) -> Attribution:
    facts: dict[str, object] = {
        "has_overlay": True,
        "overlay_proposal_id": None,
        "text_box": TOP,
        "variant_image": PICTURE,
        "input_image": INPUT,
        "variants": 3,
    }
    return attribute(runs, **{**facts, **changes})  # type: ignore[arg-type]


def test_the_run_named_by_the_overlay_is_exact() -> None:
    got = found([run(RUN_B, PICTURE), run(RUN_A, INPUT)], overlay_proposal_id=RUN_A)
    assert got.run is not None
    assert (got.run.proposal_id, got.certainty, got.used) == (RUN_A, Certainty.EXACT, Used.PROPOSAL)
    assert got.item is not None


def test_a_default_placement_is_never_called_rule_top() -> None:
    got = found([run(RUN_A, INPUT)])
    assert (got.certainty, got.used, got.item) == (Certainty.SHARED, Used.DEFAULT, None)


def test_a_run_of_the_variant_s_own_picture_is_by_picture() -> None:
    assert found([run(RUN_A, PICTURE)]).certainty is Certainty.BY_PICTURE


def test_a_picture_shared_by_all_variants_is_not_exactly_attributable() -> None:
    shared = found([run(RUN_A, INPUT)], variant_image=INPUT)
    alone = found([run(RUN_A, INPUT)], variant_image=INPUT, variants=1)
    assert (shared.certainty, alone.certainty) == (Certainty.SHARED, Certainty.BY_PICTURE)


def test_text_away_from_every_proposal_is_said_to_be() -> None:
    got = found([run(RUN_A, INPUT)], overlay_proposal_id=RUN_A, text_box=Box(0.1, 0.5, 0.8, 0.18))
    assert (got.used, got.item) == (Used.ELSEWHERE, None)


def test_without_any_run_nothing_is_claimed() -> None:
    got = found([], has_overlay=False, text_box=None)
    assert (got.run, got.certainty, got.used) == (None, Certainty.NONE, Used.UNKNOWN)
