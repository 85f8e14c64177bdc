"""Score registry: limits, settings, formulas, and values that never contradict their grade."""

from __future__ import annotations

import math
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedly_core.domain.scores import (
    DEFAULTS,
    SCORES,
    Grade,
    Limit,
    Unit,
    limit_for,
    limits,
    overall,
    passes,
    readability_of,
    write_score,
    written,
    written_limit,
)
from feedly_core.errors import SettingsInvalid
from feedly_core.settings import load_settings


@pytest.mark.parametrize(
    ("limit", "value", "verdict"),
    [
        (Limit(4.5, 3.0), 4.5, Grade.PASS),
        (Limit(4.5, 3.0), 4.49, Grade.WARN),
        (Limit(4.5, 3.0), 2.9, Grade.FAIL),
        (Limit(0.02, 0.1, higher_is_better=False), 0.02, Grade.PASS),
        (Limit(0.02, 0.1, higher_is_better=False), 0.1, Grade.WARN),
        (Limit(0.02, 0.1, higher_is_better=False), 0.11, Grade.FAIL),
        (Limit(4.5, 3.0), None, Grade.UNKNOWN),
    ],
)
def test_judge(limit: Limit, value: float | None, verdict: Grade) -> None:
    assert limit.judge(value) is verdict


@given(st.sampled_from(sorted(DEFAULTS)), st.floats(0, 21), st.floats(0, 21))
def test_a_better_value_never_gets_a_worse_verdict(name: str, one: float, other: float) -> None:
    limit = DEFAULTS[name]
    rank = [Grade.FAIL, Grade.WARN, Grade.PASS]
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


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("ocr_accuracy", 0.8487, "84.9%"),
        ("ocr_accuracy", 0.85, "85%"),
        ("ocr_accuracy", 0.8449, "84%"),
        ("ocr_accuracy", 0.84999999999, "< 85%"),
        ("iou_with_food", 0.0201, "2.01%"),
        ("iou_with_food", 0.03, "3%"),
        ("contrast", 4.46, "4.46:1"),
        ("contrast", 9.04, "9.0:1"),
        ("contrast_stored", 4.46, "4.5:1"),
        ("edit_distance", 7, "7"),
        ("overall", None, "–"),
    ],
)
def test_a_score_is_written_with_the_digits_that_its_grade_needs(
    name: str, value: float | None, shown: str
) -> None:
    assert write_score(name, value, DEFAULTS) == shown


def read_back(shown: str) -> tuple[str, Decimal]:
    """Sign and value of what is written, a share as 0 to 1."""
    sign = shown[0] if shown[0] in "<>" else ""
    number = shown.removeprefix(sign).strip()
    value = Decimal(number.removesuffix("%").removesuffix(":1"))
    return sign, value / 100 if number.endswith("%") else value


ratios = st.one_of(st.floats(0, 21), st.sampled_from([0.85, 0.6, 4.5, 3.0, 0.02]))
nudges = st.sampled_from([0.0, 1e-16, -1e-16, 1e-9, -1e-9, 4e-4, -4e-4, 0.004, -0.004, 0.04, -0.04])


@given(ratios, ratios, ratios, nudges, st.booleans(), st.sampled_from([Unit.SHARE, Unit.CONTRAST]))
def test_what_is_shown_never_contradicts_its_grade(
    one: float, other: float, value: float, nudge: float, higher: bool, unit: Unit
) -> None:
    good, fair = (max(one, other), min(one, other)) if higher else (min(one, other), max(one, other))
    limit = Limit(good, fair, higher_is_better=higher)
    for tried in (value, good + nudge, fair + nudge):
        if not math.isfinite(tried) or tried < 0:
            continue
        sign, shown = read_back(written(tried, unit, limit))
        if not sign:
            assert limit.judge(shown) is limit.judge(tried)
            continue
        assert float(shown) in (good, fair), "beside a sign stands a limit"
        assert (tried < float(shown)) is (sign == "<")
    for bound in (good, fair):
        assert float(read_back(written_limit(bound, unit))[1]) == bound, "a limit is never rounded"


def test_the_contrast_asked_for_depends_on_the_size_of_the_letters() -> None:
    assert limit_for(DEFAULTS, "contrast") == Limit(4.5, 3.0)
    assert limit_for(DEFAULTS, "contrast", large_text=True) == Limit(3.0, 2.0)
    assert limit_for(DEFAULTS, "contrast_worst", large_text=True) == DEFAULTS["contrast_worst"]
    assert passes(DEFAULTS, {"contrast": 2.5}) is False
    assert passes(DEFAULTS, {"contrast": 2.5}, large_text=True) is True
    assert passes(DEFAULTS, {"contrast_stored": 1.2}) is None, "the stored figure is shown, never judged"


def test_formulas() -> None:
    assert overall(0.9, 0.6, 0.0) == pytest.approx(2.5 / 3)
    assert overall(None, 0.6, 0.0) is overall(0.9, None, 0.0) is overall(0.9, 0.6, None) is None
    assert readability_of(5.8, 4.5, 7.0) == pytest.approx(0.76), "as the service computes it"
    assert [readability_of(ratio, 3.0, 4.5) for ratio in (3.0, 4.5, 21.0)] == [0.5, 1.0, 1.0]


def test_only_the_registry_names_scores() -> None:
    """A title written elsewhere is a second name (but a step is called Readability too)."""
    root = Path(__file__).parents[2]
    titles = {f'_("{kind.title.msgid}")' for name, kind in SCORES.items() if name != "readability"}
    folders = (root / name for name in ("feedly_core", "dashboard", "pages"))
    sources = (path for folder in folders for path in folder.rglob("*.py"))
    named = {
        path.relative_to(root).as_posix()
        for path in sources
        if any(title in path.read_text(encoding="utf-8") for title in titles)
    }
    assert named == {"feedly_core/domain/scores.py"}
