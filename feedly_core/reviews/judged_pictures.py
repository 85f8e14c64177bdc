"""Pictures that people judged, with their verdicts, scores and the AI judge's answers: one statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, FromClause, and_, cast, literal, null, select, true
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.types import Boolean, DateTime, Text

from feedly_core.analytics.filters import PictureFilters, conditions
from feedly_core.analytics.read_model import truth
from feedly_core.analytics.variant_source import VariantSource
from feedly_core.db.engine import Capabilities, capabilities, or_null
from feedly_core.db.own_schema import reviews
from feedly_core.db.query_budget import query_budget
from feedly_core.domain import tables as t
from feedly_core.domain.payloads.vlm_traces import Judgement, read_judgement
from feedly_core.domain.scores import COMPARED
from feedly_core.domain.tables.columns import readable
from feedly_core.reviews.agreement import people_verdict
from feedly_core.reviews.verdicts import (
    StoredVerdict,
    Verdict,
    need_reviews,
    stored_verdict,
    team_verdict,
)

MOST_VERDICTS = 20_000
"""The newest so many verdicts are read."""


class Question(StrEnum):
    """What the AI judge is asked about a picture, by the key of its answer."""

    OCCLUSION = "occlusion"
    CONTRAST = "contrast_ok"
    ON_BRIEF = "on_brief"
    CALL_TO_ACTION = "cta_present"

    def complains(self, answer: bool) -> bool:
        """Whether the answer finds fault: ``occlusion`` true is bad, of the others false."""
        return answer is (self is Question.OCCLUSION)


@dataclass(frozen=True)
class JudgedPicture:
    """One picture with every verdict on it.

    ``complaints``: by question whether the judge found fault; a question without an answer is left out.
    ``provider``, ``prompt_version`` and ``answered_at`` are of its newest judgement.
    """

    variant_id: UUID
    job_id: UUID
    picture_id: UUID
    variant: int | None
    version: str | None
    text: str | None
    large_text: bool | None
    scores: Mapping[str, float | None]
    said: tuple[StoredVerdict, ...]
    complaints: Mapping[Question, bool]
    provider: str | None
    prompt_version: str | None
    answered_at: datetime | None

    @cached_property
    def bad(self) -> bool | None:
        """What people say: the team's decision, else the majority; None in a tie."""
        approved = people_verdict(self.said)
        return None if approved is None else not approved

    def has_reason(self, reasons: Iterable[str]) -> bool | None:
        """Whether people gave one of the reasons; the team's decision counts alone.

        None where somebody refused the picture without any reason, and nobody gave one of these.
        """
        team, wanted = team_verdict(self.said), set(reasons)
        refused = [one for one in ((team,) if team else self.said) if one.verdict is not Verdict.APPROVE]
        if any(wanted & set(one.tags) for one in refused):
            return True
        return None if any(not one.tags for one in refused) else False

    def claimed_bad(self, questions: Iterable[Question]) -> bool | None:
        """Whether the judge found fault in any of the questions; None without an answer to them."""
        found = [self.complaints[question] for question in questions if question in self.complaints]
        return any(found) if found else None


@query_budget(statements=1, rows=60_000)
def judged_pictures(
    connection: Connection, source: VariantSource, filters: PictureFilters
) -> tuple[JudgedPicture, ...]:
    """Every picture that fits and that somebody judged, newest verdict first.

    Only verdicts on its present picture count, of the newest :data:`MOST_VERDICTS`. One statement, four where
    the read model is not filled. Raises :class:`MissingInSchema` without the dashboard's own schema.
    """
    need_reviews(connection)
    rows = source.rows_for(connection, filters)
    standing = _standing()
    named = (
        select(standing.c.job_variants_id, standing.c.picture_asset_id).distinct().subquery("judged_pictures")
    )
    judge = _newest_judgement(capabilities(connection), rows)
    on_picture = and_(
        rows.c.job_variants_id == named.c.job_variants_id, rows.c.picture_id == named.c.picture_asset_id
    )
    given = and_(
        standing.c.job_variants_id == rows.c.job_variants_id, standing.c.picture_asset_id == rows.c.picture_id
    )
    picture = [
        rows.c[name].label(f"picture_{name}")
        for name in ("variant", "version", "drawn_text", "large_text", *COMPARED)
    ]
    query = (
        select(*standing.c, *picture, *judge.c)
        .select_from(named.join(rows, on_picture).outerjoin(judge, true()).join(standing, given))
        .where(*conditions(rows, filters, source.asked_at))
        .order_by(standing.c.review_id.desc())
    )
    by_picture: dict[UUID, list[Mapping[Any, Any]]] = {}
    for row in connection.execute(query).mappings():
        by_picture.setdefault(row["job_variants_id"], []).append(row)
    return tuple(_picture(told) for told in by_picture.values())


