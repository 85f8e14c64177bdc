"""Does our database role have the needed rights?

The least that works is enough: an UPDATE is asked column by column, the way ``deploy/database_roles.sql``
grants it, and a counter (``pk SERIAL``) is asked beside the table whose rows it numbers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text

from feedly_core.db.engine import Capabilities, existing_columns
from feedly_core.diagnostics.check import Check, CheckOutcome, Finding, Fix, Group
from feedly_core.diagnostics.context import CheckContext
from feedly_core.domain import tables
from feedly_core.i18n import N_
from feedly_core.jobs.delete import emptied_tables

INSERTED = ("tenants", "jobs", "image_assets", "job_inputs", "jobs_variants", "txt_ad_copy_generations")
"""Where the rows of a test job go."""

UPDATED = {
    "jobs": ("status", "current_step", "updated_at"),
    "jobs_variants": ("status", "current_step", "updated_at"),
    "image_assets": ("job_id",),
}
"""Starting and repeating steps, the roll-up trigger (it works with our rights), and letting go of a
picture that another job uses."""


@dataclass(frozen=True, order=True)
class Right:
    """``column`` is empty for a right on the whole relation.

    ``relation`` may be a sequence.
    """

    relation: str
    permission: str
    column: str = ""

    def __str__(self) -> str:
        return f"{self.permission} {self.relation}{'.' if self.column else ''}{self.column}"


_LACKING = text(
    "SELECT asked.relation, asked.permission, asked.attname"
    " FROM unnest(CAST(:relations AS text[]), CAST(:permissions AS text[]), CAST(:columns AS text[]))"
    "  AS asked (relation, permission, attname)"
    " WHERE NOT CASE WHEN asked.permission = 'USAGE'"
    "   THEN has_sequence_privilege(to_regclass(asked.relation), 'USAGE')"
    "  WHEN asked.attname <> ''"
    "   THEN has_column_privilege(to_regclass(asked.relation), asked.attname, asked.permission)"
    "  ELSE has_table_privilege(to_regclass(asked.relation), asked.permission) END"
)

_COUNTERS = text(
    "SELECT DISTINCT s.oid::regclass::text FROM pg_class s JOIN pg_depend d ON d.objid = s.oid"
    " WHERE s.relkind = 'S' AND d.deptype = 'a' AND d.refclassid = 'pg_class'::regclass"
    " AND d.refobjid = ANY(SELECT to_regclass(name) FROM unnest(CAST(:tables AS text[])) AS named (name))"
)
"""Sequences of SERIAL columns; those of identity columns (deptype i) need no right."""


def rights(context: CheckContext) -> Finding:
    """SELECT on each table.

    The writing rights too, unless the dashboard is read-only.
    """
    with context.reading() as connection:
        wanted = list(_wanted(connection, existing_columns(connection), context.settings.read_only))
        lacking = _lacking(connection, wanted)
        role = str(connection.scalar(text("SELECT current_user")))
    if not lacking:
        return Finding(
            CheckOutcome.OK,
            N_("Role {role} has the {count} rights that are needed.", role=role, count=len(wanted)),
        )
    unreadable = any(right.permission == "SELECT" for right in lacking)
    return Finding(
        CheckOutcome.FAILED if unreadable else CheckOutcome.WARNING,
        N_("Role {role} lacks: {lacking}.", role=role, lacking=", ".join(map(str, sorted(lacking)))),
        cause="rights_missing",
        why=N_("Pages that read these tables stay empty.")
        if unreadable
        else N_("Everything can be read, but no test job can be created, tested or deleted."),
        fix=Fix(
            N_("Run this as the owner of the tables, or set FEEDLY_READ_ONLY=1 for a read-only dashboard."),
            sql="\n".join(_grants(lacking, role)),
        ),
    )


def _wanted(connection: Connection, known: Capabilities, read_only: bool) -> Iterator[Right]:
    for name in tables.metadata.tables:
        if known.has_table(name):
            yield Right(name, "SELECT")
    if read_only:
        return
    for name in INSERTED:
        if known.has_table(name):
            yield Right(name, "INSERT")
    for name, columns in UPDATED.items():
        for column in columns:
            if known.has(name, column):
                yield Right(name, "UPDATE", column)
    for name in (*emptied_tables(known), "tenants"):
        yield Right(name, "DELETE")
    for counter in connection.scalars(_COUNTERS, {"tables": list(INSERTED)}):
        yield Right(counter, "USAGE")


def _lacking(connection: Connection, wanted: list[Right]) -> list[Right]:
    asked = {
        "relations": [right.relation for right in wanted],
        "permissions": [right.permission for right in wanted],
        "columns": [right.column for right in wanted],
    }
    return [Right(*row) for row in connection.execute(_LACKING, asked)]


def _grants(lacking: list[Right], role: str) -> list[str]:
    """One GRANT a relation and permission; the columns of one in brackets."""
    quoted = '"' + role.replace('"', '""') + '"'
    columns: dict[tuple[str, str], list[str]] = defaultdict(list)
    for right in sorted(lacking):
        columns[right.relation, right.permission] += [right.column] if right.column else []
    statements = []
    for (relation, permission), named in columns.items():
        kind = "SEQUENCE " if permission == "USAGE" else ""
        only = f" ({', '.join(named)})" if named else ""
        statements.append(f"GRANT {permission}{only} ON {kind}{relation} TO {quoted};")
    return statements


CHECKS = (
    Check(
        "database.rights",
        Group.DATABASE,
        N_("Rights"),
        N_("May this role read every table, and write where test jobs need it?"),
        rights,
    ),
)
