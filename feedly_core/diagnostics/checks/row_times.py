"""Do the rows' times make sense, or did a service write them without their zone?"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Select, Table, func, literal, or_, select, union_all

from feedly_core.db.engine import capabilities
from feedly_core.diagnostics.check import Check, CheckOutcome, Finding, Fix, Group
from feedly_core.diagnostics.context import CheckContext
from feedly_core.domain.row_times import SHIFT_FROM
from feedly_core.domain.tables import jobs, jobs_variants
from feedly_core.i18n import N_, NN_


def zones(context: CheckContext) -> Finding:
    """Count rows updated before their creation, or in the future.

    Two counts in one statement.
    """
    window = timedelta(days=context.thresholds.work_window_days)
    with context.reading() as connection:
        known = capabilities(connection)
        counts = [
            _shifted(table, window)
            for table in (jobs, jobs_variants)
            if known.has(table.name, "created_at") and known.has(table.name, "updated_at")
        ]
        found = connection.execute(union_all(*counts)).all() if counts else ()
    shifted = [(str(table), int(rows)) for table, rows in found if rows]
    if not shifted:
        return Finding(CheckOutcome.OK, N_("No row was updated before its creation, or in the future."))
    return Finding(
        CheckOutcome.WARNING,
        NN_(
            "{n} row was updated before its creation, or in the future.",
            "{n} rows were updated before their creation, or in the future.",
            sum(rows for _, rows in shifted),
        ),
        cause="zone_lost",
        why=N_(
            "A service writes times without their zone. The dashboard judges such rows by their creation and "
            "by the events it receives; ages elsewhere are hours off."
        ),
        fix=Fix(
            N_("Let the service write times with their zone. This lists the rows:"),
            sql="\n".join(
                f"SELECT job_id, created_at, updated_at FROM {table}\n"  # noqa: S608 - our own table names
                f"WHERE updated_at < created_at - interval '25 minutes'\n"
                f"   OR updated_at > now() + interval '25 minutes';"
                for table, _ in shifted
            ),
        ),
        rows=((N_("Table"), N_("Rows")), *((table, str(rows)) for table, rows in shifted)),
    )


def _shifted(table: Table, window: timedelta) -> Select[str, int]:
    created, updated = table.c.created_at, table.c.updated_at
    return select(literal(table.name), func.count()).where(
        created > func.now() - window,
        or_(updated < created - SHIFT_FROM, updated > func.now() + SHIFT_FROM),
    )


CHECKS = (
    Check(
        "work.row_times",
        Group.WORK,
        N_("Times of rows"),
        N_("Do the services write times with their zone?"),
        zones,
    ),
)
