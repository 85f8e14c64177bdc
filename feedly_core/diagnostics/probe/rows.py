"""A trigger probe's rows and files: create, find, remove.

All belong to one tenant, ``feedly-live-test-<run>``. While a probe runs, its session holds an advisory
lock derived from the run. PostgreSQL releases it when the process ends in any way. So a tenant whose
lock is free has left-overs.
"""

from __future__ import annotations

import io
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from PIL import Image, ImageDraw
from sqlalchemy import Connection, Engine, Update, delete, func, insert, select, update

from feedly_core.db.engine import capabilities, reading, writing
from feedly_core.db.listening import ListenConnection
from feedly_core.db.own_schema import installed, step_events
from feedly_core.diagnostics.stalled_variants import not_finished
from feedly_core.domain import tables as t
from feedly_core.domain.pipeline import Status
from feedly_core.errors import InvalidInput, NotFound
from feedly_core.i18n import N_
from feedly_core.images.assets import URL_PREFIX
from feedly_core.jobs.delete import delete_rows, delete_unused_tenant
from feedly_core.jobs.pictures import Picture
from feedly_core.jobs.request import JobKind, JobRequest
from feedly_core.jobs.rows import JobKeys, TableRows, job_rows
from feedly_core.jobs.storage import Place, place, save

TENANT_PREFIX = "feedly-live-test-"
_LOCK_CLASS = 0x0FEED
_FOLDER = "live_test"
Updates = list[Update]

_PHOTOS = ("generated", "pbg_generated", "original")


@dataclass(frozen=True)
class ProbeRows:
    """The ids of one test.

    ``borrowed``: the picture's file is that of an existing asset.
    """

    run_id: UUID
    tenant_id: str
    job_id: UUID
    job_variants_id: UUID
    rows: tuple[TableRows, ...]
    place: Place
    borrowed: bool


def tenant_of(run_id: UUID) -> str:
    return TENANT_PREFIX + run_id.hex


def hold(ear: ListenConnection, run_id: UUID) -> bool:
    """Take the run's lock on the listening session.

    False when a living test holds it.
    """
    return bool(ear.execute("SELECT pg_try_advisory_lock(%s, %s)", (_LOCK_CLASS, _lock_key(run_id)))[0][0])


def release(ear: ListenConnection, run_id: UUID) -> None:
    ear.execute("SELECT pg_advisory_unlock(%s, %s)", (_LOCK_CLASS, _lock_key(run_id)))


def plan(connection: Connection, run_id: UUID, assets_dir: Path | None, now: datetime) -> ProbeRows:
    """What the test will insert; nothing is written.

    A job of one variant, about to end ``img_gen``.
    """
    capable = capabilities(connection)
    tenant, job_id, variant_id = tenant_of(run_id), uuid4(), uuid4()
    writable = assets_dir is not None and assets_dir.is_dir()
    own = place(tenant, _FOLDER, test_picture(), uuid4(), now)
    borrowed = None if writable else _newest_url(connection)
    spot = own if borrowed is None else Place(own.asset_id, borrowed, own.picture)
    tone = (
        connection.scalar(select(t.tone_styles.c.tone_style_id).limit(1))
        if capable.has_table("tone_styles")
        else None
    )
    order = JobRequest(JobKind.FULL, tenant, (spot.picture,), "실시간 테스트", variants=1)
    rows = job_rows(order, JobKeys(job_id, tone, (spot,)), capable.has)
    return ProbeRows(
        run_id,
        tenant,
        job_id,
        variant_id,
        tuple(_before_its_end(group, variant_id) for group in rows),
        spot,
        borrowed is not None,
    )


def create(engine: Engine, new: ProbeRows, assets_dir: Path | None) -> None:
    """Save the picture, then insert all rows in one transaction.

    Events: none, an INSERT notifies nobody.
    """
    if assets_dir is not None and not new.borrowed and assets_dir.is_dir():
        save(assets_dir, new.place)
    with writing(engine) as connection:
        for group in new.rows:
            connection.execute(insert(group.table), list(group.rows))


def ending_updates(job_variants_id: UUID) -> Updates:
    """The variant begins ``img_gen``, then ends it.

    Events: ``job_variant_state_changed`` with (img_gen, running), which nobody acts on, and (img_gen, done),
    which starts ``vlm_analyze``; the roll-up leaves the job alone at this step.
    """
    return [
        update(t.jobs_variants)
        .where(t.jobs_variants.c.job_variants_id == job_variants_id)
        .values(status=status.value, current_step="img_gen", updated_at=func.now())
        for status in (Status.RUNNING, Status.DONE)
    ]


