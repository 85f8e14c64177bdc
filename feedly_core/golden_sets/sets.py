"""Golden sets as rows: named, in versions that never change."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID, uuid4, uuid5

from sqlalchemy import Connection, Engine, Row, func, select, text
from sqlalchemy.dialects.postgresql import insert

from feedly_core.campaigns.campaigns import MAX_ROUND
from feedly_core.db.engine import writing
from feedly_core.db.own_schema import (
    GOLDEN_TABLES,
    golden_orders,
    golden_pictures,
    golden_sets,
    installed,
    need,
)
from feedly_core.db.query_budget import query_budget
from feedly_core.domain.typed_text import text_problems
from feedly_core.errors import InvalidInput, NotFound
from feedly_core.golden_sets.facts import Fact, read_facts
from feedly_core.i18n import N_, verbatim
from feedly_core.jobs.pictures import Picture
from feedly_core.jobs.request import MAX_TEXT, AdCopy
from feedly_core.permissions import Person, Role, audit, require
from feedly_core.settings import Settings

MAX_ORDERS = MAX_ROUND
MAX_NAME = 80
MAX_BYTES = 200_000_000
"""Of all pictures of one version."""

_CASES = UUID("5f1d2c7e-4b0a-5b7e-8d43-0c6f0f6a9b21")
_LOCK = 7_303_014_016


@dataclass(frozen=True)
class NewOrder:
    """An order to keep, with the bytes of its picture."""

    picture: Picture
    description: str
    tone_style_id: UUID | None
    store_id: UUID | None
    ad_copy: AdCopy
    facts: tuple[Fact, ...] = ()

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.picture.content).hexdigest()

    @property
    def case_id(self) -> UUID:
        """The same for the same order in every version of every set."""
        told = (
            self.digest,
            self.description,
            self.tone_style_id,
            self.store_id,
            *asdict(self.ad_copy).values(),
        )
        return uuid5(_CASES, "\0".join(map(str, told)))


@dataclass(frozen=True)
class GoldenOrder:
    """One order of a version. ``position`` counts from 0."""

    position: int
    case_id: UUID
    digest: str
    description: str
    tone_style_id: UUID | None
    store_id: UUID | None
    ad_copy: AdCopy
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class GoldenSet:
    """One version of a set."""

    set_id: UUID
    name: str
    version: int
    created_by: str
    created_at: datetime
    orders: tuple[GoldenOrder, ...]


@dataclass(frozen=True)
class SetSummary:
    """The newest version of a set, without its orders."""

    name: str
    version: int
    orders: int
    created_by: str
    created_at: datetime


def need_golden_sets(connection: Connection) -> None:
    """Raises :class:`MissingInSchema` without the tables of golden sets."""
    need(connection, GOLDEN_TABLES, N_("This database has no place for golden sets yet."))


@query_budget(statements=1, rows=600)
def list_sets(connection: Connection) -> list[SetSummary]:
    """The newest version of each set, by name. One statement."""
    if not installed(connection, GOLDEN_TABLES):
        return []
    sets, orders = golden_sets.c, golden_orders.c
    count = select(func.count()).where(orders.set_id == sets.set_id).scalar_subquery()
    rows = connection.execute(
        select(golden_sets, count.label("orders")).order_by(sets.name, sets.version.desc())
    )
    newest: dict[str, SetSummary] = {}
    for row in rows:
        found = SetSummary(row.name, row.version, row.orders, row.created_by, row.created_at)
        newest.setdefault(row.name, found)
    return list(newest.values())


@query_budget(statements=2, rows=200)
def find_set(connection: Connection, name: str, version: int | None = None) -> GoldenSet:
    """A version of the set, the newest without a number. Raises :class:`NotFound`. Two statements."""
    need_golden_sets(connection)
    sets = golden_sets.c
    query = select(golden_sets).where(sets.name == name).order_by(sets.version.desc()).limit(1)
    if version is not None:
        query = query.where(sets.version == version)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(
            N_("There is no golden set called {name}.", name=verbatim(name)),
            hint=N_("feedlyai golden list shows those that there are."),
        )
    return _set(connection, row)


def save_version(
    engine: Engine,
    settings: Settings,
    person: Person,
    name: str,
    new: Sequence[NewOrder],
    *,
    without: Collection[UUID] = (),
) -> GoldenSet:
    """Write the set's next version: the orders of the newest one but ``without``, and the ``new`` ones.

    An order that is in it already takes over the facts of its new one. Needs the role reviewer. FeedlyAI's
    tables are not touched. Raises :class:`InvalidInput`, then nothing is written.
    """
    require(person, Role.REVIEWER, settings)
    name = name.strip()
    _check(name, new)
    with writing(engine) as connection:
        need_golden_sets(connection)
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        before = _newest(connection, name)
        rows = {order.case_id: _row_of(order) for order in (before.orders if before else ())}
        rows = {case: row for case, row in rows.items() if case not in without}
        rows |= {order.case_id: _new_row(order) for order in new}
        _check_size(rows.values())
        _keep_pictures(connection, new)
        set_id, version = uuid4(), before.version + 1 if before else 1
        connection.execute(
            insert(golden_sets).values(set_id=set_id, name=name, version=version, created_by=person.name)
        )
        connection.execute(
            insert(golden_orders),
            [{"set_id": set_id, "position": at, **row} for at, row in enumerate(rows.values())],
        )
        _check_bytes(connection, set_id)
        audit(
            connection,
            person,
            "save_golden_set",
            name,
            before={"version": before.version, "orders": len(before.orders)} if before else None,
            after={"version": version, "orders": len(rows)},
        )
        return find_set(connection, name, version)


@query_budget(statements=1, rows=10)
def order_picture(connection: Connection, digest: str) -> bytes:
    """The kept picture. Raises :class:`NotFound`. One statement."""
    pictures = golden_pictures.c
    content = connection.scalar(select(pictures.content).where(pictures.digest == digest))
    if content is None:
        raise NotFound(N_("The order's picture is gone."))
    return bytes(content)


def _set(connection: Connection, row: Row[tuple[object, ...]]) -> GoldenSet:
    orders = golden_orders.c
    found = connection.execute(
        select(golden_orders).where(orders.set_id == row.set_id).order_by(orders.position)
    )
    return GoldenSet(
        row.set_id,
        row.name,
        row.version,
        row.created_by,
        row.created_at,
        tuple(
            GoldenOrder(
                order.position,
                order.case_id,
                order.digest,
                order.description,
                order.tone_style_id,
                order.store_id,
                AdCopy(**order.ad_copy),
                read_facts(order.facts),
            )
            for order in found
        ),
    )


def _newest(connection: Connection, name: str) -> GoldenSet | None:
    try:
        return find_set(connection, name)
    except NotFound:
        return None


def _check(name: str, new: Sequence[NewOrder]) -> None:
    problems = text_problems(N_("name of the set"), name, MAX_NAME, required=True)
    for order in new:
        problems += text_problems(N_("description"), order.description, MAX_TEXT, required=True)
    for problem in problems:
        raise InvalidInput(problem, detail=N_("Nothing was written."), hint=N_("Correct it and try again."))


def _check_size(rows: Collection[object]) -> None:
    if not 1 <= len(rows) <= MAX_ORDERS:
        raise InvalidInput(
            N_("A golden set holds 1 to {limit} orders; this would be {n}.", limit=MAX_ORDERS, n=len(rows)),
            detail=N_("Nothing was written."),
            hint=N_("Choose fewer orders, or another set."),
        )


def _check_bytes(connection: Connection, set_id: UUID) -> None:
    """Each content once, as it is kept."""
    used = select(golden_orders.c.digest).where(golden_orders.c.set_id == set_id)
    size = func.sum(func.octet_length(golden_pictures.c.content))
    if (connection.scalar(select(size).where(golden_pictures.c.digest.in_(used))) or 0) > MAX_BYTES:
        raise InvalidInput(
            N_("The pictures of this set have more than {limit} MB.", limit=MAX_BYTES // 1_000_000),
            detail=N_("Nothing was written."),
            hint=N_("Choose fewer orders, or smaller pictures."),
        )


def _keep_pictures(connection: Connection, new: Iterable[NewOrder]) -> None:
    for digest, picture in {order.digest: order.picture for order in new}.items():
        row = {"digest": digest, **asdict(picture)}
        connection.execute(insert(golden_pictures).values(row).on_conflict_do_nothing())


def _new_row(order: NewOrder) -> dict[str, object]:
    return {
        "case_id": order.case_id,
        "digest": order.digest,
        "description": order.description,
        "tone_style_id": order.tone_style_id,
        "store_id": order.store_id,
        "ad_copy": asdict(order.ad_copy),
        "facts": [str(fact) for fact in order.facts],
    }


def _row_of(order: GoldenOrder) -> dict[str, object]:
    row = asdict(order) | {"facts": [str(fact) for fact in order.facts]}
    del row["position"]
    return row
