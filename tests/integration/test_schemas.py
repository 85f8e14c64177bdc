"""FeedlyAI's tables are found whatever ``search_path`` a role or a database puts first."""

from __future__ import annotations

from urllib.parse import quote

import psycopg2
import pytest
from sqlalchemy import select

from feedly_core.database_address import driver_address, host_names, parse_address
from feedly_core.db import own_schema
from feedly_core.db.engine import capabilities, make_engine, reading, verify_feedly, writing
from feedly_core.domain import tables as t
from feedly_core.results.report import job_report
from feedly_core.settings import Settings, load_settings
from tests.factories import write_job

FIRST = {
    "role named like our schema": "CREATE ROLE feedly_dashboard SUPERUSER LOGIN",
    "another schema first": (
        "CREATE SCHEMA archive; CREATE TABLE archive.jobs (note text);"
        "ALTER ROLE postgres IN DATABASE {database} SET search_path = archive, public"
    ),
    "tables in a schema of the team": (
        'CREATE SCHEMA "Team Feedly"; DO $$ DECLARE name text; BEGIN'
        " FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP"
        " EXECUTE format('ALTER TABLE public.%I SET SCHEMA \"Team Feedly\"', name); END LOOP; END $$"
    ),
}


@pytest.mark.parametrize("case", FIRST)
def test_the_tables_are_found(settings: Settings, database_url: str, case: str) -> None:
    engine = make_engine(settings)
    made = write_job(engine)
    own_schema.install(engine)
    engine.dispose()
    url = parse_address(database_url)
    with psycopg2.connect(driver_address(url)) as raw, raw.cursor() as cursor:
        cursor.execute(FIRST[case].format(database=f'"{url.database}"'))
    if case == "role named like our schema":
        url = url.set(username="feedly_dashboard")
    engine = make_engine(load_settings(DATABASE_URL=url.render_as_string(hide_password=False)))
    try:
        with reading(engine) as connection:
            verify_feedly(connection)
            assert capabilities(connection).has("jobs", "current_step")
            assert job_report(connection, made.job_id).job.job_id == made.job_id
            assert own_schema.installed(connection)
        with writing(engine) as connection:  # the pipeline's triggers name their tables without a schema too
            connection.execute(t.jobs_variants.update().values(status="done", current_step="planner"))
            assert set(connection.scalars(select(t.jobs.c.status))) == {"done"}
    finally:
        engine.dispose()
        if case == "role named like our schema":
            with psycopg2.connect(driver_address(parse_address(database_url))) as connection:
                connection.cursor().execute("DROP ROLE feedly_dashboard")


def test_the_second_of_two_hosts_answers(database_url: str) -> None:
    url = parse_address(database_url)
    folder = str(url.query["host"])
    places = f"{quote('/nobody here', safe='')}:5432,{quote(folder, safe='')}:5432"
    address = f"postgresql://postgres@{places}/{url.database}?target_session_attrs=read-write"
    engine = make_engine(load_settings(DATABASE_URL=address))
    with reading(engine) as connection:
        verify_feedly(connection)
    engine.dispose()
    psycopg2.connect(driver_address(parse_address(address))).close()
    assert host_names(parse_address(address)) == "localhost"
