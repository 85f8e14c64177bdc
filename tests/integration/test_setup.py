"""The way from nothing to a demo, and what is left when it is interrupted."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from dashboard.cli import app as program
from dashboard.demo import setup
from dashboard.demo.postgres import EmbeddedPostgres
from dashboard.demo.setup import demo_status, prepare_demo, reset_demo
from feedly_core.database_address import parse_address
from feedly_core.errors import DatabaseUnreachable
from feedly_core.i18n import Message
from feedly_core.settings import Settings, load_settings
from tests.conftest import memory_folder


class Interrupted(Exception):
    pass


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Settings of a demo that is not there yet; its history would have no jobs."""
    monkeypatch.setattr(setup, "load_sample", lambda *_args, **_kwargs: 0)
    home = Path(tempfile.mkdtemp(prefix="feedly demo ", dir=memory_folder()))
    home.chmod(0o755)
    yield load_settings(DATABASE_URL=None, FEEDLY_HOME=home)
    EmbeddedPostgres(home).stop(even_if_used=True)
    shutil.rmtree(home)


def quiet(_fraction: float, _sentence: Message) -> None:
    pass


def test_an_interrupted_opening_leaves_no_server(demo: Settings) -> None:
    def interrupt(fraction: float, _sentence: Message) -> None:
        if fraction:
            raise Interrupted

    with pytest.raises(Interrupted):
        prepare_demo(demo, interrupt)
    assert not EmbeddedPostgres(demo.home).answers()


def test_an_opened_demo_is_marked_told_and_closed_again(
    demo: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert demo_status(demo) is None
    ready = prepare_demo(demo, quiet)
    status = demo_status(demo)
    assert status is not None and status.mark is not None
    assert status.mark.seed == demo.demo_seed
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("FEEDLY_HOME", str(demo.home))
    told = CliRunner().invoke(program.build(), ["demo", "status"]).output
    (line,) = (line for line in told.splitlines() if line.startswith("export"))
    echo = f'{line}; printf "%s\\n" "$DATABASE_URL" "$ASSETS_DIR"'
    shell = subprocess.run(["sh", "-c", echo], capture_output=True, text=True, check=True)
    assert shell.stdout.splitlines() == [ready.url, str(ready.assets_dir)]
    ready.close()
    assert demo_status(demo) is None


def test_the_programs_of_the_setting_are_taken(demo: Settings) -> None:
    chosen = demo.model_copy(update={"postgres_bin": demo.home / "nothing here"})
    with pytest.raises(DatabaseUnreachable, match="nothing here"):
        prepare_demo(chosen, quiet)


def test_a_reset_demo_is_gone_with_its_pictures_and_its_server(demo: Settings) -> None:
    ready = prepare_demo(demo, quiet)
    picture = ready.assets_dir / "yh" / "picture.png"
    picture.parent.mkdir(parents=True)
    picture.touch()
    ready.close()
    reset_demo(demo)
    assert not picture.exists()
    assert not EmbeddedPostgres(demo.home).answers()
    again = prepare_demo(demo, quiet)
    engine = create_engine(parse_address(again.url))
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM jobs")) == 0
    engine.dispose()
    again.close()
