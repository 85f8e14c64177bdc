"""Limits of pass and warn, and how settings change them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedly_core.domain.scores import DEFAULTS, Limit, Verdict, limits
from feedly_core.errors import SettingsInvalid
from feedly_core.settings import load_settings


@pytest.mark.parametrize(
    ("limit", "value", "verdict"),
    [
        (Limit(4.5, 3.0), 4.5, Verdict.PASS),
        (Limit(4.5, 3.0), 4.49, Verdict.WARN),
        (Limit(4.5, 3.0), 2.9, Verdict.FAIL),
        (Limit(0.02, 0.1, higher_is_better=False), 0.02, Verdict.PASS),
        (Limit(0.02, 0.1, higher_is_better=False), 0.1, Verdict.WARN),
        (Limit(0.02, 0.1, higher_is_better=False), 0.11, Verdict.FAIL),
        (Limit(4.5, 3.0), None, Verdict.UNKNOWN),
    ],
)
def test_judge(limit: Limit, value: float | None, verdict: Verdict) -> None:
    assert limit.judge(value) is verdict


@given(st.sampled_from(sorted(DEFAULTS)), st.floats(0, 21), st.floats(0, 21))
def test_a_better_value_never_gets_a_worse_verdict(name: str, one: float, other: float) -> None:
    limit = DEFAULTS[name]
    rank = [Verdict.FAIL, Verdict.WARN, Verdict.PASS]
    better, worse = (max, min) if limit.higher_is_better else (min, max)
    assert rank.index(limit.judge(better(one, other))) >= rank.index(limit.judge(worse(one, other)))


def test_settings_change_a_limit_and_keep_the_others() -> None:
    changed = limits(load_settings(FEEDLY_THRESHOLDS={"contrast": [7.0, 4.5]}))
    assert changed["contrast"] == Limit(7.0, 4.5)
    assert changed["iou_with_food"] == DEFAULTS["iou_with_food"]


@pytest.mark.parametrize(
    "wrong", [{"beauty": [1, 0]}, {"contrast": [3.0, 4.5]}, {"iou_with_food": [0.2, 0.1]}]
)
def test_wrong_thresholds_are_refused_by_name(wrong: dict[str, list[float]]) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        limits(load_settings(FEEDLY_THRESHOLDS=wrong))
    assert next(iter(wrong)) in str(refused.value)
