"""The read model: one typed row per variant, so that pages read no JSON.

Made from FeedlyAI's rows, never the other way round; it may be dropped and rebuilt at any time.
"""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Double,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    func,
    literal,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.schema import CreateIndex, DropIndex

from feedly_core.db.own_schema.metadata import NAME, metadata, moment
from feedly_core.domain.payloads.vlm_traces import Question
from feedly_core.domain.scores import ContrastState
from feedly_core.domain.tables.columns import Prose

CHARTED = (
    *("overall", "ocr_accuracy", "contrast", "contrast_worst", "contrast_stored"),
    *("readability", "iou_with_food", "relevance"),
)
OCR_PARTS = ("ocr_confidence", "character_match_rate", "word_match_rate")
SCORE_COLUMNS = (*CHARTED, *OCR_PARTS)
"""Columns that people filter and sort by, each along an index of its own; the first are also charted.

``contrast`` and ``contrast_worst`` are measured on the drawn letters, NULL until then; ``contrast_stored`` is
the service's figure. ``readability`` is that of the drawn letters, the stored one until they are measured;
``overall`` the mean of OCR accuracy, readability and 1 − IoU, NULL unless all three are there."""


FILTERED = (
    *("created_at", "job_variants_id", "job_id", "tenant_id", "version", "tone_style_id"),
    *("outcome", "fails_at", "picture_id", *SCORE_COLUMNS),
)
"""Columns that the filters of pictures look at, without texts: one index holds them all, in order of time."""

COMPLETE, FAILED, OPEN = "complete", "failed", "open"
"""Outcomes that people filter by; open is every other state of a job."""

STEP_TIMES = (
    "vlm_analyze_ms",
    "yolo_detect_ms",
    "planner_ms",
    "overlay_ms",
    "vlm_judge_ms",
    "ocr_eval_ms",
    "readability_eval_ms",
    "iou_eval_ms",
)

variant_facts = Table(
    "variant_facts",
    metadata,
    Column("job_variants_id", Uuid, primary_key=True),
    Column("job_id", Uuid, nullable=False),
    Column("leads", Boolean, nullable=False),
    moment("created_at", default=False),
    Column("tenant_id", Prose),
    Column("version", Prose),
    Column("tone_style_id", Uuid),
    Column("variant", Integer),
    Column("outcome", Prose, nullable=False),
    Column("fails_at", DateTime(timezone=True)),
    Column("states", ARRAY(Text), nullable=False),
    Column("changes", ARRAY(DateTime(timezone=True)), nullable=False),
    Column("retries", Integer, nullable=False),
    Column("picture_id", Uuid),
    Column("before_id", Uuid),
    Column("tone", Prose),
    Column("line", Prose),
    Column("description", Prose),
    Column("drawn_text", Prose),
    Column("words", TSVECTOR),
    *(Column(name, Double) for name in SCORE_COLUMNS),
    Column("contrast_state", Prose),
    Column("large_text", Boolean),
    Column("wcag_aa", Boolean),
    Column("wcag_aaa", Boolean),
    *(Column(question.value, Boolean) for question in Question),
    Column("judge_provider", Prose),
    Column("judge_prompt", Prose),
    moment("judged_at", nullable=True),
    *(Column(name, Double) for name in STEP_TIMES),
    Column("tokens", Integer),
    Column("cost_usd", Double),
)
"""``leads``: the job's first variant, which alone counts what belongs to the job (tokens, cost, the job
itself). ``line``: the newest short copy, else the description; ``drawn_text``: what the overlay drew.
``before_id``: the picture without text.
``contrast_state``: a :class:`ContrastState`, NULL without a finished picture; ``large_text`` and the two WCAG
columns are of the drawn letters, NULL until they are measured. A column per :class:`Question` holds the
answer of the AI judge's newest judgement; ``judge_provider``, ``judge_prompt`` (its version), ``judged_at``
belong to it.

The job's state at any moment from the refresh on: ``states[n]`` holds from ``changes[n]`` up to the next
change, if its rows stay as they are. ``outcome`` is what the first of them amounts to: complete, failed or
open; ``fails_at`` is when an open job becomes failed by silence."""