def require_waiting(connection: Connection, job_variants_id: UUID) -> None:
    """Lock the variant until ``connection`` ends its transaction, if it waits for YE.

    Raises :class:`NotFound`, :class:`InvalidInput` or :class:`RowLocked` otherwise.
    """
    query = (
        select(t.jobs_variants.c.current_step, t.jobs_variants.c.status, t.jobs.c.job_id, not_finished())
        .join_from(t.jobs_variants, t.jobs, t.jobs.c.job_id == t.jobs_variants.c.job_id)
        .where(t.jobs_variants.c.job_variants_id == job_variants_id)
        .with_for_update(of=t.jobs_variants, nowait=True, key_share=True)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(
            N_("There is no variant {id}.", id=job_variants_id),
            hint=N_("Copy the variant's id from the live monitor or the results page."),
        )
    step, status, _, unfinished = row
    if (step, status) != ("user_img_input", Status.DONE.value) or not unfinished:
        raise InvalidInput(
            N_(
                "This variant does not wait for image generation: it is at {step} ({status}).",
                step=step,
                status=status,
            ),
            detail=N_("An UPDATE of it would start finished steps again, so nothing was changed."),
            hint=N_("Only a variant at user_img_input (done) of an unfinished job can be completed."),
        )


def abandoned(engine: Engine, ear: ListenConnection, assets_dir: Path | None) -> list[UUID]:
    """Runs whose rows or files are still there although their process is gone. Each is now locked by us."""
    with reading(engine) as connection:
        names = set(
            connection.scalars(
                select(t.tenants.c.tenant_id).where(t.tenants.c.tenant_id.startswith(TENANT_PREFIX))
            )
        )
    names.update(folder.name for folder in _folders(assets_dir, TENANT_PREFIX + "*"))
    runs = [run for run in map(_run_of, sorted(names)) if run is not None]
    return [run for run in runs if hold(ear, run)]


def remove(engine: Engine, run_id: UUID, assets_dir: Path | None) -> None:
    """Every row and file of a run, in one transaction.

    A DELETE notifies nobody.

    The variants are locked first, so that a worker's step ends before and no new one can begin.
    Raises :class:`RowLocked` while a worker holds a row: nothing was removed, try again later.
    """
    tenant = tenant_of(run_id)
    with writing(engine) as connection:
        delete_tenant(connection, tenant)
    for folder in _folders(assets_dir, tenant):
        shutil.rmtree(folder, ignore_errors=True)


def delete_tenant(connection: Connection, tenant_id: str) -> None:
    """The jobs of a tenant, locked first, and the tenant.

    What our own schema recorded of them too.
    """
    capable = capabilities(connection)
    job_ids = list(connection.scalars(select(t.jobs.c.job_id).where(t.jobs.c.tenant_id == tenant_id)))
    if job_ids:
        connection.execute(
            select(t.jobs_variants.c.job_variants_id)
            .where(t.jobs_variants.c.job_id.in_(job_ids))
            .with_for_update()
        )
        connection.execute(select(t.jobs.c.job_id).where(t.jobs.c.job_id.in_(job_ids)).with_for_update())
        delete_rows(connection, job_ids, capable)
        if installed(connection):
            connection.execute(delete(step_events).where(step_events.c.job_id.in_(job_ids)))
    delete_unused_tenant(connection, tenant_id, capable)


def test_picture() -> Picture:
    """A small drawn dish: a real picture that every model can open."""
    image = Image.new("RGB", (512, 512), (236, 226, 210))
    draw = ImageDraw.Draw(image)
    draw.ellipse((96, 176, 416, 456), fill=(250, 250, 248), outline=(200, 190, 175), width=6)
    draw.ellipse((146, 226, 366, 406), fill=(196, 72, 44))
    for x, y in ((190, 290), (250, 260), (300, 320), (230, 350)):
        draw.ellipse((x, y, x + 42, y + 34), fill=(240, 190, 90))
    saved = io.BytesIO()
    image.save(saved, "JPEG", quality=88)
    return Picture("live-test.jpg", saved.getvalue(), "JPEG", image.width, image.height)


def _before_its_end(group: TableRows, variant_id: UUID) -> TableRows:
    if group.table is not t.jobs_variants:
        return group
    running = {"job_variants_id": variant_id, "status": Status.RUNNING.value}
    return TableRows(group.table, tuple({**row, **running} for row in group.rows), group.keep_existing)


def _newest_url(connection: Connection) -> str | None:
    assets = t.image_assets.c
    newest = (
        select(assets.image_url)
        .where(
            assets.image_url.startswith(URL_PREFIX),
            assets.image_type.in_(_PHOTOS),
        )
        .order_by(assets.created_at.desc())
        .limit(1)
    )
    return connection.scalar(newest)


def _folders(assets_dir: Path | None, pattern: str) -> list[Path]:
    return [] if assets_dir is None else sorted(assets_dir.glob(f"*/tenants/{pattern}"))


def _run_of(tenant_id: str) -> UUID | None:
    try:
        return UUID(hex=tenant_id.removeprefix(TENANT_PREFIX))
    except ValueError:
        return None


def _lock_key(run_id: UUID) -> int:
    return int.from_bytes(run_id.bytes[:4], "big", signed=True)
