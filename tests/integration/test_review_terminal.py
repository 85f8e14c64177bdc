"""The same judging and deciding from a terminal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from feedly_core.db.engine import reading
from feedly_core.errors import FeedlyError
from feedly_core.permissions import Person, Role
from feedly_core.reviews import meetings
from feedly_core.reviews.verdicts import stored_verdicts
from feedly_core.reviews.winners import winners
from feedly_core.settings import Settings
from tests.factories import SHORT_COPY, make_job
from tests.terminal import program

Review = Callable[..., Result]

pytestmark = pytest.mark.usefixtures("our_schema")


@pytest.fixture
def review(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Review:
    """Runs ``python -m feedly_core --language en review …`` on the test's database."""
    assert settings.database_url is not None
    monkeypatch.setenv("DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("FEEDLY_HOME", str(settings.home))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(program(), ["--language", "en", "review", *arguments])

    return run


def test_judge_choose_and_see_the_queue_shrink(review: Review, engine: Engine) -> None:
    job = make_job(engine)
    short = str(job.job_id)[:8]
    judged = review(
        "judge", short, "1", "reject", "--as", "지영", "--tag", "bad_crop", "--comment", "잘렸어요"
    )
    assert judged.exit_code == 0, judged.output
    assert "Kept: Reject" in judged.output
    assert review("winner", short, "2", "--as", "지영", "--team").exit_code == 0
    with reading(engine) as connection:
        (said,) = stored_verdicts(connection, [job.variant_ids[0]])[job.variant_ids[0]]
        made = winners(connection, [job.job_id])[job.job_id]
    assert (said.reviewer, said.tags, said.comment) == ("지영", ("bad_crop",), "잘렸어요")
    assert made.team is not None
    assert made.team.variant_id == job.variant_ids[1]
    listed = review("queue", "--as", "지영")
    assert "1 of 3 judged" in listed.output
    assert listed.output.count(SHORT_COPY) == 2


def test_the_queue_is_filtered(review: Review, engine: Engine) -> None:
    job = make_job(engine, created_at=datetime.now(UTC) - timedelta(days=3), tenant_id="shop")
    for number, verdict in (("1", "approve"), ("2", "reject")):
        assert review("judge", str(job.job_id), number, verdict, "--as", "지영").exit_code == 0
    for options, total in (
        (("--tenant-id", "shop", "--tone", "따뜻한", "--days", "7"), 3),
        (("--days", "1"), 0),
        (("--campaign", str(job.job_id)), 0),
    ):
        assert f"of {total} judged" in review("queue", "--as", "지영", *options).output, options
    for option, near in (("--tone", "따뜻"), ("--tenant-id", "shopp")):
        refused = review("queue", "--as", "지영", option, near).exception
        assert near in str(refused) and ("따뜻한" if option == "--tone" else "shop") in str(refused)


def test_minutes_are_written_in_three_formats(
    review: Review,
    engine: Engine,
    settings: Settings,
    tmp_path: Path,
) -> None:
    job = make_job(engine)
    meetings.start(engine, settings, Person("지영", Role.REVIEWER), "회의", job.variant_ids)
    for suffix, begin in ((".pdf", b"%PDF"), (".html", b"<!doctype html>"), (".csv", b"\xef\xbb\xbf")):
        out = tmp_path / f"minutes{suffix}"
        assert review("minutes", str(out)).exit_code == 0
        assert out.read_bytes().startswith(begin)
    refused = review("minutes", str(tmp_path / "minutes.docx"))
    assert isinstance(refused.exception, FeedlyError)
    assert not (tmp_path / "minutes.docx").exists()


def test_what_does_not_exist_is_explained(review: Review, engine: Engine, tmp_path: Path) -> None:
    job = make_job(engine, variants=[("planner", "done")])
    for arguments in (
        ("judge", str(job.job_id), "1", "approve", "--as", "지영"),
        ("judge", "ffffffff", "1", "approve", "--as", "지영"),
        ("minutes", str(tmp_path / "m.pdf")),
        ("minutes", str(tmp_path / "m.pdf"), "--meeting", "nonsense"),
    ):
        assert isinstance(review(*arguments).exception, FeedlyError), arguments
