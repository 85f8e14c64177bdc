"""Measures the contrast of drawn letters in the background, once per picture.

The stored contrast judges the requested colour against a few pixels in the middle of the picture. Here each
finished picture is read once, and what was found is kept in ``feedly_dashboard.picture_contrast``; the read
model takes it from there. A picture that cannot be measured is recorded too, and tried again later.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Select, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from feedly_core.analytics.exclusive import ExclusiveWorker
from feedly_core.analytics.fact_writing import refresh_jobs
from feedly_core.analytics.refresher import ContrastProgress
from feedly_core.db.engine import reading, writing
from feedly_core.db.own_schema import facts_state, picture_contrast, variant_facts
from feedly_core.domain.scores import ContrastState
from feedly_core.errors import NotFound
from feedly_core.results.legibility import Legibility, legibility_of
from feedly_core.results.report import job_report
from feedly_core.settings import Settings

EXCLUSIVE_KEY = 7_303_014_003
CPU_SHARE = 0.2
"""Of one core: after each job the thread rests four times as long as the job took."""

JOBS = 20
"""Jobs that one search finds; their pictures are measured and written job by job."""

FIRST_RETRY, LAST_RETRY = timedelta(minutes=1), timedelta(days=1)
"""A picture that could not be read is tried again after a minute, then four times as long each time."""

IDLE_SECONDS = 10.0
"""Between something changed and the next search: the read model takes the change in meanwhile."""
QUIET_SECONDS = 60.0
"""Between two searches at most where nothing changes."""
COUNT_EVERY_SECONDS = 60.0
"""Between two counts while nothing waits; while something does, after each search."""

_log = logging.getLogger("feedly.read_model")


class ContrastPass(ExclusiveWorker):
    """The thread that measures in a live dashboard.

    :meth:`wake` brings the next search forward, to :data:`IDLE_SECONDS` from then.
    """

    def __init__(self, engine: Engine, settings: Settings) -> None:
        super().__init__("contrast-pass", EXCLUSIVE_KEY, engine)
        self._settings = settings

    def work(self, right: Connection) -> None:
        counted = -COUNT_EVERY_SECONDS
        while not self._stop.is_set():
            right.execute(select(1))
            jobs = waiting_jobs(self._engine, datetime.now(UTC))
            for job_id in jobs:
                began = time.monotonic()
                measure_job(self._engine, self._settings, job_id, now=datetime.now(UTC))
                if self._stop.wait((time.monotonic() - began) * (1 / CPU_SHARE - 1)):
                    return
            if jobs or time.monotonic() - counted >= COUNT_EVERY_SECONDS:
                note_progress(self._engine, now=datetime.now(UTC))
                counted = time.monotonic()
            if not jobs:
                self._woken.wait(QUIET_SECONDS - IDLE_SECONDS)
                self._woken.clear()
                self._stop.wait(IDLE_SECONDS)


def measure_everything(engine: Engine, settings: Settings, *, now: datetime) -> int:
    """Measure whatever waits, without resting.

    Returns how many jobs were looked at.
    """
    done = 0
    while jobs := waiting_jobs(engine, now):
        for job_id in jobs:
            measure_job(engine, settings, job_id, now=now)
        done += len(jobs)
    note_progress(engine, now=now)
    return done


def waiting_jobs(engine: Engine, now: datetime, limit: int = JOBS) -> Sequence[UUID]:
    """Jobs with a picture to measure, the newest first.

    Then those to try again. At most two statements.
    """
    facts = variant_facts.c
    pending = (
        select(facts.job_id)
        .where(facts.contrast_state == ContrastState.PENDING)
        .order_by(facts.created_at.desc(), facts.job_variants_id.desc())
        .limit(3 * limit)
    )
    due = (
        select(facts.job_id)
        .join(picture_contrast, picture_contrast.c.job_variants_id == facts.job_variants_id)
        .where(picture_contrast.c.retry_at <= now)
        .order_by(picture_contrast.c.retry_at)
        .limit(limit)
    )
    with reading(engine) as connection:
        found = list(dict.fromkeys(connection.scalars(pending)))[:limit]
        return found or list(dict.fromkeys(connection.scalars(due)))


def measure_job(engine: Engine, settings: Settings, job_id: UUID, *, now: datetime) -> None:
    """Measure the job's new pictures and store the results in the read model.

    A job that cannot be read is recorded as unreadable: it must not stop the others.
    """
    with reading(engine) as connection:
        pictures = {row.job_variants_id: row for row in connection.execute(_pictures_of(job_id))}
    try:
        with reading(engine) as connection:
            report = job_report(connection, job_id)
        found = {
            variant.variant_id: legibility_of(variant, settings)
            for variant in report.variants
            if variant.variant_id in pictures
        }
    except NotFound:
        found = {}
    except Exception:  # noqa: BLE001 - logged and recorded; the next job must be measured
        _log.exception("the pictures of job %s could not be measured", job_id)
        found = dict.fromkeys(pictures, ContrastState.UNREADABLE)
    with writing(engine) as connection:
        for variant_id, result in found.items():
            row = _row(pictures[variant_id], result, now)
            statement = insert(picture_contrast).values(row)
            connection.execute(statement.on_conflict_do_update(index_elements=["job_variants_id"], set_=row))
        refresh_jobs(connection, [job_id], now)


def _pictures_of(job_id: UUID) -> Select[Any]:
    """The job's finished pictures that are not measured, with what was tried already."""
    facts, tried = variant_facts.c, picture_contrast.c
    return (
        select(facts.job_variants_id, facts.picture_id, tried.picture_id.label("tried_id"), tried.tries)
        .outerjoin(picture_contrast, tried.job_variants_id == facts.job_variants_id)
        .where(
            facts.job_id == job_id,
            facts.picture_id.is_not(None),
            facts.contrast_state != ContrastState.MEASURED,
        )
    )


