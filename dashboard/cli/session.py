"""The one way in which commands open the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from dashboard.output import language
from feedly_core.api import Feedly, connect
from feedly_core.db.engine import verify_feedly
from feedly_core.diagnostics.context import CheckContext, open_context
from feedly_core.diagnostics.thresholds import Thresholds
from feedly_core.documents.answers import Asking
from feedly_core.settings import load_settings


@contextmanager
def session(*, write: bool = False) -> Iterator[Feedly]:
    """The database of the settings, checked, and the person at the terminal."""
    with connect(write=write, language=language()) as feedly:
        yield feedly


def asking(here: Feedly) -> Asking:
    """The person at the terminal, now, for a document."""
    return Asking(here.settings, here.language, datetime.now(UTC), here.person.name)


@contextmanager
def check_context(*, verify: bool = True) -> Iterator[CheckContext]:
    """Context of checks and probes.

    ``verify`` refuses a foreign database, as :func:`session` does.

    Nobody waits for a page here: slow services get more time than on the page.
    """
    with open_context(load_settings(), Thresholds(check=6.0, service=5.0)) as context:
        if verify:
            with context.reading() as connection:
                verify_feedly(connection)
        yield context
