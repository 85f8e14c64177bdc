"""Who is woken by the start of a job: each variant's service once, and nobody before."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import psycopg2
import pytest
from sqlalchemy import Engine, update

from feedly_core.db.engine import reading, writing
from feedly_core.domain import tables as t
from feedly_core.jobs.create import CreatedJob, preview_job
from feedly_core.jobs.pictures import Picture
from feedly_core.jobs.request import JobKind
from feedly_core.jobs.starting import start_job
from feedly_core.settings import Settings
from tests.job_builder import NOW, full, ye
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("warm_capabilities")

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


def test_an_inserted_job_wakes_nobody_and_its_start_wakes_each_variant_once(
    engine: Engine, heard: Heard, make: Callable[..., CreatedJob], picture: Picture
) -> None:
    made = make(full(picture, start=False))
    assert heard() == []
    assert start_job(engine, JobKind.FULL, made.job_id) == 3
    events = heard()
    assert sorted(events) == sorted(
        ("job_variant_state_changed", "img_gen", status) for status in ("running", "done") for _ in range(3)
    )
    assert [status for _, _, status in events] == ["running"] * 3 + ["done"] * 3
    assert start_job(engine, JobKind.FULL, made.job_id) == 0, "a second start finds nothing to do"
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
    with writing(engine) as connection:
        connection.execute(update(t.jobs).values(current_step="instagram_feed_gen"))
    heard()
    assert start_job(engine, JobKind.FULL, made.job_id) == 0
    assert heard() == []


@pytest.mark.parametrize(
    ("kind", "statement", "heard"),
    [
        (JobKind.FULL, "LISTEN job_state_changed; LISTEN job_variant_state_changed", True),
        (JobKind.FULL, 'LISTEN "job_variant_state_changed"', True),
        (JobKind.FULL, "LISTEN job_state_changed", False),
        (JobKind.YE, "LISTEN job_state_changed", True),
        (JobKind.YE, "LISTEN job_variant_state_changed", False),
    ],
)
def test_the_preview_tells_whether_anybody_listens_for_the_start(
    engine: Engine,
    settings: Settings,
    picture: Picture,
    styles: list[UUID],
    kind: JobKind,
    statement: str,
    heard: bool,
) -> None:
    def is_heard() -> bool:
        with reading(engine) as connection:
            return preview_job(connection, full(picture, kind=kind), key=uuid4(), now=NOW).heard

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
