"""Verdicts: one row each, bound to the picture they judge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Engine, Insert, Select, and_, select, true
from sqlalchemy.dialects.postgresql import distinct_on, insert

from feedly_core.db.announcements import announce
from feedly_core.db.engine import among, writing
from feedly_core.db.own_schema import need, review_meetings, reviews
from feedly_core.db.query_budget import query_budget
from feedly_core.errors import InvalidInput
from feedly_core.i18n import N_, Message
from feedly_core.permissions import Person, Role, audit_line, require
from feedly_core.settings import Settings

MAX_COMMENT, MAX_TAGS, MAX_MARKS, MAX_NAME = 2000, 12, 20, 80


class Verdict(StrEnum):
    """What a person says about a picture.

    ``WITHDRAWN`` takes the earlier word back.
    """

    APPROVE = "approve"
    NEEDS_WORK = "needs_work"
    REJECT = "reject"
    WITHDRAWN = "withdrawn"


VERDICT_LABELS: dict[Verdict, Message] = {
    Verdict.APPROVE: N_("Approve"),
    Verdict.NEEDS_WORK: N_("Needs work"),
    Verdict.REJECT: N_("Reject"),
    Verdict.WITHDRAWN: N_("Taken back"),
}


@dataclass(frozen=True)
class Mark:
    """A point or box pinned on the picture, with a note. In ratios; a point has no width and height."""

    x: float
    y: float
    width: float = 0.0
    height: float = 0.0
    note: str = ""


@dataclass(frozen=True)
class Entry:
    """One verdict as it was given.

    ``entry_id`` is made once, so that sending it twice writes it once.

    ``undoes`` names an earlier entry of the same reviewer: what held before it holds again, and the
    entry's own verdict, tags, comment and marks are ignored.
    """

    entry_id: UUID
    job_id: UUID
    variant_id: UUID
    picture_id: UUID
    verdict: Verdict
    tags: tuple[str, ...] = ()
    comment: str = ""
    marks: tuple[Mark, ...] = ()
    blind: bool = False
    team: bool = False
    meeting_id: UUID | None = None
    undoes: UUID | None = None


@dataclass(frozen=True)
class StoredVerdict:
    """A stored verdict: reviewer, picture, judgement, time."""

    entry_id: UUID
    variant_id: UUID
    job_id: UUID
    picture_id: UUID
    reviewer: str
    team: bool
    verdict: Verdict
    tags: tuple[str, ...]
    comment: str
    marks: tuple[Mark, ...]
    blind: bool
    meeting_id: UUID | None
    at: datetime


def need_reviews(connection: Connection) -> None:
    """Raises :class:`MissingInSchema` while the dashboard's own schema is not installed."""
    need(connection, (), N_("This database has no place for verdicts yet."))


def save(engine: Engine, settings: Settings, person: Person, entries: Sequence[Entry]) -> tuple[UUID, ...]:
    """Store the entries in their order, in one transaction.

    Returns the ids that are now stored.

    Needs the role reviewer. An entry that is stored already stays as it is. FeedlyAI's tables are not
    touched, so no event is caused. Raises :class:`InvalidInput` for a bad entry: nothing is written then.
    """
    require(person, Role.REVIEWER, settings)
    with writing(engine) as connection:
        need_reviews(connection)
        return store(connection, person, entries)


def store(connection: Connection, person: Person, entries: Sequence[Entry]) -> tuple[UUID, ...]:
    """The same in the caller's transaction, the role checked."""
    checked = [_checked(entry, person) for entry in entries]
    for entry in checked:
        before = _newest(connection, _voice(person, entry))
        meant = _restored(connection, person, entry) if entry.undoes else entry
        stored = connection.execute(
            insert(reviews).values(_row(meant, person)).on_conflict_do_nothing(index_elements=["entry_id"])
        )
        if stored.rowcount:
            connection.execute(_audited(person, before, meant))
    for meeting_id in _meetings_about(connection, checked):
        announce(connection, meeting_id)
    return tuple(entry.entry_id for entry in checked)


