"""What is broken now: the board's failure groups, with what people said of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import Connection, Engine, cast, func, insert, null, or_, select, union_all
from sqlalchemy.dialects.postgresql import distinct_on

from feedly_core.db.engine import among, capabilities, or_null, writing
from feedly_core.db.own_schema import fault_marks, installed, need
from feedly_core.db.query_budget import query_budget
from feedly_core.domain.tables import jobs, jobs_variants
from feedly_core.errors import InvalidInput, NotFound
from feedly_core.failures.groups import (
    FailureGroup,
    Fault,
    FaultState,
    Mark,
    Releases,
    group_problems,
)
from feedly_core.i18n import N_, verbatim
from feedly_core.live.board import Board
from feedly_core.live.problems import ProblemKind
from feedly_core.permissions import Person, Role, audit, require
from feedly_core.settings import Settings

THUMBNAILS = 3
LONGEST_NOTE = 2_000
_REMEMBERED = timedelta(days=90)
"""A release that began before counts as begun then."""
_SHOWN_GROUPS = 60
"""Groups that get pictures; there are fewer kinds of fault than that unless the database is hostile."""


@query_budget(statements=3, rows=25_000)
def what_is_broken(connection: Connection, board: Board, now: datetime) -> tuple[FailureGroup, ...]:
    """Failure groups of an unfiltered board. Three statements at most."""
    troubled = [row for row in board.rows if row.problems]
    if not troubled:
        return ()
    releases = _releases(connection, [row.view.job_id for row in troubled], now)
    groups = group_problems(troubled, releases, read_marks(connection), now)
    return _with_pictures(connection, groups)


def named_group(
    groups: Collection[FailureGroup], problem: str, step: str, release: str | None = None
) -> FailureGroup:
    """The group of that name. ``release`` None: the only one there is.

    Raises :class:`NotFound` without one, :class:`InvalidInput` where several releases have it.
    """
    found = [
        group
        for group in groups
        if group.name[:2] == (problem, step) and (release is None or group.name[2] == release)
    ]
    if not found:
        raise NotFound(
            N_("Nothing is broken like that now."), hint=N_("feedlyai broken lists what is broken.")
        )
    if len(found) > 1:
        names = ", ".join(group.release or "–" for group in found)
        raise InvalidInput(
            N_("Several releases have this problem: {names}", names=verbatim(names)),
            hint=N_("Name one of them."),
        )
    return found[0]


def read_marks(connection: Connection) -> dict[Fault, Mark]:
    """The newest mark of each fault; none without our own schema."""
    if not installed(connection, [fault_marks]):
        return {}
    table = fault_marks.c
    newest = (
        select(fault_marks)
        .ext(distinct_on(table.problem, table.step))
        .order_by(table.problem, table.step, table.mark_id.desc())
    )
    return {
        Fault(ProblemKind(row.problem), row.step): Mark(
            FaultState(row.state), row.note, row.link, row.release, row.person, row.at
        )
        for row in connection.execute(newest)
        if row.problem in set(ProblemKind)
    }


def mark_fault(
    engine: Engine,
    settings: Settings,
    person: Person,
    fault: Fault,
    state: FaultState,
    *,
    note: str = "",
    link: str = "",
    release: str = "",
) -> None:
    """Say that a fault is known, or fixed in a release; ``new`` takes that back.

    Needs the role reviewer.
    Raises :class:`InvalidInput`, :class:`MissingInSchema`, :class:`PermissionDenied`.
    """
    require(person, Role.REVIEWER, settings)
    note, link, release = note.strip(), link.strip(), release.strip()
    _check_mark(state, note, link, release)
    values = {"state": state.value, "note": note, "link": link, "release": release}
    with writing(engine) as connection:
        need(connection, [fault_marks], N_("This database has no place for notes on failures yet."))
        before = read_marks(connection).get(fault)
        said = before or Mark(FaultState.NEW, "", "", "", person.name, datetime.now(UTC))
        connection.execute(
            insert(fault_marks).values(
                problem=fault.problem.value, step=fault.step, person=person.name, **values
            )
        )
        audit(
            connection,
            person,
            "mark_failure",
            f"{fault.problem} {fault.step}".strip(),
            before={name: str(getattr(said, name)) for name in values},
            after=values,
        )


def _check_mark(state: FaultState, note: str, link: str, release: str) -> None:
    if state is FaultState.REGRESSED:
        raise InvalidInput(N_("That a failure is back is found out, not said."))
    if state is FaultState.FIXED and not release:
        raise InvalidInput(N_("Name the release in which it is fixed."))
    if max(len(note), len(link), len(release)) > LONGEST_NOTE:
        raise InvalidInput(N_("A note has at most {n} characters.", n=LONGEST_NOTE))
    try:
        parts = urlsplit(link)
    except ValueError:
        parts = urlsplit("bad:")
    if link and (parts.scheme not in ("http", "https") or not parts.netloc):
        raise InvalidInput(N_("The link must begin with https:// or http://."))


def _releases(connection: Connection, job_ids: Collection[UUID], now: datetime) -> Releases:
    """Releases of these jobs, with their beginnings. One statement."""
    if not capabilities(connection).has("jobs", "version"):
        return Releases({}, {})
    version, made = jobs.c.version, jobs.c.created_at
    mine = select(jobs.c.job_id, version, made).where(among(jobs.c.job_id, job_ids), version.is_not(None))
    began = (
        select(cast(null(), jobs.c.job_id.type), version, func.min(made))
        .where(version.is_not(None), made > now - _REMEMBERED)
        .group_by(version)
    )
    of: dict[UUID, str] = {}
    firsts: dict[str, datetime] = {}
    for job_id, name, at in connection.execute(union_all(mine, began)):
        if job_id is not None:
            of[job_id] = name
        elif at is not None:
            firsts[name] = at
    return Releases(of, firsts)


def _with_pictures(connection: Connection, groups: tuple[FailureGroup, ...]) -> tuple[FailureGroup, ...]:
    """The newest pictures of each group: finished where there is one, else its background. One statement."""
    newest = {group.name: group.members[: -THUMBNAILS - 1 : -1] for group in groups[:_SHOWN_GROUPS]}
    wanted = [member for members in newest.values() for member in members]
    variants = jobs_variants.c
    finished = or_null(variants.overlaid_img_asset_id, capabilities(connection))
    shown_asset = func.coalesce(finished, variants.img_asset_id)
    rows = connection.execute(
        select(variants.job_variants_id, variants.job_id, shown_asset.label("picture"))
        .where(
            or_(
                among(variants.job_variants_id, [one.variant_id for one in wanted if one.variant_id]),
                among(variants.job_id, [one.job_id for one in wanted if not one.variant_id]),
            ),
            shown_asset.is_not(None),
        )
        .order_by(variants.creation_order)
    ).all()
    by_variant = {row.job_variants_id: row.picture for row in rows}
    by_job = {row.job_id: row.picture for row in reversed(rows)}
    shown = []
    for group in groups:
        found = {
            picture: one.job_id
            for one in newest.get(group.name, ())
            if (picture := by_variant.get(one.variant_id) if one.variant_id else by_job.get(one.job_id))
        }
        shown.append(replace(group, pictures=tuple(found.items())))
    return tuple(shown)
