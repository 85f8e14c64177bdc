"""NOTIFY as fast as a database can be made to send it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2

from tests.moving_job import MovingJob

_BATCH = """
    SELECT count(pg_notify('job_variant_state_changed', json_build_object(
        'job_id', (%(jobs)s::text[])[n %% %(count)s + 1],
        'job_variants_id', (%(variants)s::text[])[n %% %(count)s + 1],
        'current_step', 'planner', 'status', 'running',
        'updated_at', clock_timestamp() + n * interval '1 microsecond')::text))
    FROM generate_series(1, %(size)s) AS n
"""
_UNTIL = """
    SELECT pg_sleep(greatest(0, extract(epoch FROM
        %(began)s::timestamptz + %(tenths)s * interval '0.1 s' - clock_timestamp())))
"""


@contextmanager
def storm(
    database_url: str, jobs: list[MovingJob], *, seconds: int = 10, events_per_second: int = 5000
) -> Iterator[None]:
    """While it lasts, and to its end: payloads as the triggers send them, every one different.

    They tell of the first variant of each job, a batch each tenth of a second.
    """
    told = threading.Thread(target=_send, args=(database_url, jobs, seconds, events_per_second))
    told.start()
    try:
        yield
    finally:
        told.join()


def _send(database_url: str, jobs: list[MovingJob], seconds: int, events_per_second: int) -> None:
    values = {
        "jobs": [str(job.job_id) for job in jobs],
        "variants": [str(job.variant_ids[0]) for job in jobs],
        "count": len(jobs),
        "size": events_per_second // 10,
    }
    connection = psycopg2.connect(database_url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (began,) = cursor.fetchone() or (None,)
        for batch in range(seconds * 10):
            cursor.execute(_BATCH, values)
            cursor.execute(_UNTIL, {"began": began, "tenths": batch + 1})
    connection.close()
