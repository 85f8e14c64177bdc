"""Removing test jobs: everything of theirs, nothing of anybody else's, files only after the commit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Connection, Engine, func, insert, select, text, update

from feedly_core.db.engine import capabilities, reading, writing
from feedly_core.domain import tables as t
from feedly_core.errors import FeedlyError, PermissionDenied
from feedly_core.jobs import delete
from feedly_core.jobs.cleanup import DeletionResult, JobSelection, chosen_jobs, delete_jobs, plan_deletion
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings, load_settings
from tests.factories import MadeJob, make_job
from tests.plan_guard import counted, rows_scanned

OPERATOR = Person("operator", Role.OPERATOR)
BY_JOB = [table for table in t.metadata.sorted_tables if "job_id" in table.c]
OF_JOBS = [
    *BY_JOB,
    t.overlay_layouts,
    t.planner_proposals,
    t.renders,
    t.gen_variants,
]


def everything(engine: Engine) -> dict[str, int]:
    with reading(engine) as connection:
        return {
            table.name: n
            for table in OF_JOBS
            if (n := connection.scalar(select(func.count()).select_from(table)) or 0)
        }


def files(settings: Settings) -> set[Path]:
    assert settings.assets_dir is not None
    return {path for path in settings.assets_dir.rglob("*") if path.is_file()}


def clear(engine: Engine, settings: Settings, *jobs: MadeJob, person: Person = OPERATOR) -> DeletionResult:
    ids = [job.job_id for job in jobs]
    return delete_jobs(engine, ids, assets_dir=settings.assets_dir, person=person, settings=settings)


def full_job(engine: Engine, settings: Settings, tenant: str = "pipeline_test_tenant") -> MadeJob:
    """A finished job with the rows of YE and a render besides, so that every table has some."""
    job = make_job(engine, tenant_id=tenant, assets_dir=settings.assets_dir)
    with writing(engine) as connection:
        run = uuid4()
        connection.execute(
            insert(t.gen_runs).values(
                run_id=run, job_id=job.job_id, tenant_id=tenant, src_asset_id=job.input_asset_id
            )
        )
        connection.execute(insert(t.gen_variants).values(run_id=run, index=1, bg_asset_id=job.picture_ids[0]))
        connection.execute(
            insert(t.renders).values(overlay_id=job.overlay_ids[0], image_asset_id=job.overlaid_ids[0])
        )
    return job


def test_a_finished_job_goes_with_all_its_rows_and_files_and_its_neighbour_stays(
    engine: Engine, settings: Settings
) -> None:
    neighbour = full_job(engine, settings, "customer")
    before, files_before = everything(engine), files(settings)
    job = full_job(engine, settings)
    assert set(everything(engine)) == {table.name for table in OF_JOBS}, "the job has rows everywhere"
    result = clear(engine, settings, job)
    assert result.removed == 1 and result.kept == ()
    assert everything(engine) == before
    assert files(settings) == files_before
    with reading(engine) as connection:
        assert connection.scalars(select(t.tenants.c.tenant_id)).all() == [neighbour.tenant_id]


def test_the_dry_run_names_what_goes_and_touches_nothing(engine: Engine, settings: Settings) -> None:
    job = full_job(engine, settings)
    before, files_before = everything(engine), files(settings)
    with reading(engine) as connection:
        plan = plan_deletion(connection, JobSelection(tenant_id=job.tenant_id), settings.assets_dir, settings)
    assert (everything(engine), files(settings)) == (before, files_before)
    assert plan.rows == {**before, "tenants": 1}
    assert set(plan.files) == files_before and plan.bytes == sum(f.stat().st_size for f in files_before)
    result = clear(engine, settings, job)
    assert result.rows == plan.rows
    assert result.files == len(plan.files)


def test_the_dry_run_counts_only_tenants_that_nothing_is_left_of(engine: Engine, settings: Settings) -> None:
    now = datetime.now(UTC)
    make_job(engine, tenant_id="kept_test", created_at=now - timedelta(days=9))
    make_job(engine, tenant_id="kept_test", created_at=now)
    make_job(engine, tenant_id="emptied_test", created_at=now - timedelta(days=9))
    with reading(engine) as connection:
        plan = plan_deletion(connection, JobSelection(older_than=timedelta(days=1)), None, settings)
    assert (plan.rows["jobs"], plan.rows["tenants"]) == (2, 1)


def test_statements_of_the_dry_run_do_not_grow_with_the_jobs(engine: Engine, settings: Settings) -> None:
    counts = []
    for _ in range(2):
        make_job(engine)
        make_job(engine)
        with counted(engine) as sent, reading(engine) as connection:
            plan_deletion(connection, JobSelection(), None, settings)
        counts.append(len(sent))
    assert counts[1] <= counts[0] <= 12


def test_a_picture_that_another_job_uses_stays_with_its_proposals(engine: Engine, settings: Settings) -> None:
    """The test job owns the picture; a customer's job was made from it."""
    job, other = full_job(engine, settings), full_job(engine, settings, "customer")
    shared = job.input_asset_id
    with writing(engine) as connection:
        connection.execute(
            update(t.job_inputs).where(t.job_inputs.c.job_id == other.job_id).values(img_asset_id=shared)
        )
    clear(engine, settings, job)
    with reading(engine) as connection:
        row = connection.execute(
            select(t.image_assets).where(t.image_assets.c.image_asset_id == shared)
        ).one()
        proposals = select(func.count()).where(t.planner_proposals.c.image_asset_id == shared)
        assert connection.scalar(proposals) == 3
    assert row.job_id is None
    assert settings.assets_dir is not None
    assert (settings.assets_dir / row.image_url.removeprefix("/assets/")).is_file()


