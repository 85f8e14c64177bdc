"""A dashboard started as a fork of a process that has imported everything already."""

from __future__ import annotations

import atexit
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

IMPORTED = (
    "streamlit.web.cli",
    "streamlit.web.server.starlette",
    "streamlit.web.server.starlette.starlette_agent_routes",
    "streamlit.web.skills",
    "streamlit.proto.ForwardMsg_pb2",
    "streamlit.emojis",
    "streamlit.material_icon_names",
    "uvicorn.main",
    "uvicorn.lifespan.on",
    "uvicorn.protocols.http.h11_impl",
    "uvicorn.protocols.websockets.auto",
    "anyio._backends._asyncio",
    "starlette.middleware.sessions",
    "psycopg2.extras",
    "segno",
    "plotly.graph_objects",
    "plotly.subplots",
    "pandas",
    "pyarrow",
    "dashboard.server.server",
    "dashboard.server.startup",
    "dashboard.cli.app",
    "feedly_core.api",
    "feedly_core.images.differences",
    "feedly_core.visits.visits",
    "tests.browser.preloaded",
)
"""What a server and its first pages import: most of a start's CPU seconds. Pages are left out: their
components register themselves with the server that imports them."""


class Forked:
    """``python -c script`` with ``arguments``, as :class:`subprocess.Popen` shows a process."""

    def __init__(
        self, script: str, arguments: tuple[str, ...], folder: Path, env: Mapping[str, str], log: Path
    ) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(list(IMPORTED))
        self._process = context.Process(
            target=_run, args=(script, arguments, str(folder), dict(env), str(log))
        )
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self._process.kill()

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("the dashboard", timeout or 0)
        return self._process.exitcode


def _run(script: str, arguments: tuple[str, ...], folder: str, env: dict[str, str], log: str) -> None:
    """In the fork: become that program."""
    with Path(log).open("ab") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["-c", *arguments]
    try:
        exec(script, {"__name__": "__main__"})  # noqa: S102
    finally:
        atexit._run_exitfuncs()  # a fork of multiprocessing ends without them
