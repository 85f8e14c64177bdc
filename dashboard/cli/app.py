"""Commands of ``feedlyai``: everything that a page can do, from a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated

import typer

from dashboard.output import choose_language, say_error
from feedly_core.errors import FeedlyError
from feedly_core.version import __version__

ROOMS = (
    "serve",
    "create",
    "monitor",
    "analyze",
    "listings",
    "search",
    "review",
    "rounds",
    "meetings",
    "judge",
    "preference",
    "runs",
    "golden",
    "gate",
    "alerts",
    "mcp",
    "diagnostics",
    "failures",
    "targets",
    "views",
    "since",
    "audit",
    "retention",
    "demo",
)


def build(rooms: Sequence[str] = ROOMS) -> typer.Typer:
    """The program with the commands of these rooms, all of them unless named."""
    app = typer.Typer(
        name="feedlyai",
        help="The FeedlyAI pipeline dashboard in a terminal.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )

    @app.callback()
    def before_any_command(
        language: Annotated[
            str | None, typer.Option(envvar=["LC_ALL", "LANG"], help="ko or en.", show_default=False)
        ] = None,
        version: Annotated[
            bool,
            typer.Option(
                "--version", help="Print the version and end.", is_eager=True, callback=_print_version
            ),
        ] = False,
    ) -> None:
        choose_language(language)

    for room in rooms:
        import_module(f"dashboard.cli.{room}").register(app)
    return app


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"feedlyai {__version__}")
        raise typer.Exit


def main() -> None:
    """Run one command.

    An expected error is printed as sentences and ends with exit code 1.
    """
    try:
        # The others take three seconds to load, and the server starts another program.
        build(("serve",) if sys.argv[1:2] == ["serve"] else ROOMS)()
    except FeedlyError as error:
        say_error(error)
        sys.exit(1)
