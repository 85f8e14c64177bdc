"""Which generation of the FeedlyAI schema is this, and what does each missing column disable?

Landmarks: the team's schema files v0.7 to v2.0, whose headers cannot be trusted.
"""

from __future__ import annotations

from sqlalchemy import Table, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateColumn, CreateTable

from feedly_core.db.engine import Capabilities, existing_columns
from feedly_core.diagnostics.check import Check, CheckOutcome, Finding, Fix, Group, quoted
from feedly_core.diagnostics.context import CheckContext
from feedly_core.domain import tables
from feedly_core.domain.pipeline import title
from feedly_core.i18n import N_, Message

VITAL: dict[str, tuple[str, ...]] = {
    "tenants": ("tenant_id",),
    "jobs": ("job_id", "tenant_id", "status", "current_step", "created_at", "updated_at"),
    "job_inputs": ("job_id", "img_asset_id", "desc_kor"),
    "jobs_variants": (
        "job_variants_id",
        "job_id",
        "img_asset_id",
        "creation_order",
        "status",
        "current_step",
        "updated_at",
    ),
    "image_assets": ("image_asset_id", "image_url", "tenant_id"),
}
"""Without these neither the pipeline nor the dashboard works."""

DISABLES: dict[tuple[str, str], Message] = {
    ("jobs", "retry_count"): N_("exhausted retries cannot be seen"),
    ("jobs_variants", "retry_count"): N_("the number of retries of a variant cannot be seen"),
    ("jobs_variants", "overlaid_img_asset_id"): N_(
        "the final picture is looked up from the overlay's document"
    ),
    ("overlay_layouts", "job_variants_id"): N_("overlays are matched to variants by their proposal only"),
    ("vlm_traces", "job_variants_id"): N_("model answers are matched to variants by guess"),
    ("image_assets", "job_id"): N_("pictures of a job are found through its variants only"),
    ("llm_traces", "llm_model_id"): N_("costs of language models are not known"),
    ("llm_traces", "total_tokens"): N_("token counts come from the stored answers"),
    ("instagram_feeds", "ad_copy_kor"): N_("the feed's Korean text is not shown"),
}
"""What a missing late column costs. A column that is not named here costs only its own field."""

TABLE_DISABLES: dict[str, Message] = {
    "txt_ad_copy_generations": N_("texts come from the job's input only; the two text steps cannot run"),
    "instagram_feeds": N_("no feed post can be shown or written"),
    "evaluations": N_("no scores"),
    "vlm_traces": N_("no answers of the vision model"),
    "overlay_layouts": N_("no overlay can be shown or written"),
    "planner_proposals": N_("no planner proposals can be shown or written"),
    "detections": N_("no detected objects"),
    "yolo_runs": N_("no forbidden area"),
    "gen_runs": N_("image generation cannot run"),
}

_UNUSED = {"worker_events", "connected_nodes", "renders", "vlm_prompt_assets", "pbg_prompt_assets", "users"}
"""Nobody writes these; their absence disables nothing."""


def generation(known: Capabilities) -> str:
    """Name the schema generation by what is there, newest first."""
    marks = (
        ("2.0", known.has("vlm_traces", "job_variants_id") and known.has("image_assets", "job_id")),
        ("1.0", known.has("llm_traces", "llm_model_id")),
        ("0.9", known.has("jobs_variants", "overlaid_img_asset_id")),
        ("0.8", known.has("jobs_variants", "current_step")),
    )
    return next((name for name, present in marks if present), "0.7")


