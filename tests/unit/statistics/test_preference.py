"""Bradley–Terry against scikit-learn, and the bias of the side."""

from __future__ import annotations

import numpy as np
import pytest

from feedly_core.statistics.estimate import NoInterval
from feedly_core.statistics.preference import RIDGE, preference
from tests import references
from tests.unit.statistics.simulated import assert_alike

STRENGTHS = {"round": 0.8, "square": 0.0, "serif": -0.4, "hand": -0.4}
LEFT = 0.5


def taps(
    jobs: int,
    seed: int = 13,
    left: float = LEFT,
    often_left: str = "",
    strengths: dict[str, float] = STRENGTHS,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Three taps per job between random levels; ``often_left`` stands left in 9 of 10."""
    rng = np.random.default_rng(seed)
    names, weights = np.array(list(strengths)), np.array(list(strengths.values()))
    pair = np.array([rng.choice(len(names), 2, replace=False) for _ in range(3 * jobs)])
    swap = ((names[pair[:, 1]] == often_left) & (rng.random(len(pair)) < 0.9)) | (
        (names[pair[:, 0]] == often_left) & (rng.random(len(pair)) < 0.1)
    )
    pair[swap] = pair[swap][:, ::-1]
    left_won = rng.random(len(pair)) < 1 / (1 + np.exp(-(weights[pair[:, 0]] - weights[pair[:, 1]] + left)))
    winner = np.where(left_won, pair[:, 0], pair[:, 1])
    loser = np.where(left_won, pair[:, 1], pair[:, 0])
    return np.repeat(np.arange(jobs), 3), names[winner], names[loser], np.where(left_won, 1, -1)


def fit_by_scikit_learn(winner: np.ndarray, loser: np.ndarray, side: np.ndarray) -> np.ndarray:
    names = np.unique(np.concatenate([winner, loser]))
    design = (winner[:, None] == names).astype(float) - (loser[:, None] == names)
    design = np.column_stack([design, side])
    flip = np.where(np.arange(len(design)) % 2, 1, -1)
    model = references.linear_model.LogisticRegression(
        C=1 / RIDGE, fit_intercept=False, tol=1e-10, max_iter=500
    )
    return np.asarray(model.fit(design * flip[:, None], flip > 0).coef_[0])


def fit_by_scipy(winner: np.ndarray, loser: np.ndarray, side: np.ndarray) -> np.ndarray:
    design = (winner[:, None] == sorted(STRENGTHS)).astype(float) - (loser[:, None] == sorted(STRENGTHS))
    design = np.column_stack([design, side])

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        odds = design @ weights
        slope = RIDGE * weights - design.T @ (1 / (1 + np.exp(odds)))
        return float(np.logaddexp(0, -odds).sum() + RIDGE / 2 * weights @ weights), slope

    return np.asarray(references.optimize.minimize(loss, np.zeros(design.shape[1]), jac=True).x)


def wins(strengths: np.ndarray) -> np.ndarray:
    odds = 1 / (1 + np.exp(strengths[None, :-1] - strengths[:-1, None]))
    return np.asarray((odds.sum(axis=1) - 0.5) / (len(odds) - 1))


def test_strengths_and_side_are_those_of_ridge_logistic_regression() -> None:
    job, winner, loser, side = taps(60)
    found = preference(job, winner, loser, side, resamples=20)
    wanted = fit_by_scikit_learn(winner, loser, side)
    by_name = {level.name: level.wins.value for level in found.levels}
    assert [by_name[name] for name in sorted(by_name)] == pytest.approx(wins(wanted).tolist(), abs=1e-5)
    assert found.left_wins.value == pytest.approx(1 / (1 + np.exp(-wanted[-1])), abs=1e-5)


def test_the_ranges_are_the_slow_bootstraps() -> None:
    job, winner, loser, side = taps(80)
    found = preference(job, winner, loser, side)
    rng, drawn = np.random.default_rng(2), []
    for _ in range(250):
        rows = (3 * rng.integers(0, 80, 80)[:, None] + np.arange(3)).ravel()
        drawn.append(wins(fit_by_scipy(winner[rows], loser[rows], side[rows])))
    low, high = np.quantile(drawn, [0.0225, 0.9775], axis=0)
    for level in found.levels:
        place = sorted(STRENGTHS).index(level.name)
        assert_alike(level.wins.interval, (low[place], high[place]), 0.18)


def test_the_most_preferred_comes_first_and_equals_show_no_difference() -> None:
    found = preference(*taps(300))
    assert found.levels[0].name == "round"
    assert found.shows_difference("round", "hand")
    assert not found.shows_difference("serif", "hand")
    assert not found.shows_difference("serif", "unheard of")
    assert found.left_wins.interval is not None
    assert found.left_wins.interval.holds(1 / (1 + np.exp(-LEFT)))


def test_a_level_that_mostly_stood_left_gains_nothing_from_it() -> None:
    job, winner, loser, side = taps(
        400, left=1.0, often_left="hand", strengths=dict.fromkeys("abc", 0.0) | {"hand": 0}
    )
    won, played = (winner == "hand").sum(), ((winner == "hand") | (loser == "hand")).sum()
    assert won / played > 0.6
    level = next(level for level in preference(job, winner, loser, side).levels if level.name == "hand")
    assert level.wins.interval is not None
    assert level.wins.interval.holds(0.5)


def test_taps_of_a_level_with_itself_measure_the_side_only() -> None:
    job, side = np.arange(100), np.where(np.arange(100) % 4, 1, -1)
    found = preference(job, ["one"] * 100, ["one"] * 100, side)
    assert found.levels[0].wins.no_interval is NoInterval.NO_DATA
    assert found.left_wins.interval is not None
    assert found.left_wins.interval.holds(0.75)


def test_unknown_sides_and_no_taps_say_so() -> None:
    job, winner, loser, _ = taps(40)
    assert preference(job, winner, loser, np.array([None] * 120)).left_wins.no_interval is NoInterval.NO_DATA
    nothing = preference([], [], [], [])
    assert nothing.levels == ()
    assert nothing.left_wins.no_interval is NoInterval.NO_DATA
