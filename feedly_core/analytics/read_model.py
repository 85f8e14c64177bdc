"""Typed rows of some jobs, one per variant.

The one place where SQL reads their JSON.

Numbers are read as the one-job report reads them (a JSON number, or a string that is one); anything
else is NULL, so that one malformed document never stops the many.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    DateTime,
    Double,
    FromClause,
    Integer,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.types import Uuid

from feedly_core.db.engine import Capabilities, or_null
from feedly_core.db.own_schema.facts import OCR_PARTS, picture_contrast
from feedly_core.domain import tables as t
from feedly_core.domain.payloads.vlm_traces import Question
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


def fact_query(
    caps: Capabilities,
    chosen: ColumnElement[bool],
    states: FromClause,
    *,
    measured: bool,
    need_overlays: bool = True,
) -> Subquery:
    """Rows of the jobs that the condition ``chosen`` selects.

    Columns as ``variant_facts``. ``states``: the jobs' states, see :func:`state_rows`.
    ``measured``: ``picture_contrast`` is there; without it nothing is known of the drawn letters.
    What belongs to a variant is looked up beside it, along an index: PostgreSQL cannot estimate the joins of
    thousands of jobs with their states, and compared all with all.
    ``need_overlays`` False: schemas whose overlays name no variant give rows without scores.
    Raises :class:`MissingInSchema` where overlays do not name their variant (schemas before late v0.8).
    """
    if need_overlays:
        require_overlays(caps)
    jobs = t.jobs
    beside_jobs, beside_variants, columns = _known(caps, measured)
    joined: FromClause = jobs.join(states, states.c.job_id == jobs.c.job_id)
    for source, condition in beside_jobs:
        joined = joined.outerjoin(source, condition)
    joined = joined.join(t.jobs_variants, t.jobs_variants.c.job_id == jobs.c.job_id)
    for source, condition in beside_variants:
        joined = joined.outerjoin(source, condition)
    of_the_state = (states.c.outcome, states.c.fails_at, states.c.states, states.c.changes)
    return select(*columns, *of_the_state).select_from(joined).where(chosen).subquery("facts")


_Beside = tuple[tuple[FromClause, ColumnElement[bool]], ...]


@lru_cache(maxsize=32)
def _known(caps: Capabilities, measured: bool) -> tuple[_Beside, _Beside, Sequence[ColumnElement[Any]]]:
    """What is looked up beside a job and beside each of its variants, and the columns that come of it."""
    variants, jobs, inputs = t.jobs_variants, t.jobs, t.job_inputs
    overlays = _newest_overlay(caps)
    evaluated, scores = _scores(overlays)
    traced, looks = _looks(caps)
    calls, copies = _calls(caps), _copies(caps)
    lead = func.row_number().over(
        partition_by=variants.c.job_id, order_by=(variants.c.creation_order, variants.c.job_variants_id)
    )
    picture = variants.c.overlaid_img_asset_id if _named(caps) else overlays.c.picture_id
    drawn = picture_contrast if measured else _unmeasured()
    its_own = and_(drawn.c.job_variants_id == variants.c.job_variants_id, drawn.c.picture_id == picture)
    readability = func.coalesce(drawn.c.readability, scores["readability"])
    columns = (
        variants.c.job_variants_id,
        variants.c.job_id,
        (lead == 1).label("leads"),
        _created(jobs, variants).label("created_at"),
        jobs.c.tenant_id,
        or_null(jobs.c.version, caps),
        inputs.c.tone_style_id,
        variants.c.creation_order.label("variant"),
        func.coalesce(or_null(variants.c.retry_count, caps), 0).label("retries"),
        picture.label("picture_id"),
        or_null(variants.c.img_asset_id, caps).label("before_id"),
        _tone(caps).label("tone"),
        copies.c.line,
        inputs.c.desc_kor.label("description"),
        overlays.c.drawn_text,
        copies.c.words,
        overall(scores["ocr_accuracy"], readability, scores["iou_with_food"]).label("overall"),
        scores["ocr_accuracy"].label("ocr_accuracy"),
        *(scores[name].label(name) for name in OCR_PARTS),
        drawn.c.contrast,
        drawn.c.contrast_worst,
        scores["contrast_stored"].label("contrast_stored"),
        readability.label("readability"),
        scores["iou_with_food"].label("iou_with_food"),
        looks["relevance"].label("relevance"),
        case((picture.is_not(None), func.coalesce(drawn.c.state, ContrastState.PENDING)), else_=null()).label(
            "contrast_state"
        ),
        drawn.c.large_text,
        drawn.c.wcag_aa,
        drawn.c.wcag_aaa,
        *(looks[question].label(question.value) for question in Question),
        looks["judge_provider"].label("judge_provider"),
        looks["judge_prompt"].label("judge_prompt"),
        looks["judged_at"].label("judged_at"),
        looks["vlm_analyze_ms"].label("vlm_analyze_ms"),
        _yolo_ms(caps).label("yolo_detect_ms"),
        _planner_ms(caps, overlays).label("planner_ms"),
        readable(overlays.c.latency_ms).label("overlay_ms"),
        looks["vlm_judge_ms"].label("vlm_judge_ms"),
        scores["ocr_eval_ms"].label("ocr_eval_ms"),
        scores["readability_eval_ms"].label("readability_eval_ms"),
        scores["iou_eval_ms"].label("iou_eval_ms"),
        calls.c.tokens,
        calls.c.cost_usd,
    )
    return (
        ((inputs, inputs.c.job_id == jobs.c.job_id), (calls, true()), (copies, true())),
        ((overlays, true()), (evaluated, true()), (traced, true()), (drawn, its_own)),
        columns,
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
    value = cast(as_text, Double)
    return case((as_text.op("~")(NUMBER), case((value.between(low, high), value))))


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


def _newest_overlay(caps: Capabilities) -> FromClause:
    """The variant's newest overlay."""
    overlays = t.overlay_layouts
    if not caps.has("overlay_layouts", "job_variants_id"):
        keys = dict.fromkeys(("overlay_id", "proposal_id", "picture_id"), Uuid())
        return _nothing("newest_overlay", keys, ("latency_ms",), (), ("drawn_text",))
    columns = (
        overlays.c.overlay_id,
        overlays.c.proposal_id,
        or_null(overlays.c.latency_ms, caps),
        func.left(overlays.c.layout["text"].as_string(), LONGEST_TEXT).label("drawn_text"),
        *(() if _named(caps) else (t.rendered_picture(t.overlay_layouts.c.layout).label("picture_id"),)),
    )
    return (
        select(*columns)
        .where(overlays.c.job_variants_id == t.jobs_variants.c.job_variants_id)
        .order_by(_newest_first(overlays))
        .limit(1)
        .lateral("newest_overlay")
    )


