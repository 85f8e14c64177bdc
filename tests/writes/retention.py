"""Removal of old records."""

from __future__ import annotations

from datetime import UTC, datetime

from feedly_core.permissions import Role
from feedly_core.retention.cleanup import cutoffs, remove_stored
from feedly_core.retention.kinds import RetentionKind
from tests.writes.team import Write

WRITES = (
    Write(
        remove_stored,
        Role.OPERATOR,
        "remove_stored",
        ("after",),
        lambda team, person, settings: remove_stored(
            team.engine, settings, person, cutoffs([RetentionKind.AUDIT], None, datetime.now(UTC))
        ),
    ),
)
