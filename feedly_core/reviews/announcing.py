"""Tells every screen of a meeting, on every replica, that something changed."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, func, select

CHANNEL = "feedly_dashboard_review"
"""NOTIFY of our own, payload = the meeting's id: followers on every replica see it."""

LOBBY = UUID(int=1)
"""Stands for the list of meetings: told when one begins or ends."""


def announce(connection: Connection, meeting_id: UUID) -> None:
    """Sent when the caller's transaction commits."""
    connection.execute(select(func.pg_notify(CHANNEL, str(meeting_id))))
