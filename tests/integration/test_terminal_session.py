"""Every command opens the database in the same way, and says the same of one that is not FeedlyAI's."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from feedly_core.errors import FeedlyError, NotFeedlyDatabase
from tests.terminal import program

JOB = "0a1b2c3d"
COMMANDS = (
    ("create", "full", "--once"),
    ("create", "ye", "--once"),
    ("campaign", "list"),
    ("campaign", "stop", JOB),
    ("install-schema",),
    ("remove-jobs",),
    ("monitor", JOB),
    ("analyze", "--job-id", JOB),
    ("export", "out.csv"),
    ("trends",),
    ("facts", "status"),
    ("facts", "rebuild"),
    ("review", "queue"),
    ("judge",),
    ("limits",),
    ("review", "judge", JOB, "1", "reject"),
    ("review", "winner", JOB, "1"),
    ("review", "minutes", "out.csv"),
    ("simulate-ye", "--dry-run"),
    ("broken",),
    ("audit",),
    ("rerun-group", "failed", "overlay", "--dry-run"),
    ("targets",),
    ("views",),
    ("since",),
    ("save-view", "x", "results"),
    ("trigger-probe",),
    ("trigger-probe", "--history"),
    ("resend-notifications", "--dry-run"),
    ("repair-trigger", "triggers.variant_notify"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_foreign_database_is_refused_in_the_same_words(
    command: tuple[str, ...], empty_database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    monkeypatch.chdir(tmp_path)
    ended = CliRunner().invoke(program(), ["--language", "en", *command])
    told = ended.output
    if isinstance(ended.exception, FeedlyError):  # the program's entry prints it
        assert isinstance(ended.exception, NotFeedlyDatabase)
        told += str(ended.exception)
    assert ended.exit_code != 0
    assert "This database is not FeedlyAI's" in told
    assert not list(tmp_path.iterdir()), "nothing is written"
