"""The notebook page, run as it stands: from a wheel, in an environment that holds nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from PIL import Image
from sqlalchemy import Engine

from feedly_core.analytics.refresher import rebuild
from feedly_core.permissions import Person, Role, install_own_schema
from feedly_core.settings import Settings
from feedly_core.version import __version__
from tests.factories import make_job
from tests.installed import installed_closure

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs" / "notebook.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")


def run(*command: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    done: subprocess.CompletedProcess[str] = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        **options,  # type: ignore[call-overload]
    )
    assert done.returncode == 0, f"{command[:6]}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(*PIP, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, PROJECT)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def fresh(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and links to what it asks for, as installed here; nothing else."""
    folder = tmp_path_factory.mktemp("fresh")
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    run(*PIP, "--python", folder, "install", "--quiet", "--no-compile", "--no-index", "--no-deps", wheel)
    (site,) = folder.glob("lib/python*/site-packages")
    for package in installed_closure(asked_for(wheel)).values():
        for name in {file.parts[0] for file in package.files or ()} - {"..", "__pycache__"}:
            (site / name).symlink_to(Path(str(package.locate_file(name))))
    return folder / "bin"


def asked_for(wheel: Path) -> list[Requirement]:
    """The requirements that the wheel declares, those of its extras too, which their markers leave out."""
    with zipfile.ZipFile(wheel) as packed:
        (name,) = (name for name in packed.namelist() if name.endswith(".dist-info/METADATA"))
        declared = message_from_bytes(packed.read(name)).get_all("Requires-Dist", [])
    return [Requirement(line) for line in declared]


def test_the_wheel_holds_the_core_and_the_program_whole(wheel: Path) -> None:
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert {name.split("/")[0] for name in packed} == {"feedly_core", "dashboard"}
    files = (path for folder in ("feedly_core", "dashboard") for path in (PROJECT / folder).rglob("*.*"))
    here = {path.relative_to(PROJECT).as_posix() for path in files if "__pycache__" not in path.parts}
    assert packed == {name for name in here if (PROJECT / name).is_file()}
    assert wheel.name.startswith(f"feedly_dashboard-{__version__}-")


def test_the_notebook_page_runs_from_a_wheel(
    fresh: Path, engine: Engine, database_url: str, settings: Settings, tmp_path: Path
) -> None:
    install_own_schema(engine, Person("kim", Role.OPERATOR), settings)
    for days in range(4):
        make_job(
            engine,
            assets_dir=settings.assets_dir,
            created_at=datetime.now(UTC) - timedelta(days=days, hours=1),
        )
    rebuild(engine, lambda done, total: None, now=datetime.now(UTC))
    here = {"DATABASE_URL": database_url, "ASSETS_DIR": str(settings.assets_dir), "PATH": os.defpath}
    cells = "\n".join([*PYTHON, "import sys; print('modules:', *sys.modules)"])
    told = run(fresh / "python", "-W", "error", "-c", cells, cwd=tmp_path, env=here).stdout
    with Image.open(tmp_path / "worst.png") as sheet:
        tiles = [(270 * (place % 4) + 130, 270 * (place // 4) + 130) for place in range(12)]
        assert all(sheet.getpixel(tile) != (255, 255, 255) for tile in tiles), "twelve pictures"
    assert "ocr_accuracy" in told and "overlay" in told
    loaded = {name.partition(".")[0] for name in told.partition("modules:")[2].split()}
    assert not loaded & {"dashboard", "streamlit", "typer", "rich", "starlette"}
    lacking = subprocess.run([fresh / "feedlyai", "doctor"], capture_output=True, text=True, env=here)
    assert (lacking.returncode, "'.[terminal]'" in lacking.stderr) == (1, True), lacking.stderr


def test_from_install_to_the_contact_sheet_is_under_fifteen_lines() -> None:
    install = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)[0]
    assert len((install + PYTHON[0]).split("\n")) - 1 < 15
