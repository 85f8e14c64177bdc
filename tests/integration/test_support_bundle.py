"""The support bundle holds what an engineer asks for, and no secret."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from sqlalchemy import Engine, insert, text

from feedly_core import dashboard_schema
from feedly_core.database import writing
from feedly_core.diagnostics.bundle import support_bundle
from feedly_core.diagnostics.checks import ALL_CHECKS
from feedly_core.diagnostics.examination import examine
from feedly_core.diagnostics.scene import open_scene
from feedly_core.settings import Settings, load_settings

PASSWORD = "geheim&77"


def packed(settings: Settings, language: str = "en") -> dict[str, str]:
    with open_scene(settings) as scene:
        content = support_bundle(scene, examine(scene, ALL_CHECKS), language)
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
    with writing(engine) as conn:
        conn.execute(
            insert(dashboard_schema.audit_log).values(
                person="somebody", role="operator", action="create_job", target="42", result="done"
            )
        )
    files = packed(secretive)
    checks = {check["key"]: check for check in json.loads(files["checks.json"])["checks"]}
    assert checks.keys() == {check.key for check in ALL_CHECKS}
    assert checks["database.reachable"]["verdict"] == "ok"
    assert "docker restart feedlyai-work-yh" in files["checks.txt"]
    assert json.loads(files["settings.json"])["YH_URL"] == "http://127.0.0.1:8011"
    assert json.loads(files["versions.json"])["postgresql"].startswith("PostgreSQL 1")
    schema = json.loads(files["schema.json"])
    assert "jobs job_id uuid NO" in schema["columns"]
    assert any("job_variant_state_change_trigger" in name for name in schema["triggers"])
    assert "pg_notify" in schema["functions"]["notify_job_state_change()"]
    assert json.loads(files["events.json"])["audit_log"][0]["person"] == "somebody"


def test_no_file_holds_the_password(secretive: Settings) -> None:
    for name, content in packed(secretive).items():
        assert PASSWORD not in content and "geheim" not in content, name
    assert "postgres:***@" in packed(secretive)["settings.json"]


def test_a_schema_change_changes_its_fingerprint(settings: Settings, engine: Engine) -> None:
    before = json.loads(packed(settings)["schema.json"])["fingerprint"]
    assert json.loads(packed(settings)["schema.json"])["fingerprint"] == before
    with writing(engine) as conn:
        conn.execute(text("ALTER TABLE jobs_variants DISABLE TRIGGER job_variant_state_change_trigger"))
    after = json.loads(packed(settings)["schema.json"])["fingerprint"]
    assert {kind for kind in before if before[kind] != after[kind]} == {"triggers"}


def test_without_a_database_it_says_so_and_still_holds_the_rest(settings: Settings) -> None:
    gone = load_settings(DATABASE_URL=f"postgresql://postgres:{PASSWORD}@127.0.0.1:1/feedlyai")
    files = packed(gone, "ko")
    assert "데이터베이스" in files["checks.txt"]
    assert "cannot be reached" in json.loads(files["schema.json"])["unreadable"]
    assert all(PASSWORD not in content for content in files.values())
