"""The search index of a grown database: some thousand jobs by the program, the others as copies of those."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, text

from feedly_core.analytics.refresher import next_jobs
from feedly_core.db.engine import writing
from feedly_core.search.documents import DocumentKind
from feedly_core.search.index import index_jobs, place_in_time

BY_PROGRAM = 20_000
"""So many of the newest jobs hold every text that there is."""

CHUNK = 500


def index_everything(engine: Engine, now: datetime) -> None:
    """Fill the index as the program would.

    Only the newest jobs are indexed by the program itself. The others have the same texts: their documents
    are copies with their own week.
    """
    after, done = None, 0
    while done < BY_PROGRAM:
        with writing(engine) as connection:
            page = next_jobs(connection, after, CHUNK)
            index_jobs(connection, [row.job_id for row in page], now)
        done += len(page)
        if len(page) < CHUNK:
            break
        after = (page[-1].created_at, page[-1].job_id)
    with engine.begin() as connection:
        connection.execute(text("DROP INDEX IF EXISTS feedly_dashboard.search_documents_grams"))
        connection.execute(_COPIES, {"base": place_in_time(DocumentKind.JOB)})
        connection.execute(_INDEX)
        connection.execute(_COMPLETE)


_COPIES = text(
    """
    WITH known AS (SELECT DISTINCT ON (texts->>'description') texts, folded, grams
                   FROM feedly_dashboard.search_documents WHERE kind = 'job')
    INSERT INTO feedly_dashboard.search_documents (kind, key, job_id, created_at, week, texts, folded, grams)
    SELECT 'job', job_id, job_id, created_at, week, texts, folded,
           trim_array(grams, 1) || (CAST(:base AS integer) + week)
    FROM (SELECT jobs.job_id, jobs.created_at, desc_kor,
                 CAST(floor(extract(epoch FROM jobs.created_at) / 604800) AS integer) AS week
          FROM jobs JOIN job_inputs USING (job_id)) j
    JOIN known ON known.texts->>'description' = desc_kor
    ON CONFLICT DO NOTHING
    """
)
_INDEX = text(
    "CREATE INDEX search_documents_grams ON feedly_dashboard.search_documents"
    " USING gin (grams) WITH (fastupdate = off)"
)
_COMPLETE = text("INSERT INTO feedly_dashboard.search_state VALUES (true, now(), now(), true, NULL, NULL)")
