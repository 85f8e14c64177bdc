"""What a waiting variant is told: resend, run a step again, or wait; and columns that nobody fills."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from feedly_core.db.engine import writing
from feedly_core.diagnostics.check import CheckOutcome
from feedly_core.diagnostics.checks import rows, schema, work
from feedly_core.diagnostics.checks.schema import unfilled
from feedly_core.diagnostics.context import CheckContext, open_context
from feedly_core.diagnostics.resend import resend_notifications
from feedly_core.diagnostics.stalled_variants import Waiting, waiting_variants
from feedly_core.domain.pipeline import VARIANT_STEP_NAMES
from feedly_core.domain.tables import metadata
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings
from tests.factories import MadeJob, make_job
from tests.integration.test_missing_rows import remove_rows

OPERATOR = Person("Kim", Role.OPERATOR)


@pytest.fixture
def context(settings: Settings) -> Iterator[CheckContext]:
    with open_context(settings) as context:
        yield context


def job_at(engine: Engine, step: str, minutes: float = 60) -> MadeJob:
    before = datetime.now(UTC) - timedelta(minutes=minutes)
    return make_job(engine, step=step, status="running", variants=[(step, "done")] * 2, created_at=before)


def waiting(context: CheckContext) -> Waiting:
    with context.reading() as connection:
        return waiting_variants(connection, context.thresholds)


@pytest.mark.parametrize("step", VARIANT_STEP_NAMES[:-1])
def test_a_stalled_variant_without_its_row_is_told_which_step_to_run(
    context: CheckContext, engine: Engine, step: str
) -> None:
    job = job_at(engine, step)
    remove_rows(engine, job, 0, step)
    found = waiting(context)
    blocked = {one.job_variants_id: one.missing for one in found.without_row}
    whole_job = step in ("yolo_detect", "planner")
    assert blocked == dict.fromkeys(job.variant_ids if whole_job else job.variant_ids[:1], step)
    assert {one.job_variants_id for one in found.stalled} == set(job.variant_ids) - blocked.keys()


def test_doctor_names_step_font_and_command_and_offers_no_notification(
    context: CheckContext, engine: Engine
) -> None:
    job = job_at(engine, "overlay", minutes=0)
    remove_rows(engine, job, 0, "overlay")
    finding = rows.without_row(context)
    assert (finding.outcome, finding.cause) == (CheckOutcome.WARNING, "row_missing")
    assert "The step Text overlay stored no row (font file missing?)" in str(finding.found)
    assert finding.fix is not None
    assert f"rerun-step {job.variant_ids[0]} overlay" in finding.fix.command
    assert "Gmarket Sans" in finding.fix.command
    assert work.stalled(context).outcome is CheckOutcome.OK, "no lost notification"
    assert resend_notifications(context, OPERATOR, job.variant_ids[:1]).resent == ()


def test_who_waits_too_briefly_is_counted_and_told_for_how_long(
    context: CheckContext, engine: Engine
) -> None:
    job_at(engine, "planner", minutes=1)
    finding = work.stalled(context)
    assert finding.outcome is CheckOutcome.OK
    assert "2 have waited for less than 120 s" in str(finding.found)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("ALTER TABLE instagram_feeds ADD COLUMN store_information text NOT NULL", "store_information"),
        ("ALTER TABLE instagram_feeds ALTER COLUMN overlay_id SET NOT NULL", "overlay_id"),
        ('ALTER TABLE evaluations ADD COLUMN "Score" float NOT NULL', "Score"),
        ("ALTER TABLE overlay_layouts ALTER COLUMN proposal_id SET NOT NULL", "proposal_id"),
        ("ALTER TABLE vlm_traces ALTER COLUMN pk DROP DEFAULT", "pk"),
    ],
)
def test_a_column_that_nobody_fills_is_named_with_its_alter(
    context: CheckContext, engine: Engine, change: str, named: str
) -> None:
    assert unfilled(context).outcome is CheckOutcome.OK
    with writing(engine) as connection:
        connection.execute(text(change))
    finding = unfilled(context)
    assert (finding.outcome, finding.cause) == (CheckOutcome.FAILED, "column_unfilled")
    assert named in str(finding.found)
    assert finding.fix is not None and not finding.fix.repair
    with writing(engine) as connection:
        connection.execute(text(finding.fix.sql))
    assert unfilled(context).outcome is CheckOutcome.OK


@pytest.mark.parametrize(
    "harmless",
    [
        "ALTER TABLE instagram_feeds ADD COLUMN note text NOT NULL DEFAULT ''",
        "ALTER TABLE instagram_feeds ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY",
        "ALTER TABLE instagram_feeds ADD COLUMN note text",
        "ALTER TABLE worker_events ADD COLUMN note text NOT NULL",
        "ALTER TABLE jobs ALTER COLUMN tenant_id SET NOT NULL",
    ],
)
def test_a_column_that_harms_no_insert_is_not_accused(
    context: CheckContext, engine: Engine, harmless: str
) -> None:
    with writing(engine) as connection:
        connection.execute(text(harmless))
    assert unfilled(context).outcome is CheckOutcome.OK


def test_every_table_that_services_write_is_known() -> None:
    assert set(schema._WRITTEN_BY) <= set(metadata.tables)