Columns = dict[str, ColumnElement[Any]]


def _scores(overlays: FromClause) -> tuple[FromClause, Columns]:
    """The newest evaluation of each type of the overlay, and what stands in them."""
    table = t.evaluations
    kinds = ("ocr", "readability", "iou")
    newest = (
        select(
            *(_newest(table, table.c.metrics, table.c.evaluation_type == kind).label(kind) for kind in kinds)
        )
        .where(table.c.overlay_id == overlays.c.overlay_id)
        .lateral("evaluated")
    )
    ocr, readability, iou = (newest.c[kind] for kind in kinds)
    return newest, {
        "ocr_accuracy": number(ocr, "ocr_accuracy", 0, 1),
        **{name: number(ocr, name, 0, 1) for name in OCR_PARTS},
        "ocr_eval_ms": number(ocr, "latency_ms", 0, LONGEST_MS),
        "contrast_stored": number(readability, "contrast_ratio", 1, 21),
        "readability": number(readability, "readability_score", 0, 1),
        "readability_eval_ms": number(readability, "latency_ms", 0, LONGEST_MS),
        "iou_with_food": number(iou, "iou_with_food", 0, 1),
        "iou_eval_ms": number(iou, "latency_ms", 0, LONGEST_MS),
    }


def _newest(table: FromClause, column: ColumnElement[Any], which: ColumnElement[bool]) -> ColumnElement[Any]:
    """The value of the newest row of a kind."""
    values = func.array_agg(aggregate_order_by(column, _newest_first(table)), type_=ARRAY(column.type))
    return values.filter(which)[1]


def _unmeasured() -> FromClause:
    numbers = ("contrast", "contrast_worst", "readability")
    keys = {"job_variants_id": Uuid(), "picture_id": Uuid()}
    return _nothing("drawn", keys, numbers, ("large_text", "wcag_aa", "wcag_aaa"), ("state",))


