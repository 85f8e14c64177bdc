"""``feedlyai mcp``: the tools for an assistant on this machine, over standard input and output."""

from __future__ import annotations

import typer

from dashboard.cli.session import session
from dashboard.extras import naming_the_extra


def register(app: typer.Typer) -> None:
    """Add the command ``mcp``."""
    app.command("mcp")(serve_tools)


def serve_tools() -> None:
    """Answer an assistant (Model Context Protocol) on standard input and output. Read-only."""
    with naming_the_extra():
        from dashboard.server.api.tools import Door, make_server
    with session() as here:
        make_server(lambda _context: Door(here)).run("stdio")
