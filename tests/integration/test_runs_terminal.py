"""Two releases compared from a terminal: the sentence, the document, and what a script learns."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, text

from feedly_core.analytics.refresher import rebuild
from feedly_core.db import own_schema
from feedly_core.db.engine import writing
from feedly_core.permissions import Person, Role
from feedly_core.reviews.run_plans import keep_plan
from feedly_core.settings import Settings
from tests.integration.test_run_decision import run_of
from tests.terminal import program

Runs = Callable[..., Result]


@pytest.fixture
def runs(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Runs:
    assert settings.database_url is not None
    monkeypatch.setenv("DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("FEEDLY_HOME", str(settings.home))

    def run(before: str, after: str, *options: str) -> Result:
        arguments = ["--language", "en", "runs", "--before", before, "--after", after, *options]
        return CliRunner().invoke(program(), arguments)

    return run


def test_each_outcome_has_its_exit_code(
    runs: Runs, engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert runs("2.0", "2.1").exit_code == 3, "no place for verdicts yet"
    own_schema.install(engine)
    run_of(engine, "2.0", 7, failing=0.9)
    run_of(engine, "2.1", 7, failing=0)
    run_of(engine, "2.2", 7, failing=0.1)
    assert runs("2.0", "2.1").exit_code == 3, "the read model is not filled"
    rebuild(engine, lambda done, total: None, now=datetime.now(UTC))
    better = runs("2.0", "2.1")
    assert better.exit_code == 0, better.output
    assert "Better. 2.1 passes 100%" in " ".join(better.output.split())
    assert runs("2.1", "2.0").exit_code == 1
    told = runs("2.1", "2.2", "--json")
    assert told.exit_code == 2
    document = json.loads(told.output)
    assert document["decision"] == "not_decided"
    assert document["rates"]["difference"]["n"] == 21
    assert document["rates"]["difference"]["jobs"] == 7
    assert document["more"]["orders"] > 0
    assert {score["name"] for score in document["scores"]} >= {"overall", "ocr_accuracy", "contrast"}
    assert runs("2.0", "9.9").exit_code == 3, "no order was made there"
    boss, runs_of = Person("boss", Role.OPERATOR), (("release", "2.0"), ("release", "2.1"))
    keep_plan(engine, settings, boss, *runs_of, orders=5, compared=7)
    measuring = runs("2.0", "2.1")
    assert measuring.exit_code == 3, "five planned orders are missing, however good it looks"
    assert "0 of 5 planned orders are there" in " ".join(measuring.output.split())
    with writing(engine) as connection:
        connection.execute(text("DROP TABLE jobs CASCADE"))
    assert runs("2.0", "2.1").exit_code == 4, "not FeedlyAI's database"
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    assert runs("2.0", "2.1").exit_code == 4
