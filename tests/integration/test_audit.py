"""The audit page's core: own lines for everybody, all for operators, each change in words."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, insert, select, text

from feedly_core.audit.lines import (
    AuditFilters,
    AuditLine,
    ObjectKind,
    audit_choices,
    audit_lines,
    history_of_job,
)
from feedly_core.audit.words import ACTIONS, audit_csv, difference_words, differences
from feedly_core.db import own_schema
from feedly_core.db.engine import reading, writing
from feedly_core.db.own_schema import audit_log
from feedly_core.live.problems import acknowledge
from feedly_core.permissions import Person, Role, audit
from feedly_core.reviews.verdicts import Entry, Verdict, save
from feedly_core.settings import Settings
from tests.factories import MadeJob, make_job
from tests.plan_guard import counted, rows_scanned
from tests.terminal import program
from tests.writes import WRITES

KIM, LEE = Person("kim", Role.OPERATOR), Person("lee", Role.REVIEWER)
NOBODY = AuditFilters()


@pytest.fixture
def made(engine: Engine, settings: Settings, our_schema: None) -> MadeJob:
    """A job with an acknowledged failure and a verdict each by an operator and a reviewer."""
    job = make_job(engine)
    acknowledge(engine, settings, LEE, job.job_id)
    for person, verdict in ((KIM, Verdict.APPROVE), (LEE, Verdict.REJECT), (LEE, Verdict.APPROVE)):
        picture = job.overlaid_ids[1]
        assert picture is not None
        entry = Entry(uuid4(), job.job_id, job.variant_ids[1], picture, verdict)
        save(engine, settings, person, [entry])
    return job


def lines_for(engine: Engine, reader: Person, filters: AuditFilters = NOBODY) -> tuple[AuditLine, ...]:
    with reading(engine) as connection:
        return audit_lines(connection, reader, filters)


def test_everybody_reads_own_lines_and_an_operator_all(engine: Engine, made: MadeJob) -> None:
    everything = lines_for(engine, KIM)
    assert [line.person for line in everything] == ["lee", "lee", "kim", "lee"]
    assert lines_for(engine, LEE) == tuple(line for line in everything if line.person == "lee")
    assert lines_for(engine, LEE, AuditFilters(person="kim")) == (), "a filter opens no door"
    assert lines_for(engine, Person("new", Role.VIEWER)) == ()
    with reading(engine) as connection:
        assert audit_choices(connection, KIM) == (("kim", "lee"), ("acknowledge_failure", "verdict"))
        assert audit_choices(connection, LEE)[0] == ("lee",)


def test_filters_hold_together_and_pages_follow_each_other(engine: Engine, made: MadeJob) -> None:
    everything = lines_for(engine, KIM)
    some = AuditFilters(action="verdict", target=str(made.variant_ids[1])[:8])
    assert lines_for(engine, KIM, some) == everything[:3]
    assert lines_for(engine, KIM, AuditFilters(since=datetime.now(UTC) + timedelta(hours=1))) == ()
    assert lines_for(engine, KIM, AuditFilters(target="%")) == (), "no pattern of its own"
    with reading(engine) as connection:
        first = audit_lines(connection, KIM, NOBODY, limit=2)
        rest = audit_lines(connection, KIM, NOBODY, before=first[-1].entry_id)
    assert (*first, *rest) == everything


def test_a_line_leads_to_what_it_was_done_to(engine: Engine, made: MadeJob) -> None:
    newest, *_between, first = lines_for(engine, KIM)
    assert newest.leads_to is not None and first.leads_to is not None
    assert (newest.leads_to.kind, newest.leads_to.key, newest.leads_to.variant) == (
        ObjectKind.JOB,
        made.job_id,
        2,
    )
    assert (first.leads_to.key, first.leads_to.variant) == (made.job_id, None)
    with writing(engine) as connection:
        audit(connection, KIM, "remove_job", str(uuid4()), before={"tenant_id": "cafe"})
    assert lines_for(engine, KIM)[0].leads_to is None, "it is gone"


def test_a_job_shows_its_history_without_opening_judgements(engine: Engine, made: MadeJob) -> None:
    other = make_job(engine)
    with reading(engine) as connection:
        assert [line.action for line in history_of_job(connection, KIM, made.job_id)] == [
            *("verdict", "verdict", "verdict", "acknowledge_failure")
        ]
        stranger = history_of_job(connection, Person("new", Role.VIEWER), made.job_id)
        assert [(line.action, line.person) for line in stranger] == [("acknowledge_failure", "lee")]
        assert history_of_job(connection, KIM, other.job_id) == ()


def test_a_jobs_lines_are_found_along_an_index_that_install_adds(engine: Engine, made: MadeJob) -> None:
    lines = [
        {"person": "lee", "role": "operator", "action": "a", "target": str(uuid4()), "result": "done"}
        for _ in range(5_000)
    ]
    with writing(engine) as connection:
        connection.execute(
            text("DROP INDEX feedly_dashboard.audit_log_target")
        )  # as an earlier release left it
        connection.execute(insert(audit_log), lines)
    own_schema.install(engine)
    with reading(engine) as connection:
        with counted(engine) as sent:
            assert len(history_of_job(connection, KIM, made.job_id)) == 4
            assert len(audit_lines(connection, KIM, AuditFilters(target=str(made.variant_ids[1])[:9]))) == 3
        assert max(rows_scanned(connection, sent).values()) < 50
    own_schema.install(engine)  # finds it and makes none


def test_a_change_is_read_field_by_field(engine: Engine, made: MadeJob) -> None:
    newest, *_rest = lines_for(engine, KIM)
    assert [difference_words(one) for one in differences(newest)] == ["verdict: reject → approve"]


DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(DOCUMENTS, DOCUMENTS)
def test_any_document_has_a_difference_and_a_safe_cell(before: object, after: object) -> None:
    line = AuditLine(1, datetime.now(UTC), "=1+1", "operator", "verdict", "@x", before, after, "done")
    same = AuditLine(1, line.at, "kim", "operator", "verdict", "x", before, before, "done")
    assert differences(same) == ()
    for one in differences(line):
        assert one.before != one.after and difference_words(one)
    text = audit_csv([line], "en", ZoneInfo("Asia/Seoul")).decode("utf-8-sig")
    heads, cells = csv.reader(io.StringIO(text))
    assert len(heads) == len(cells) and cells[1] == "'=1+1" and cells[4] == "'@x"


def test_every_action_has_words() -> None:
    assert {write.action for write in WRITES if write.action} <= ACTIONS.keys()


def test_the_terminal_reads_filters_and_writes_a_file(
    engine: Engine, settings: Settings, made: MadeJob, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert settings.database_url is not None
    monkeypatch.setenv("DATABASE_URL", settings.database_url.get_secret_value())
    run = CliRunner()
    shown = json.loads(run.invoke(program(), ["audit", "--person", "lee", "--json"]).output)
    assert [line["action"] for line in shown] == ["verdict", "verdict", "acknowledge_failure"]
    told = run.invoke(program(), ["audit", "--job", str(made.job_id)[:8]]).output
    assert "verdict: reject → approve" in told and "Acknowledge a failure" in told
    file = tmp_path / "audit.csv"
    assert "4 lines" in run.invoke(program(), ["audit", "--csv", str(file)]).output
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")


def test_an_old_long_log_is_read_along_its_key(engine: Engine, made: MadeJob) -> None:
    row = {"person": "kim", "role": "operator", "action": "verdict", "target": "x", "result": "done"}
    with writing(engine) as connection:
        connection.execute(insert(audit_log), [row] * 3_000)
        assert connection.scalar(select(audit_log.c.entry_id).limit(1)) is not None
    assert len(lines_for(engine, KIM)) == 50
