"""``python -m feedly_core``: everything that a page can do, from a terminal."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

import feedly_core.demo.terminal
import feedly_core.diagnostics.terminal
import feedly_core.jobs.terminal
import feedly_core.monitor.terminal
import feedly_core.results.terminal
import feedly_core.reviews.terminal
import feedly_core.web.terminal
from feedly_core.errors import FeedlyError
from feedly_core.terminal import choose_language, say_error

_ROOMS = (
    feedly_core.web.terminal,
    feedly_core.jobs.terminal,
    feedly_core.monitor.terminal,
    feedly_core.results.terminal,
    feedly_core.reviews.terminal,
    feedly_core.diagnostics.terminal,
    feedly_core.demo.terminal,
)


def build() -> typer.Typer:
    """The program with the commands of every room."""
    app = typer.Typer(
        name="feedly_core",
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
    ) -> None:
        choose_language(language)

    for room in _ROOMS:
        room.register(app)
    return app


def main() -> None:
    """Run one command. An expected error is printed as sentences and ends with exit code 1."""
    try:
        build()()
    except FeedlyError as error:
        say_error(error)
        sys.exit(1)


if __name__ == "__main__":
    main()