def _looks(caps: Capabilities) -> tuple[FromClause, Columns]:
    """The newest look (analyze) and verdict (judge) of the vision model, where rows name the variant."""
    table, variants = t.vlm_traces, t.jobs_variants
    if not caps.has("vlm_traces", "job_variants_id"):
        numbers = ("relevance", "vlm_analyze_ms", "vlm_judge_ms")
        keys, texts = {"judged_at": DateTime(timezone=True)}, ("judge_provider", "judge_prompt")
        nothing = _nothing("looks", keys, numbers, tuple(Question), texts)
        return nothing, {column.key: column for column in nothing.c}
    analyze, judge = (table.c.operation_type == kind for kind in ("analyze", "judge"))
    newest = (
        select(
            _newest(table, table.c.response, analyze).label("look"),
            _newest(table, table.c.response, judge).label("verdict"),
            _newest(table, readable(table.c.latency_ms), analyze).label("look_ms"),
            _newest(table, readable(table.c.latency_ms), judge).label("verdict_ms"),
            _newest(table, or_null(table.c.provider, caps), judge).label("provider"),
            _newest(table, or_null(table.c.prompt_id, caps), judge).label("prompt_id"),
            _newest(table, readable(table.c.created_at), judge).label("judged_at"),
        )
        .where(
            table.c.job_id == variants.c.job_id,  # older schemas have an index on the job only
            table.c.job_variants_id == variants.c.job_variants_id,
        )
        .lateral("traced")
    )
    return newest, {
        "relevance": number(newest.c.look, "relevance_score", 0, 1),
        "vlm_analyze_ms": newest.c.look_ms,
        "vlm_judge_ms": newest.c.verdict_ms,
        **{question: truth(newest.c.verdict, question) for question in Question},
        "judge_provider": newest.c.provider,
        "judge_prompt": _prompt_version(caps, newest.c.prompt_id),
        "judged_at": newest.c.judged_at,
    }


def _prompt_version(caps: Capabilities, prompt_id: ColumnElement[Any]) -> ColumnElement[Any]:
    prompts = t.vlm_prompt_assets
    if not caps.has("vlm_prompt_assets", "prompt_version"):
        return cast(null(), prompts.c.prompt_version.type)
    version = select(prompts.c.prompt_version).where(prompts.c.prompt_asset_id == prompt_id)
    return version.scalar_subquery()


def _calls(caps: Capabilities) -> FromClause:
    """Tokens and cost of the job's language model calls. One call of unknown price: cost unknown."""
    traces, models = t.llm_traces, t.llm_models
    priced = caps.has("llm_traces", "llm_model_id") and caps.has_table("llm_models")
    if not (priced and caps.has("llm_traces", "total_tokens")):
        return _nothing("calls", {"tokens": Integer()}, ("cost_usd",), ())
    tokens = case((traces.c.total_tokens.between(0, MOST_TOKENS), traces.c.total_tokens))
    cost = (
        traces.c.prompt_tokens * readable(models.c.prompt_token_cost_per_1m)
        + traces.c.completion_tokens * readable(models.c.completion_token_cost_per_1m)
    ) / 1e6
    return (
        select(
            cast(func.least(func.sum(tokens), MOST_TOKENS), Integer).label("tokens"),
            case((func.count(cost) == func.count(), func.sum(cost)), else_=null()).label("cost_usd"),
        )
        .select_from(traces.outerjoin(models, models.c.llm_model_id == traces.c.llm_model_id))
        .where(traces.c.job_id == t.jobs.c.job_id)
        .lateral("calls")
    )


def _copies(caps: Capabilities) -> FromClause:
    """The job's short line (the newest, else its description) and the words of its texts: one row."""
    table, description = t.txt_ad_copy_generations, t.job_inputs.c.desc_kor

    def row(line: ColumnElement[Any], copy_eng: ColumnElement[Any]) -> Select[Any]:
        shown = func.coalesce(line, description)
        words = func.to_tsvector("simple", func.concat_ws(" ", shown, description, copy_eng))
        return select(shown.label("line"), words.label("words"))

    if not caps.has_table(table.name):
        alone = row(cast(null(), description.type), cast(null(), description.type))
        # Said, because SQLAlchemy would leave its only table in it: then each job had the texts of all.
        return alone.correlate(t.job_inputs).lateral("copies")

    def newest(stage: str, column: ColumnElement[Any]) -> ColumnElement[Any]:
        return _newest(table, column, and_(table.c.generation_stage == stage, column.is_not(None)))

    found = row(newest("ad_copy_kor", table.c.ad_copy_kor), newest("ad_copy_eng", table.c.ad_copy_eng))
    return found.select_from(table).where(table.c.job_id == t.jobs.c.job_id).lateral("copies")


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
