"""The diagnostics' commands: what they print and their exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from sqlalchemy import Engine, text
from typer.testing import CliRunner, Result

from dashboard.cli.diagnostics import register
from feedly_core.db.engine import writing
from feedly_core.diagnostics.trigger_needs import reference_function
from feedly_core.domain.contract import VARIANT_NOTIFY
from feedly_core.errors import InvalidInput
from feedly_core.settings import Settings
from tests.factories import make_job
from tests.faults.stand_in import listening

Command = Callable[..., Result]


@pytest.fixture
def command(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Command:
    assert settings.database_url is not None
    monkeypatch.setenv("DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("ASSETS_DIR", str(settings.assets_dir))
    monkeypatch.setenv("FEEDLY_ALLOW_REPAIR", "1")
    app = typer.Typer()
    register(app)
    return lambda *arguments, result="": CliRunner().invoke(app, arguments, input=result)


def outcome(result: Result) -> tuple[int, str]:
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def test_doctor_names_what_is_broken_and_ends_with_2(command: Command) -> None:
    code, output = outcome(command("doctor"))
    assert code == 2
    assert "No service listens on job_variant_state_changed" in output
    assert "docker restart feedlyai-work-yh" in output
    assert "listeners.present" in output


def test_doctor_shows_an_outdated_function_as_a_difference(command: Command, engine: Engine) -> None:
    old = reference_function(VARIANT_NOTIFY).replace("OR OLD.updated_at IS DISTINCT FROM NEW.updated_at", "")
    with writing(engine) as connection:
        connection.exec_driver_sql(old.replace("%", "%%"))
    _, output = outcome(command("doctor"))
    assert "Edition 1.0.0" in output
    assert "+        OR OLD.updated_at IS DISTINCT FROM NEW.updated_at" in output


def test_doctor_as_json_is_json_alone(command: Command) -> None:
    code, output = outcome(command("doctor", "--json"))
    document = json.loads(output)
    assert (code, document["verdict"]) == (2, "failed")
    assert {"key", "verdict", "found", "why", "fix", "sql", "command"} <= document["checks"][0].keys()


def test_doctor_writes_the_bundle(command: Command, tmp_path: Path) -> None:
    outcome(command("doctor", "--bundle", str(tmp_path / "support.zip")))
    assert (tmp_path / "support.zip").read_bytes().startswith(b"PK")


def test_doctor_without_a_database_setting_is_broken_not_a_warning(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL")
    assert outcome(command("doctor"))[0] == 2


def test_trigger_test_ends_with_0_when_the_chain_works(command: Command, database_url: str) -> None:
    with listening(database_url):
        code, output = outcome(command("trigger-probe"))
    assert code == 0
    assert "The chain works" in output


def test_trigger_test_ends_with_2_and_the_broken_link(command: Command) -> None:
    code, output = outcome(command("trigger-probe"))
    assert code == 2
    assert "Broken link: Listener" in output


def test_past_tests_are_listed_newest_first(command: Command, database_url: str, our_schema: None) -> None:
    assert "No trigger probe is recorded yet" in outcome(command("trigger-probe", "--history"))[1]
    outcome(command("trigger-probe"))
    with listening(database_url):
        outcome(command("trigger-probe"))
    code, output = outcome(command("trigger-probe", "--history"))
    newest, oldest = output.splitlines()
    assert code == 0 and newest.count(" ms") == 2 and oldest.count(" ms") == 1
    assert "Listener" in oldest and "Listener" not in newest


def test_a_dry_run_prints_the_statements_and_writes_nothing(command: Command, engine: Engine) -> None:
    made = make_job(engine, step="user_img_input", status="done", variants=[("user_img_input", "done")])
    code, output = outcome(command("trigger-probe", "--dry-run"))
    assert code == 0 and "INSERT INTO jobs" in output
    code, output = outcome(command("trigger-probe", str(made.variant_ids[0]), "--dry-run"))
    assert code == 0 and output.count("UPDATE jobs_variants") == 2 and str(made.variant_ids[0]) in output
    with writing(engine) as connection:
        assert connection.scalar(text("SELECT count(*) FROM jobs")) == 1
        assert connection.scalar(text("SELECT current_step FROM jobs_variants")) == "user_img_input"


def test_trigger_test_with_an_id_completes_that_variant(
    command: Command, engine: Engine, database_url: str
) -> None:
    made = make_job(engine, step="user_img_input", status="done", variants=[("user_img_input", "done")])
    with listening(database_url):
        assert outcome(command("trigger-probe", str(made.variant_ids[0])))[0] == 0
    with pytest.raises(InvalidInput):
        outcome(command("trigger-probe", str(made.variant_ids[0])))


def test_a_repair_is_shown_confirmed_and_done(command: Command, engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(text("DROP TRIGGER job_state_change_trigger ON jobs"))
    code, output = outcome(command("repair-trigger", "triggers.job_notify", result="n\n"))
    assert code == 1 and "CREATE TRIGGER job_state_change_trigger" in output
    code, output = outcome(command("repair-trigger", "triggers.job_notify", result="y\n"))
    assert code == 0 and "On jobs, enabled" in output


def test_resend_notifications_lists_first(command: Command, engine: Engine) -> None:
    make_job(engine, step="planner", status="running", variants=[("planner", "done")])
    with writing(engine) as connection:
        connection.execute(text("UPDATE jobs_variants SET updated_at = now() - interval '1 hour'"))
    code, output = outcome(command("resend-notifications", "--dry-run"))
    assert code == 0 and "1 variant waits." in output and "(planner, done)" in output
    code, output = outcome(command("resend-notifications", "--yes"))
    assert "1 resent, 0 unchanged" in output