picture_contrast = Table(
    "picture_contrast",
    metadata,
    Column("job_variants_id", Uuid, primary_key=True),
    Column("picture_id", Uuid, nullable=False),
    Column("state", Prose, nullable=False),
    Column("contrast", Double),
    Column("contrast_worst", Double),
    Column("readability", Double),
    Column("large_text", Boolean),
    Column("wcag_aa", Boolean),
    Column("wcag_aaa", Boolean),
    Column("tries", Integer, nullable=False),
    moment("measured_at", default=False),
    moment("retry_at", nullable=True),
)
"""What was measured on each variant's newest finished picture. It outlives the read model, which is made of
it: a picture is read once. ``retry_at``: when to try again what could not be measured."""

Index(
    "picture_contrast_retry",
    picture_contrast.c.retry_at,
    postgresql_where=picture_contrast.c.retry_at.is_not(None),
)
Index(
    "variant_facts_contrast_pending",
    variant_facts.c.created_at,
    variant_facts.c.job_variants_id,
    postgresql_where=variant_facts.c.contrast_state == ContrastState.PENDING,
)

Index("variant_facts_job", variant_facts.c.job_id)
Index(
    "variant_facts_created_at",
    variant_facts.c.created_at,
    variant_facts.c.job_variants_id,
    postgresql_include=[
        *("leads", "outcome", "fails_at", "wcag_aa", "retries", "tokens", "cost_usd"),
        *(*CHARTED, *STEP_TIMES),
    ],
)
# With what trends sum up, a quarter of a row: a period is read from the index alone, however many rows lie
# outside it. It takes 1 % of the time of a filling.
_KEYS = ("created_at", "job_variants_id")
Index(
    "variant_facts_filtered",
    *(variant_facts.c[name] for name in _KEYS),
    postgresql_include=[name for name in FILTERED if name not in _KEYS],
)
# A fifth of a row: what filters find is found from the index alone, where no other index helps.
Index(
    "variant_facts_tenant",
    variant_facts.c.tenant_id,
    variant_facts.c.created_at,
    variant_facts.c.job_variants_id,
)
Index("variant_facts_tone", variant_facts.c.tone_style_id, variant_facts.c.created_at)
Index("variant_facts_outcome", variant_facts.c.outcome, variant_facts.c.created_at)
Index(
    "variant_facts_fails_at", variant_facts.c.fails_at, postgresql_where=variant_facts.c.fails_at.is_not(None)
)
Index(
    "variant_facts_version",
    variant_facts.c.version,
    variant_facts.c.created_at,
    variant_facts.c.job_variants_id,
)
STILL_CHANGES = func.cardinality(variant_facts.c.changes) > 1
"""Rows whose job's state time alone will change, or has changed since they were written."""

Index("variant_facts_still_changes", variant_facts.c.job_id, postgresql_where=STILL_CHANGES)
Index("variant_facts_words", variant_facts.c.words, postgresql_using="gin")
for _score in SCORE_COLUMNS:
    # All three for each score, measured: a tenant whose pictures all score low lies at the far end of the
    # whole score, so that a page of its best would walk past everybody else's.
    # The last index of a score: failed and open variants mostly lack it, so that a walk along the whole
    # score for sixty of them would find none.
    Index(f"variant_facts_{_score}", variant_facts.c[_score], variant_facts.c.job_variants_id)
    Index(
        f"variant_facts_tenant_{_score}",
        variant_facts.c.tenant_id,
        variant_facts.c[_score],
        variant_facts.c.job_variants_id,
    )
    Index(
        f"variant_facts_unfinished_{_score}",
        variant_facts.c[_score],
        variant_facts.c.job_variants_id,
        postgresql_where=variant_facts.c.outcome != "complete",
    )

