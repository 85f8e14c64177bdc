"""Console script ``feedlyai``: starts the commands, or names the extra that they lack."""

from __future__ import annotations

import sys

from dashboard.extras import ExtraMissing, naming_the_extra
from dashboard.output import choose_language_of_environment, say_error


def main() -> None:
    """Run one command.

    Imports nothing that an extra brings before it can explain its absence.
    """
    try:
        with naming_the_extra():
            from dashboard.cli.app import main as run_command

            run_command()
    except ExtraMissing as missing:
        choose_language_of_environment()
        say_error(missing)
        sys.exit(1)
