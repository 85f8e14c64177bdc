"""What the first page asks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import Connection, Engine, insert, update

from feedly_core.db.engine import reading, writing
from feedly_core.domain.status import State
from feedly_core.domain.tables import image_assets, jobs_variants
from feedly_core.live.overview import HOURS, board_without_hub, newest_pictures, throughput
from tests.factories import make_job


def test_jobs_are_counted_by_what_a_person_should_believe(engine: Engine, connection: Connection) -> None:
    old = datetime.now(UTC) - timedelta(hours=3)
    make_job(engine, step="vlm_analyze", status="running", variants=[("planner", "done")] * 3)
    make_job(engine, step="overlay", status="failed", variants=[("overlay", "failed")] * 3, created_at=old)
    board = board_without_hub(connection, datetime.now(UTC))
    assert board.counts[State.WORKING] == 1
    assert board.counts[State.FAILED] == 1
    assert board.with_problems == 1


def test_an_empty_database_has_an_empty_overview(connection: Connection) -> None:
    now = datetime.now(UTC)
    assert board_without_hub(connection, now).total == 0
    assert throughput(connection, now).made == (0,) * HOURS
    assert newest_pictures(connection) == []


def test_throughput_sorts_jobs_into_hours(engine: Engine, connection: Connection) -> None:
    now = datetime.now(UTC)
    for hours in (0.5, 0.6, 23.5, 30):
        make_job(engine, created_at=now - timedelta(hours=hours))
    hourly = throughput(connection, now)
    assert (hourly.made[-1], hourly.made[0], sum(hourly.made)) == (2, 1, 3)
    assert sum(hourly.completed) == 3


def test_the_newest_pictures_come_first_with_their_job(engine: Engine, connection: Connection) -> None:
    now = datetime.now(UTC)
    make_job(engine, created_at=now - timedelta(days=1), desc_kor="어제의 우동")
    newest = make_job(engine, created_at=now, desc_kor="오늘의 우동")
    pictures = newest_pictures(connection, limit=4)
    assert [picture.description for picture in pictures] == ["오늘의 우동"] * 3 + ["어제의 우동"]
    assert {picture.job_id for picture in pictures[:3]} == {newest.job_id}
    assert [picture.variant_number for picture in pictures[:3]] == [3, 2, 1]


def test_a_picture_that_its_variant_does_not_name_yet_has_its_job(engine: Engine) -> None:
    made = make_job(engine, desc_kor="갓 구운 도넛")
    with writing(engine) as connection:
        connection.execute(update(jobs_variants).values(overlaid_img_asset_id=None))
    with reading(engine) as connection:
        pictures = newest_pictures(connection)
    assert {(picture.job_id, picture.description, picture.variant_number) for picture in pictures} == {
        (made.job_id, "갓 구운 도넛", None)
    }


def test_a_schema_without_overlaid_pictures_on_variants_still_shows_them(engine: Engine) -> None:
    make_job(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE jobs_variants DROP COLUMN overlaid_img_asset_id")
    with reading(engine) as connection:
        pictures = newest_pictures(connection)
    assert len(pictures) == 3
    assert pictures[0].job_id is None


def test_a_repeated_overlay_leaves_one_picture(engine: Engine) -> None:
    """The older renderings stay in the table of pictures; only the one that the variant names is shown."""
    made = make_job(engine, variants=2)
    with writing(engine) as connection:
        for number in range(3):
            asset = uuid4()
            connection.execute(
                insert(image_assets).values(
                    image_asset_id=asset,
                    image_type="overlaid",
                    image_url=f"/assets/again-{number}.png",
                    job_id=made.job_id,
                    tenant_id=made.tenant_id,
                    created_at=datetime.now(UTC) + timedelta(minutes=number + 1),
                )
            )
        connection.execute(
            update(jobs_variants)
            .where(jobs_variants.c.job_variants_id == made.variant_ids[0])
            .values(overlaid_img_asset_id=asset)
        )
    with reading(engine) as connection:
        shown = [picture.asset_id for picture in newest_pictures(connection)]
    assert shown == [asset, made.overlaid_ids[1]]
