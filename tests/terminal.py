"""The terminal's program, built once: Typer reads every signature anew for each command otherwise."""

from __future__ import annotations

import functools

import typer
from click import Command

from dashboard.cli.app import build


@functools.cache
def program() -> Command:
    """What ``feedlyai`` runs, for click's ``CliRunner``."""
    return typer.main.get_command(build())  # type: ignore[return-value]  # Typer's own copy of click
