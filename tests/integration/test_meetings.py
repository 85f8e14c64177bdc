"""Meetings on a real PostgreSQL: who moves them, what is on their agenda, who hears of it."""

from __future__ import annotations

from uuid import UUID, uuid4

import psycopg2
import pytest
from sqlalchemy import Engine

from feedly_core.db.engine import reading
from feedly_core.domain.contract import CHANGE_CHANNEL, MEETINGS_TOPIC
from feedly_core.errors import InvalidInput, NotFound, PermissionDenied
from feedly_core.reviews import meetings
from feedly_core.reviews.verdicts import save
from feedly_core.settings import Settings
from tests.factories import make_job
from tests.integration.test_reviews import JIYOUNG, MINHO, entry
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("our_schema")


def test_a_meeting_tells_every_process_by_notify(
    engine: Engine, settings: Settings, database_url: str
) -> None:
    job = make_job(engine)
    listener = psycopg2.connect(database_url)
    listener.autocommit = True
    listener.cursor().execute(f"LISTEN {CHANGE_CHANNEL}")
    meeting_id = meetings.start(engine, settings, JIYOUNG, "월요일", [*job.variant_ids, job.variant_ids[0]])
    meetings.show(engine, settings, JIYOUNG, meeting_id, 2)
    meetings.show(engine, settings, JIYOUNG, meeting_id, 99)
    with pytest.raises(PermissionDenied):
        meetings.show(engine, settings, MINHO, meeting_id, 0)
    with reading(engine) as connection:
        meeting = meetings.find(connection, meeting_id)
        assert (meeting.position, meeting.shown) == (2, job.variant_ids[2])
        assert meeting.agenda == job.variant_ids, "a picture is on the agenda once"
        assert meeting.shown_at > meeting.started_at
        with pytest.raises(NotFound):
            meetings.find(connection, uuid4())
    meetings.end(engine, settings, JIYOUNG, meeting_id)
    with reading(engine) as connection:
        assert meetings.recent(connection)[0].ended_at is not None

    def heard() -> bool:
        listener.poll()
        return len(listener.notifies) >= 6

    wait_until(heard)
    told = [notice.payload for notice in listener.notifies]
    assert [payload for payload in told if payload != str(MEETINGS_TOPIC)] == [str(meeting_id)] * 4
    assert told.count(str(MEETINGS_TOPIC)) == 2, "who waits for a meeting hears that one began or ended"
    listener.close()
    with pytest.raises(InvalidInput):
        meetings.start(engine, settings, JIYOUNG, "", [])


def test_a_verdict_from_the_queue_reaches_a_running_meeting(
    engine: Engine, settings: Settings, database_url: str
) -> None:
    shown, other = make_job(engine), make_job(engine)
    meeting_id = meetings.start(engine, settings, JIYOUNG, "", shown.variant_ids)
    over = meetings.start(engine, settings, JIYOUNG, "", shown.variant_ids)
    meetings.end(engine, settings, JIYOUNG, over)
    listener = psycopg2.connect(database_url)
    listener.autocommit = True
    listener.cursor().execute(f"LISTEN {CHANGE_CHANNEL}")
    save(engine, settings, MINHO, [entry(other, 0)])
    save(engine, settings, MINHO, [entry(shown, 1)])

    def heard() -> bool:
        listener.poll()
        return bool(listener.notifies)

    wait_until(heard)
    assert [notice.payload for notice in listener.notifies] == [str(meeting_id)]
    listener.close()


def test_the_agenda_is_arranged_by_hand_while_the_picture_stays(engine: Engine, settings: Settings) -> None:
    first, second = make_job(engine), make_job(engine)
    a, b, c = first.variant_ids
    meeting_id = meetings.start(engine, settings, JIYOUNG, "", [a, b, c])
    meetings.show(engine, settings, JIYOUNG, meeting_id, 1)

    def arranged(*agenda: UUID) -> tuple[tuple[UUID, ...], UUID]:
        meetings.arrange(engine, settings, JIYOUNG, meeting_id, agenda)
        with reading(engine) as connection:
            meeting = meetings.find(connection, meeting_id)
        return meeting.agenda, meeting.shown

    added = second.variant_ids[0]
    assert arranged(b, c, added, a, added) == ((b, c, added, a), b), "moved and added: b stays on the screen"
    assert arranged(c, added, a) == ((c, added, a), c), "b was taken off: what came after it is shown"
    for person, agenda, refusal in (
        (MINHO, [a], PermissionDenied),
        (JIYOUNG, [], InvalidInput),
        (JIYOUNG, [uuid4() for _ in range(201)], InvalidInput),
    ):
        with pytest.raises(refusal):
            meetings.arrange(engine, settings, person, meeting_id, agenda)
    meetings.end(engine, settings, JIYOUNG, meeting_id)
    with pytest.raises(InvalidInput):
        meetings.arrange(engine, settings, JIYOUNG, meeting_id, [a])
    with reading(engine) as connection:
        assert meetings.find(connection, meeting_id).agenda == (c, added, a)
