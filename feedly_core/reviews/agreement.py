"""Agreement of verdicts and scores, for tuning the limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import pandas as pd
from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import distinct_on

from feedly_core.db.engine import capabilities
from feedly_core.db.query_budget import query_budget
from feedly_core.domain import tables as t
from feedly_core.domain.payloads.vlm_traces import Judgement, read_judgement
from feedly_core.domain.scores import COMPARED, SCORES, Grade, Limits, ScoreKind, limit_for
from feedly_core.reviews.queue import Item
from feedly_core.reviews.verdicts import StoredVerdict, Verdict, team_verdict

JUDGE = "judge"
FIGURES = (*COMPARED, JUDGE)


@dataclass(frozen=True)
class Agreement:
    """One score against the people.

    ``auc`` 0.5 is chance, 1 perfect; None with one class only.

    ``threshold`` is the limit that would have agreed with most verdicts, ``agrees`` the share it gets
    right: good pictures are at or above it (at or below where lower is better). ``now``: the share
    that the limit in force gets right.
    """

    score: ScoreKind
    judged: int
    approved: int
    auc: float | None
    threshold: float | None
    agrees: float | None
    now: float | None = None


def human_verdict(item: Item) -> bool | None:
    """True for approved, by the team's decision or the majority.

    None without one or in a tie.
    """
    return people_verdict(item.said)


def people_verdict(said: Iterable[StoredVerdict]) -> bool | None:
    """The same of what was said about one picture."""
    told = tuple(said)
    decision = team_verdict(told)
    if decision is not None:
        return decision.verdict is Verdict.APPROVE
    votes = Counter(one.verdict is Verdict.APPROVE for one in told)
    if votes[True] == votes[False]:
        return None
    return votes[True] > votes[False]


def judged(items: Iterable[Item], by_ai: Mapping[UUID, float] | None = None) -> pd.DataFrame:
    """One row per judged picture.

    ``approved`` (bool) and one float column per score.

    ``by_ai``: the AI judge's figure by variant.
    """
    known = by_ai or {}
    rows = [
        {
            "variant_id": item.picture.variant_id,
            "approved": verdict,
            "large_text": item.picture.large_text,
            **{name: item.picture.scores.get(name) for name in COMPARED},
            JUDGE: known.get(item.picture.variant_id),
        }
        for item in items
        if (verdict := human_verdict(item)) is not None
    ]
    return pd.DataFrame(rows, columns=["variant_id", "approved", "large_text", *FIGURES])


def agreements(frame: pd.DataFrame, known: Limits | None = None) -> tuple[Agreement, ...]:
    """Each score of FIGURES against ``approved``.

    Pictures without the score are left out.

    ``known``: the limits in force; each picture is judged by its own, as its text is large or not.
    """
    found = []
    for name in FIGURES:
        recorded = frame[["approved", "large_text", name]].dropna(subset=[name])
        approved = recorded["approved"].to_numpy(dtype=bool)
        values = recorded[name].to_numpy(dtype=float)
        sign = 1.0 if SCORES[name].higher_is_better else -1.0
        threshold, agrees = best_threshold(approved, sign * values)
        found.append(
            Agreement(
                SCORES[name],
                len(recorded),
                int(approved.sum()),
                roc_auc(approved, sign * values),
                None if threshold is None else sign * threshold,
                agrees,
                _right_now(recorded, name, known or {}),
            )
        )
    return tuple(found)


def _right_now(recorded: pd.DataFrame, name: str, known: Limits) -> float | None:
    """The share of verdicts that the limits in force agree with; None without a limit or a verdict."""
    if name not in known or recorded.empty:
        return None
    right = 0
    for approved, large, value in recorded.itertuples(index=False):
        limit = limit_for(known, name, large_text=large is True)
        right += limit is not None and (limit.judge(value) is Grade.PASS) is bool(approved)
    return right / len(recorded)


def roc_auc(approved: Sequence[bool] | np.ndarray, scores: Sequence[float] | np.ndarray) -> float | None:
    """The chance that an approved picture scores above another one.

    Ties count half. None with one class.
    """
    good = np.asarray(approved, dtype=bool)
    positives, negatives = int(good.sum()), int((~good).sum())
    if not positives or not negatives:
        return None
    ranks = pd.Series(np.asarray(scores, dtype=float)).rank(method="average").to_numpy()
    return float((ranks[good].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def best_threshold(
    approved: Sequence[bool] | np.ndarray, scores: Sequence[float] | np.ndarray
) -> tuple[float | None, float | None]:
    """The limit with the lowest error, and its share of agreement. The limit reads "good from here on"."""
    good, values = np.asarray(approved, dtype=bool), np.asarray(scores, dtype=float)
    if not len(good) or good.all() or not good.any():
        return None, None
    limits = np.unique(values)
    right = [share_right(good, values, limit) for limit in limits]
    best = int(np.argmax(right))
    return float(limits[best]), right[best]


def share_right(good: np.ndarray, values: np.ndarray, limit: float) -> float:
    """Share of verdicts that agree with this limit.

    0 to 1; "good from this limit on".
    """
    return float(((values >= limit) == good).mean())


def between_reviewers(items: Iterable[Item]) -> pd.DataFrame:
    """Pairs of reviewers: common ``pictures`` and the share judged ``alike``."""
    both: Counter[tuple[str, str]] = Counter()
    alike: Counter[tuple[str, str]] = Counter()
    for item in items:
        said = sorted((s for s in item.said if not s.team), key=lambda s: s.reviewer)
        for index, one in enumerate(said):
            for other in said[index + 1 :]:
                both[one.reviewer, other.reviewer] += 1
                alike[one.reviewer, other.reviewer] += one.verdict is other.verdict
    return pd.DataFrame(
        [
            {"one": pair[0], "other": pair[1], "pictures": count, "alike": alike[pair] / count}
            for pair, count in both.most_common()
        ],
        columns=["one", "other", "pictures", "alike"],
    )


@query_budget(statements=1, rows=25_000)
def favourable_answers(connection: Connection, variant_ids: Iterable[UUID]) -> dict[UUID, float]:
    """The share of favourable answers in each variant's newest judgement, 0 to 1. One statement.

    Variants without a judgement of their own are left out, all of them where traces name no variant.
    """
    if not capabilities(connection).has("vlm_traces", "job_variants_id"):
        return {}
    traces = t.vlm_traces.c
    newest = (
        select(traces.job_variants_id, traces.request, traces.response)
        .ext(distinct_on(traces.job_variants_id))
        .where(traces.operation_type == "judge", traces.job_variants_id.in_(list(variant_ids)))
        .order_by(traces.job_variants_id, traces.created_at.desc())
    )
    shares = {
        row.job_variants_id: _favourable(read_judgement(row.request, row.response))
        for row in connection.execute(newest)
    }
    return {variant_id: share for variant_id, share in shares.items() if share is not None}


def _favourable(said: Judgement) -> float | None:
    covered = None if said.occlusion is None else not said.occlusion
    answers = [
        answer
        for answer in (said.on_brief, covered, said.contrast_ok, said.cta_present)
        if answer is not None
    ]
    return sum(answers) / len(answers) if answers else None
