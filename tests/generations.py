"""Every generation of the FeedlyAI schema, made from the current one by going back in time.

Each generation undoes what came after it (the dates are those of the schema's published editions), so
``aged`` applies all steps from the current schema back to the one that is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, insert, text, update

from feedly_core.domain import tables as t
from feedly_core.settings import Settings
from tests.factories import MadeJob, make_job

_BACK = {
    "v2.0": (),
    "v2.0 as published": ("ALTER TABLE gen_runs DROP COLUMN plan_json_url",),
    "v1.0": (
        "ALTER TABLE vlm_traces DROP COLUMN job_variants_id",
        "ALTER TABLE image_assets DROP COLUMN job_id",
    ),
    "v0.9": (
        "ALTER TABLE llm_traces DROP COLUMN llm_model_id, DROP COLUMN prompt_tokens,"
        " DROP COLUMN completion_tokens, DROP COLUMN total_tokens, DROP COLUMN token_usage",
        "ALTER TABLE instagram_feeds ADD COLUMN store_information TEXT NOT NULL DEFAULT '',"
        " ADD COLUMN gpt_prompt_used TEXT, ADD COLUMN gpt_response_raw JSONB,"
        " ADD COLUMN prompt_tokens INTEGER, ADD COLUMN completion_tokens INTEGER,"
        " ADD COLUMN total_tokens INTEGER, ADD COLUMN token_usage JSONB, ADD COLUMN llm_model_id UUID",
        "ALTER TABLE instagram_feeds ALTER COLUMN store_information DROP DEFAULT",
    ),
    "v0.8 late": (
        "ALTER TABLE jobs_variants DROP COLUMN overlaid_img_asset_id",
        "DROP TABLE txt_ad_copy_generations",
        "ALTER TABLE instagram_feeds DROP COLUMN ad_copy_kor, DROP COLUMN llm_trace_id",
    ),
    "v0.8 early": (
        "ALTER TABLE jobs DROP COLUMN retry_count, DROP CONSTRAINT jobs_store_id_fkey",
        "ALTER TABLE jobs_variants DROP COLUMN retry_count",
        "ALTER TABLE overlay_layouts DROP COLUMN job_variants_id",
        # trigger edition 1.0.0: a touched updated_at is not announced
        "DROP TRIGGER job_variant_state_change_trigger ON jobs_variants",
        "CREATE TRIGGER job_variant_state_change_trigger AFTER UPDATE ON jobs_variants FOR EACH ROW"
        " WHEN ((OLD.current_step, OLD.status) IS DISTINCT FROM (NEW.current_step, NEW.status))"
        " EXECUTE FUNCTION notify_job_variant_state_change()",
    ),
    "v0.7": (
        "DROP TRIGGER check_all_variants_done_trigger ON jobs_variants",
        "DROP TRIGGER job_variant_state_change_trigger ON jobs_variants",
        "ALTER TABLE jobs_variants DROP COLUMN status, DROP COLUMN current_step",
        "ALTER TABLE jobs_variants RENAME COLUMN creation_order TO rank",
        "ALTER TABLE stores RENAME TO stories",
        "ALTER TABLE evaluations RENAME TO evals",
        "ALTER TABLE jobs DROP COLUMN pk, ADD COLUMN uid VARCHAR(255)",
        "ALTER TABLE job_inputs DROP COLUMN pk",
        "ALTER TABLE yolo_runs DROP COLUMN latency_ms",
        "ALTER TABLE planner_proposals DROP COLUMN latency_ms",
        "ALTER TABLE overlay_layouts DROP COLUMN latency_ms",
    ),
}

_ASIDE = {
    "v2.0 with job_input_id": (
        "ALTER TABLE job_inputs ADD COLUMN job_input_id UUID NOT NULL DEFAULT uuid_generate_v4()",
    )
}
"""Shown in a presentation only, but one may meet it."""

UNREADABLE = "v0.7"
"""Before variants had steps: no page has anything to say."""

GENERATIONS = tuple(name for name in (*_BACK, *_ASIDE) if name != UNREADABLE)
"""Names of the generations that the dashboard reads, the current one first."""

CURRENT, OLDEST = "v2.0", "v0.8 early"

LATE = "v0.8 late"
"""Whole, without all that a page or a command does without."""


def at_the_doors(*usual: str) -> list[pytest.ParameterSet]:
    """All generations, those that are not ``usual`` marked slow, for tests of every page and every command.

    They are seconds long each. ``make matrix`` tries all: what they read is asked of all generations by the
    tests of the core, and other tests open every page and every part on the current one.
    """
    return [pytest.param(name, marks=[] if name in usual else pytest.mark.slow) for name in GENERATIONS]


def aged(connection: Connection, generation: str) -> None:
    """Take the current schema, with its rows, back to ``generation``."""
    names = list(_BACK)
    steps = (
        [_ASIDE[generation]]
        if generation in _ASIDE
        else [_BACK[name] for name in names[: names.index(generation) + 1]]
    )
    for statements in steps:
        for statement in statements:
            connection.execute(text(statement))


@dataclass(frozen=True)
class Residents:
    """The jobs that live in a database of :func:`populate`."""

    complete: MadeJob
    moving: MadeJob
    failed: MadeJob
    waiting: MadeJob
    strange: MadeJob

    @property
    def ids(self) -> dict[str, UUID]:
        return {name: made.job_id for name, made in vars(self).items()}


@dataclass(frozen=True)
class Place:
    """A database of one generation, with its jobs."""

    generation: str
    settings: Settings
    engine: Engine
    jobs: Residents


STRANGE_STEP, STRANGE_STATUS, STRANGE_EVALUATION = "clip_rank", "paused", "clip_score"
STRANGE_SOURCE, STRANGE_STAGE = "dream_7", "tagline"
STRANGE = (STRANGE_STEP, STRANGE_STATUS, STRANGE_EVALUATION, STRANGE_SOURCE, STRANGE_STAGE)
"""Words of newer services: shown as they are, wherever they turn up."""


def populate(connection: Connection, assets_dir: Path) -> Residents:
    """Five jobs in the current schema, with pictures: complete, moving, failed, waiting, strange."""
    residents = Residents(
        complete=make_job(connection, assets_dir=assets_dir),
        moving=make_job(
            connection,
            step="overlay",
            status="running",
            variants=[("overlay", "done"), ("planner", "done"), ("vlm_judge", "running")],
            assets_dir=assets_dir,
        ),
        failed=make_job(
            connection,
            step="planner",
            status="failed",
            variants=[("planner", "failed")] * 3,
            retry_count=20,
            assets_dir=assets_dir,
        ),
        waiting=make_job(connection, step="user_img_input", variants=[("user_img_input", "done")]),
        strange=make_job(
            connection, step="vlm_judge", variants=[("vlm_judge", "done")], assets_dir=assets_dir
        ),
    )
    _make_strange(connection, residents.strange)
    return residents


def last_moved_now(connection: Connection) -> None:
    """As if the newest row had moved just now, past the triggers: a template outlives the limit of a step."""
    connection.execute(text("SET LOCAL session_replication_role = replica"))
    for table in ("jobs", "jobs_variants"):
        newest = f"SELECT max(updated_at) FROM {table}"
        connection.execute(text(f"UPDATE {table} SET updated_at = updated_at + (now() - ({newest}))"))


def _make_strange(connection: Connection, made: MadeJob) -> None:
    """Rewrite one job in the words of newer services, past the triggers."""
    connection.execute(text("SET LOCAL session_replication_role = replica"))
    for table in (t.jobs, t.jobs_variants):
        connection.execute(
            update(table)
            .where(table.c.job_id == made.job_id)
            .values(current_step=STRANGE_STEP, status=STRANGE_STATUS)
        )
    connection.execute(text("SET LOCAL session_replication_role = origin"))
    connection.execute(
        insert(t.evaluations).values(
            job_id=made.job_id,
            overlay_id=made.overlay_ids[0],
            evaluation_type=STRANGE_EVALUATION,
            metrics={"clip": 0.31, "nested": {"deep": [1, None, True]}},
        )
    )
    connection.execute(
        insert(t.txt_ad_copy_generations).values(
            job_id=made.job_id, generation_stage=STRANGE_STAGE, status="done", ad_copy_kor="한 줄 소개"
        )
    )
    connection.execute(
        text(
            "UPDATE planner_proposals"
            " SET layout = jsonb_set(layout, '{proposals,0,source}', to_jsonb(CAST(:source AS text)))"
            " WHERE image_asset_id = :image"
        ),
        {"source": STRANGE_SOURCE, "image": made.input_asset_id},
    )
