"""Create one test job.

Pictures on disk, then all rows in one statement, then the start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, Insert, exists, select
from sqlalchemy.dialects.postgresql import insert

from feedly_core.db.engine import Capabilities, capabilities, reading, writing
from feedly_core.db.own_schema import installed
from feedly_core.db.query_budget import query_budget
from feedly_core.domain import tables as t
from feedly_core.errors import FeedlyError, InvalidInput
from feedly_core.i18n import N_, Message
from feedly_core.jobs.readiness import fact_columns, first_tone_style, listens_column, missing_parts
from feedly_core.jobs.request import JobRequest, check_request, job_id_of
from feedly_core.jobs.rows import RULES, JobKeys, TableRows, job_rows
from feedly_core.jobs.starting import start_job
from feedly_core.jobs.storage import Place, place, remove, save
from feedly_core.permissions import Person, Role, audit_line, require
from feedly_core.settings import Settings


@dataclass(frozen=True)
class CreatedJob:
    """``existed``: the key had made this job before.

    ``missing``: why the job was not started.
    """

    job_id: UUID
    existed: bool
    started: bool
    missing: tuple[Message, ...]


@dataclass(frozen=True)
class Preview:
    """Preview of :func:`create_job`: its rows, and what would stop it.

    ``heard``: somebody may be listening for the start. It forbids nothing: listeners are not always seen.
    """

    rows: tuple[TableRows, ...]
    missing: tuple[Message, ...]
    heard: bool


@query_budget(statements=1, rows=200)
def preview_job(connection: Connection, request: JobRequest, *, key: UUID, now: datetime) -> Preview:
    """What would be written; nothing is.

    File names are those of this preview only. One statement.

    Raises :class:`InvalidInput` when the order cannot be written.
    """
    check_request(request)
    caps = capabilities(connection)
    columns = (*fact_columns(request), listens_column(request.kind))
    facts = connection.execute(select(*columns)).one()
    if request.tone_style_id and not facts.tone_style_id:
        raise _gone(N_("The chosen tone and style is no longer in the database."))
    if request.store_id and not facts.store_id:
        raise _gone(N_("The chosen store is no longer in the database."))
    keys = JobKeys(job_id_of(key), facts.tone_style_id, new_places(request, now))
    return Preview(job_rows(request, keys, caps.has), missing_parts(request, facts, caps), facts.heard)


def create_job(
    engine: Engine,
    request: JobRequest,
    *,
    key: UUID,
    assets_dir: Path,
    person: Person,
    settings: Settings,
    now: datetime,
) -> CreatedJob:
    """Create the job of ``request`` once per ``key``.

    The same key never creates a second job.

    One transaction of three round trips: its beginning, all rows in one statement, its end. When it fails, no
    row and no picture stays. Events: none from the rows; :func:`start_job` follows when ``request.start`` is
    set and nothing is missing. Raises :class:`PermissionDenied`, :class:`InvalidInput` and database errors.
    """
    require(person, Role.OPERATOR, settings)
    check_request(request)
    job_id, places = job_id_of(key), new_places(request, now)
    done = {"kind": request.kind.value, "tenant_id": request.tenant_id, "variants": request.variants}
    audited = audit_line(person, "create_job", str(job_id), after=done)
    try:
        with pictures_on_disk(engine, assets_dir) as store, writing(engine) as connection:
            caps, more = capabilities(connection), (audited,) if installed(connection) else ()
            store(places)
            missing = write_rows(connection, caps, request, job_id, places, *more)
    except FeedlyError:
        if not _job_exists(engine, job_id):
            raise
        existed, missing = True, _missing(engine, request)
    else:
        existed = False
    starts = request.start and not missing
    if starts:
        start_job(engine, request.kind, job_id)
    return CreatedJob(job_id, existed, starts, missing)


def write_rows(
    connection: Connection,
    caps: Capabilities,
    request: JobRequest,
    job_id: UUID,
    places: Sequence[Place],
    *more: Insert,
) -> tuple[Message, ...]:
    """Insert all rows of a job in one statement.

    With ``more`` rows besides; returns what the job lacks to run.

    Foreign keys are checked at the end of the statement, so parents and children may travel together.
    """
    tone = request.tone_style_id or first_tone_style().scalar_subquery()
    inserts: list[Insert] = []
    for group in job_rows(request, JobKeys(job_id, tone, places), caps.has):
        new = insert(group.table).values(list(group.rows))
        inserts.append(new.on_conflict_do_nothing() if group.keep_existing else new)
    named = [each.cte(f"new_{number}") for number, each in enumerate([*inserts, *more])]
    facts = connection.execute(select(*fact_columns(request)).add_cte(*named)).one()
    return missing_parts(request, facts, caps)


def new_places(request: JobRequest, now: datetime) -> tuple[Place, ...]:
    """A place of its own for every picture of the request, so that no two attempts share a file."""
    folder = RULES[request.kind].folder
    return tuple(place(request.tenant_id, folder, picture, uuid4(), now) for picture in request.pictures)


@contextmanager
def pictures_on_disk(engine: Engine, assets_dir: Path) -> Iterator[Callable[[Sequence[Place]], None]]:
    """Give a function that saves pictures, for use around the transaction that refers to them.

    Saved inside the transaction, before its rows: without a database nothing is stored. When the body fails
    they are removed again, unless their rows are in the database all the same (the connection broke after the
    commit) or the database cannot be asked: a stray file is the lesser harm.
    """
    saved: dict[Path, Place] = {}

    def store(places: Sequence[Place]) -> None:
        for new in places:
            saved[save(assets_dir, new)] = new

    try:
        yield store
    except BaseException:
        if saved and not _may_be_referred_to(engine, saved.values()):
            for path in saved:
                with suppress(OSError):  # report the reason of the failure, not that of the cleaning
                    remove(path)
        raise


def _missing(engine: Engine, request: JobRequest) -> tuple[Message, ...]:
    with reading(engine) as connection:
        facts = connection.execute(select(*fact_columns(request))).one()
        return missing_parts(request, facts, capabilities(connection))


def _may_be_referred_to(engine: Engine, places: Iterable[Place]) -> bool:
    ids = [new.asset_id for new in places]
    try:
        with reading(engine) as connection:
            return bool(connection.scalar(select(exists().where(t.image_assets.c.image_asset_id.in_(ids)))))
    except FeedlyError:
        return True


def _job_exists(engine: Engine, job_id: UUID) -> bool:
    with reading(engine) as connection:
        return bool(connection.scalar(select(exists().where(t.jobs.c.job_id == job_id))))


def _gone(what: Message) -> InvalidInput:
    return InvalidInput(
        what, detail=N_("Nothing was written."), hint=N_("Load the page again and choose another one.")
    )
