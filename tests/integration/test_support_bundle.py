"""The support bundle holds what an engineer asks for, and no secret."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from sqlalchemy import Engine, insert, text

from feedly_core.db import own_schema
from feedly_core.db.engine import writing
from feedly_core.diagnostics.bundle import support_bundle
from feedly_core.diagnostics.check import CheckOutcome, CheckResult, Finding
from feedly_core.diagnostics.check_report import CheckReport, run_checks
from feedly_core.diagnostics.checks import ALL_CHECKS
from feedly_core.diagnostics.context import CheckContext, open_context
from feedly_core.i18n import N_
from feedly_core.settings import Settings, load_settings
from feedly_core.version import __version__
from tests.factories import make_job

PASSWORD = "geheim&77"
BY_KEY = {check.key: check for check in ALL_CHECKS}


def packed(settings: Settings, language: str = "en") -> dict[str, str]:
    with open_context(settings) as context:
        content = support_bundle(context, run_checks(context, ALL_CHECKS), language)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


@pytest.fixture
def secretive(settings: Settings, database_url: str) -> Settings:
    """The server trusts everybody, so any password works; it must not be seen all the same."""
    with_password = database_url.replace("postgres@", "postgres:geheim%2677@")
    return load_settings(DATABASE_URL=with_password, ASSETS_DIR=settings.assets_dir)


def test_it_holds_checks_settings_versions_schema_and_events(
    secretive: Settings, engine: Engine, our_schema: None
) -> None:
    with writing(engine) as connection:
        connection.execute(
            insert(own_schema.audit_log).values(
                person="somebody", role="operator", action="create_job", target="42", result="done"
            )
        )
    files = packed(secretive)
    checks = {check["key"]: check for check in json.loads(files["checks.json"])["checks"]}
    assert checks.keys() == {check.key for check in ALL_CHECKS}
    assert checks["database.reachable"]["verdict"] == "ok"
    assert "docker restart feedlyai-work-yh" in files["checks.txt"]
    assert json.loads(files["settings.json"])["YH_URL"] == "http://127.0.0.1:8011"
    versions = json.loads(files["versions.json"])
    assert versions["dashboard"] == __version__
    assert versions["packages"]["streamlit"]
    schema = json.loads(files["schema.json"])
    assert schema["postgresql"].startswith("PostgreSQL 1")
    assert "jobs job_id uuid NO" in schema["columns"]
    assert any("job_variant_state_change_trigger" in name for name in schema["triggers"])
    assert "pg_notify" in schema["functions"]["notify_job_state_change()"]
    assert json.loads(files["events.json"])["audit_log"][0]["person"] == "somebody"


def test_no_file_holds_the_password(secretive: Settings) -> None:
    for name, content in packed(secretive).items():
        assert PASSWORD not in content and "geheim" not in content, name
    assert "postgres:***@" in packed(secretive)["settings.json"]


@pytest.mark.parametrize(
    ("variable", "value", "secret"),
    [
        ("FEEDLY_METRICS_TOKEN", "abc:def//token", "abc:def//token"),
        ("FEEDLY_METRICS_TOKEN", 'quoted"\\token', 'quoted"\\\\token'),
        ("YH_URL", "http://monitor:geheim77@127.0.0.1:9", "geheim77"),
        ("LISTEN_DATABASE_URL", "postgresql://postgres@127.0.0.1:1/x?sslpassword=geheim77", "geheim77"),
    ],
)
def test_a_secret_of_any_setting_is_masked(
    secretive: Settings, variable: str, value: str, secret: str
) -> None:
    assert secretive.database_url is not None
    with_one = load_settings(**{"DATABASE_URL": secretive.database_url.get_secret_value(), variable: value})
    files = packed(with_one)
    assert all(secret not in content and value not in content for content in files.values())
    assert "***" in files["settings.json"]


def test_it_tells_where_the_work_stands_without_our_schema(settings: Settings, engine: Engine) -> None:
    made = make_job(engine, step="planner", status="running", variants=[("planner", "done")])
    files = packed(settings)
    work = json.loads(files["work.json"])
    assert [job["job_id"] for job in work["jobs"]] == [str(made.job_id)]
    assert [(each["current_step"], each["status"]) for each in work["jobs_variants"]] == [("planner", "done")]
    assert "not installed" in json.loads(files["events.json"])["unreadable"]


def test_a_schema_change_changes_its_fingerprint(settings: Settings, engine: Engine) -> None:
    before = json.loads(packed(settings)["schema.json"])["fingerprint"]
    assert json.loads(packed(settings)["schema.json"])["fingerprint"] == before
    with writing(engine) as connection:
        connection.execute(text("ALTER TABLE jobs_variants DISABLE TRIGGER job_variant_state_change_trigger"))
    after = json.loads(packed(settings)["schema.json"])["fingerprint"]
    assert {kind for kind in before if before[kind] != after[kind]} == {"triggers"}


def test_without_a_database_it_says_so_and_still_holds_the_rest(settings: Settings) -> None:
    gone = load_settings(DATABASE_URL=f"postgresql://postgres:{PASSWORD}@127.0.0.1:1/feedlyai")
    files = packed(gone, "ko")
    assert "데이터베이스" in files["checks.txt"]
    assert "cannot be reached" in json.loads(files["schema.json"])["unreadable"]
    assert all(PASSWORD not in content for content in files.values())


def test_a_database_that_hangs_is_not_waited_for_once_more(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_context(settings) as context:
        hangs = CheckResult(
            BY_KEY["database.reachable"], Finding(CheckOutcome.UNKNOWN, N_("No answer.")), 1000.0
        )
        monkeypatch.setattr(CheckContext, "reading", lambda self: pytest.fail("the database was asked"))
        content = support_bundle(context, CheckReport((hangs,)), "en")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in ("schema.json", "work.json", "events.json"):
            assert json.loads(archive.read(name)) == {"unreadable": "No answer."}