def vital(context: CheckContext) -> Finding:
    """The columns without which nothing works."""
    with context.reading() as connection:
        known = existing_columns(connection)
    lacking = [
        (name, column) for name, columns in VITAL.items() for column in columns if not known.has(name, column)
    ]
    if not lacking:
        return Finding(CheckOutcome.OK, N_("All tables and columns that every job needs are there."))
    return Finding(
        CheckOutcome.FAILED,
        N_("Missing: {missing}.", missing=_listed(lacking)),
        cause="not_feedly" if not known.has_table("jobs") else "schema_too_old",
        why=N_("Neither the pipeline nor this dashboard can work without them."),
        fix=_add(lacking, known)
        if known.has_table("jobs")
        else Fix(
            N_("DATABASE_URL leads to a database that is not FeedlyAI's: correct it and restart."),
            command="DATABASE_URL=postgresql://feedlyai:…@localhost:5432/feedlyai",
        ),
    )


def complete(context: CheckContext) -> Finding:
    """The generation, and each column of version 2.0 that is missing with what it disables."""
    with context.reading() as connection:
        known = existing_columns(connection)
    name = generation(known)
    lacking = [
        (table.name, column.name)
        for table in tables.metadata.sorted_tables
        if table.name not in _UNUSED
        for column in table.columns
        if not known.has(table.name, column.name) and column.name != "pk"
    ]
    gone = sorted({table for table, _ in lacking if not known.has_table(table)})
    late = [(table, column) for table, column in lacking if table not in gone]
    if not lacking:
        return Finding(CheckOutcome.OK, N_("Schema generation {name}, complete.", name=name))
    return Finding(
        CheckOutcome.WARNING,
        N_(
            "Schema generation {name}; missing: {missing}.",
            name=name,
            missing=_listed([(t, "") for t in gone] + late),
        ),
        cause="old_schema",
        why=N_("The dashboard works without them; each costs only what is listed."),
        fix=_add(lacking, known),
        rows=(
            (N_("Missing"), N_("Effect")),
            *((table, TABLE_DISABLES.get(table, _OWN)) for table in gone),
            *((f"{table}.{column}", DISABLES.get((table, column), _OWN)) for table, column in late),
        ),
    )


def unfilled(context: CheckContext) -> Finding:
    """Columns without default that must not be NULL although no service writes them."""
    with context.reading() as connection:
        found = [
            (row.table, row.column)
            for row in connection.execute(_REQUIRED, {"tables": sorted(_WRITTEN_BY)})
            if _left_empty(row.table, row.column)
        ]
    if not found:
        return Finding(CheckOutcome.OK, N_("The services fill every column that must not be empty."))
    return Finding(
        CheckOutcome.FAILED,
        N_("No service fills {columns}, which must not be empty.", columns=_listed(found)),
        cause="column_unfilled",
        why=N_("Each INSERT into the table is refused, so the step that writes it fails every time."),
        fix=Fix(
            N_(
                "Let the owner of the database review and run this; the dashboard never alters "
                "FeedlyAI's tables."
            ),
            sql="\n".join(
                f"ALTER TABLE {quoted(table)} ALTER COLUMN {quoted(column)} DROP NOT NULL;"
                for table, column in found
            ),
        ),
        rows=(
            (N_("Column"), N_("Step that fails")),
            *((f"{table}.{column}", _WRITTEN_BY[table]) for table, column in found),
        ),
    )


_REQUIRED = text(
    "SELECT c.relname AS table, a.attname AS column FROM pg_attribute a"
    " JOIN pg_class c ON c.oid = a.attrelid"
    " WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND c.relname = ANY(:tables)"
    " AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull"
    " AND NOT a.atthasdef AND a.attidentity = '' AND a.attgenerated = ''"
    " ORDER BY c.relname, a.attnum"
)

_WRITTEN_BY: dict[str, Message] = {
    "image_assets": N_("every step that writes a picture"),
    "jobs": N_("creation of a job"),
    "job_inputs": N_("creation of a job"),
    "jobs_variants": title("img_gen"),
    "gen_runs": title("gen_vlm_analyze"),
    "gen_variants": title("img_gen"),
    "vlm_traces": title("vlm_analyze"),
    "detections": title("yolo_detect"),
    "yolo_runs": title("yolo_detect"),
    "planner_proposals": title("planner"),
    "overlay_layouts": title("overlay"),
    "evaluations": title("ocr_eval"),
    "llm_traces": title("ad_copy_gen_kor"),
    "txt_ad_copy_generations": title("ad_copy_gen_kor"),
    "instagram_feeds": title("instagram_feed_gen"),
}
"""Tables that the services insert into, and the first step that does."""