def _row(picture: Any, found: Legibility | ContrastState, now: datetime) -> dict[str, Any]:
    tries = picture.tries + 1 if picture.tried_id == picture.picture_id else 1
    row: dict[str, Any] = {
        "job_variants_id": picture.job_variants_id,
        "picture_id": picture.picture_id,
        "measured_at": now,
        "tries": tries,
        "retry_at": None,
    }
    if isinstance(found, Legibility):
        ratio, needed = found.contrast.mean, found.required
        return row | {
            "state": ContrastState.MEASURED,
            "contrast": ratio,
            "contrast_worst": found.contrast.worst,
            "readability": found.readability,
            "large_text": needed.large,
            "wcag_aa": ratio >= needed.aa,
            "wcag_aaa": ratio >= needed.aaa,
        }
    nothing = dict.fromkeys(
        ("contrast", "contrast_worst", "readability", "large_text", "wcag_aa", "wcag_aaa")
    )
    wait = min(LAST_RETRY, FIRST_RETRY * 4 ** min(tries - 1, 6))
    return row | nothing | {"state": found, "retry_at": now + wait}


def note_progress(engine: Engine, *, now: datetime) -> ContrastProgress:
    """Count measured and waiting pictures.

    Store the figures beside the read model.
    """
    state = variant_facts.c.contrast_state
    failed = state.in_((ContrastState.MISSING, ContrastState.UNREADABLE, ContrastState.UNPLACED))
    counts = select(
        func.count(state).label("pictures"),
        func.count().filter(state == ContrastState.PENDING).label("pending"),
        func.count().filter(failed).label("unreadable"),
    )
    with writing(engine) as connection:
        row = connection.execute(counts).one()
        connection.execute(
            update(facts_state).values(
                contrast_pictures=row.pictures,
                contrast_pending=row.pending,
                contrast_unreadable=row.unreadable,
                contrast_at=now,
            )
        )
    return ContrastProgress(row.pictures, row.pending, row.unreadable, now)


def forget_failures(engine: Engine) -> None:
    """Try failed pictures again: their folder may be reachable now."""
    with writing(engine) as connection:
        connection.execute(delete(picture_contrast).where(picture_contrast.c.state != ContrastState.MEASURED))
