"""The database and the person behind a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine

from feedly_core.db.engine import make_engine, reading, verify_feedly
from feedly_core.permissions import Person, person_at_terminal
from feedly_core.settings import Settings, load_settings


@dataclass(frozen=True)
class Session:
    """What a command works with."""

    engine: Engine
    settings: Settings
    person: Person


@contextmanager
def session() -> Iterator[Session]:
    """The database of the settings, checked, and the person at the terminal."""
    settings = load_settings()
    engine = make_engine(settings)
    try:
        with reading(engine) as connection:
            verify_feedly(connection)
        yield Session(engine, settings, person_at_terminal())
    finally:
        engine.dispose()
