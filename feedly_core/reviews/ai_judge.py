"""The AI judge's answers as one figure, comparable with verdicts."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import distinct_on

from feedly_core.db.engine import capabilities
from feedly_core.db.query_budget import query_budget
from feedly_core.domain import tables as t
from feedly_core.domain.payloads.vlm_traces import Judgement, read_judgement


@query_budget(statements=1, rows=25_000)
def favourable_answers(connection: Connection, variant_ids: Iterable[UUID]) -> dict[UUID, float]:
    """Share of favourable answers in each variant's newest judgement.

    0 to 1. One statement.

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
        row.job_variants_id: _share(read_judgement(row.request, row.response))
        for row in connection.execute(newest)
    }
    return {variant_id: share for variant_id, share in shares.items() if share is not None}


def _share(said: Judgement) -> float | None:
    covered = None if said.occlusion is None else not said.occlusion
    answers = [
        answer
        for answer in (said.on_brief, covered, said.contrast_ok, said.cta_present)
        if answer is not None
    ]
    return sum(answers) / len(answers) if answers else None
