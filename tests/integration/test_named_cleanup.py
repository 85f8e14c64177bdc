"""Removing jobs of any tenant by their ids: whole ids, nothing unnamed, nothing that moves."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text, update

from feedly_core.db.engine import reading, writing
from feedly_core.domain import tables as t
from feedly_core.errors import FeedlyError, InvalidInput, NotFound
from feedly_core.jobs.cleanup import DeletionResult
from feedly_core.jobs.named_cleanup import (
    NAMED_AT_ONCE,
    NamedPlan,
    delete_named_jobs,
    parse_job_ids,
    plan_named_deletion,
)
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings
from tests.database_url import database_url_of
from tests.factories import MadeJob, make_job
from tests.terminal import program

OPERATOR = Person("operator", Role.OPERATOR)


def delete(engine: Engine, settings: Settings, *job_ids: UUID) -> DeletionResult:
    return delete_named_jobs(
        engine, job_ids, assets_dir=settings.assets_dir, person=OPERATOR, settings=settings
    )


def plan(engine: Engine, settings: Settings, *jobs: MadeJob) -> NamedPlan:
    with reading(engine) as connection:
        return plan_named_deletion(connection, [job.job_id for job in jobs], settings.assets_dir)


def left(engine: Engine) -> set[UUID]:
    with reading(engine) as connection:
        return set(connection.scalars(select(t.jobs.c.job_id)))


def files(settings: Settings) -> set[Path]:
    assert settings.assets_dir is not None
    return {path for path in settings.assets_dir.rglob("*") if path.is_file()}


def test_a_customers_job_goes_as_planned_and_its_neighbour_stays(
    engine: Engine, settings: Settings, our_schema: None
) -> None:
    neighbour = make_job(engine, tenant_id="customer", assets_dir=settings.assets_dir)
    files_before = files(settings)
    job = make_job(engine, tenant_id="customer", assets_dir=settings.assets_dir)
    planned = plan(engine, settings, job)
    assert left(engine) == {neighbour.job_id, job.job_id}
    [named] = planned.jobs
    assert named.job.tenant_id == "customer" and named.description
    assert (named.rows, named.files) == (sum(planned.total.rows.values()), len(planned.total.files))
    result = delete(engine, settings, job.job_id)
    assert (result.removed, result.rows, result.files) == (1, planned.total.rows, len(planned.total.files))
    assert left(engine) == {neighbour.job_id} and files(settings) == files_before
    with reading(engine) as connection:
        line = connection.execute(text("SELECT * FROM feedly_dashboard.audit_log")).one()
    assert (line.person, line.action, line.target) == ("operator", "remove_named_job", str(job.job_id))
    assert line.before["tenant_id"] == "customer"


def test_a_job_that_may_still_be_worked_on_or_is_gone_stays_and_is_named(
    engine: Engine, settings: Settings
) -> None:
    moving, resting = (make_job(engine, tenant_id="customer") for _ in range(2))
    with writing(engine) as connection:
        connection.execute(
            update(t.jobs)
            .where(t.jobs.c.job_id == moving.job_id)
            .values(current_step="overlay", status="running", updated_at=datetime.now(UTC))
        )
    assert plan(engine, settings, moving, resting).moving == 1
    gone = uuid4()
    result = delete(engine, settings, moving.job_id, gone, resting.job_id)
    assert result.removed == 1 and [job_id for job_id, _ in result.kept] == [moving.job_id, gone]
    assert left(engine) == {moving.job_id}


def test_a_job_that_a_worker_holds_stays(engine: Engine, settings: Settings) -> None:
    busy = make_job(engine, tenant_id="customer")
    with engine.begin() as worker:
        held = t.jobs_variants.c.job_variants_id == busy.variant_ids[0]
        worker.execute(select(t.jobs_variants).where(held).with_for_update())
        result = delete(engine, settings, busy.job_id)
    assert result.removed == 0 and left(engine) == {busy.job_id}


def test_an_id_that_no_job_has_stops_the_whole_plan_and_is_named(engine: Engine, settings: Settings) -> None:
    job, wrong = make_job(engine), uuid4()
    with reading(engine) as connection, pytest.raises(NotFound, match=str(wrong)):
        plan_named_deletion(connection, [job.job_id, wrong], settings.assets_dir)


SEPARATORS = st.sampled_from([" ", "\n", "\r\n", ", ", ";", "\t", "',\n'"])


@given(st.lists(st.uuids(), min_size=1, max_size=NAMED_AT_ONCE, unique=True), SEPARATORS)
def test_ids_are_read_however_they_are_pasted(ids: list[UUID], separator: str) -> None:
    assert parse_job_ids(f"'{separator.join(map(str, ids))}'\n") == ids
    assert parse_job_ids(separator.join(str(each).upper() for each in [*ids, ids[0]])) == ids


@given(
    st.lists(st.uuids(), max_size=3), st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1)
)
def test_a_word_that_is_no_whole_id_is_named_and_stops_all(ids: list[UUID], word: str) -> None:
    for wrong in (word[:31], str(uuid4())[:-1]):
        with pytest.raises(InvalidInput) as refused:
            parse_job_ids("\n".join([*map(str, ids), wrong]))
        assert wrong in str(refused.value)


def test_more_than_a_screenful_is_refused() -> None:
    with pytest.raises(InvalidInput, match="21 jobs are too many"):
        parse_job_ids(" ".join(str(uuid4()) for _ in range(NAMED_AT_ONCE + 1)))


def test_the_terminal_removes_only_when_told_twice(engine: Engine, settings: Settings) -> None:
    job = make_job(engine, tenant_id="customer")
    named = ("remove-jobs", "--job-id", str(job.job_id))

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(program(), words, env={"DATABASE_URL": database_url_of(settings)})
        assert done.exception is None or isinstance(done.exception, (SystemExit, FeedlyError))
        return done.exit_code, f"{done.output}{done.exception or ''}"

    for words in (
        named,
        (*named, "--yes"),
        (*named, "--really"),
        (*named, "--yes", "--really", "--status", "done"),
    ):
        said = run(*words)[1]
        assert left(engine) == {job.job_id}, words
        assert ("customer" in said) == ("--status" not in words)
    assert "Known are: queued, running, done, failed" in run("remove-jobs", "--status", "finished")[1]
    assert "1 job removed." in run(*named, "--yes", "--really")[1]
    assert left(engine) == set()
