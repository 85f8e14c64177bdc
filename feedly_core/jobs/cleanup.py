"""Removes test jobs: select, preview, delete rows and files.

Only jobs of test tenants. :mod:`feedly_core.jobs.named_cleanup` removes jobs of any tenant by their ids.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, Select, func, select

from feedly_core.db.engine import capabilities, writing
from feedly_core.db.own_schema import campaign_jobs, installed
from feedly_core.db.query_budget import query_budget
from feedly_core.domain import tables as t
from feedly_core.domain.pipeline import Status, job_complete
from feedly_core.errors import InvalidInput, NotFound, PermissionDenied, RowLocked
from feedly_core.i18n import N_, Message
from feedly_core.images.assets import Unavailable, asset_path
from feedly_core.jobs.delete import Deleted, count_rows, delete_rows, delete_unused_tenant
from feedly_core.jobs.storage import remove
from feedly_core.permissions import Person, Role, audit, require
from feedly_core.settings import Settings

_log = logging.getLogger("feedly.clearing")

MOVING = timedelta(minutes=5)
"""A job that changed more recently may still be worked on."""

MANY = 500
"""No more jobs than this are chosen at once; the oldest come first. So many a person can be shown by
name, and the preview of 2,000 took 16 MB that the process did not give back."""


@dataclass(frozen=True)
class JobSelection:
    """Which jobs; every given part must fit.

    ``older_than`` counts from the job's creation.
    """

    tenant_id: str | None = None
    campaign_id: UUID | None = None
    older_than: timedelta | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class ChosenJob:
    job_id: UUID
    tenant_id: str | None
    step: str | None
    status: str | None
    created_at: datetime | None
    moving: bool


@dataclass(frozen=True)
class DeletionPlan:
    """Rows by table, jobs, and files with bytes to delete. ``more``: other jobs fit too."""

    jobs: tuple[ChosenJob, ...]
    rows: dict[str, int]
    files: tuple[Path, ...]
    bytes: int
    more: bool = False


@dataclass(frozen=True)
class DeletionResult:
    """What went.

    ``kept`` names each job that stayed, with the reason; ``files_left`` what no row names now.

    Files stay when the system refuses to delete them: a service may own them.
    """

    removed: int
    rows: dict[str, int]
    files: int
    kept: tuple[tuple[UUID, Message], ...]
    files_left: tuple[Path, ...] = ()


@query_budget(statements=11, rows=35_000)
def plan_deletion(
    connection: Connection, selection: JobSelection, assets_dir: Path | None, settings: Settings
) -> DeletionPlan:
    """The dry run: nothing is deleted.

    The number of statements does not depend on the jobs.
    """
    jobs = chosen_jobs(connection, selection, settings)
    if not jobs:
        return DeletionPlan((), {}, (), 0)
    return replace(deletion_of(connection, jobs[:MANY], assets_dir), more=len(jobs) > MANY)


def deletion_of(connection: Connection, jobs: Sequence[ChosenJob], assets_dir: Path | None) -> DeletionPlan:
    """What would go with the jobs together, and their tenants that nothing would use any more."""
    tenants = {job.tenant_id for job in jobs if job.tenant_id is not None}
    would_go = count_rows(connection, [job.job_id for job in jobs], tenants, capabilities(connection))
    sizes = {path: size for path in _paths(would_go.urls, assets_dir) if (size := _size(path)) is not None}
    return DeletionPlan(tuple(jobs), would_go.rows, tuple(sizes), sum(sizes.values()))


def chosen_jobs(connection: Connection, selection: JobSelection, settings: Settings) -> list[ChosenJob]:
    """Matching jobs of test tenants, oldest first, at most one more than :data:`MANY`."""
    jobs = t.jobs.c
    query = job_query().where(jobs.tenant_id.in_(removable_tenants(connection, settings)))
    if selection.tenant_id is not None:
        query = query.where(jobs.tenant_id == selection.tenant_id)
    if selection.status is not None:
        query = query.where(jobs.status == selection.status)
    if selection.older_than is not None:
        query = query.where(jobs.created_at < func.now() - selection.older_than)
    if selection.campaign_id is not None:
        if not installed(connection):
            return []
        members = campaign_jobs.c
        query = query.where(
            jobs.job_id.in_(select(members.job_id).where(members.campaign_id == selection.campaign_id))
        )
    return [as_chosen(row) for row in connection.execute(query.order_by(jobs.created_at).limit(MANY + 1))]


def job_query() -> Select[Any]:
    """The columns of ``jobs`` that :func:`as_chosen` reads."""
    jobs = t.jobs.c
    fresh = (jobs.updated_at > func.now() - MOVING).label("fresh")
    return select(jobs.job_id, jobs.tenant_id, jobs.current_step, jobs.status, jobs.created_at, fresh)


def as_chosen(row: Row[Any]) -> ChosenJob:
    """A row of :func:`job_query`."""
    unfinished = row.status in {Status.QUEUED, Status.RUNNING} or not job_complete(
        row.current_step, row.status
    )
    moving = bool(row.fresh) and unfinished
    return ChosenJob(row.job_id, row.tenant_id, row.current_step, row.status, row.created_at, moving)


@query_budget(statements=1, rows=10)
def removable_tenants(connection: Connection, settings: Settings) -> list[str]:
    """Tenants whose id fits FEEDLY_TEST_TENANTS.

    No others can lose a job here.
    """
    tenants = connection.scalars(select(t.tenants.c.tenant_id).order_by(t.tenants.c.tenant_id))
    return [tenant for tenant in tenants if is_test_tenant(tenant, settings)]


def is_test_tenant(tenant_id: str | None, settings: Settings) -> bool:
    """Whether the setting's pattern occurs in the id.

    A job without a tenant is nobody's test.
    """
    return tenant_id is not None and bool(re.search(settings.test_tenants, tenant_id, re.IGNORECASE))


def delete_jobs(
    engine: Engine,
    job_ids: Sequence[UUID],
    *,
    assets_dir: Path | None,
    person: Person,
    settings: Settings,
    progress: Callable[[int], None] = lambda done: None,
) -> DeletionResult:
    """Delete each job in its own transaction, then its files.

    Then tenants that nothing uses any more.

    A job that a worker holds, or that is no test tenant's, is kept and named; the others go on. Raises
    :class:`PermissionDenied` before anything is touched.
    """

    def check(job: ChosenJob) -> None:
        if not is_test_tenant(job.tenant_id, settings):
            raise PermissionDenied(N_("Its tenant is not a test tenant."))

    return delete_each(
        engine,
        job_ids,
        check,
        assets_dir=assets_dir,
        person=person,
        settings=settings,
        action="remove_job",
        progress=progress,
    )


def delete_each(
    engine: Engine,
    job_ids: Sequence[UUID],
    check: Callable[[ChosenJob], None],
    *,
    assets_dir: Path | None,
    person: Person,
    settings: Settings,
    action: str,
    progress: Callable[[int], None],
) -> DeletionResult:
    """Job after job in transactions of their own.

    ``check`` raises for a job that must stay.
    """
    require(person, Role.OPERATOR, settings)
    rows: dict[str, int] = {}
    kept: list[tuple[UUID, Message]] = []
    tenants: set[str] = set()
    files, left = 0, list[Path]()
    for number, job_id in enumerate(job_ids, 1):
        try:
            job, gone = _delete_one(engine, job_id, check, person, action)
        except (RowLocked, PermissionDenied, NotFound, InvalidInput) as error:
            kept.append((job_id, error.message))
        else:
            for table, count in gone.rows.items():
                rows[table] = rows.get(table, 0) + count
            deleted, refused = remove_files(gone.urls, assets_dir)
            files, left = files + deleted, [*left, *refused]
            tenants |= {job.tenant_id} if job.tenant_id is not None else set()
        progress(number)
    for tenant in tenants:
        with writing(engine) as connection:
            rows["tenants"] = rows.get("tenants", 0) + delete_unused_tenant(
                connection, tenant, capabilities(connection)
            )
    return DeletionResult(
        len(job_ids) - len(kept),
        {name: n for name, n in rows.items() if n},
        files,
        tuple(kept),
        tuple(left),
    )


def _delete_one(
    engine: Engine, job_id: UUID, check: Callable[[ChosenJob], None], person: Person, action: str
) -> tuple[ChosenJob, Deleted]:
    with writing(engine) as connection:
        row = connection.execute(job_query().where(t.jobs.c.job_id == job_id).with_for_update()).one_or_none()
        if row is None:
            raise NotFound(N_("This job is no longer there."))
        job = as_chosen(row)
        check(job)
        gone = delete_rows(connection, [job_id], capabilities(connection))
        audit(connection, person, action, str(job_id), before={"tenant_id": job.tenant_id, **gone.rows})
    return job, gone


def remove_files(urls: Sequence[str], assets_dir: Path | None) -> tuple[int, list[Path]]:
    """Delete the files behind asset URLs, never outside ``assets_dir``.

    Returns how many were there, and those that the system refuses to delete.
    """
    deleted, refused = 0, []
    for path in _paths(urls, assets_dir):
        try:
            deleted += remove(path)
        except OSError as error:
            _log.warning("%s cannot be deleted: %s", path, error)
            refused.append(path)
    return deleted, refused


def _size(path: Path) -> int | None:
    """Bytes of a file; None when it is not there, or no longer."""
    try:
        return path.stat().st_size if path.is_file() else None
    except OSError:
        return None


def _paths(urls: Sequence[str], assets_dir: Path | None) -> Iterator[Path]:
    """One after the other: thousands of paths at once weigh more than all that is said of them."""
    if assets_dir is None:
        return
    for url in urls:
        path = asset_path(url, assets_dir)
        if not isinstance(path, Unavailable):
            yield path
