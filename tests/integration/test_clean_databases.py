"""What a test leaves in its database reaches no other test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg2
import pytest

from dashboard.demo.postgres import EmbeddedPostgres
from tests.databases import Databases

ROW = "INSERT INTO tone_styles (tone_style_id, code) VALUES (gen_random_uuid(), 'left behind')"
FILES = "SELECT oid FROM pg_database WHERE datname = current_database()"
LEFT = "SELECT (SELECT count(*) FROM tone_styles), pg_sequence_last_value('tone_styles_pk_seq')"


@pytest.fixture
def databases(postgres: EmbeddedPostgres, feedly_template: str) -> Iterator[Databases]:
    made = Databases(postgres, {feedly_template})
    yield made
    made.drop_all()


def asked(databases: Databases, name: str, *statements: str) -> Any:
    with closing(psycopg2.connect(databases.server.url(name))) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        for statement in statements:
            cursor.execute(statement)
        return cursor.fetchone() if cursor.description else None


def test_rows_go_and_the_files_stay(databases: Databases, feedly_template: str) -> None:
    first = databases.new(feedly_template)
    files = asked(databases, first, ROW, ROW.replace("behind", "too"), FILES)
    databases.give_back(first)
    second = databases.new(feedly_template)
    assert second != first
    assert asked(databases, second, FILES) == files
    assert asked(databases, second, LEFT) == (0, None)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE jobs ADD COLUMN note text",
        "ALTER TABLE jobs DISABLE TRIGGER ALL",
        "DROP TABLE worker_events CASCADE",
        "CREATE FUNCTION left_behind() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "GRANT SELECT ON jobs TO PUBLIC",
        "COMMENT ON TABLE jobs IS 'left behind'",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = ''1MB''', current_database()); END $$",
        "ANALYZE tone_styles",
    ],
)
def test_a_changed_catalogue_is_not_used_again(
    databases: Databases, feedly_template: str, change: str
) -> None:
    first = databases.new(feedly_template)
    files = asked(databases, first, ROW, change, FILES)
    databases.give_back(first)
    assert asked(databases, databases.new(feedly_template), FILES) != files


def test_rows_of_a_template_are_never_deleted(databases: Databases, feedly_template: str) -> None:
    """Whether a copy was written to is all that counts."""
    filled = databases.new(feedly_template)
    asked(databases, filled, ROW)
    read = databases.new(filled)
    files = asked(databases, read, "SELECT * FROM tone_styles", FILES)
    databases.give_back(read)
    written = databases.new(filled)
    if databases.server_version >= 150_000:
        assert asked(databases, written, FILES) == files
    files = asked(databases, written, "DELETE FROM tone_styles", FILES)
    databases.give_back(written)
    last = databases.new(filled)
    assert asked(databases, last, FILES) != files
    assert asked(databases, last, "SELECT count(*) FROM tone_styles") == (1,)