def test_a_customers_picture_that_a_test_job_borrowed_stays(engine: Engine, settings: Settings) -> None:
    job, customer = full_job(engine, settings), full_job(engine, settings, "customer")
    with writing(engine) as connection:
        mine = t.job_inputs.c.job_id == job.job_id
        connection.execute(update(t.job_inputs).where(mine).values(img_asset_id=customer.input_asset_id))
    clear(engine, settings, job)
    with reading(engine) as connection:
        assert (
            connection.scalar(
                select(t.image_assets.c.job_id).where(
                    t.image_assets.c.image_asset_id == customer.input_asset_id
                )
            )
            == customer.job_id
        )


def test_a_store_keeps_its_picture(engine: Engine, settings: Settings) -> None:
    job = full_job(engine, settings)
    with writing(engine) as connection:
        connection.execute(insert(t.stores).values(title="shop", image_id=job.input_asset_id))
    assert clear(engine, settings, job).removed == 1
    with reading(engine) as connection:
        assert connection.scalars(select(t.image_assets.c.image_asset_id)).all() == [job.input_asset_id]
        assert connection.scalars(select(t.tenants.c.tenant_id)).all() == [job.tenant_id]


@pytest.mark.parametrize("tenant", ["customer", "kim_bakery", ""])
def test_a_tenant_that_is_no_test_cannot_lose_a_job(engine: Engine, settings: Settings, tenant: str) -> None:
    job = full_job(engine, settings, tenant)
    before = everything(engine)
    with reading(engine) as connection:
        assert chosen_jobs(connection, JobSelection(tenant_id=tenant), settings) == []
    result = clear(engine, settings, job)
    assert (result.removed, [job_id for job_id, _ in result.kept]) == (0, [job.job_id])
    assert everything(engine) == before


def test_which_tenants_are_tests_is_a_setting(engine: Engine, settings: Settings) -> None:
    make_job(engine, tenant_id="sandbox-1")
    make_job(engine, tenant_id="My_TEST_shop")
    other = settings.model_copy(update={"test_tenants": "^sandbox"})
    with reading(engine) as connection:
        assert {job.tenant_id for job in chosen_jobs(connection, JobSelection(), settings)} == {
            "My_TEST_shop"
        }
        assert {job.tenant_id for job in chosen_jobs(connection, JobSelection(), other)} == {"sandbox-1"}


def test_a_pattern_that_is_none_is_refused_at_the_start() -> None:
    with pytest.raises(FeedlyError, match="FEEDLY_TEST_TENANTS"):
        load_settings(FEEDLY_TEST_TENANTS="(")


def test_jobs_are_chosen_by_age_status_and_campaign(
    engine: Engine, our_schema: None, settings: Settings
) -> None:
    now = datetime.now(UTC)
    old = make_job(engine, created_at=now - timedelta(days=9), status="failed")
    young = make_job(engine, created_at=now - timedelta(hours=1))
    campaign = uuid4()
    with writing(engine) as connection:
        connection.execute(
            text(
                "INSERT INTO feedly_dashboard.campaigns"
                " (campaign_id, kind, mode, template, interval_s, on_failure,"
                " state, created_by) VALUES (:id, 'full', 'once', '{}', 1, 'stop', 'finished', 'x')"
            ),
            {"id": campaign},
        )
        connection.execute(
            text(
                "INSERT INTO feedly_dashboard.campaign_jobs (campaign_id, sequence, item, job_id)"
                " VALUES (:id, 1, 0, :job)"
            ),
            {"id": campaign, "job": young.job_id},
        )

    def chosen(**parts: object) -> list[object]:
        with reading(engine) as connection:
            return [job.job_id for job in chosen_jobs(connection, JobSelection(**parts), settings)]  # type: ignore[arg-type]

    assert chosen() == [old.job_id, young.job_id]
    assert chosen(older_than=timedelta(days=7)) == [old.job_id]
    assert chosen(status="failed") == [old.job_id]
    assert chosen(campaign_id=campaign) == [young.job_id]
    assert chosen(campaign_id=campaign, status="failed") == []


