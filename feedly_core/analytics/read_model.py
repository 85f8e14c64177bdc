"""Typed rows of some jobs, one per variant.

The one place where SQL reads their JSON.

Numbers are read as the one-job report reads them (a JSON number, or a string that is one); anything
else is NULL, so that one malformed document never stops the many.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Double,
    FromClause,
    Integer,
    Numeric,
    Subquery,
    and_,
    case,
    cast,
    delete,
    func,
    literal,
    null,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on, insert
from sqlalchemy.types import Uuid

from feedly_core.analytics.job_states import state_rows
from feedly_core.db.engine import Capabilities, among, capabilities, or_null
from feedly_core.db.own_schema.facts import OCR_PARTS, picture_contrast, variant_facts
from feedly_core.domain import tables as t
from feedly_core.domain.scores import ContrastState, overall
from feedly_core.domain.tables.columns import readable
from feedly_core.errors import MissingInSchema
from feedly_core.i18n import N_

NUMBER = r"^\s*-?[0-9]{1,15}(\.[0-9]+)?\s*$"
LONGEST_MS = 1e9
MOST_TOKENS = 1_000_000_000
"""Of one call or job; more is no count of tokens."""

LONGEST_TEXT = 2000
"""Characters of a drawn text that are kept."""


def refresh_jobs(connection: Connection, job_ids: Sequence[UUID], now: datetime) -> int:
    """Rebuild the rows of these jobs.

    Remove those of vanished jobs. Runs in the caller's transaction.

    Eight statements. Returns the number of variants written.
    """
    if not job_ids:
        return 0
    states = state_rows(connection, job_ids, now)
    connection.execute(delete(variant_facts).where(among(variant_facts.c.job_id, job_ids)))
    facts = fact_query(capabilities(connection), among(t.jobs.c.job_id, job_ids), states, measured=True)
    names = [column.name for column in variant_facts.c]
    rows = insert(variant_facts).from_select(names, select(*(facts.c[name] for name in names)))
    return connection.execute(rows.on_conflict_do_nothing()).rowcount


def fact_query(
    caps: Capabilities,
    chosen: ColumnElement[bool],
    states: FromClause,
    *,
    measured: bool,
    need_overlays: bool = True,
) -> Subquery:
    """Rows of the jobs that the condition ``chosen`` selects.

    Columns as ``variant_facts``.

    ``states``: the jobs' states, see :func:`state_rows`.
    ``measured``: ``picture_contrast`` is there; without it nothing is known of the drawn letters.
    ``need_overlays`` False: schemas whose overlays name no variant give rows without scores.
    Raises :class:`MissingInSchema` where overlays do not name their variant (schemas before late v0.8).
    """
    if need_overlays:
        require_overlays(caps)
    picked = select(t.jobs.c.job_id).where(chosen).cte()
    variants, jobs, inputs = t.jobs_variants, t.jobs, t.job_inputs
    overlays = _newest_overlays(caps, picked)
    scores = _scores(caps, overlays)
    looks = _looks(caps, picked)
    calls = _calls(caps, picked)
    copies = _copies(caps, picked)
    lead = func.row_number().over(
        partition_by=variants.c.job_id, order_by=(variants.c.creation_order, variants.c.job_variants_id)
    )
    line = func.coalesce(copies.c.line, inputs.c.desc_kor)
    picture = variants.c.overlaid_img_asset_id if _named(caps) else overlays.c.picture_id
    drawn = picture_contrast if measured else _unmeasured()
    readability = func.coalesce(drawn.c.readability, scores.c.readability)
    joined: FromClause = (
        variants.join(picked, picked.c.job_id == variants.c.job_id)
        .join(jobs, jobs.c.job_id == variants.c.job_id)
        .join(states, states.c.job_id == jobs.c.job_id)
        .outerjoin(inputs, inputs.c.job_id == jobs.c.job_id)
        .outerjoin(overlays, overlays.c.job_variants_id == variants.c.job_variants_id)
        .outerjoin(scores, scores.c.overlay_id == overlays.c.overlay_id)
        .outerjoin(looks, looks.c.job_variants_id == variants.c.job_variants_id)
        .outerjoin(calls, calls.c.job_id == jobs.c.job_id)
        .outerjoin(copies, copies.c.job_id == jobs.c.job_id)
        .outerjoin(
            drawn,
            and_(drawn.c.job_variants_id == variants.c.job_variants_id, drawn.c.picture_id == picture),
        )
    )
    return (
        select(
            variants.c.job_variants_id,
            variants.c.job_id,
            (lead == 1).label("leads"),
            _created(jobs, variants).label("created_at"),
            jobs.c.tenant_id,
            or_null(jobs.c.version, caps),
            inputs.c.tone_style_id,
            variants.c.creation_order.label("variant"),
            states.c.outcome,
            states.c.fails_at,
            states.c.states,
            states.c.changes,
            func.coalesce(or_null(variants.c.retry_count, caps), 0).label("retries"),
            picture.label("picture_id"),
            or_null(variants.c.img_asset_id, caps).label("before_id"),
            _tone(caps).label("tone"),
            line.label("line"),
            inputs.c.desc_kor.label("description"),
            overlays.c.drawn_text,
            func.to_tsvector("simple", func.concat_ws(" ", line, inputs.c.desc_kor, copies.c.copy_eng)).label(
                "words"
            ),
            overall(scores.c.ocr_accuracy, readability, scores.c.iou_with_food).label("overall"),
            scores.c.ocr_accuracy,
            *(scores.c[name] for name in OCR_PARTS),
            drawn.c.contrast,
            drawn.c.contrast_worst,
            scores.c.contrast_stored,
            readability.label("readability"),
            scores.c.iou_with_food,
            looks.c.relevance,
            case(
                (picture.is_not(None), func.coalesce(drawn.c.state, ContrastState.PENDING)), else_=null()
            ).label("contrast_state"),
            drawn.c.large_text,
            drawn.c.wcag_aa,
            drawn.c.wcag_aaa,
            looks.c.on_brief,
            looks.c.occlusion,
            looks.c.vlm_analyze_ms,
            _yolo_ms(caps).label("yolo_detect_ms"),
            _planner_ms(caps, overlays).label("planner_ms"),
            readable(overlays.c.latency_ms).label("overlay_ms"),
            looks.c.vlm_judge_ms,
            scores.c.ocr_eval_ms,
            scores.c.readability_eval_ms,
            scores.c.iou_eval_ms,
            calls.c.tokens,
            calls.c.cost_usd,
        )
        .select_from(joined)
        .where(chosen)  # again: of few jobs PostgreSQL then reads no whole table
        .subquery("facts")
    )


def require_overlays(caps: Capabilities) -> None:
    """Raises :class:`MissingInSchema` where overlays do not name their variant."""
    if not caps.has("overlay_layouts", "job_variants_id"):
        raise MissingInSchema(
            N_("This database does not record which variant an overlay belongs to."),
            detail=N_("Gallery, trends and reviews need overlay_layouts.job_variants_id."),
        )


def number(document: ColumnElement[Any], key: str, low: float, high: float) -> ColumnElement[Any]:
    """``document[key]`` as double precision.

    NULL unless it is (or spells) a number from low to high.
    """
    as_text = document[key].as_string()
    value = cast(cast(as_text, Numeric), Double)
    spelled = case((as_text.op("~")(NUMBER), value), else_=null())
    return case((spelled.between(low, high), spelled), else_=null())


def truth(document: ColumnElement[Any], key: str) -> ColumnElement[Any]:
    """``document[key]`` as boolean; NULL unless it is true or false."""
    as_text = func.lower(func.btrim(document[key].as_string()))
    return case((as_text == "true", True), (as_text == "false", False), else_=null())


def _created(jobs: FromClause, variants: FromClause) -> ColumnElement[Any]:
    return func.coalesce(readable(jobs.c.created_at), readable(variants.c.created_at), func.now())


def _newest_first(table: FromClause) -> ColumnElement[Any]:
    return readable(table.c.created_at).desc().nulls_last()


def _named(caps: Capabilities) -> bool:
    """Whether variants name their final picture."""
    return caps.has("jobs_variants", "overlaid_img_asset_id")


def _newest_overlays(caps: Capabilities, picked: FromClause) -> FromClause:
    overlays, variants = t.overlay_layouts, t.jobs_variants
    if not caps.has("overlay_layouts", "job_variants_id"):
        keys = dict.fromkeys(("job_variants_id", "overlay_id", "proposal_id", "picture_id"), Uuid())
        return _nothing("newest_overlays", keys, ("latency_ms",), (), ("drawn_text",))
    columns = (
        overlays.c.job_variants_id,
        overlays.c.overlay_id,
        overlays.c.proposal_id,
        or_null(overlays.c.latency_ms, caps),
        func.left(overlays.c.layout["text"].as_string(), LONGEST_TEXT).label("drawn_text"),
        *(() if _named(caps) else (t.rendered_picture().label("picture_id"),)),
    )
    return (
        select(*columns)
        .ext(distinct_on(overlays.c.job_variants_id))
        .join(variants, variants.c.job_variants_id == overlays.c.job_variants_id)
        .join(picked, picked.c.job_id == variants.c.job_id)
        .order_by(overlays.c.job_variants_id, _newest_first(overlays))
        .cte()
    )


def _scores(caps: Capabilities, overlays: FromClause) -> FromClause:
    """The newest evaluation of each type, beside each other."""
    table = t.evaluations
    newest = (
        select(table.c.overlay_id, table.c.evaluation_type, table.c.metrics)
        .ext(distinct_on(table.c.overlay_id, table.c.evaluation_type))
        .join(overlays, overlays.c.overlay_id == table.c.overlay_id)
        .order_by(table.c.overlay_id, table.c.evaluation_type, _newest_first(table))
        .subquery("newest_evaluations")
    )
    metrics = newest.c.metrics

    def of(kind: str, value: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.max(value).filter(newest.c.evaluation_type == kind)

    return (
        select(
            newest.c.overlay_id,
            of("ocr", number(metrics, "ocr_accuracy", 0, 1)).label("ocr_accuracy"),
            *(of("ocr", number(metrics, name, 0, 1)).label(name) for name in OCR_PARTS),
            of("ocr", number(metrics, "latency_ms", 0, LONGEST_MS)).label("ocr_eval_ms"),
            of("readability", number(metrics, "contrast_ratio", 1, 21)).label("contrast_stored"),
            of("readability", number(metrics, "readability_score", 0, 1)).label("readability"),
            of("readability", number(metrics, "latency_ms", 0, LONGEST_MS)).label("readability_eval_ms"),
            of("iou", number(metrics, "iou_with_food", 0, 1)).label("iou_with_food"),
            of("iou", number(metrics, "latency_ms", 0, LONGEST_MS)).label("iou_eval_ms"),
        )
        .group_by(newest.c.overlay_id)
        .subquery("scores")
    )


def _unmeasured() -> FromClause:
    numbers = ("contrast", "contrast_worst", "readability")
    keys = {"job_variants_id": Uuid(), "picture_id": Uuid()}
    return _nothing("drawn", keys, numbers, ("large_text", "wcag_aa", "wcag_aaa"), ("state",))


def _looks(caps: Capabilities, picked: FromClause) -> FromClause:
    """The newest look (analyze) and verdict (judge) of the vision model, where rows name the variant."""
    table = t.vlm_traces
    if not caps.has("vlm_traces", "job_variants_id"):
        return _nothing(
            "looks",
            {"job_variants_id": Uuid()},
            ("relevance", "vlm_analyze_ms", "vlm_judge_ms"),
            ("on_brief", "occlusion"),
        )
    newest = (
        select(table.c.job_variants_id, table.c.operation_type, table.c.response, table.c.latency_ms)
        .ext(distinct_on(table.c.job_variants_id, table.c.operation_type))
        .join(picked, picked.c.job_id == table.c.job_id)
        .order_by(table.c.job_variants_id, table.c.operation_type, _newest_first(table))
        .subquery("newest_looks")
    )
    response, analyze = newest.c.response, newest.c.operation_type == "analyze"
    judge = newest.c.operation_type == "judge"
    return (
        select(
            newest.c.job_variants_id,
            func.max(number(response, "relevance_score", 0, 1)).filter(analyze).label("relevance"),
            func.max(readable(newest.c.latency_ms)).filter(analyze).label("vlm_analyze_ms"),
            func.max(readable(newest.c.latency_ms)).filter(judge).label("vlm_judge_ms"),
            func.bool_or(truth(response, "on_brief")).filter(judge).label("on_brief"),
            func.bool_or(truth(response, "occlusion")).filter(judge).label("occlusion"),
        )
        .group_by(newest.c.job_variants_id)
        .subquery("looks")
    )


def _calls(caps: Capabilities, picked: FromClause) -> FromClause:
    """Tokens and cost of the job's language model calls. One call of unknown price: cost unknown."""
    traces, models = t.llm_traces, t.llm_models
    priced = caps.has("llm_traces", "llm_model_id") and caps.has_table("llm_models")
    if not (priced and caps.has("llm_traces", "total_tokens")):
        return _nothing("calls", {"job_id": Uuid(), "tokens": Integer()}, ("cost_usd",), ())
    tokens = case((traces.c.total_tokens.between(0, MOST_TOKENS), traces.c.total_tokens))
    cost = (
        traces.c.prompt_tokens * readable(models.c.prompt_token_cost_per_1m)
        + traces.c.completion_tokens * readable(models.c.completion_token_cost_per_1m)
    ) / 1e6
    return (
        select(
            traces.c.job_id,
            cast(func.least(func.sum(tokens), MOST_TOKENS), Integer).label("tokens"),
            case((func.count(cost) == func.count(), func.sum(cost)), else_=null()).label("cost_usd"),
        )
        .join(picked, picked.c.job_id == traces.c.job_id)
        .outerjoin(models, models.c.llm_model_id == traces.c.llm_model_id)
        .group_by(traces.c.job_id)
        .subquery("calls")
    )


