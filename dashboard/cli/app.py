"""Commands of ``feedlyai``: everything that a page can do, from a terminal."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

import dashboard.cli.alerts
import dashboard.cli.analyze
import dashboard.cli.audit
import dashboard.cli.create
import dashboard.cli.demo
import dashboard.cli.diagnostics
import dashboard.cli.failures
import dashboard.cli.gate
import dashboard.cli.golden
import dashboard.cli.judge
import dashboard.cli.listings
import dashboard.cli.mcp
import dashboard.cli.meetings
import dashboard.cli.monitor
import dashboard.cli.preference
import dashboard.cli.retention
import dashboard.cli.review
import dashboard.cli.rounds
import dashboard.cli.runs
import dashboard.cli.search
import dashboard.cli.serve
import dashboard.cli.since
import dashboard.cli.targets
import dashboard.cli.views
from dashboard.output import choose_language, say_error
from feedly_core.errors import FeedlyError
from feedly_core.version import __version__

_ROOMS = (
    dashboard.cli.serve,
    dashboard.cli.create,
    dashboard.cli.monitor,
    dashboard.cli.analyze,
    dashboard.cli.listings,
    dashboard.cli.search,
    dashboard.cli.review,
    dashboard.cli.rounds,
    dashboard.cli.meetings,
    dashboard.cli.judge,
    dashboard.cli.preference,
    dashboard.cli.runs,
    dashboard.cli.golden,
    dashboard.cli.gate,
    dashboard.cli.alerts,
    dashboard.cli.mcp,
    dashboard.cli.diagnostics,
    dashboard.cli.failures,
    dashboard.cli.targets,
    dashboard.cli.views,
    dashboard.cli.since,
    dashboard.cli.audit,
    dashboard.cli.retention,
    dashboard.cli.demo,
)


def build() -> typer.Typer:
    """The program with the commands of every room."""
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

    for room in _ROOMS:
        room.register(app)
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
        build()()
    except FeedlyError as error:
        say_error(error)
        sys.exit(1)