def test_a_job_that_a_worker_holds_is_kept_and_the_others_go(engine: Engine, settings: Settings) -> None:
    busy, idle = full_job(engine, settings), full_job(engine, settings)
    with engine.begin() as worker:
        held = t.jobs_variants.c.job_variants_id == busy.variant_ids[0]
        worker.execute(select(t.jobs_variants).where(held).with_for_update())
        result = clear(engine, settings, busy, idle)
    assert result.removed == 1
    assert [job_id for job_id, _ in result.kept] == [busy.job_id]
    assert everything(engine)["jobs"] == 1
    assert everything(engine)["evaluations"] == 9, "the kept job is whole"


def test_a_removal_that_fails_in_the_middle_keeps_rows_and_files(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = full_job(engine, settings)
    before, files_before = everything(engine), files(settings)
    with writing(engine) as connection:
        connection.execute(
            text(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;"
                "CREATE TRIGGER refuse BEFORE DELETE ON jobs FOR EACH ROW EXECUTE FUNCTION refuse()"
            )
        )
    with pytest.raises(FeedlyError):
        clear(engine, settings, job)
    assert (everything(engine), files(settings)) == (before, files_before)


def test_files_that_the_system_keeps_are_named_and_the_other_jobs_go_on(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The services' files may belong to somebody else."""
    first, second = full_job(engine, settings), full_job(engine, settings)
    before = files(settings)
    guarded = min(before)
    real = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path == guarded:
            raise PermissionError(13, "Permission denied")
        real(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    result = clear(engine, settings, first, second)
    assert (result.removed, result.kept, result.files_left) == (2, (), (guarded,))
    assert result.files == len(before) - 1 and files(settings) == {guarded}
    assert everything(engine) == {}


def test_only_operators_may_remove(engine: Engine, settings: Settings) -> None:
    job = full_job(engine, settings)
    with pytest.raises(PermissionDenied):
        clear(engine, settings, job, person=Person("reviewer", Role.REVIEWER))
    assert everything(engine)["jobs"] == 1


def test_each_removal_leaves_an_audit_line(engine: Engine, our_schema: None, settings: Settings) -> None:
    job = full_job(engine, settings)
    clear(engine, settings, job)
    with reading(engine) as connection:
        line = connection.execute(text("SELECT * FROM feedly_dashboard.audit_log")).one()
    assert (line.person, line.action, line.target) == ("operator", "remove_job", str(job.job_id))
    assert line.before["jobs_variants"] == 3


def test_an_older_schema_without_the_late_columns_is_cleared_too(engine: Engine, settings: Settings) -> None:
    job = full_job(engine, settings)
    with engine.begin() as connection:
        connection.execute(
            text(
                "ALTER TABLE image_assets DROP COLUMN job_id;"
                "ALTER TABLE jobs_variants DROP COLUMN overlaid_img_asset_id;"
                "ALTER TABLE vlm_traces DROP COLUMN job_variants_id;"
                "DROP TABLE txt_ad_copy_generations, renders, gen_variants, gen_runs"
            )
        )
        capabilities(connection, fresh=True)
    with writing(engine) as connection:
        gone = delete.delete_rows(connection, [job.job_id], capabilities(connection))
    assert gone.rows["jobs"] == 1 and gone.rows["overlay_layouts"] == 3
    with reading(engine) as connection:
        left = remaining(connection)
    assert left == {"planner_proposals": 0, "overlay_layouts": 0, "evaluations": 0, "jobs": 0}


def test_what_the_image_generation_made_goes_too_where_no_picture_names_its_job(
    engine: Engine, settings: Settings
) -> None:
    job = full_job(engine, settings)
    assert settings.assets_dir is not None
    file = settings.assets_dir / "ye" / "canvas.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"x")
    canvas = uuid4()
    with engine.begin() as connection:
        made = {"image_asset_id": canvas, "image_url": "/assets/ye/canvas.png", "tenant_id": job.tenant_id}
        connection.execute(insert(t.image_assets).values(made))
        connection.execute(update(t.gen_variants).values(canvas_asset_id=canvas))
        connection.execute(text("ALTER TABLE image_assets DROP COLUMN job_id"))
        capabilities(connection, fresh=True)
    assert clear(engine, settings, job).kept == ()
    with reading(engine) as connection:
        kept = connection.scalars(select(t.image_assets.c.image_asset_id)).all()
    assert canvas not in kept and not file.exists()


def remaining(connection: Connection) -> dict[str, int]:
    tables = (t.planner_proposals, t.overlay_layouts, t.evaluations, t.jobs)
    return {table.name: connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def test_a_dry_run_reads_the_chosen_jobs_only(big_copy: Engine) -> None:
    make_job(big_copy, tenant_id="one_test")
    settings = load_settings(FEEDLY_TEST_TENANTS="^one_test$")
    with reading(big_copy) as connection:
        capabilities(connection)
        with counted(big_copy) as sent:
            plan = plan_deletion(connection, JobSelection(), None, settings)
        assert len(plan.jobs) == 1 and len(sent) <= 11
        scanned = rows_scanned(connection, sent)
    assert max(scanned.values()) <= 500, scanned
