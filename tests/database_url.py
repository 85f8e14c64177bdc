"""The database of a test's settings."""

from __future__ import annotations

from feedly_core.settings import Settings


def database_url_of(settings: Settings) -> str:
    """``DATABASE_URL`` in clear; a test without one is at fault."""
    assert settings.database_url is not None
    return settings.database_url.get_secret_value()