_NEVER_FILLED = {
    ("image_assets", "mask_url"),
    ("vlm_traces", "prompt_id"),
    ("detections", "model_id"),
    ("planner_proposals", "prompt"),
    ("llm_traces", "tone_style_id"),
    ("llm_traces", "enhanced_img_id"),
    ("llm_traces", "prompt_id"),
    ("instagram_feeds", "overlay_id"),
    ("gen_runs", "finished_at"),
}
"""Columns of version 2.0 that no service writes."""

_SOMETIMES_EMPTY = {
    ("job_inputs", "img_asset_id"),
    ("planner_proposals", "image_asset_id"),
    ("overlay_layouts", "proposal_id"),
    ("jobs_variants", "overlaid_img_asset_id"),
    ("llm_traces", "llm_model_id"),
    ("llm_traces", "prompt_tokens"),
    ("llm_traces", "completion_tokens"),
    ("llm_traces", "total_tokens"),
    ("job_inputs", "desc_eng"),
}
"""Columns of version 2.0 that a step leaves NULL in some of its rows."""


def _left_empty(table: str, column: str) -> bool:
    known = tables.metadata.tables[table].columns.get(column)
    if known is None or (table, column) in _NEVER_FILLED | _SOMETIMES_EMPTY:
        return True
    return known.server_default is not None and not known.primary_key


_OWN = N_("only its own field")


def _listed(lacking: list[tuple[str, str]]) -> str:
    return ", ".join(f"{table}.{column}" if column else table for table, column in lacking)


def _add(lacking: list[tuple[str, str]], known: Capabilities) -> Fix:
    gone = [table for table in tables.metadata.sorted_tables if table.name in {name for name, _ in lacking}]
    statements: list[str] = []
    for table in gone:
        if not known.has_table(table.name):
            statements += [f"CREATE SEQUENCE IF NOT EXISTS {table.name}_pk_seq;", _create(table)]
    for table in gone:
        if known.has_table(table.name):
            missing = [column for name, column in lacking if name == table.name]
            statements += [_add_column(table, column) for column in missing]
    return Fix(
        N_(
            "Let the owner of the database review and run this; the dashboard never alters FeedlyAI's tables."
        ),
        sql="\n".join(statements),
    )


def _create(table: Table) -> str:
    return str(CreateTable(table, if_not_exists=True).compile(dialect=_DIALECT)).strip() + ";"


def _add_column(table: Table, name: str) -> str:
    column = table.c[name]
    definition = str(CreateColumn(column).compile(dialect=_DIALECT)).strip()
    for key in column.foreign_keys:
        definition += f" REFERENCES {key.target_fullname.replace('.', ' (')})"
        definition += f" ON DELETE {key.ondelete}" if key.ondelete else ""
    return f"ALTER TABLE {table.name} ADD COLUMN IF NOT EXISTS {definition};"


_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]

CHECKS = (
    Check(
        "schema.vital",
        Group.SCHEMA,
        N_("Required tables"),
        N_("Are the tables and columns there that every job needs?"),
        vital,
    ),
    Check(
        "schema.generation",
        Group.SCHEMA,
        N_("Schema generation"),
        N_("Which generation of the schema is this, and what is the effect of its gaps?"),
        complete,
    ),
    Check(
        "schema.unfilled",
        Group.SCHEMA,
        N_("Columns that must not be empty"),
        N_("Does a service fill every column that must not be empty and has no default?"),
        unfilled,
    ),
)
