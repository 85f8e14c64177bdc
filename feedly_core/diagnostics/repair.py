"""Installs a missing trigger object with the SQL that a person reviewed."""

from __future__ import annotations

import logging

from feedly_core.db.engine import writing
from feedly_core.diagnostics.check import Check, CheckOutcome, Finding
from feedly_core.diagnostics.checks import triggers
from feedly_core.diagnostics.context import CheckContext
from feedly_core.errors import InvalidInput, PermissionDenied
from feedly_core.i18n import N_
from feedly_core.permissions import Person, Role, audit, require

log = logging.getLogger("feedly.diagnostics")


def proposed(context: CheckContext, key: str) -> tuple[Check, Finding]:
    """Run one trigger check again; return its finding.

    Raises :class:`InvalidInput` when ``key`` names no trigger check or there is nothing to repair.
    """
    check = next((check for check in triggers.CHECKS if check.key == key), None)
    if check is None:
        raise InvalidInput(
            N_("There is no trigger check called {key}.", key=key),
            hint=N_("Choose one of: {keys}", keys=", ".join(each.key for each in triggers.CHECKS)),
        )
    finding = check.run(context)
    if finding.outcome is CheckOutcome.OK or finding.fix is None or not finding.fix.repair:
        raise InvalidInput(
            N_("Nothing to repair: {found}", found=finding.found),
            hint=N_("Run the checks again."),
        )
    return check, finding


def repair(context: CheckContext, person: Person, key: str, reviewed_sql: str) -> Finding:
    """Run the reviewed SQL of a failing trigger check and return the check's new finding.

    Nothing is run when the proposal has changed since it was reviewed. DDL of triggers and functions
    causes no event. Raises :class:`PermissionDenied` unless FEEDLY_ALLOW_REPAIR is set and ``person`` is an
    operator, and database errors with nothing changed.
    """
    require(person, Role.OPERATOR, context.settings)
    if not context.settings.allow_repair:
        raise PermissionDenied(
            N_("Repairs from the dashboard are switched off."),
            hint=N_("Copy the SQL and run it as the owner of the database, or set FEEDLY_ALLOW_REPAIR=1."),
        )
    check, finding = proposed(context, key)
    if finding.fix is None or finding.fix.sql != reviewed_sql:
        raise InvalidInput(
            N_("The check's result has changed since you reviewed the SQL: nothing was run."),
            hint=N_("Run the checks again and review the new SQL."),
        )
    with writing(context.engine) as connection:
        # Verbatim to the driver: the SQL is ours, and text() would read :: and : in it.
        connection.exec_driver_sql(reviewed_sql.replace("%", "%%"))
        audit(
            connection,
            person,
            "repair_trigger",
            check.key,
            before={"cause": finding.cause, "found": str(finding.found)},
            after={"sql": reviewed_sql},
        )
    log.info("%s repaired %s (%s)", person.name, check.key, finding.cause)
    return check.run(context)
