"""All checks, in the order in which an event passes the system."""

from __future__ import annotations

from feedly_core.diagnostics.check import Check
from feedly_core.diagnostics.checks import (
    blockers,
    configuration,
    database,
    duties,
    listen,
    listeners,
    rights,
    row_times,
    rows,
    schema,
    services,
    triggers,
    work,
)

ALL_CHECKS: tuple[Check, ...] = (
    *database.CHECKS,
    *rights.CHECKS,
    *listen.CHECKS,
    *schema.CHECKS,
    *triggers.CHECKS,
    *listeners.CHECKS,
    *blockers.CHECKS,
    *services.CHECKS,
    *duties.CHECKS,
    *configuration.CHECKS,
    *work.CHECKS,
    *row_times.CHECKS,
    *rows.CHECKS,
)
