"""Presence on a real PostgreSQL: who was there while the meeting ran, and nobody else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, func, select, update

from feedly_core.analytics.variant_source import variant_source
from feedly_core.db.engine import reading, writing
from feedly_core.db.own_schema import audit_log, review_presence
from feedly_core.permissions import Person, Role
from feedly_core.reviews import meetings
from feedly_core.reviews.minutes import minutes
from feedly_core.reviews.presence import GONE_AFTER, attend, attendance
from feedly_core.reviews.verdicts import save
from feedly_core.settings import Settings
from tests.factories import MadeJob, make_job
from tests.integration.test_reviews import JIYOUNG, MINHO, entry

pytestmark = pytest.mark.usefixtures("our_schema")

FOLLOWER = Person("하나", Role.VIEWER)


@pytest.fixture
def job(engine: Engine) -> MadeJob:
    return make_job(engine)


@pytest.fixture
def meeting_id(engine: Engine, settings: Settings, job: MadeJob) -> UUID:
    return meetings.start(engine, settings, JIYOUNG, "월요일", job.variant_ids)


def test_present_is_who_was_there_while_it_ran(
    engine: Engine, settings: Settings, job: MadeJob, meeting_id: UUID
) -> None:
    """Votes before and after make nobody present; who follows on a phone and never votes was there."""
    save(engine, settings, MINHO, [entry(job, 0)])
    attend(engine, settings, JIYOUNG, meeting_id)
    attend(engine, settings, FOLLOWER, meeting_id)
    meetings.end(engine, settings, JIYOUNG, meeting_id)
    save(engine, settings, MINHO, [entry(job, 1)])
    attend(engine, settings, MINHO, meeting_id)
    attend(engine, settings, FOLLOWER, uuid4())
    with reading(engine) as connection:
        told = minutes(connection, variant_source(connection, datetime.now(UTC)), meeting_id)
        assert connection.scalar(select(func.count()).select_from(review_presence)) == 2
    assert told.present == (JIYOUNG.name, FOLLOWER.name)


def test_two_devices_of_one_person_are_one(engine: Engine, settings: Settings, meeting_id: UUID) -> None:
    with ThreadPoolExecutor(4) as devices:
        list(devices.map(lambda _: attend(engine, settings, FOLLOWER, meeting_id), range(8)))
    attend(engine, settings, FOLLOWER, meeting_id)
    with reading(engine) as connection:
        (seen,) = attendance(connection, meeting_id)
        came = connection.scalar(
            select(func.count()).select_from(audit_log).where(audit_log.c.action == "attend_meeting")
        )
    assert (seen.person, seen.here, came) == (FOLLOWER.name, True, 1)
    assert seen.last_seen > seen.first_seen


def test_who_left_was_there_but_is_not_here(engine: Engine, settings: Settings, meeting_id: UUID) -> None:
    attend(engine, settings, JIYOUNG, meeting_id)
    attend(engine, settings, FOLLOWER, meeting_id)
    long_ago = func.now() - GONE_AFTER - timedelta(seconds=1)
    with writing(engine) as connection:
        left = review_presence.c.person == FOLLOWER.name
        connection.execute(
            update(review_presence).where(left).values(first_seen=long_ago, last_seen=long_ago)
        )
    with reading(engine) as connection:
        assert {one.person: one.here for one in attendance(connection, meeting_id)} == {
            JIYOUNG.name: True,
            FOLLOWER.name: False,
        }
        assert set(
            minutes(connection, variant_source(connection, datetime.now(UTC)), meeting_id).present
        ) == {JIYOUNG.name, FOLLOWER.name}


def test_who_comes_as_the_meeting_ends_waits_and_is_too_late(
    engine: Engine, settings: Settings, meeting_id: UUID
) -> None:
    with ThreadPoolExecutor(1) as late:
        with writing(engine) as connection:
            meetings._change(connection, meeting_id, ended_at=func.now())
            coming = late.submit(attend, engine, settings, FOLLOWER, meeting_id)
            with pytest.raises(TimeoutError):
                coming.result(timeout=0.3)
        coming.result(timeout=20)
    with reading(engine) as connection:
        assert attendance(connection, meeting_id) == ()
