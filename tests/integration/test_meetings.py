"""Meetings on a real PostgreSQL: who moves them, what is on their agenda, who hears of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import psycopg2
import pytest
from sqlalchemy import Engine, func, update

from feedly_core.analytics.variant_source import variant_source
from feedly_core.db.engine import reading, writing
from feedly_core.db.own_schema import review_meetings
from feedly_core.domain.contract import CHANGE_CHANNEL, MEETINGS_TOPIC
from feedly_core.errors import InvalidInput, NotFound, PermissionDenied
from feedly_core.reviews import agenda, meetings, minutes_files
from feedly_core.reviews.action_items import add_action, remove_action
from feedly_core.reviews.minutes import file_name, minutes
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


def test_the_end_is_taken_back_for_ten_minutes(engine: Engine, settings: Settings) -> None:
    meeting_id = meetings.start(engine, settings, JIYOUNG, "", make_job(engine).variant_ids)
    meetings.end(engine, settings, JIYOUNG, meeting_id)
    with pytest.raises(PermissionDenied):
        meetings.reopen(engine, settings, MINHO, meeting_id)
    meetings.reopen(engine, settings, JIYOUNG, meeting_id)
    meetings.show(engine, settings, JIYOUNG, meeting_id, 1)
    meetings.end(engine, settings, JIYOUNG, meeting_id)
    with writing(engine) as connection:
        ago = func.now() - meetings.REOPENED_WITHIN - timedelta(seconds=1)
        connection.execute(update(review_meetings).values(ended_at=ago))
    with pytest.raises(InvalidInput):
        meetings.reopen(engine, settings, JIYOUNG, meeting_id)


def test_action_items_stand_in_the_minutes_and_their_files(engine: Engine, settings: Settings) -> None:
    meeting_id = meetings.start(engine, settings, JIYOUNG, "월요일 / 회의", make_job(engine).variant_ids)
    kept = add_action(engine, settings, MINHO, meeting_id, "글자 색 바꾸기 <b>", "하나 🍲", date(2026, 3, 1))
    gone = add_action(engine, settings, JIYOUNG, meeting_id, "다시", "민호")
    remove_action(engine, settings, JIYOUNG, gone)
    for words, owner in (("", "하나"), ("x", " "), ("x" * 501, "하나")):
        with pytest.raises(InvalidInput):
            add_action(engine, settings, JIYOUNG, meeting_id, words, owner)
    with pytest.raises(NotFound):
        add_action(engine, settings, JIYOUNG, uuid4(), "x", "하나")
    with reading(engine) as connection:
        told = minutes(connection, variant_source(connection, datetime.now(UTC)), meeting_id)
    assert [(item.action_id, item.due) for item in told.actions] == [(kept, date(2026, 3, 1))]
    page = minutes_files.as_html(told, {}, str, "ko", settings.zone)
    assert "하나 🍲 · 2026-03-01: 글자 색 바꾸기 &lt;b&gt;" in page
    assert "글자 색 바꾸기" in minutes_files.as_csv(told, str, str, "ko", settings.zone).decode()
    assert minutes_files.as_pdf(told, {}, str, "ko", settings.zone).startswith(b"%PDF")
    local = told.meeting.started_at.astimezone(settings.zone)
    assert file_name(told, "ko", settings.zone) == f"월요일-회의-{local:%Y-%m-%d}"


def test_pictures_are_collected_for_the_next_meeting_and_join_the_one_that_runs(
    engine: Engine, settings: Settings
) -> None:
    first, second = make_job(engine).variant_ids, make_job(engine).variant_ids
    agenda.collect(engine, settings, JIYOUNG, first[:2])
    done = agenda.collect(engine, settings, JIYOUNG, [first[1], *second])
    assert (done.added, done.pictures, done.meeting_id) == (3, 5, None), "each picture once"
    with reading(engine) as connection:
        assert agenda.collected(connection, JIYOUNG.name) == (*first[:2], *second)
        assert agenda.collected(connection, MINHO.name) == (), "everybody collects their own"
    meeting_id = meetings.start(engine, settings, JIYOUNG, "", first)
    done = agenda.collect(engine, settings, JIYOUNG, [first[0], second[0]])
    assert (done.added, done.meeting_id) == (1, meeting_id)
    assert agenda.collect(engine, settings, MINHO, second).meeting_id is None, "only the presenter's grows"
    agenda.keep(engine, settings, JIYOUNG, [])
    with reading(engine) as connection:
        assert meetings.find(connection, meeting_id).agenda == (*first, second[0])
        assert agenda.collected(connection, JIYOUNG.name) == ()
    with pytest.raises(InvalidInput):
        agenda.keep(engine, settings, JIYOUNG, [uuid4() for _ in range(meetings.MAX_AGENDA + 1)])


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
    for person, wanted, refusal in (
        (MINHO, [a], PermissionDenied),
        (JIYOUNG, [], InvalidInput),
        (JIYOUNG, [uuid4() for _ in range(201)], InvalidInput),
    ):
        with pytest.raises(refusal):
            meetings.arrange(engine, settings, person, meeting_id, wanted)
    meetings.end(engine, settings, JIYOUNG, meeting_id)
    with pytest.raises(InvalidInput):
        meetings.arrange(engine, settings, JIYOUNG, meeting_id, [a])
    with reading(engine) as connection:
        assert meetings.find(connection, meeting_id).agenda == (c, added, a)
