"""Visits: noted once, ended by half an hour of silence; what has happened since, counted by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, text

from feedly_core.alerts.course import Alert
from feedly_core.alerts.rules import NewRule, RuleKind
from feedly_core.alerts.store import keep_alert, list_rules, make_rule
from feedly_core.analytics.refresher import rebuild
from feedly_core.db.engine import reading, writing
from feedly_core.db.own_schema import NAME
from feedly_core.permissions import Person, Role, audit
from feedly_core.reviews.verdicts import Entry, Verdict, save
from feedly_core.settings import Settings
from feedly_core.visits.news import News, comment_words, news_lines, news_since
from feedly_core.visits.visits import ENDS_AFTER, note_visit
from tests.factories import MadeJob, make_job
from tests.terminal import program

KIM, LEE, BOSS = Person("kim", Role.REVIEWER), Person("lee", Role.REVIEWER), Person("boss", Role.OPERATOR)
NOW = datetime.now(UTC)
pytestmark = pytest.mark.usefixtures("our_schema")


def test_a_visit_ends_with_half_an_hour_of_silence(engine: Engine, settings: Settings) -> None:
    def at(minutes: float, person: Person = KIM) -> float | None:
        before = note_visit(engine, settings, person, NOW + timedelta(minutes=minutes))
        return (before - NOW).total_seconds() / 60 if before else None

    assert [at(0), at(20), at(45)] == [None, None, None], "one visit, the first"
    assert at(30) is None and at(74) is None, "a clock that is behind takes nothing back"
    ended = 74 + ENDS_AFTER.total_seconds() / 60 + 1
    assert [at(ended), at(ended + 5)] == [74, 74], "the second visit, in another tab too"
    assert at(ended + 5, LEE) is None


def test_without_the_table_nothing_is_noted(engine: Engine, settings: Settings) -> None:
    with writing(engine) as connection:
        connection.execute(text(f"DROP TABLE {NAME}.visits"))
    assert note_visit(engine, settings, KIM, NOW) is None


def judged(
    engine: Engine, settings: Settings, person: Person, job: MadeJob, place: int, comment: str
) -> None:
    picture = job.overlaid_ids[place]
    assert picture is not None
    entry = Entry(uuid4(), job.job_id, job.variant_ids[place], picture, Verdict.REJECT, comment=comment)
    save(engine, settings, person, [entry])


def news(engine: Engine, reader: str, since: datetime) -> News:
    with reading(engine) as connection:
        return news_since(connection, reader, since, datetime.now(UTC))


def test_the_news_are_what_others_did_since(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = make_job(engine, created_at=NOW - timedelta(hours=5))
    mine = make_job(engine, created_at=NOW - timedelta(hours=4))
    with writing(engine) as connection:
        audit(connection, KIM, "create_job", str(mine.job_id), after={"made": True})
    judged(engine, settings, KIM, old, 0, "mine")
    judged(engine, settings, LEE, old, 0, "before")
    since = datetime.now(UTC)
    assert news_lines(news(engine, "kim", since)) == ()

    broken = [("planner", "failed")] * 2
    for _ in range(2):
        make_job(engine, created_at=since + timedelta(milliseconds=1))
    make_job(engine, step="planner", status="failed", variants=broken, created_at=since)
    judged(engine, settings, KIM, old, 1, "no news to myself")
    judged(engine, settings, LEE, old, 0, "  on what <b>kim</b>\n judged ")
    judged(engine, settings, LEE, mine, 1, "on what kim made")
    judged(engine, settings, LEE, mine, 2, "")
    judged(engine, settings, LEE, old, 2, "on nobody's")
    rule_id = make_rule(engine, settings, BOSS, NewRule(RuleKind.JOB_FAILED))
    with writing(engine) as connection:
        for opened, ended in ((since - timedelta(hours=1), since), (since + timedelta(seconds=1), None)):
            assert list_rules(connection)
            keep_alert(connection, None, Alert(uuid4(), rule_id, opened, 1, opened, 1, opened, ended))
    rebuild(engine, lambda done, of: None, now=datetime.now(UTC))
    found = news(engine, "kim", since)
    assert found.jobs is not None and found.jobs.jobs == 3
    assert (found.said.verdicts, found.said.comments, len(found.alerts)) == (4, 2, 1)
    assert [str(comment_words(each)) for each in found.said.newest] == [
        "lee: on what kim made",
        "lee: on what <b>kim</b> judged",
    ]
    assert [str(line.words) for line in news_lines(found)] == [
        "3 jobs made: 2 complete, 0 failed",
        "4 verdicts by others",
        "2 comments on your pictures",
        "1 alert opened, 1 unsolved",
    ]
    assert news(engine, "lee", since).said.verdicts == 1
    assert news(engine, "kim", NOW - timedelta(days=4_000)).since > NOW - timedelta(days=31)

    assert settings.database_url is not None
    monkeypatch.setenv("DATABASE_URL", settings.database_url.get_secret_value())
    told = CliRunner().invoke(program(), ["--language", "en", "since", "--person", "kim"])
    assert "3 comments on your pictures" in told.output and "lee: on what kim made" in told.output
    told = CliRunner().invoke(program(), ["since", "--person", "kim", "--json"])
    assert json.loads(told.output)["comments"] == 3
