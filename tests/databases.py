"""Databases for tests: what a test wrote is deleted, and the next one gets the same files under a new name.

To copy a database of some 600 files, to warm its catalogue and to remove it costs more than most tests. Only
one whose catalogue is still that of its template is used again: no table, trigger, right, setting or
statistic has changed, and its tables are as small to the planner as new ones.
"""

from __future__ import annotations

import contextlib
import itertools
from collections import defaultdict
from dataclasses import dataclass, field

import psycopg2

from dashboard.demo.postgres import EmbeddedPostgres

PAGES_OF_A_NEW_TABLE = 10
"""So large the planner takes a table to be that nobody has vacuumed yet, be it empty or not."""

_CATALOGUE = (
    *(
        "pg_class",
        "pg_attribute",
        "pg_attrdef",
        "pg_type",
        "pg_proc",
        "pg_trigger",
        "pg_constraint",
        "pg_index",
    ),
    *("pg_namespace", "pg_rewrite", "pg_description", "pg_policy", "pg_event_trigger", "pg_extension"),
    *(
        "pg_default_acl",
        "pg_statistic",
        "pg_statistic_ext",
        "pg_publication",
        "pg_inherits",
        "pg_largeobject",
    ),
)
_HERE = "(SELECT oid FROM pg_database WHERE datname = current_database())"
_FINGERPRINT = "SELECT ARRAY[{}]::text[]".format(
    ", ".join(
        [f"(SELECT count(*) || ' ' || max(xmin::text::bigint) FROM {name})" for name in _CATALOGUE]
        + [
            "(SELECT sum(reltuples) || ' ' || sum(relpages) FROM pg_class)",  # VACUUM writes in place
            "(SELECT concat_ws(' ', datacl::text, datconnlimit, datallowconn) FROM pg_database"
            " WHERE datname = current_database())",
            f"(SELECT count(*)::text FROM pg_db_role_setting WHERE setdatabase = {_HERE})",
            f"(SELECT count(*)::text FROM pg_shdescription WHERE objoid = {_HERE})",
        ]
    )
)
_FILLED = (
    "SELECT oid::regclass::text, pg_relation_size(oid) / current_setting('block_size')::int FROM pg_class"
    " WHERE relkind = 'r' AND pg_relation_size(oid) > 0"
    " AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)"
)
_ALONE = (
    "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_WRITTEN = (
    "SELECT tup_inserted + tup_updated + tup_deleted FROM pg_stat_database WHERE datname = current_database()"
)
_COUNT_ANEW = (
    "SELECT setval(seqrelid, seqstart, false) FROM pg_sequence"
    " WHERE pg_sequence_last_value(seqrelid) IS NOT NULL"
)


_numbers = itertools.count(1)


@dataclass
class Databases:
    """The databases of one server's tests."""

    server: EmbeddedPostgres
    without_rows: set[str]
    """Names of templates. A copy of any other is used again where nothing was written to it at all."""
    _clean: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _origin: dict[str, str] = field(default_factory=dict)
    _fingerprints: dict[str, list[str]] = field(default_factory=dict)
    _admin: psycopg2.extensions.connection | None = None

    def new(self, template: str | None = None) -> str:
        """Make a database, a copy of ``template``. Returns its name, which no other ever had."""
        name = f"test_{next(_numbers)}"
        if template is None:
            self._execute(f'CREATE DATABASE "{name}"')
            return name
        self._origin[name] = template
        while self._clean[template]:
            if self._rename(self._clean[template].pop(), name):
                return name
        quickly = " STRATEGY file_copy" if self.server_version >= 150_000 else ""
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"{quickly}')
        if template not in self._fingerprints:
            with contextlib.closing(psycopg2.connect(self.server.url(name))) as connection:
                self._fingerprints[template] = _fingerprint(connection.cursor())
        return name

    def give_back(self, name: str) -> None:
        """Clean a database for the next test, or remove it."""
        template = self._origin.pop(name, None)
        if template is not None and self._cleaned(name, template):
            self._clean[template].append(name)
        else:
            self._drop(name)

    def drop_all(self) -> None:
        """Remove every database of these tests."""
        for name in (*self._origin, *itertools.chain.from_iterable(self._clean.values())):
            self._drop(name)

    @property
    def server_version(self) -> int:
        """As PostgreSQL's clients write it: 180006 for 18.6."""
        return self._connected().server_version

    def _cleaned(self, name: str, template: str) -> bool:
        try:
            with contextlib.closing(psycopg2.connect(self.server.url(name))) as connection:
                connection.autocommit = True
                cursor = connection.cursor()
                cursor.execute(_ALONE)
                if _fingerprint(cursor) != self._fingerprints[template]:
                    return False
                if template not in self.without_rows:
                    cursor.execute(_WRITTEN)
                    return (
                        cursor.fetchone() == (0,) and connection.server_version >= 150_000
                    )  # 14 counts later
                cursor.execute(_FILLED)
                filled = cursor.fetchall()
                deletions = [f"DELETE FROM {table}" for table, _ in filled]
                cursor.execute(";".join(["SET session_replication_role = replica", *deletions, _COUNT_ANEW]))
                return all(pages <= PAGES_OF_A_NEW_TABLE for _, pages in filled)
        except psycopg2.Error:
            return False

    def _rename(self, old: str, new: str) -> bool:
        try:
            self._execute(f'ALTER DATABASE "{old}" RENAME TO "{new}"')
        except psycopg2.Error:  # somebody has connected meanwhile
            self._drop(old)
            return False
        return True

    def _drop(self, name: str) -> None:
        self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _execute(self, statement: str) -> None:
        try:
            self._connected().cursor().execute(statement)
        except psycopg2.OperationalError:  # a test has ended all connections
            self._admin = None
            self._connected().cursor().execute(statement)

    def _connected(self) -> psycopg2.extensions.connection:
        if self._admin is None:
            self._admin = psycopg2.connect(self.server.url("postgres"))
            self._admin.autocommit = True
        return self._admin


def _fingerprint(cursor: psycopg2.extensions.cursor) -> list[str]:
    cursor.execute(_FINGERPRINT)
    row = cursor.fetchone()
    assert row is not None
    return list(row[0])