def stored_verdicts(
    connection: Connection,
    variant_ids: Iterable[UUID],
    *,
    until: datetime | None = None,
    meeting_id: UUID | None = None,
) -> dict[UUID, tuple[StoredVerdict, ...]]:
    """The newest verdict per person and variant, oldest first.

    The team's too; one statement.

    ``until``: as they stood then; what was given in ``meeting_id`` counts even if it was stored later.
    """
    in_time = true() if until is None else (reviews.c.at <= until) | (reviews.c.meeting_id == meeting_id)
    newest = (
        select(reviews)
        .ext(distinct_on(reviews.c.job_variants_id, reviews.c.reviewer, reviews.c.team))
        .where(among(reviews.c.job_variants_id, list(variant_ids)), in_time)
        .order_by(reviews.c.job_variants_id, reviews.c.reviewer, reviews.c.team, reviews.c.review_id.desc())
        .subquery()
    )
    found: dict[UUID, list[StoredVerdict]] = {}
    for row in connection.execute(select(newest).order_by(newest.c.review_id)).mappings():
        if row["verdict"] != Verdict.WITHDRAWN:
            found.setdefault(row["job_variants_id"], []).append(stored_verdict(row))
    return {variant: tuple(rows) for variant, rows in found.items()}


@query_budget(statements=1, rows=50)
def history(connection: Connection, job_id: UUID) -> tuple[StoredVerdict, ...]:
    """All verdicts on a job's pictures, oldest first.

    Retracted ones included; one statement.
    """
    query = select(reviews).where(reviews.c.job_id == job_id).order_by(reviews.c.review_id)
    return stored_rows(connection, query)


def stored_rows(connection: Connection, query: Select[Any]) -> tuple[StoredVerdict, ...]:
    """The verdicts that a query of the table ``reviews`` finds, in its order."""
    return tuple(stored_verdict(row) for row in connection.execute(query).mappings())


def present(told: Iterable[StoredVerdict]) -> tuple[StoredVerdict, ...]:
    """The verdicts that count: the newest per person and variant.

    The team's too.
    """
    newest = {(said.variant_id, said.reviewer, said.team): said for said in told}
    return tuple(said for said in newest.values() if said.verdict is not Verdict.WITHDRAWN)


def team_verdict(said: Iterable[StoredVerdict]) -> StoredVerdict | None:
    """The decision of the team: the newest one recorded."""
    return max((item for item in said if item.team), key=lambda item: item.at, default=None)


def disputed(said: Iterable[StoredVerdict]) -> bool:
    """Whether reviewers give different verdicts on the same picture."""
    by_picture: dict[UUID, set[Verdict]] = {}
    for item in said:
        if not item.team:
            by_picture.setdefault(item.picture_id, set()).add(item.verdict)
    return any(len(verdicts) > 1 for verdicts in by_picture.values())


def _meetings_about(connection: Connection, entries: Sequence[Entry]) -> set[UUID]:
    """The meetings that the entries were given in, and running ones with these pictures on the agenda."""
    variants = [entry.variant_id for entry in entries]
    running = select(review_meetings.c.meeting_id).where(
        review_meetings.c.ended_at.is_(None), review_meetings.c.agenda.overlap(variants)
    )
    given_in = {entry.meeting_id for entry in entries if entry.meeting_id}
    return given_in | set(connection.scalars(running))