NEEDED_WHILE_FILLED = frozenset({"variant_facts_job", "variant_facts_contrast_pending"})
"""Indexes that writers of the read model look into."""

facts_state = Table(
    "facts_state",
    metadata,
    Column("only_row", Boolean, primary_key=True, server_default="true"),
    moment("read_until", default=False),
    moment("refreshed_at", default=False),
    Column("complete", Boolean, nullable=False),
    Column("contrast_pictures", Integer),
    Column("contrast_pending", Integer),
    Column("contrast_unreadable", Integer),
    moment("contrast_at", nullable=True),
    Column("stall_timeouts", JSONB, nullable=False, server_default="{}"),
    Column("version", Uuid, nullable=False, server_default=func.gen_random_uuid()),
)
"""How fresh the read model is. ``read_until``: result rows written before this are in; ``complete``: a
rebuild has gone through every job. ``contrast_…``: finished pictures, those still to be measured, those that
could not be, and when this was counted. ``stall_timeouts``: seconds by step that every reader of a status
uses. ``version``: another one with each transaction that wrote rows."""


def contrast_is_kept() -> ColumnElement[bool]:
    """Whether measured contrasts are kept here, for this role, as a column of a query."""
    return literal_column(
        "EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        f" WHERE n.nspname = '{NAME}' AND c.relname = '{picture_contrast.name}'"
        " AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'))",
        Boolean,
    ).label("contrast_is_kept")


def contrast_kept(connection: Connection) -> bool:
    """Whether measured contrasts are kept for this role. One statement."""
    return bool(connection.scalar(select(contrast_is_kept())))


def facts_fit(connection: Connection) -> bool:
    """Whether the read model exists with this program's columns, for this role. One statement."""
    tables = (variant_facts, facts_state)
    found = connection.execute(
        text(
            "SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = :schema AND c.relname = ANY (:tables) AND a.attnum > 0 AND NOT a.attisdropped"
            " AND has_schema_privilege(n.oid, 'USAGE')"
        ),
        {"schema": NAME, "tables": [table.name for table in tables]},
    )
    wanted = {(table.name, column.name) for table in tables for column in table.c}
    return {(row.relname, row.attname) for row in found} == wanted


def note_change(connection: Connection) -> None:
    """Give the read model another version: rows are written in this transaction.

    It locks the version, so it comes after the rows: everybody takes the two in that order.
    """
    connection.execute(update(facts_state).values(version=func.gen_random_uuid()))


def drop_reading_indexes(connection: Connection) -> None:
    """Leave only the indexes that writers look into, before the first filling.

    With the others each row costs four times as much. A role that does not own the table leaves them all.
    """
    if _owns_facts(connection):
        for index in _reading_indexes():
            connection.execute(DropIndex(index, if_exists=True))


def make_reading_index(connection: Connection, name: str) -> None:
    """Make one index along which pages filter and sort. Waited for by writers, not by readers."""
    found = next(index for index in _reading_indexes() if index.name == name)
    connection.execute(CreateIndex(found, if_not_exists=True))


def missing_reading_indexes(connection: Connection) -> tuple[str, ...]:
    """Names of the indexes along which pages filter and sort that this role may make and must."""
    if not _owns_facts(connection):
        return ()
    query = text("SELECT indexname FROM pg_indexes WHERE schemaname = :schema")
    known = set(connection.scalars(query, {"schema": NAME}))
    return tuple(str(index.name) for index in _reading_indexes() if index.name not in known)


def _reading_indexes() -> list[Index]:
    found = (index for index in variant_facts.indexes if index.name not in NEEDED_WHILE_FILLED)
    return sorted(found, key=lambda index: str(index.name))


def _owns_facts(connection: Connection) -> bool:
    table = literal(variant_facts.fullname)
    owner = (
        select(literal_column("pg_has_role(relowner, 'USAGE')", Boolean))
        .select_from(text("pg_class"))
        .where(literal_column("oid") == func.to_regclass(table))
    )
    return bool(connection.scalar(owner))
