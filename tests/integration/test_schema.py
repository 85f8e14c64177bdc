"""The schema that the demo lays and the tables that the queries name agree, column by column."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, Table, inspect, literal_column, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.schema import DefaultClause

from dashboard.demo.postgres import EmbeddedPostgres
from feedly_core.db.engine import make_engine
from feedly_core.domain import tables
from feedly_core.domain.tables.columns import metadata
from feedly_core.settings import load_settings

TABLES = list(metadata.tables.values())

INDEXES = """
image_assets: creator_id | tenant_id | job_id | created_at
stores: user_id | image_id | created_at
gen_runs: job_id | tenant_id | model_id | src_asset_id | cutout_asset_id | status | created_at
gen_variants: run_id | run_id,index | canvas_asset_id | mask_asset_id | bg_asset_id | placement_preset_id
detections: image_asset_id | job_id | gin box
yolo_runs: job_id | image_asset_id
planner_proposals: image_asset_id | gin layout
overlay_layouts: proposal_id | job_variants_id
renders: overlay_id
evaluations: job_id | overlay_id | evaluation_type | created_at | gin metrics
jobs: tenant_id | store_id | status | current_step | retry_count | status,retry_count | created_at
job_inputs: img_asset_id | tone_style_id | created_at
jobs_variants: job_id | img_asset_id | creation_order | selected | status | current_step | job_id,status
jobs_variants: retry_count | status,retry_count | job_id,retry_count | overlaid_img_asset_id | created_at
vlm_traces: job_id | job_variants_id | prompt_id | operation_type | job_id,job_variants_id | created_at
vlm_traces: gin request | gin response
llm_traces: job_id | llm_model_id | tone_style_id | enhanced_img_id | prompt_id | operation_type
llm_traces: prompt_tokens | completion_tokens | total_tokens | created_at | created_at,total_tokens
llm_traces: gin request | gin response | gin token_usage
llm_models: provider | model_name | is_active
txt_ad_copy_generations: job_id | llm_trace_id | generation_stage | status | job_id,generation_stage
txt_ad_copy_generations: created_at
instagram_feeds: job_id | overlay_id | llm_trace_id | tenant_id | created_at
pbg_prompt_assets: prompt_type | gin prompt | gin negative_prompt
pbg_placement_presets: prompt_type
vlm_prompt_assets: prompt_type | gin prompt
gen_models: gin defaults
"""

TRIGGERS = {
    ("jobs", "job_state_change_trigger", "notify_job_state_change"),
    ("jobs_variants", "job_variant_state_change_trigger", "notify_job_variant_state_change"),
    ("jobs_variants", "check_all_variants_done_trigger", "check_all_variants_done"),
}


@pytest.fixture(scope="module")
def engine(postgres: EmbeddedPostgres, feedly_template: str) -> Iterator[Engine]:
    """One database for all: they only read."""
    made = make_engine(load_settings(DATABASE_URL=postgres.create_database("schema_read", feedly_template)))
    yield made
    made.dispose()


def _default(value: object) -> str:
    """A default as PostgreSQL prints it, without the type that it adds."""
    if isinstance(value, DefaultClause):
        value = value.arg
    shown = re.sub(r"::[a-z ]+", "", str(value).lower())
    return shown.replace("now()", "current_timestamp")


def test_the_27_tables_and_no_other_exist(connection: Connection) -> None:
    assert set(inspect(connection).get_table_names()) == set(metadata.tables)
    assert len(TABLES) == 27


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_columns_agree(connection: Connection, table: Table) -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    found = {
        column["name"]: (
            column["type"].compile(dialect),
            column["nullable"],
            _default(column["default"]) if column["default"] else None,
        )
        for column in inspect(connection).get_columns(table.name)
    }
    described = {
        column.name: (
            column.type.compile(dialect),
            column.nullable,
            _default(column.server_default) if column.server_default is not None else None,
        )
        for column in table.columns
    }
    assert found == described
    key = inspect(connection).get_pk_constraint(table.name)["constrained_columns"]
    assert key == [column.name for column in table.primary_key]


def test_the_48_foreign_keys_agree(connection: Connection) -> None:
    found = {
        (table.name, *key["constrained_columns"], key["referred_table"], key["options"].get("ondelete"))
        for table in TABLES
        for key in inspect(connection).get_foreign_keys(table.name)
    }
    described = {
        (table.name, key.parent.name, key.column.table.name, key.ondelete)
        for table in TABLES
        for key in table.foreign_keys
    }
    assert found == described
    assert len(found) == 48
    assert {item for item in found if item[3]} == {
        ("txt_ad_copy_generations", "job_id", "jobs", "CASCADE"),
        ("txt_ad_copy_generations", "llm_trace_id", "llm_traces", "SET NULL"),
        ("instagram_feeds", "llm_trace_id", "llm_traces", "SET NULL"),
        ("vlm_traces", "job_variants_id", "jobs_variants", "SET NULL"),
        ("vlm_traces", "prompt_id", "vlm_prompt_assets", "SET NULL"),
        ("llm_traces", "llm_model_id", "llm_models", "SET NULL"),
    }


def test_only_these_columns_are_unique(connection: Connection) -> None:
    unique = {
        (table.name, *constraint["column_names"])
        for table in TABLES
        for constraint in inspect(connection).get_unique_constraints(table.name)
    }
    assert unique == {("users", "uid"), ("tenants", "uid"), ("yolo_runs", "job_id")}


def test_every_index_of_the_real_schema_exists(connection: Connection) -> None:
    wanted = set()
    for line in INDEXES.strip().splitlines():
        table, columns = line.split(": ")
        wanted |= {(table, item.strip()) for item in columns.split(" | ")}
    found = {
        (
            table.name,
            ("gin " if _is_gin(dict(index)) else "") + ",".join(str(n) for n in index["column_names"]),
        )
        for table in TABLES
        for index in inspect(connection).get_indexes(table.name)
    }
    assert wanted - found == set()
    assert not any("updated_at" in columns for _, columns in found)


def _is_gin(index: dict[str, object]) -> bool:
    options = index.get("dialect_options")
    return isinstance(options, dict) and options.get("postgresql_using") == "gin"


def test_the_triggers_hang_where_the_services_expect_them(connection: Connection) -> None:
    rows = connection.execute(
        text(
            "SELECT t.tgrelid::regclass::text, t.tgname, p.proname, t.tgenabled, t.tgtype"
            " FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal"
        )
    ).all()
    assert {tuple(row[:3]) for row in rows} == TRIGGERS
    after_update_each_row = 1 + 16
    assert {(row.tgenabled, row.tgtype) for row in rows} == {("O", after_update_each_row)}


def test_a_ratio_arrives_as_a_float(connection: Connection) -> None:
    stored = literal_column("0.25::numeric(5,4)", tables.overlay_layouts.c.x_ratio.type)
    read = connection.scalar(select(stored.label("x_ratio")))
    assert (read, type(read)) == (0.25, float)