def _copies(caps: Capabilities, picked: FromClause) -> FromClause:
    """The newest short line and English copy of the job."""
    table = t.txt_ad_copy_generations
    if not caps.has_table(table.name):
        return _nothing(
            "copies", {"job_id": Uuid(), "line": t.job_inputs.c.desc_kor.type}, (), (), ("copy_eng",)
        )

    def newest(stage: str, column: ColumnElement[Any]) -> ColumnElement[Any]:
        texts = func.array_agg(aggregate_order_by(column, _newest_first(table)))
        return texts.filter(and_(table.c.generation_stage == stage, column.is_not(None)))[1]

    return (
        select(
            table.c.job_id,
            newest("ad_copy_kor", table.c.ad_copy_kor).label("line"),
            newest("ad_copy_eng", table.c.ad_copy_eng).label("copy_eng"),
        )
        .join(picked, picked.c.job_id == table.c.job_id)
        .group_by(table.c.job_id)
        .subquery("copies")
    )


def _tone(caps: Capabilities) -> ColumnElement[Any]:
    tones, inputs = t.tone_styles, t.job_inputs
    if not (caps.has_table("tone_styles") and caps.has("job_inputs", "tone_style_id")):
        return cast(null(), tones.c.kor_name.type)
    name = select(tones.c.kor_name).where(tones.c.tone_style_id == inputs.c.tone_style_id)
    return name.scalar_subquery()


