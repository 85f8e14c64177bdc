"""Every function that writes for a person."""

from __future__ import annotations

from tests.writes import (
    access,
    alerts,
    campaigns,
    diagnostics,
    failures,
    golden_sets,
    jobs,
    meetings,
    retention,
    reviews,
    saved_views,
    targets,
)

WRITES = (
    *alerts.WRITES,
    *jobs.WRITES,
    *campaigns.WRITES,
    *failures.WRITES,
    *saved_views.WRITES,
    *targets.WRITES,
    *reviews.WRITES,
    *meetings.WRITES,
    *retention.WRITES,
    *access.WRITES,
    *diagnostics.WRITES,
    *golden_sets.WRITES,
)
