"""The program's entry: its commands, its language, its errors."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dashboard.cli import app as program
from dashboard.cli.serve import PortTaken, require_free
from dashboard.output import choose_language, language, say
from feedly_core.i18n import N_


def test_help_lists_every_command() -> None:
    shown = CliRunner().invoke(program.build(), ["--help"]).output
    for command in ("serve", "create", "monitor", "analyze", "doctor", "demo"):
        assert command in shown


@pytest.mark.parametrize(
    ("wanted", "spoken"),
    [("ko_KR.UTF-8", "ko"), ("ko", "ko"), ("en-US", "en"), ("C.UTF-8", "en"), (None, "en"), ("fr", "en")],
)
def test_the_terminal_speaks_the_readers_language(wanted: str | None, spoken: str) -> None:
    choose_language(wanted)
    assert language() == spoken


def test_data_is_never_terminal_markup(capsys: pytest.CaptureFixture[str]) -> None:
    say(N_("{value}", value="[bold red]not bold[/] [/nonsense]"))
    assert "[bold red]not bold[/] [/nonsense]" in capsys.readouterr().out


def test_an_expected_error_is_sentences_and_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://nobody:hushhush@somewhere/db")
    monkeypatch.setattr("sys.argv", ["feedly_core", "--language", "ko", "serve"])
    with pytest.raises(SystemExit) as ended:
        program.main()
    told = capsys.readouterr().err
    assert ended.value.code == 1
    assert "DATABASE_URL" in told
    assert "대시보드 설정" in told
    assert "Traceback" not in told
    assert "hushhush" not in told


def test_a_taken_port_is_explained_with_the_way_out() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=f"PORT={port + 1} make run"):
            require_free("127.0.0.1", port)
    require_free("127.0.0.1", port)


def test_every_room_of_the_core_works_where_streamlit_is_not_installed() -> None:
    script = (
        "import pkgutil, sys; sys.modules['streamlit'] = None\n"
        "import feedly_core\n"
        "names = [room.name for room in pkgutil.walk_packages(feedly_core.__path__, 'feedly_core.')]\n"
        "for name in names: name == 'feedly_core.__main__' or __import__(name)"
    )
    subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[2], check=True)
