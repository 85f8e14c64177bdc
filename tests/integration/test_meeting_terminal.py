"""What a page writes about meetings, reasons and failures, written from a terminal."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, func, select

from feedly_core.db.engine import reading
from feedly_core.db.own_schema import acknowledged_failures, audit_log
from feedly_core.errors import FeedlyError, InvalidInput, NotFound, PermissionDenied
from feedly_core.reviews import meetings
from feedly_core.reviews.tags import BUILT_IN, tags
from feedly_core.reviews.verdicts import Verdict, stored_verdicts
from feedly_core.settings import Settings
from tests.factories import make_job
from tests.terminal import program

Run = Callable[..., str]

pytestmark = pytest.mark.usefixtures("our_schema")


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The output of a command on the test's database; its error is raised."""
    assert settings.database_url is not None
    monkeypatch.setenv("DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(program(), ["--language", "en", *arguments])
        if isinstance(result.exception, FeedlyError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.stdout

    return run


def written(engine: Engine) -> int:
    """How many lines the audit log has."""
    with reading(engine) as connection:
        return connection.scalar(select(func.count()).select_from(audit_log)) or 0


def test_a_meeting_is_held_in_a_terminal(run: Run, engine: Engine) -> None:
    job = make_job(engine)
    start = ("meeting", "start", "월요일", "--as", "지영", "--order", "oldest", "--size", "2")
    assert "2 pictures would start" in run(*start, "--dry-run")
    assert written(engine) == 0, "a dry run writes nothing"
    run(*start)
    with reading(engine) as connection:
        (held,) = meetings.recent(connection)
    short = str(held.meeting_id)[:8]
    assert (held.title, held.presenter, len(held.agenda)) == ("월요일", "지영", 2)
    assert "Picture 2 of 2" in run("meeting", "turn-to", short, "2", "--as", "지영")
    with pytest.raises(PermissionDenied):
        run("meeting", "end", short, "--as", "민호")
    number = str(job.variant_ids.index(held.agenda[0]) + 1)
    decided = ("review", "judge", str(job.job_id), number, "reject", "--as", "지영", "--team")
    run(*decided, "--meeting", short)
    with reading(engine) as connection:
        (said,) = stored_verdicts(connection, held.agenda)[held.agenda[0]]
    assert (said.verdict, said.team, said.meeting_id) == (Verdict.REJECT, True, held.meeting_id)
    item = ("meeting", "add-item", short, "글꼴을 바꾼다", "--owner", "민호", "--due", "2030-01-02")
    run(*item, "--as", "지영")
    told = run("meeting", "decisions", short)
    assert "Reject" in told and "민호 · 2030-01-02: 글꼴을 바꾼다" in told
    before = written(engine)
    assert "1 of 2 pictures are decided" in run("meeting", "end", short, "--as", "지영", "--dry-run")
    assert written(engine) == before
    for turn, ended in (("end", True), ("reopen", False)):
        run("meeting", turn, short, "--as", "지영")
        with reading(engine) as connection:
            assert (meetings.find(connection, held.meeting_id).ended_at is not None) is ended
    item_id = told.splitlines()[-1].split()[0]
    run("meeting", "remove-item", short, item_id, "--as", "지영")
    assert "글꼴을" not in run("meeting", "decisions", short)
    with pytest.raises(NotFound):
        run("meeting", "decisions", "ffffffff")


def test_reasons_are_replaced_and_brought_back(run: Run, engine: Engine) -> None:
    wanted = ("review", "set-tags", "너무 어둡다", "bad_crop")
    shown = run(*wanted, "--dry-run")
    assert "+ 너무 어둡다" in shown and "- off_brand" in shown and "bad_crop" not in shown
    assert written(engine) == 0
    assert "bad_crop  Bad crop" in run(*wanted)
    with reading(engine) as connection:
        assert tags(connection) == ("너무 어둡다", "bad_crop")
    run("review", "set-tags", "--built-in")
    with reading(engine) as connection:
        assert tags(connection) == tuple(BUILT_IN)
    with pytest.raises(InvalidInput):
        run("review", "set-tags")


def test_failures_are_acknowledged_all_or_none(run: Run, engine: Engine) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=1)
    failed = make_job(
        engine,
        step="planner",
        status="failed",
        variants=[("planner", "failed")],
        created_at=long_ago,
        retry_count=3,
    )
    whole = make_job(engine)

    def acknowledged() -> list[object]:
        with reading(engine) as connection:
            return list(connection.scalars(select(acknowledged_failures.c.job_id)))

    assert "Failed" in run("acknowledge", str(failed.job_id)[:8], "--dry-run")
    with pytest.raises(InvalidInput, match="has not failed"):
        run("acknowledge", str(failed.job_id), str(whole.job_id))
    assert acknowledged() == []
    run("acknowledge", str(failed.job_id))
    assert acknowledged() == [failed.job_id]


def test_periods_are_compared_as_on_the_page(run: Run, engine: Engine) -> None:
    now = datetime.now(UTC)
    for days, count in ((1, 2), (10, 1)):
        for _ in range(count):
            make_job(engine, created_at=now - timedelta(days=days), tenant_id=f"shop {days}")
    listed = run("trends", "--days", "7", "--compare")
    jobs = next(line for line in listed.splitlines() if "Jobs" in line)
    assert [cell.strip() for cell in jobs.strip("│ ").split("│")] == ["Jobs", "2", "1", "▲ 100%"]
    compared = ("trends", "--days", "30", "--tenant-id", "shop 10", "--against", "shop 1", "--json")
    by_name = {item["name"]: item for item in json.loads(run(*compared))}
    assert (by_name["jobs"]["first"], by_name["jobs"]["second"]) == (1, 2)
    with pytest.raises(NotFound):
        run("trends", "--against", "nobody")
