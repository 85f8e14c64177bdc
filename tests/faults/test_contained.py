"""The image's command as a container runs it: its user, environment and health check, on a read-only disk.

No container engine is needed: a mount namespace of our own makes everything read-only but the two folders
that ``compose.yaml`` leaves writable.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from tests.browser.server import PROJECT, free_port
from tests.factories import make_job
from tests.faults.proxy import proxied, socket_of, through
from tests.waiting import wait_until

USER = "10001"
HEADER = {"X-Forwarded-Email": "kim@example.com"}
_SEAL = """
for folder in tmp data; do mount -t tmpfs tmpfs "$BASE/$folder"; chown "$UID_OF_IMAGE" "$BASE/$folder"; done
mount -o remount,bind,ro /
cd "$BASE/app"
exec setpriv --reuid "$UID_OF_IMAGE" --regid "$UID_OF_IMAGE" --clear-groups --inh-caps=-all \\
    --bounding-set=-all --no-new-privs sh -c '
    if touch probe 2>/dev/null; then echo "the disk is writable"; exit 1; fi; exec "$@"' sh "$@"
"""


@dataclass(frozen=True)
class Image:
    """What the Dockerfile says: environment, command, health check, user, and the files that it copies."""

    environment: dict[str, str]
    command: list[str]
    health: list[str]
    user: str
    files: list[str]


def read_dockerfile() -> Image:
    text = (PROJECT / "deploy" / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    environment = dict(re.findall(r"(\w+)=(\S+)", " ".join(re.findall(r"^ENV (.+)$", text, re.MULTILINE))))
    commands = [json.loads(found) for found in re.findall(r"CMD\s+(\[.+\])$", text, re.MULTILINE)]
    users = re.findall(r"^USER (\w+)$", text, re.MULTILINE)
    copied = " ".join(re.findall(r"^COPY (.+) \S+$", text, re.MULTILINE)).split()
    return Image(environment, commands[1], commands[0], users[-1], copied)


def open_python(base: Path) -> str:
    """Shell lines that let any user reach this Python, also where it lies in somebody's closed home."""
    needed = [Path(sys.prefix), Path(sys.base_prefix)]
    closed = {
        folder for path in needed for folder in path.parents if not folder.stat().st_mode & stat.S_IXOTH
    }
    lines = ["set -e"]
    for number, path in enumerate(needed):
        kept = shlex.quote(str(base / f"python{number}"))
        lines += [f"mkdir {kept}", f"mount --bind {shlex.quote(str(path))} {kept}"]
    lines += [f"mount -t tmpfs -o mode=0755 tmpfs {shlex.quote(str(folder))}" for folder in sorted(closed)]
    for number, path in enumerate(needed):
        there, kept = shlex.quote(str(path)), shlex.quote(str(base / f"python{number}"))
        lines += [f"mkdir -p {there}", f"mount --bind {kept} {there}"]
    return "\n".join(lines)


@pytest.fixture
def base() -> Iterator[Path]:
    """A folder that other users may enter, with the image's files in ``app``."""
    folder = Path(tempfile.mkdtemp(prefix="feedly-image-"))
    folder.chmod(0o755)
    for name in ("app", "tmp", "data", "assets"):
        (folder / name).mkdir(mode=0o755)
    for name in read_dockerfile().files:
        target = folder / "app" / name
        target.parent.mkdir(exist_ok=True)
        (shutil.copytree if (PROJECT / name).is_dir() else shutil.copy)(PROJECT / name, target)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def environment(base: Path, database_url: str) -> Iterator[dict[str, str]]:
    """The image's, with its folders and port moved here, and what compose.yaml adds."""
    with proxied(socket_of(database_url)) as network:
        yield environment_of(base, through(database_url, network.port).get_secret_value())


def environment_of(base: Path, database_url: str) -> dict[str, str]:
    return {
        **read_dockerfile().environment,
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(base / "tmp"),
        "TMPDIR": str(base / "tmp"),
        "FEEDLY_HOME": str(base / "data"),
        "ASSETS_DIR": str(base / "assets"),
        "STREAMLIT_SERVER_PORT": str(free_port()),
        "DATABASE_URL": database_url,
        "FEEDLY_USER_HEADER": next(iter(HEADER)),
        "FEEDLY_METRICS_TOKEN": "scrape",
        "BASE": str(base),
        "UID_OF_IMAGE": USER,
    }


@pytest.fixture
def container(environment: dict[str, str], base: Path) -> Iterator[subprocess.Popen[bytes]]:
    if os.geteuid() != 0 or subprocess.run(["unshare", "--mount", "true"]).returncode:
        pytest.skip("making a mount namespace needs root")
    command = ["unshare", "--mount", "sh", "-c", open_python(base) + _SEAL, "sh", *read_dockerfile().command]
    with (base / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    yield process
    process.kill()
    process.wait()


def test_it_serves_without_root_and_without_a_writable_disk(
    container: subprocess.Popen[bytes], environment: dict[str, str], base: Path, engine: Engine
) -> None:
    image, port = read_dockerfile(), environment["STREAMLIT_SERVER_PORT"]
    assert image.user == USER
    made = make_job(engine, assets_dir=base / "assets")
    health = [part.replace("8501", port) for part in image.health]

    def healthy() -> bool:
        assert container.poll() is None, (base / "log").read_text()
        return subprocess.run(health, env=environment, capture_output=True).returncode == 0

    wait_until(healthy, 60, "a healthy container")
    url = f"http://127.0.0.1:{port}"
    token = {"authorization": "Bearer scrape"}

    def ready() -> bool:
        return "feedly_dashboard_ready 1.0" in httpx.get(f"{url}/metrics", headers=token).text

    try:
        wait_until(ready, 30, "readiness")
    except AssertionError as late:
        raise AssertionError((base / "log").read_text()) from late
    picture = f"{url}/img/thumb/{made.picture_ids[0]}"
    assert httpx.get(picture, headers=HEADER).headers["content-type"] == "image/webp"
    assert httpx.get(picture).status_code in {401, 403}
    assert f"Uid:\t{USER}" in Path(f"/proc/{container.pid}/status").read_text()
    container.send_signal(signal.SIGTERM)
    container.wait(20)
    assert "Traceback" not in (base / "log").read_text()
