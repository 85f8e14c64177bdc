"""Making one job: each column of each row, in one transaction, once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from PIL import Image
from sqlalchemy import Engine, func, insert, select, text

from feedly_core.db.engine import capabilities, make_engine, reading, writing
from feedly_core.domain import tables as t
from feedly_core.jobs.create import CreatedJob, create_job, preview_job
from feedly_core.jobs.pictures import Picture
from feedly_core.jobs.request import MAX_VARIANTS, AdCopy
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings, load_settings
from tests.faults.proxy import proxied, socket_of, through
from tests.job_builder import NOTHING, NOW, TENANT, drawn, files_in, full, rows_in, ye

OPERATOR = Person("지영", Role.OPERATOR)

pytestmark = pytest.mark.usefixtures("warm_capabilities")


def test_every_column_of_a_full_job_is_what_the_old_script_wrote(
    engine: Engine, settings: Settings, make: Callable[..., CreatedJob], picture: Picture, styles: list[UUID]
) -> None:
    store = uuid4()
    with writing(engine) as connection:
        connection.execute(insert(t.stores).values(store_id=store, title="shop"))
    copy = AdCopy("Tasty soup.", "A hearty soup.", "든든한 국")
    made = make(full(picture, ad_copy=copy, store_id=store, variants=3, start=False))
    job = made.job_id
    with reading(engine) as connection:
        tenant = connection.execute(select(t.tenants)).one()
        assert (tenant.tenant_id, tenant.display_name) == (TENANT, f"YH Pipeline Test Tenant ({TENANT})")
        assert tenant.created_at is not None

        row = connection.execute(select(t.jobs)).one()
        assert (row.job_id, row.tenant_id, row.store_id) == (job, TENANT, store)
        assert (row.status, row.current_step, row.version, row.retry_count) == ("done", "img_gen", None, 0)
        assert row.created_at is not None and row.updated_at is not None

        asset = connection.execute(select(t.image_assets)).one()
        assert (asset.image_type, asset.width, asset.height) == ("generated", 64, 48)
        assert (asset.tenant_id, asset.job_id, asset.creator_id, asset.mask_url) == (TENANT, job, None, None)
        folder = f"/assets/yh/tenants/{TENANT}/yh_pipeline_test/2026/03/01"
        assert asset.image_url == f"{folder}/{asset.image_asset_id}.png"

        inputs = connection.execute(select(t.job_inputs)).one()
        assert (inputs.job_id, inputs.img_asset_id) == (job, asset.image_asset_id)
        assert (inputs.tone_style_id, inputs.desc_kor, inputs.desc_eng) == (styles[0], "국", None)

        stages = {
            row.generation_stage: (
                row.ad_copy_eng,
                row.ad_copy_kor,
                row.refined_ad_copy_eng,
                row.status,
                row.llm_trace_id,
                row.job_id,
            )
            for row in connection.execute(select(t.txt_ad_copy_generations))
        }
        assert stages == {
            "kor_to_eng": ("Tasty soup.", None, None, "done", None, job),
            "ad_copy_eng": ("A hearty soup.", None, None, "done", None, job),
            "ad_copy_kor": (None, "든든한 국", None, "done", None, job),
        }

        variants = connection.execute(
            select(t.jobs_variants).order_by(t.jobs_variants.c.creation_order)
        ).all()
        assert [row.creation_order for row in variants] == [1, 2, 3]
        for row in variants:
            assert (row.job_id, row.img_asset_id) == (job, asset.image_asset_id)
            assert (row.status, row.current_step) == ("done", "img_gen")
            assert (row.selected, row.retry_count, row.overlaid_img_asset_id) == (False, 0, None)
    (file,) = files_in(settings)
    assert settings.assets_dir is not None
    assert file == settings.assets_dir / asset.image_url.removeprefix("/assets/")
    with Image.open(file) as stored:
        assert stored.size == (64, 48)


def test_every_column_of_a_ye_job_is_what_the_old_script_wrote(
    engine: Engine, make: Callable[..., CreatedJob], picture: Picture, styles: list[UUID]
) -> None:
    made = make(ye(picture, variants=2))
    assert not made.started
    with reading(engine) as connection:
        tenant = connection.execute(select(t.tenants)).one()
        assert tenant.display_name == "YE Pipeline Test Tenant (ye_test_tenant)"
        job = connection.execute(select(t.jobs)).one()
        assert (job.job_id, job.tenant_id, job.store_id) == (made.job_id, "ye_test_tenant", None)
        assert (job.status, job.current_step) == ("done", "user_img_input")
        assert (job.version, job.retry_count) == (None, 0)
        asset = connection.execute(select(t.image_assets)).one()
        assert (asset.image_type, asset.job_id, asset.tenant_id) == (
            "generated",
            made.job_id,
            "ye_test_tenant",
        )
        assert (asset.width, asset.height, asset.creator_id, asset.mask_url) == (64, 48, None, None)
        folder = "/assets/yh/tenants/ye_test_tenant/ye_pipeline_test/2026/03/01"
        assert asset.image_url == f"{folder}/{asset.image_asset_id}.png"
        inputs = connection.execute(select(t.job_inputs)).one()
        assert (inputs.job_id, inputs.img_asset_id) == (made.job_id, asset.image_asset_id)
        assert (inputs.tone_style_id, inputs.desc_kor, inputs.desc_eng) == (styles[0], "국", None)
        variants = connection.execute(
            select(t.jobs_variants).order_by(t.jobs_variants.c.creation_order)
        ).all()
        states = [(row.creation_order, row.img_asset_id, row.status, row.current_step) for row in variants]
        assert states == [(n, asset.image_asset_id, "done", "user_img_input") for n in (1, 2)]
        for row in variants:
            assert row.job_id == made.job_id
            assert (row.selected, row.retry_count, row.overlaid_img_asset_id) == (False, 0, None)
        assert connection.scalar(select(func.count()).select_from(t.txt_ad_copy_generations)) == 0


def test_one_picture_per_variant_goes_to_its_variant(engine: Engine, make: Callable[..., CreatedJob]) -> None:
    colours = ("red", "green", "blue")
    make(full(drawn("red"), pictures=tuple(drawn(colour) for colour in colours), start=False))
    with reading(engine) as connection:
        variants = connection.scalars(
            select(t.jobs_variants.c.img_asset_id).order_by(t.jobs_variants.c.creation_order)
        )
        assert len(set(variants)) == 3
        first = select(t.jobs_variants.c.img_asset_id).where(t.jobs_variants.c.creation_order == 1)
        assert connection.scalar(select(t.job_inputs.c.img_asset_id)) == connection.scalar(first)


@pytest.mark.parametrize("variants", [1, MAX_VARIANTS])
def test_a_job_takes_one_transaction_of_three_round_trips_for_any_number_of_variants(
    database_url: str, our_schema: None, settings: Settings, picture: Picture, variants: int
) -> None:
    assert settings.assets_dir is not None
    with proxied(socket_of(database_url)) as proxy:
        engine = make_engine(load_settings(DATABASE_URL=through(database_url, proxy.port)))
        with reading(engine) as connection:
            capabilities(connection)
        before = proxy.round_trips
        order, job = full(picture, variants=variants, start=False), uuid4()
        made = create_job(
            engine,
            order,
            key=job,
            assets_dir=settings.assets_dir,
            person=OPERATOR,
            settings=settings,
            now=NOW,
        )
        trips = proxy.round_trips - before
        engine.dispose()
    assert not made.existed
    assert trips == 3, "the beginning with its limits, all rows, the end"


def test_the_same_key_makes_one_job(
    engine: Engine, settings: Settings, make: Callable[..., CreatedJob], picture: Picture
) -> None:
    key = uuid4()
    first, second = make(full(picture), key), make(full(picture), key)
    assert (first.existed, second.existed) == (False, True)
    assert first.job_id == second.job_id
    assert rows_in(engine)["jobs"] == 1
    assert len(files_in(settings)) == 1


def test_two_clicks_at_the_same_moment_make_one_job(
    engine: Engine, settings: Settings, make: Callable[..., CreatedJob], picture: Picture
) -> None:
    key, together = uuid4(), threading.Barrier(4)

    def click(_: int) -> CreatedJob:
        together.wait()
        return make(full(picture), key)

    with ThreadPoolExecutor(4) as people:
        made = list(people.map(click, range(4)))
    assert len({each.job_id for each in made}) == 1
    assert [each.existed for each in made].count(False) == 1
    assert rows_in(engine)["jobs"] == 1
    assert len(files_in(settings)) == 1


def test_a_strange_tenant_is_written_as_it_is_and_stored_in_a_harmless_folder(
    engine: Engine, settings: Settings, make: Callable[..., CreatedJob], picture: Picture
) -> None:
    tenant = "../../고객 '; DROP TABLE jobs; --"
    make(full(picture, tenant_id=tenant, start=False))
    with reading(engine) as connection:
        assert connection.scalar(select(t.jobs.c.tenant_id)) == tenant
    (file,) = files_in(settings)
    assert settings.assets_dir is not None
    assert file.is_relative_to(settings.assets_dir / "yh" / "tenants")


def test_an_older_schema_gets_the_columns_that_it_has(
    engine: Engine, settings: Settings, make: Callable[..., CreatedJob], picture: Picture, styles: list[UUID]
) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "ALTER TABLE image_assets DROP COLUMN job_id;"
                "ALTER TABLE jobs DROP COLUMN retry_count, DROP COLUMN store_id;"
                "ALTER TABLE jobs_variants DROP COLUMN retry_count, DROP COLUMN overlaid_img_asset_id;"
                "DROP TABLE txt_ad_copy_generations;"
                "ALTER TABLE job_inputs ADD COLUMN job_input_id UUID DEFAULT gen_random_uuid()"
            )
        )
        capabilities(connection, fresh=True)
    made = make(full(picture))
    assert [str(reason) for reason in made.missing] == [
        "The table txt_ad_copy_generations is missing; the two text steps cannot run."
    ]
    assert not made.started
    assert not make(ye(picture)).missing
    with reading(engine) as connection:
        assert connection.scalar(text("SELECT count(*) FROM jobs_variants")) == 6
        assert connection.scalar(text("SELECT count(job_input_id) FROM job_inputs")) == 2
    assert len(files_in(settings)) == 2


def test_the_preview_shows_the_rows_that_are_written_and_writes_none(
    engine: Engine, settings: Settings, make: Callable[..., CreatedJob], picture: Picture, styles: list[UUID]
) -> None:
    key = uuid4()
    request = full(picture, tone_style_id=styles[1], start=False)
    with reading(engine) as connection:
        preview = preview_job(connection, request, key=key, now=NOW)
    assert rows_in(engine) == NOTHING
    assert preview.missing == ()
    shown = {group.table.name: group.rows for group in preview.rows}
    made = make(request, key)
    assert rows_in(engine) == {name: len(rows) for name, rows in shown.items()}
    assert shown["jobs"][0]["job_id"] == made.job_id
    assert shown["job_inputs"][0]["tone_style_id"] == styles[1]


def test_an_audit_line_tells_who_made_it(
    engine: Engine, our_schema: None, make: Callable[..., CreatedJob], picture: Picture
) -> None:
    made = make(full(picture))
    with reading(engine) as connection:
        line = connection.execute(text("SELECT * FROM feedly_dashboard.audit_log")).one()
    assert (line.person, line.action, line.target) == ("operator", "create_job", str(made.job_id))