def _checked(entry: Entry, person: Person) -> Entry:
    if not person.name.strip() or len(person.name) > MAX_NAME:
        raise InvalidInput(
            N_("A verdict needs a name of at most {n} characters.", n=MAX_NAME),
            hint=N_("Type your name on the review page."),
        )
    problem = None
    if len(entry.comment) > MAX_COMMENT:
        problem = N_("A comment may have {n} characters at most.", n=MAX_COMMENT)
    elif len(entry.tags) > MAX_TAGS or any(len(tag) > MAX_NAME for tag in entry.tags):
        problem = N_("Too many or too long reasons.")
    elif len(entry.marks) > MAX_MARKS or not all(_inside(mark) for mark in entry.marks):
        problem = N_("A mark must lie on the picture; {n} marks at most.", n=MAX_MARKS)
    if problem is not None:
        raise InvalidInput(problem, hint=N_("Nothing was written. Correct it and judge again."))
    return entry


def _inside(mark: Mark) -> bool:
    corners = (mark.x, mark.y, mark.x + mark.width, mark.y + mark.height)
    return (
        all(0 <= value <= 1.0001 for value in corners)
        and min(mark.width, mark.height) >= 0
        and len(mark.note) <= MAX_COMMENT
    )


def _restored(connection: Connection, person: Person, entry: Entry) -> Entry:
    """The entry that puts back what this reviewer had said before the undone one."""
    mine = _voice(person, entry)
    undone = select(reviews.c.review_id).where(mine, reviews.c.entry_id == entry.undoes).scalar_subquery()
    told = _newest(connection, mine & (reviews.c.review_id < undone))
    if told is None:
        return replace(entry, verdict=Verdict.WITHDRAWN, tags=(), comment="", marks=())
    return replace(
        entry,
        picture_id=told.picture_id,
        verdict=told.verdict,
        tags=told.tags,
        comment=told.comment,
        marks=told.marks,
        blind=told.blind,
    )


def _voice(person: Person, entry: Entry) -> ColumnElement[bool]:
    """What the same person, as one or for the team, has said about the same variant."""
    return and_(
        reviews.c.reviewer == person.name,
        reviews.c.job_variants_id == entry.variant_id,
        reviews.c.team == entry.team,
    )


def _newest(connection: Connection, which: ColumnElement[bool]) -> StoredVerdict | None:
    query = select(reviews).where(which).order_by(reviews.c.review_id.desc()).limit(1)
    row = connection.execute(query).mappings().first()
    return stored_verdict(row) if row else None


def _audited(person: Person, before: StoredVerdict | None, after: Entry) -> Insert:
    return audit_line(
        person,
        "team_verdict" if after.team else "verdict",
        str(after.variant_id),
        before=_told(before) if before else None,
        after=_told(after),
    )


def _told(said: StoredVerdict | Entry) -> dict[str, Any]:
    return {"verdict": said.verdict.value, "tags": list(said.tags), "comment": said.comment}


def _row(entry: Entry, person: Person) -> dict[str, Any]:
    return {
        "entry_id": entry.entry_id,
        "job_id": entry.job_id,
        "job_variants_id": entry.variant_id,
        "picture_asset_id": entry.picture_id,
        "reviewer": person.name,
        "team": entry.team,
        "verdict": entry.verdict.value,
        "tags": list(entry.tags),
        "comment": entry.comment,
        "marks": [
            {"x": mark.x, "y": mark.y, "width": mark.width, "height": mark.height, "note": mark.note}
            for mark in entry.marks
        ],
        "blind": entry.blind,
        "meeting_id": entry.meeting_id,
    }


def stored_verdict(row: Mapping[Any, Any]) -> StoredVerdict:
    """One row of ``reviews``."""
    return StoredVerdict(
        entry_id=row["entry_id"],
        variant_id=row["job_variants_id"],
        job_id=row["job_id"],
        picture_id=row["picture_asset_id"],
        reviewer=row["reviewer"],
        team=row["team"],
        verdict=Verdict(row["verdict"]),
        tags=tuple(row["tags"]),
        comment=row["comment"],
        marks=tuple(Mark(**mark) for mark in row["marks"]),
        blind=row["blind"],
        meeting_id=row["meeting_id"],
        at=row["at"],
    )
