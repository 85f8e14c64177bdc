"""Making one job: each column of each row, in one transaction, once, or not at all."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import psycopg2
import pytest
from PIL import Image
from sqlalchemy import Connection, Engine, event, func, insert, select, text, update

from feedly_core.access import Person, Role
from feedly_core.database import capabilities, reading, writing
from feedly_core.domain import tables as t
from feedly_core.errors import FeedlyError, InvalidInput, PermissionDenied
from feedly_core.jobs.create import CreatedJob, create_job, preview_job
from feedly_core.jobs.orders import MAX_VARIANTS, AdCopy, JobOrder, Kind
from feedly_core.jobs.pictures import Picture, read_picture
from feedly_core.jobs.starting import start_job
from feedly_core.settings import Settings, load_settings
from tests.waiting import wait_until

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OPERATOR = Person("operator", Role.OPERATOR)
TENANT = "pipeline_test_tenant_v2"


@pytest.fixture
def picture() -> Picture:
    return drawn("red")


def drawn(colour: str) -> Picture:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(file, "PNG")
    return read_picture(file.getvalue(), f"{colour}.png", load_settings())


@pytest.fixture
def styles(engine: Engine) -> list[UUID]:
    """Two tones and styles; the first by code comes second by creation."""
    ids = [uuid4(), uuid4()]
    with writing(engine) as conn:
        conn.execute(
            insert(t.tone_styles),
            [{"tone_style_id": ids[1], "code": "b"}, {"tone_style_id": ids[0], "code": "a"}],
        )
    return ids


@pytest.fixture
def make(engine: Engine, settings: Settings) -> Callable[..., CreatedJob]:
    def make(order: JobOrder, key: UUID | None = None, person: Person = OPERATOR) -> CreatedJob:
        assert settings.assets_dir is not None
        return create_job(
            engine,
            order,
            key=key or uuid4(),
            assets_dir=settings.assets_dir,
            person=person,
            settings=settings,
            now=NOW,
        )

    return make


def full(picture: Picture, **changes: object) -> JobOrder:
    return JobOrder(
        **{"kind": Kind.FULL, "tenant_id": TENANT, "pictures": (picture,), "desc_kor": "국", **changes}
    )  # type: ignore[arg-type]


def ye(picture: Picture, **changes: object) -> JobOrder:
    return full(picture, **{"kind": Kind.YE, "tenant_id": "ye_test_tenant", "start": False, **changes})


def files_in(settings: Settings) -> list[Path]:
    assert settings.assets_dir is not None
    return [path for path in settings.assets_dir.rglob("*") if path.is_file()]


def rows_in(engine: Engine) -> dict[str, int]:
    with reading(engine) as conn:
        return {
            table.name: conn.scalar(select(func.count()).select_from(table)) or 0
            for table in (
                t.tenants,
                t.jobs,
                t.image_assets,
                t.job_inputs,
                t.txt_ad_copy_generations,
                t.jobs_variants,
            )
        }


NOTHING = {
    "tenants": 0,
    "jobs": 0,
    "image_assets": 0,
    "job_inputs": 0,
    "txt_ad_copy_generations": 0,
    "jobs_variants": 0,
}


def test_every_column_of_a_full_job_is_what_the_old_script_wrote(
    engine: Engine, settings: Settings, make: Callable[..., CreatedJob], picture: Picture, styles: list[UUID]
) -> None:
    store = uuid4()
    with writing(engine) as conn:
        conn.execute(insert(t.stores).values(store_id=store, title="shop"))
    copy = AdCopy("Tasty soup.", "A hearty soup.", "든든한 국")
    made = make(full(picture, ad_copy=copy, store_id=store, variants=3, start=False))
    job = made.job_id
    with reading(engine) as conn:
        tenant = conn.execute(select(t.tenants)).one()
        assert (tenant.tenant_id, tenant.display_name) == (TENANT, f"YH Pipeline Test Tenant ({TENANT})")
        assert tenant.created_at is not None

        row = conn.execute(select(t.jobs)).one()
        assert (row.job_id, row.tenant_id, row.store_id) == (job, TENANT, store)
        assert (row.status, row.current_step, row.version, row.retry_count) == ("done", "img_gen", None, 0)
        assert row.created_at is not None and row.updated_at is not None

        asset = conn.execute(select(t.image_assets)).one()
        assert (asset.image_type, asset.width, asset.height) == ("generated", 64, 48)
        assert (asset.tenant_id, asset.job_id, asset.creator_id, asset.mask_url) == (TENANT, job, None, None)
        folder = f"/assets/yh/tenants/{TENANT}/yh_pipeline_test/2026/03/01"
        assert asset.image_url == f"{folder}/{asset.image_asset_id}.png"

        inputs = conn.execute(select(t.job_inputs)).one()
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
            for row in conn.execute(select(t.txt_ad_copy_generations))
        }
        assert stages == {
            "kor_to_eng": ("Tasty soup.", None, None, "done", None, job),
            "ad_copy_eng": ("A hearty soup.", None, None, "done", None, job),
            "ad_copy_kor": (None, "든든한 국", None, "done", None, job),
        }

        variants = conn.execute(select(t.jobs_variants).order_by(t.jobs_variants.c.creation_order)).all()
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
    with reading(engine) as conn:
        tenant = conn.execute(select(t.tenants)).one()
        assert tenant.display_name == "YE Pipeline Test Tenant (ye_test_tenant)"
        job = conn.execute(select(t.jobs)).one()
        assert (job.job_id, job.tenant_id, job.store_id) == (made.job_id, "ye_test_tenant", None)
        assert (job.status, job.current_step) == ("done", "user_img_input")
        assert (job.version, job.retry_count) == (None, 0)
        asset = conn.execute(select(t.image_assets)).one()
        assert (asset.image_type, asset.job_id, asset.tenant_id) == (
            "generated",
            made.job_id,
            "ye_test_tenant",
        )
        assert (asset.width, asset.height, asset.creator_id, asset.mask_url) == (64, 48, None, None)
        folder = "/assets/yh/tenants/ye_test_tenant/ye_pipeline_test/2026/03/01"
        assert asset.image_url == f"{folder}/{asset.image_asset_id}.png"
        inputs = conn.execute(select(t.job_inputs)).one()
        assert (inputs.job_id, inputs.img_asset_id) == (made.job_id, asset.image_asset_id)
        assert (inputs.tone_style_id, inputs.desc_kor, inputs.desc_eng) == (styles[0], "국", None)
        variants = conn.execute(select(t.jobs_variants).order_by(t.jobs_variants.c.creation_order)).all()
        states = [(row.creation_order, row.img_asset_id, row.status, row.current_step) for row in variants]
        assert states == [(n, asset.image_asset_id, "done", "user_img_input") for n in (1, 2)]
        for row in variants:
            assert row.job_id == made.job_id
            assert (row.selected, row.retry_count, row.overlaid_img_asset_id) == (False, 0, None)
        assert conn.scalar(select(func.count()).select_from(t.txt_ad_copy_generations)) == 0


def test_one_picture_per_variant_goes_to_its_variant(engine: Engine, make: Callable[..., CreatedJob]) -> None:
    colours = ("red", "green", "blue")
    make(full(drawn("red"), pictures=tuple(drawn(colour) for colour in colours), start=False))
    with reading(engine) as conn:
        variants = conn.scalars(
            select(t.jobs_variants.c.img_asset_id).order_by(t.jobs_variants.c.creation_order)
        )
        assert len(set(variants)) == 3
        first = select(t.jobs_variants.c.img_asset_id).where(t.jobs_variants.c.creation_order == 1)
        assert conn.scalar(select(t.job_inputs.c.img_asset_id)) == conn.scalar(first)


@pytest.mark.parametrize("variants", [1, MAX_VARIANTS])
def test_the_rows_take_one_transaction_of_four_round_trips_for_any_number_of_variants(
    engine: Engine, our_schema: None, make: Callable[..., CreatedJob], picture: Picture, variants: int
) -> None:
    trips: list[str] = []
    event.listen(engine, "begin", lambda conn: trips.append("BEGIN"))
    event.listen(engine, "commit", lambda conn: trips.append("COMMIT"))
    event.listen(engine, "rollback", lambda conn: trips.append("ROLLBACK"))
    event.listen(
        engine, "before_cursor_execute", lambda conn, cursor, statement, *rest: trips.append(statement)
    )
    make(full(picture, variants=variants, start=False))
    ends = [number for number, trip in enumerate(trips) if trip in {"COMMIT", "ROLLBACK"}]
    writes = [
        trips[begin:end]
        for begin, end in zip([0, *(end + 1 for end in ends)], [end + 1 for end in ends], strict=False)
    ]
    inserting = [trip for trip in writes if any("INSERT" in statement for statement in trip)]
    assert len(inserting) == 1, "all rows in one transaction"
    assert len(inserting[0]) <= 4, inserting[0]


def test_a_failure_before_any_statement_leaves_no_row_and_no_file(
    engine: Engine, our_schema: None, settings: Settings, make: Callable[..., CreatedJob], picture: Picture
) -> None:
    """Counts the statements of a good run, then lets each of them fail in a run of its own."""
    with counted(engine, fail_at=None) as seen:
        make(full(picture))
    total = len(seen)
    clear(engine, settings)
    creating = next(number for number, statement in enumerate(seen, 1) if "INSERT INTO jobs" in statement)
    assert total > creating
    for number in range(1, creating + 1):
        with counted(engine, fail_at=number), pytest.raises(FeedlyError):
            make(full(picture))
        assert rows_in(engine) == NOTHING, f"statement {number}: {seen[number - 1]}"
        assert files_in(settings) == []


def test_a_failure_of_the_commit_leaves_no_row_and_no_file(
    engine: Engine, settings: Settings, make: Callable[..., CreatedJob], picture: Picture
) -> None:
    with writing(engine) as conn:  # a constraint that is only checked at COMMIT
        conn.execute(
            text(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RAISE 'disk full'; END $$;"
                "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON jobs DEFERRABLE INITIALLY DEFERRED"
                " FOR EACH ROW EXECUTE FUNCTION refuse()"
            )
        )
    with pytest.raises(FeedlyError, match="disk full"):
        make(full(picture))
    assert rows_in(engine) == NOTHING
    assert files_in(settings) == []


def test_a_picture_that_cannot_be_saved_leaves_no_row_and_none_of_its_siblings(
    engine: Engine, settings: Settings, make: Callable[..., CreatedJob], monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = (drawn("red"), Picture("broken", b"x", "PNG", 1, 1), drawn("blue"))
    real = Path.replace

    def replace_or_fail(path: Path, target: Path) -> Path:
        if path.read_bytes() == b"x":
            raise OSError(28, "No space left on device")
        return real(path, target)

    monkeypatch.setattr(Path, "replace", replace_or_fail)
    with pytest.raises(InvalidInput, match="No space left"):
        make(full(pictures[0], pictures=pictures))
    assert rows_in(engine) == NOTHING
    assert files_in(settings) == []


def test_a_start_that_fails_leaves_a_whole_job_that_can_be_started_again(
    engine: Engine, settings: Settings, make: Callable[..., CreatedJob], picture: Picture
) -> None:
    key = uuid4()
    with counted(engine, fail_on="UPDATE jobs_variants"), pytest.raises(FeedlyError):
        make(full(picture), key)
    assert rows_in(engine)["jobs_variants"] == 3
    assert len(files_in(settings)) == 1
    again = make(full(picture), key)
    assert (again.existed, again.started) == (True, True)


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


def test_only_operators_may_make_jobs_and_nobody_when_read_only(
    engine: Engine, settings: Settings, make: Callable[..., CreatedJob], picture: Picture
) -> None:
    with pytest.raises(PermissionDenied):
        make(full(picture), person=Person("viewer", Role.REVIEWER))
    assert rows_in(engine) == NOTHING
    assert files_in(settings) == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"tenant_id": "  "}, "tenant is empty"),
        ({"tenant_id": "x" * 256}, "longer than 255"),
        ({"desc_kor": ""}, "description is empty"),
        ({"desc_kor": "a\0b"}, "cannot be stored"),
        ({"desc_kor": "\ud800"}, "cannot be stored"),
        ({"variants": 0}, "between 1 and 10"),
        ({"variants": 11}, "between 1 and 10"),
        ({"pictures": ()}, "picture is missing"),
        ({"variants": 3, "pictures": (drawn("red"), drawn("blue"))}, "there are 2"),
    ],
)
def test_an_order_that_cannot_be_written_says_why(
    engine: Engine,
    settings: Settings,
    make: Callable[..., CreatedJob],
    picture: Picture,
    changes: dict[str, object],
    reason: str,
) -> None:
    with pytest.raises(InvalidInput, match=reason):
        make(full(picture, **changes))
    assert rows_in(engine) == NOTHING
    assert files_in(settings) == []


def test_a_strange_tenant_is_written_as_it_is_and_stored_in_a_harmless_folder(
    engine: Engine, settings: Settings, make: Callable[..., CreatedJob], picture: Picture
) -> None:
    tenant = "../../고객 '; DROP TABLE jobs; --"
    make(full(picture, tenant_id=tenant, start=False))
    with reading(engine) as conn:
        assert conn.scalar(select(t.jobs.c.tenant_id)) == tenant
    (file,) = files_in(settings)
    assert settings.assets_dir is not None
    assert file.is_relative_to(settings.assets_dir / "yh" / "tenants")


def test_an_older_schema_gets_the_columns_that_it_has(
    engine: Engine, settings: Settings, make: Callable[..., CreatedJob], picture: Picture, styles: list[UUID]
) -> None:
    with engine.begin() as conn:
        conn.execute(
            text(
                "ALTER TABLE image_assets DROP COLUMN job_id;"
                "ALTER TABLE jobs DROP COLUMN retry_count, DROP COLUMN store_id;"
                "ALTER TABLE jobs_variants DROP COLUMN retry_count, DROP COLUMN overlaid_img_asset_id;"
                "DROP TABLE txt_ad_copy_generations;"
                "ALTER TABLE job_inputs ADD COLUMN job_input_id UUID DEFAULT gen_random_uuid()"
            )
        )
        capabilities(conn, fresh=True)
    made = make(full(picture))
    assert [str(reason) for reason in made.missing] == [
        "The table txt_ad_copy_generations is missing; the two text steps cannot run."
    ]
    assert not made.started
    assert not make(ye(picture)).missing
    with reading(engine) as conn:
        assert conn.scalar(text("SELECT count(*) FROM jobs_variants")) == 6
        assert conn.scalar(text("SELECT count(job_input_id) FROM job_inputs")) == 2
    assert len(files_in(settings)) == 2


def test_an_inserted_job_wakes_nobody_and_its_start_wakes_each_variant_once(
    engine: Engine, heard: Heard, make: Callable[..., CreatedJob], picture: Picture
) -> None:
    made = make(full(picture, start=False))
    assert heard() == []
    assert start_job(engine, Kind.FULL, made.job_id) == 3
    events = heard()
    assert sorted(events) == sorted(
        ("job_variant_state_changed", "img_gen", status) for status in ("running", "done") for _ in range(3)
    )
    assert [status for _, _, status in events] == ["running"] * 3 + ["done"] * 3
    assert start_job(engine, Kind.FULL, made.job_id) == 0, "a second start finds nothing to do"
    assert heard() == []


def test_announcing_a_ye_job_wakes_the_image_generation_once(
    engine: Engine, heard: Heard, make: Callable[..., CreatedJob], picture: Picture, styles: list[UUID]
) -> None:
    made = make(ye(picture, start=True))
    assert made.started
    step = ("job_state_changed", "user_img_input")
    assert heard() == [(*step, "running"), (*step, "done")]


def test_a_variant_that_has_moved_on_is_never_started_again(
    engine: Engine, heard: Heard, make: Callable[..., CreatedJob], picture: Picture
) -> None:
    made = make(full(picture, start=False))
    with writing(engine) as conn:
        conn.execute(update(t.jobs).values(current_step="instagram_feed_gen"))
    heard()
    assert start_job(engine, Kind.FULL, made.job_id) == 0
    assert heard() == []


def test_the_preview_shows_the_rows_that_are_written_and_writes_none(
    engine: Engine, settings: Settings, make: Callable[..., CreatedJob], picture: Picture, styles: list[UUID]
) -> None:
    key = uuid4()
    order = full(picture, tone_style_id=styles[1], start=False)
    with reading(engine) as conn:
        preview = preview_job(conn, order, key=key, now=NOW)
    assert rows_in(engine) == NOTHING
    assert preview.missing == ()
    shown = {group.table.name: group.rows for group in preview.rows}
    made = make(order, key)
    assert rows_in(engine) == {name: len(rows) for name, rows in shown.items()}
    assert shown["jobs"][0]["job_id"] == made.job_id
    assert shown["job_inputs"][0]["tone_style_id"] == styles[1]


@pytest.mark.parametrize(
    ("kind", "statement", "heard"),
    [
        (Kind.FULL, "LISTEN job_state_changed; LISTEN job_variant_state_changed", True),
        (Kind.FULL, 'LISTEN "job_variant_state_changed"', True),
        (Kind.FULL, "LISTEN job_state_changed", False),
        (Kind.YE, "LISTEN job_state_changed", True),
        (Kind.YE, "LISTEN job_variant_state_changed", False),
    ],
)
def test_the_preview_tells_whether_anybody_listens_for_the_start(
    engine: Engine,
    settings: Settings,
    picture: Picture,
    styles: list[UUID],
    kind: Kind,
    statement: str,
    heard: bool,
) -> None:
    def is_heard() -> bool:
        with reading(engine) as conn:
            return preview_job(conn, full(picture, kind=kind), key=uuid4(), now=NOW).heard

    assert settings.database_url is not None
    assert not is_heard()
    for application, expected in (("app-yh", heard), ("feedly-dashboard-listen", False)):
        url = settings.database_url.get_secret_value()
        service = psycopg2.connect(url, application_name=application)
        service.autocommit = True
        service.cursor().execute(statement)
        assert is_heard() is expected
        service.close()
        wait_until(lambda: not is_heard(), what="the service to be gone")


def test_choices_that_are_gone_are_named(engine: Engine, picture: Picture) -> None:
    with reading(engine) as conn, pytest.raises(InvalidInput, match="tone and style is no longer"):
        preview_job(conn, full(picture, tone_style_id=uuid4()), key=uuid4(), now=NOW)
    with reading(engine) as conn, pytest.raises(InvalidInput, match="store is no longer"):
        preview_job(conn, full(picture, store_id=uuid4()), key=uuid4(), now=NOW)


def test_an_audit_line_tells_who_made_it(
    engine: Engine, our_schema: None, make: Callable[..., CreatedJob], picture: Picture
) -> None:
    made = make(full(picture))
    with reading(engine) as conn:
        line = conn.execute(text("SELECT * FROM feedly_dashboard.audit_log")).one()
    assert (line.person, line.action, line.target) == ("operator", "create_job", str(made.job_id))


Heard = Callable[[], list[tuple[str, str, str]]]


@pytest.fixture
def heard(settings: Settings) -> Iterator[Heard]:
    """What the services would have heard since the last call: (channel, step, status) in order."""
    assert settings.database_url is not None
    listening = psycopg2.connect(settings.database_url.get_secret_value())
    listening.autocommit = True
    with listening.cursor() as cursor:
        cursor.execute("LISTEN job_state_changed; LISTEN job_variant_state_changed")

    def read() -> list[tuple[str, str, str]]:
        with listening.cursor() as cursor:
            cursor.execute("SELECT 1")  # the answer comes after every notification that was sent before
        found = [(each.channel, json.loads(each.payload)) for each in listening.notifies]
        listening.notifies.clear()
        return [(channel, state["current_step"], state["status"]) for channel, state in found]

    yield read
    listening.close()


def clear(engine: Engine, settings: Settings) -> None:
    with writing(engine) as conn:
        conn.execute(text("TRUNCATE tenants, jobs, image_assets, job_inputs, jobs_variants CASCADE"))
    for file in files_in(settings):
        file.unlink()


class counted:
    """Counts the statements that go to the database, and breaks the one of that number or text."""

    def __init__(self, engine: Engine, fail_at: int | None = None, fail_on: str | None = None) -> None:
        self.engine, self.fail_at, self.fail_on = engine, fail_at, fail_on
        self.seen: list[str] = []

    def __enter__(self) -> list[str]:
        event.listen(self.engine, "before_cursor_execute", self._before, retval=True)
        return self.seen

    def __exit__(self, *error: object) -> None:
        event.remove(self.engine, "before_cursor_execute", self._before)

    def _before(
        self, conn: Connection, cursor: object, statement: str, parameters: object, *rest: object
    ) -> tuple[str, object]:
        self.seen.append(statement)
        broken = len(self.seen) == self.fail_at or (
            self.fail_on is not None and statement.startswith(self.fail_on)
        )
        return ("SELECT 1/0", None) if broken else (statement, parameters)


@pytest.fixture(autouse=True)
def warm_capabilities(engine: Engine) -> Iterator[None]:
    """The catalogue is asked once a minute; the counts here are those of the other 59 seconds."""
    with reading(engine) as conn:
        capabilities(conn)
    yield