def _yolo_ms(caps: Capabilities) -> ColumnElement[Any]:
    runs = t.yolo_runs
    if not caps.has("yolo_runs", "latency_ms"):
        return cast(null(), Double)
    return select(readable(runs.c.latency_ms)).where(runs.c.job_id == t.jobs.c.job_id).scalar_subquery()


def _planner_ms(caps: Capabilities, overlays: FromClause) -> ColumnElement[Any]:
    runs = t.planner_proposals
    if not caps.has("planner_proposals", "latency_ms"):
        return cast(null(), Double)
    return (
        select(readable(runs.c.latency_ms))
        .where(runs.c.proposal_id == overlays.c.proposal_id)
        .scalar_subquery()
    )


def _nothing(
    name: str, keys: dict[str, Any], numbers: Sequence[str], flags: Sequence[str], texts: Sequence[str] = ()
) -> FromClause:
    """A source without rows, for what this schema generation lacks."""
    columns = [cast(null(), type_).label(key) for key, type_ in keys.items()]
    columns += [cast(null(), Double).label(key) for key in numbers]
    columns += [cast(null(), Boolean).label(key) for key in flags]
    columns += [cast(null(), t.job_inputs.c.desc_kor.type).label(key) for key in texts]
    return select(*columns).where(literal(False)).subquery(name)
