from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from feedly_core.errors import SettingsInvalid
from feedly_core.settings import Settings, load_settings

PROJECT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.alias), raising=False)
    monkeypatch.chdir(tmp_path)  # no .env of the developer's


def test_another_database_is_refused_without_showing_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://user:geheim@host/db")
    with pytest.raises(SettingsInvalid) as caught:
        load_settings()
    assert "DATABASE_URL" in str(caught.value)
    assert "postgresql://" in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_each_bad_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEEDLY_TIMEZONE", "Mars/Base")
    monkeypatch.setenv("FEEDLY_DEMO_SPEED", "fast")
    with pytest.raises(SettingsInvalid) as caught:
        load_settings()
    assert "FEEDLY_TIMEZONE" in str(caught.value)
    assert "FEEDLY_DEMO_SPEED" in str(caught.value)


def test_the_home_folder_of_the_user_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/nowhere/at/all")
    monkeypatch.setenv("FEEDLY_HOME", "/data/feedly")
    assert load_settings().home == Path("/data/feedly")


def test_a_line_in_dotenv_counts_and_the_environment_wins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("FEEDLY_DEMO_SEED=11\nFEEDLY_DEMO_SPEED=4\n")
    monkeypatch.setenv("FEEDLY_DEMO_SPEED", "9")
    settings = load_settings()
    assert (settings.demo_seed, settings.demo_speed) == (11, 9)


def test_settings_never_print_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:geheim@host/db")
    settings = load_settings()
    assert "geheim" not in repr(settings) + settings.model_dump_json()


EXAMPLES_INSTEAD_OF_DEFAULTS = {"DATABASE_URL"}


@pytest.mark.parametrize("field", Settings.model_fields.values(), ids=lambda field: field.alias)
def test_documents_tell_each_setting_as_the_code_does(field: FieldInfo) -> None:
    table, example = (
        (PROJECT / name).read_text(encoding="utf-8") for name in ("docs/settings.md", ".env.example")
    )
    told = str(field.description)
    assert re.search(rf"^\| `{field.alias}` \| .* \| {re.escape(told)} \|$", table, re.MULTILINE)
    known = field.default not in (None, PydanticUndefined, ())
    default = str(int(field.default) if isinstance(field.default, bool) else field.default) if known else ""
    line = f"# {told}\n# {field.alias}="
    if field.alias not in EXAMPLES_INSTEAD_OF_DEFAULTS:
        line += f"{default}\n"
    assert line in example
