"""``python -m feedly_core serve``: checks the start, then runs the server."""

from __future__ import annotations

import os
import signal
import socket
import sys
from pathlib import Path
from typing import Annotated

import typer

from dashboard.extras import need
from dashboard.output import say
from feedly_core.errors import FeedlyError
from feedly_core.i18n import N_
from feedly_core.settings import load_settings

PROJECT = Path(__file__).parents[2]


class PortTaken(FeedlyError):
    """Another program listens where the dashboard should."""


class CheckoutNeeded(FeedlyError):
    """The pages are not here: only the package is installed."""


def register(app: typer.Typer) -> None:
    app.command("serve")(serve)


def serve(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the dashboard.")] = 8501,
    address: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Start the dashboard in the browser; Ctrl+C stops it."""
    load_settings()
    require_pages(PROJECT)
    need("streamlit")
    require_free(address, port)
    say(N_("The dashboard opens at {url}. Ctrl+C stops it.", url=f"http://{address}:{port}"))
    os.chdir(PROJECT)
    options = ["--server.address", address, "--server.port", str(port)]
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", *options]
    # The server handles Ctrl+C and, when all is closed, raises it once more: without this, "Aborted!".
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.execv(sys.executable, command)  # noqa: S606 - this process becomes the server and gets its signals


def require_pages(project: Path) -> None:
    """Raises CheckoutNeeded when ``project`` does not hold the pages: a wheel brings none."""
    if not (project / "streamlit_app.py").is_file():
        raise CheckoutNeeded(
            N_("The web dashboard runs from a checkout of the project."),
            detail=N_(
                "This is the installed package: it holds the query module and the commands, not the pages."
            ),
            hint=N_("Clone the repository and enter there: make run"),
        )


def require_free(address: str, port: int) -> None:
    """Raises PortTaken when nothing can listen there."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise PortTaken(
                N_(
                    "The dashboard cannot listen on {address}:{port} ({reason}).",
                    address=address,
                    port=port,
                    reason=error.strerror or "OSError",
                ),
                hint=N_(
                    "Stop the other program, or take another port: PORT={other} make run",
                    other=port + 1,
                ),
            ) from None
