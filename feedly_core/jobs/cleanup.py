"""Removes test jobs: select, preview, delete rows and files.

Only jobs of test tenants.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, Engine, func, select

from feedly_core.db.engine import capabilities, writing
from feedly_core.db.own_schema import campaign_jobs, installed
from feedly_core.db.query_budget import query_budget
from feedly_core.domain import tables as t
from feedly_core.domain.pipeline import Status, job_complete
from feedly_core.errors import PermissionDenied, RowLocked
from feedly_core.i18n import N_, Message
from feedly_core.images.assets import Unavailable, asset_path
from feedly_core.jobs.delete import Deleted, count_rows, delete_rows, delete_unused_tenant
from feedly_core.jobs.storage import remove
from feedly_core.permissions import Person, Role, audit, require
from feedly_core.settings import Settings

_log = logging.getLogger("feedly.clearing")

MOVING = timedelta(minutes=5)
"""A job that changed more recently may still be worked on."""

MANY = 2000
"""No more jobs than this are chosen at once; the oldest come first."""


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
    tenant_id: str
    step: str | None
    status: str | None
    created_at: datetime | None
    moving: bool


@dataclass(frozen=True)
class DeletionPlan:
    """Rows by table, jobs, and files with their bytes to delete."""

    jobs: tuple[ChosenJob, ...]
    rows: dict[str, int]
    files: tuple[Path, ...]
    bytes: int


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


@query_budget(statements=11, rows=90_000)
def plan_deletion(
    connection: Connection, selection: JobSelection, assets_dir: Path | None, settings: Settings
) -> DeletionPlan:
    """The dry run: nothing is deleted.

    The number of statements does not depend on the jobs.
    """
    jobs = chosen_jobs(connection, selection, settings)
    if not jobs:
        return DeletionPlan((), {}, (), 0)
    tenants = {job.tenant_id for job in jobs}
    would_go = count_rows(connection, [job.job_id for job in jobs], tenants, capabilities(connection))
    sizes = {path: size for path in _paths(would_go.urls, assets_dir) if (size := _size(path)) is not None}
    return DeletionPlan(tuple(jobs), would_go.rows, tuple(sizes), sum(sizes.values()))


def chosen_jobs(connection: Connection, selection: JobSelection, settings: Settings) -> list[ChosenJob]:
    """Jobs of test tenants that fit, oldest first, at most :data:`MANY`."""
    jobs = t.jobs.c
    query = select(
        jobs.job_id,
        jobs.tenant_id,
        jobs.current_step,
        jobs.status,
        jobs.created_at,
        (jobs.updated_at > func.now() - MOVING).label("fresh"),
    ).where(jobs.tenant_id.in_(removable_tenants(connection, settings)))
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
    return [
        ChosenJob(
            row.job_id,
            row.tenant_id,
            row.current_step,
            row.status,
            row.created_at,
            _moving(row.current_step, row.status, bool(row.fresh)),
        )
        for row in connection.execute(query.order_by(jobs.created_at).limit(MANY))
    ]


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
    require(person, Role.OPERATOR, settings)
    rows: dict[str, int] = {}
    kept: list[tuple[UUID, Message]] = []
    tenants: set[str] = set()
    files, left = 0, list[Path]()
    for number, job_id in enumerate(job_ids, 1):
        try:
            tenant, gone = _delete_one(engine, job_id, person, settings)
        except (RowLocked, PermissionDenied) as error:
            kept.append((job_id, error.message))
        else:
            for table, count in gone.rows.items():
                rows[table] = rows.get(table, 0) + count
            deleted, refused = remove_files(gone.urls, assets_dir)
            files, left = files + deleted, [*left, *refused]
            tenants.add(tenant)
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


def _delete_one(engine: Engine, job_id: UUID, person: Person, settings: Settings) -> tuple[str, Deleted]:
    with writing(engine) as connection:
        tenant = connection.scalar(
            select(t.jobs.c.tenant_id).where(t.jobs.c.job_id == job_id).with_for_update()
        )
        if tenant is None or not is_test_tenant(tenant, settings):
            raise PermissionDenied(N_("It is gone, or its tenant is not a test tenant."))
        gone = delete_rows(connection, [job_id], capabilities(connection))
        audit(connection, person, "remove_job", str(job_id), before={"tenant_id": tenant, **gone.rows})
    return tenant, gone


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


def _moving(step: str | None, status: str | None, fresh: bool) -> bool:
    unfinished = status in {Status.QUEUED, Status.RUNNING} or not job_complete(step, status)
    return fresh and unfinished