@query_budget(statements=1, rows=50)
def judgement_of(connection: Connection, variant_id: UUID) -> Judgement | None:
    """The newest judgement of a variant in the judge's words.

    None without one. One statement.
    """
    if not capabilities(connection).has("vlm_traces", "job_variants_id"):
        return None
    traces = t.vlm_traces
    newest = (
        select(traces.c.request, traces.c.response)
        .where(traces.c.job_variants_id == variant_id, traces.c.operation_type == "judge")
        .order_by(readable(traces.c.created_at).desc().nulls_last())
        .limit(1)
    )
    row = connection.execute(newest).first()
    return read_judgement(row.request, row.response) if row else None


def _standing() -> FromClause:
    """The newest verdict per person, team and variant, unless it was taken back."""
    recent = select(reviews).order_by(reviews.c.review_id.desc()).limit(MOST_VERDICTS).subquery("recent")
    newest = (
        select(recent)
        .ext(distinct_on(recent.c.job_variants_id, recent.c.reviewer, recent.c.team))
        .order_by(recent.c.job_variants_id, recent.c.reviewer, recent.c.team, recent.c.review_id.desc())
        .subquery("newest")
    )
    return select(newest).where(newest.c.verdict != Verdict.WITHDRAWN).cte("standing")


def _newest_judgement(caps: Capabilities, rows: FromClause) -> FromClause:
    """The judge's four answers, with who answered which prompt and when; one row, by the variant's index."""
    traces, prompts = t.vlm_traces, t.vlm_prompt_assets
    if not caps.has("vlm_traces", "job_variants_id"):
        nothing: list[ColumnElement[Any]] = [cast(null(), Boolean).label(name) for name in Question]
        nothing += [cast(null(), Text).label(name) for name in ("provider", "prompt_version")]
        nothing.append(cast(null(), DateTime(timezone=True)).label("answered_at"))
        return select(*nothing).where(literal(False)).subquery("judgement")
    version: ColumnElement[Any] = cast(null(), Text)
    if caps.has("vlm_traces", "prompt_id") and caps.has("vlm_prompt_assets", "prompt_version"):
        prompt = select(prompts.c.prompt_version).where(prompts.c.prompt_asset_id == traces.c.prompt_id)
        version = prompt.scalar_subquery()
    moment = readable(traces.c.created_at)
    return (
        select(
            *(truth(traces.c.response, name).label(name) for name in Question),
            or_null(traces.c.provider, caps),
            version.label("prompt_version"),
            moment.label("answered_at"),
        )
        .where(traces.c.job_variants_id == rows.c.job_variants_id, traces.c.operation_type == "judge")
        .order_by(moment.desc().nulls_last())
        .limit(1)
        .lateral("judgement")
    )


def _picture(told: list[Mapping[Any, Any]]) -> JudgedPicture:
    row = told[0]
    return JudgedPicture(
        row["job_variants_id"],
        row["job_id"],
        row["picture_asset_id"],
        row["picture_variant"],
        row["picture_version"],
        row["picture_drawn_text"],
        row["picture_large_text"],
        {name: row[f"picture_{name}"] for name in COMPARED},
        tuple(stored_verdict(one) for one in reversed(told)),
        {one: one.complains(row[one]) for one in Question if row[one] is not None},
        row["provider"],
        row["prompt_version"],
        row["answered_at"],
    )
