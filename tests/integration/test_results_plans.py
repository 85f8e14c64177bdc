"""The report's cost on 3,000 jobs: bounded by the job, never by the database."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Engine, select

from feedly_core.analytics.recent import recent_jobs
from feedly_core.db.engine import capabilities, reading
from feedly_core.db.job_lookup import find_job
from feedly_core.domain import tables as t
from feedly_core.results.report import job_report
from tests.factories import write_job
from tests.plan_guard import counted, rows_scanned

REPORT_ROWS = 180
"""The report reads at most this much: one job of three variants, with repeats."""

LIST_ROWS = 2000
"""The list of 20 newest jobs with all their evaluations."""


def test_a_report_reads_its_own_job_only(big_copy: Engine) -> None:
    job = write_job(big_copy)
    with reading(big_copy) as connection:
        capabilities(connection)
        with counted(big_copy) as sent:
            job_report(connection, find_job(connection, str(job.job_id)[:8]))
        assert len(sent) == 2
        scanned = rows_scanned(connection, sent)
    assert max(scanned.values()) <= REPORT_ROWS, scanned


def test_the_newest_jobs_are_read_along_an_index(big_engine: Engine) -> None:
    with reading(big_engine) as connection:
        capabilities(connection)
        tenant = connection.execute(
            select(t.tenants.c.tenant_id).order_by(t.tenants.c.tenant_id).limit(1)
        ).scalar()
        for wanted in (None, tenant):
            with counted(big_engine) as sent:
                recent_jobs(connection, wanted, 20, now=datetime.now(UTC))
            assert len(sent) == 3
            # On 3,000 jobs reading a small table whole can be cheaper; the indexes must still suffice.
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            scanned = rows_scanned(connection, sent)
            assert max(scanned.values()) <= LIST_ROWS, scanned
