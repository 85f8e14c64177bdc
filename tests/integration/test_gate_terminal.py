"""``feedlyai gate`` and ``golden`` from a terminal: exit codes, report and JUnit document."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, text

from feedly_core.db import own_schema
from feedly_core.db.engine import reading, writing
from feedly_core.golden_sets.sets import find_set, save_version
from feedly_core.settings import Settings
from tests.factories import make_job
from tests.golden_sets import BOSS, golden_orders, made_run
from tests.terminal import program

Command = Callable[..., Result]
WILD = "<script>alert(1)</script> & \x0b 국물"


@pytest.fixture
def feedlyai(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Command:
    assert settings.database_url is not None
    monkeypatch.setenv("DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("FEEDLY_HOME", str(settings.home))
    monkeypatch.setenv("ASSETS_DIR", str(settings.assets_dir))
    return lambda *arguments: CliRunner().invoke(program(), ["--language", "en", *arguments])


def test_each_answer_has_its_exit_code(
    feedlyai: Command, engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert feedlyai("gate", "menu", "--release", "v2.0").exit_code == 3, "no place for golden sets"
    own_schema.install(engine)
    orders = golden_orders(2)
    orders[0] = replace(orders[0], description=WILD)
    golden = save_version(engine, settings, BOSS, "menu", orders)
    assert feedlyai("gate", "menu", "--release", "v2.0").exit_code == 3, "it has not run"
    assert feedlyai("gate", "other", "--release", "v2.0").exit_code == 3, "there is no such set"
    made_run(engine, settings, golden, "v2.0")
    assert feedlyai("gate", "menu", "--release", "v2.0").exit_code == 2, "nothing is approved"
    assert feedlyai("gate", "menu", "--release", "v2.0", "--policy", "all-pass").exit_code == 0
    approved = feedlyai("golden", "approve", "menu", "--release", "v2.0")
    assert approved.exit_code == 0, approved.output
    assert feedlyai("gate", "menu", "--release", "v2.0").exit_code == 0
    made_run(engine, settings, golden, "v2.1", broken={0: 1}, measured=False)
    report, junit = tmp_path / "gate.html", tmp_path / "gate.xml"
    files = ("--report", str(report), "--junit", str(junit))
    assert feedlyai("gate", "menu", "--release", "v2.1").exit_code == 3, "the letters are not measured"
    broken = feedlyai("gate", "menu", "--release", "v2.1", "--wait", *files)
    assert broken.exit_code == 1, broken.output
    assert "Regression." in broken.output
    page = report.read_text(encoding="utf-8")
    assert "<script" not in page
    assert page.count("data:image/webp;base64,") >= 2, "the orders' pictures are inside"
    assert not re.search(r"(src|href)=.https?:", page)
    suite = ElementTree.fromstring(junit.read_text(encoding="utf-8"))  # noqa: S314 - our own file
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "0")
    assert [len(case.findall("failure")) for case in suite] == [1, 0]
    excuse = ("--reason", "the font is late", "--until", "2099-01-01")
    assert feedlyai("golden", "known-failure", "menu", "1", *excuse).exit_code != 0, "not for ever"
    with writing(engine) as connection:
        connection.execute(text("DROP TABLE jobs CASCADE"))
    assert feedlyai("gate", "menu", "--release", "v2.1").exit_code == 4, "not FeedlyAI's database"
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    assert feedlyai("gate", "menu", "--release", "v2.1").exit_code == 4


def test_a_set_is_made_shown_and_scheduled(
    feedlyai: Command, engine: Engine, settings: Settings, our_schema: None, tmp_path: Path
) -> None:
    job = make_job(engine, assets_dir=settings.assets_dir)
    added = feedlyai("golden", "add", "menu", str(job.job_id), "--expect", "top_third", "--pin-copy")
    assert added.exit_code == 0, added.output
    table = tmp_path / "orders.csv"
    table.write_text("description,image\n딸기 케이크,cake.png\n", encoding="utf-8")
    assert feedlyai("golden", "add-table", "menu", str(table)).exit_code == 0
    with reading(engine) as connection:
        golden = find_set(connection, "menu")
    assert (golden.version, len(golden.orders)) == (2, 2)
    assert "Text in the top third" in " ".join(feedlyai("golden", "show", "menu").output.split())
    assert feedlyai("golden", "every-day", "menu", "--release", "v2.1", "--at", "03:00").exit_code == 0
    listed = feedlyai("golden", "list").output
    [run] = re.findall(r"([0-9a-f]{8}): menu every day at 03:00", listed)
    assert feedlyai("golden", "end-every-day", run).exit_code == 0
    assert "every day" not in feedlyai("golden", "list").output
    assert feedlyai("golden", "remove", "menu", "1").exit_code == 0
    assert feedlyai("golden", "run", "menu", "--release", "v2.1").exit_code == 0
    wrong = feedlyai("golden", "run", "menu", "--release", "v2.1", "--repeats", "9")
    assert wrong.exit_code != 0
    assert feedlyai("gate", "menu", "--release", "v2.1").exit_code == 3, "on its way"
