"""Announces changes of our own tables to every dashboard process."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, func, select

from feedly_core.domain.contract import CHANGE_CHANNEL


def announce(connection: Connection, topic: UUID) -> None:
    """Send when the caller's transaction commits: each hub gives ``topic`` a next version."""
    connection.execute(select(func.pg_notify(CHANGE_CHANNEL, str(topic))))
