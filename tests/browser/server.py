"""The real dashboard as a subprocess on a free port."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.browser.forked import Forked

PROJECT = Path(__file__).parents[2]
START_SECONDS = 60
ARTIFACTS = Path(__file__).parent / "artifacts"
"""Screenshots and server logs stay here after a run, for the one who asks why it failed."""


@dataclass(frozen=True)
class AppServer:
    """A running dashboard. ``log`` is the file that its output goes to."""

    url: str
    process: subprocess.Popen[bytes] | Forked
    log: Path

    def log_text(self) -> str:
        return self.log.read_text(errors="replace")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


_usual: list[int] = []
_numbers = itertools.count(1)


def usual_port() -> int:
    """The port of the run's earlier dashboards, once they have ended.

    A browser keeps what it has compiled by the address that it came from.
    """
    port = next(filter(_is_free, _usual), None) or free_port()
    if port not in _usual:
        _usual.append(port)
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


SERVED = """
import sys
from streamlit.web.cli import main
sys.argv[:1] = ["streamlit", "run", "streamlit_app.py"]
main(prog_name="streamlit")
"""
LAUNCHED = (
    "-c",
    "from dashboard.demo.sample_data import load_sample\n"
    f"load_sample.__kwdefaults__['jobs_wanted'] = 30\n{SERVED}",
)
"""A program of its own, as people start it, with half the samples: to draw all takes 30 CPU seconds.

A script runs in a fork, which begins to serve at once.
"""
BARE = """
import sys
from streamlit.web import bootstrap
from streamlit.runtime.pages_manager import PagesManager
PagesManager.uses_pages_directory = False
options = {"server_port": int(sys.argv[2]), "server_headless": True}
bootstrap.load_config_options(options)
bootstrap.run("streamlit_app.py", False, [], options)
"""
"""The pages without our launcher: no hub, no routes, as where an installation runs the script itself."""


@contextlib.contextmanager
def running_app(
    home: Path,
    *,
    arguments: tuple[str, ...] = (),
    program: str | tuple[str, ...] | None = None,
    port: int | None = None,
    **environment: str,
) -> Iterator[AppServer]:
    """Start ``streamlit run streamlit_app.py``; yield when it is healthy; stop it with SIGTERM.

    ``program``: another script, or the arguments of another Python. A script runs in a fork of what has
    imported everything already.
    """
    port = port or usual_port()
    home.mkdir(parents=True, exist_ok=True)
    ARTIFACTS.mkdir(exist_ok=True)
    log = ARTIFACTS / f"server-{port}-{next(_numbers)}.log"
    log.unlink(missing_ok=True)
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("FEEDLY_", "DATABASE_URL", "LISTEN_DATABASE_URL", "ASSETS_"))
    }
    options = ("--server.port", str(port), "--server.headless", "true", *arguments)
    environment = {**inherited, "FEEDLY_HOME": str(home), **environment}
    process: subprocess.Popen[bytes] | Forked
    if program is None or isinstance(program, str):
        process = Forked(program or SERVED, options, PROJECT, environment, log)
    else:
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, *program, *options],
                cwd=PROJECT,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
    server = AppServer(f"http://127.0.0.1:{port}", process, log)
    try:
        base = environment.get("STREAMLIT_SERVER_BASE_URL_PATH", "")
        wait_until_healthy(server, f"{'/' + base if base else ''}/_stcore/health")
        yield server
    finally:
        stop(process)


def wait_until_healthy(server: AppServer, path: str = "/_stcore/health") -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            raise AssertionError(f"the dashboard ended at start:\n{server.log_text()}")
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(server.url + path).text == "ok":
                return
        time.sleep(0.05)  # between two polls of the health endpoint
    raise AssertionError(f"the dashboard was not healthy after {START_SECONDS} s:\n{server.log_text()}")


def stop(process: subprocess.Popen[bytes] | Forked) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
