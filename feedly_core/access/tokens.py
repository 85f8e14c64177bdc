"""Tokens: keys of programs, made by people on a page."""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, Row, exists, func, insert, or_, select, update

from feedly_core.access.identity import Identity, Way, person_behind
from feedly_core.db.engine import reading, writing
from feedly_core.db.own_schema import ACCESS, api_tokens, installed, need
from feedly_core.db.query_budget import query_budget
from feedly_core.domain.typed_text import text_problems
from feedly_core.errors import InvalidInput, NotFound, PermissionDenied
from feedly_core.i18n import N_
from feedly_core.permissions import Person, Role, audit, require
from feedly_core.settings import Settings

PREFIX = "feedly_"
"""Begins every secret, so that scanners of repositories find one that leaked."""
_RANDOM_BYTES = 32
LONGEST_LABEL = 80
MOST_DAYS = 365
MOST_OF_ONE_OWNER = 50
MOST_LISTED = 500
_USE_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Token:
    """One token without its secret. ``role``: the most that it may do."""

    token_id: UUID
    label: str
    role: Role
    owner: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None

    def works(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at


@dataclass(frozen=True)
class NewToken:
    """``secret`` is known here and never again."""

    token_id: UUID
    secret: str


@dataclass(frozen=True)
class Caller:
    """A program that showed a token: its owner, with the lower of both roles."""

    token_id: UUID
    label: str
    person: Person


class TokenRefused(PermissionDenied):
    """No token, an unknown, expired or revoked one, or its owner is not invited any more."""


def make_token(
    engine: Engine, settings: Settings, owner: Identity, *, label: str, role: Role, days: int, now: datetime
) -> NewToken:
    """Keep a new token's hash and return its secret.

    ``days`` until it expires, 1 to 365. Raises :class:`PermissionDenied` for a role above the owner's,
    :class:`InvalidInput` for a label or number that cannot be used, :class:`MissingInSchema`.
    """
    person = person_behind(settings, owner)
    require(person, role, settings)
    for problem in text_problems(N_("label"), label, LONGEST_LABEL, required=True):
        raise InvalidInput(problem, detail=N_("No token was made."))
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInput(
            N_("A token expires after 1 to {n} days.", n=MOST_DAYS), detail=N_("No token was made.")
        )
    made = NewToken(uuid4(), PREFIX + secrets.token_urlsafe(_RANDOM_BYTES))
    row = {
        "token_id": made.token_id,
        "digest": _digest(made.secret),
        "label": label.strip(),
        "role": role.name.lower(),
        "signed_in_by": owner.way.value,
        "owner": owner.name,
        "email": owner.email,
        "groups": list(owner.groups),
        "created_at": now,
        "expires_at": now + timedelta(days=days),
    }
    with writing(engine) as connection:
        need_access(connection)
        _refuse_too_many(connection, owner.name, now)
        connection.execute(insert(api_tokens).values(row))
        told = {"label": row["label"], "role": row["role"], "days": days}
        audit(connection, person, "make_token", str(made.token_id), after=told)
    return made


def revoke_token(engine: Engine, settings: Settings, person: Person, token_id: UUID) -> None:
    """End a token now.

    One's own, or as an operator anybody's. Raises :class:`NotFound`, :class:`PermissionDenied`.
    """
    require(person, Role.VIEWER, settings)
    with writing(engine) as connection:
        need_access(connection)
        of_token = api_tokens.c.token_id == token_id
        owner = connection.scalar(select(api_tokens.c.owner).where(of_token).with_for_update())
        if owner is None:
            raise NotFound(N_("There is no such token."), hint=N_("Load the page again."))
        if owner != person.name:
            require(person, Role.OPERATOR, settings)
        ended = update(api_tokens).where(of_token, api_tokens.c.revoked_at.is_(None))
        if connection.execute(ended.values(revoked_at=func.now())).rowcount:
            audit(connection, person, "revoke_token", str(token_id), after={"owner": owner})


@query_budget(statements=1, rows=1_000)
def list_tokens(connection: Connection, person: Person) -> tuple[Token, ...]:
    """The person's own tokens, newest first; everybody's for an operator.

    Empty without the table. At most 500.
    """
    if not installed(connection, ACCESS):
        return ()
    query = select(api_tokens).order_by(api_tokens.c.created_at.desc()).limit(MOST_LISTED)
    if person.role < Role.OPERATOR:
        query = query.where(api_tokens.c.owner == person.name)
    return tuple(map(_token, connection.execute(query)))


def caller_of(engine: Engine, settings: Settings, secret: str, way: Way, now: datetime) -> Caller:
    """The program behind ``secret``, with the role that its owner has now.

    ``way``: how people sign in here now; a token made under another way is refused, because nobody says any
    more who its owner is. Raises :class:`TokenRefused`. Its use is noted once a minute, unless read-only.
    """
    with reading(engine) as connection:
        if not installed(connection, ACCESS):
            raise _refused()
        query = select(api_tokens).where(api_tokens.c.digest == _digest(secret))
        row = connection.execute(query).first()
    if row is None or not _token(row).works(now) or row.signed_in_by != way.value:
        raise _refused()
    try:
        owner = person_behind(settings, _identity(row))
    except PermissionDenied as error:
        raise TokenRefused(error.message, detail=error.detail, hint=error.hint) from error
    used = row.last_used_at
    if not settings.read_only and (used is None or now - used >= _USE_NOTED_EVERY):
        with suppress(PermissionDenied), writing(engine) as connection:  # a replica answers all the same
            connection.execute(
                update(api_tokens).where(api_tokens.c.token_id == row.token_id).values(last_used_at=now)
            )
    return Caller(row.token_id, row.label, Person(owner.name, min(owner.role, _token(row).role)))


def keep_groups(engine: Engine, settings: Settings, owner: Identity) -> None:
    """Take the owner's present groups over into the tokens, so that a group lost ends what it gave.

    Called where the owner is seen: a program that shows a token brings no groups. Written only where they
    differ, so that pages on a replica write nothing.
    """
    if settings.read_only or owner.way is Way.NONE:
        return
    changed = or_(api_tokens.c.groups != list(owner.groups), api_tokens.c.email != owner.email)
    of_owner = (api_tokens.c.owner == owner.name, api_tokens.c.signed_in_by == owner.way.value, changed)
    with reading(engine) as connection:
        if not installed(connection, ACCESS) or not connection.scalar(select(exists().where(*of_owner))):
            return
    with writing(engine) as connection:
        kept = update(api_tokens).where(*of_owner)
        connection.execute(kept.values(groups=list(owner.groups), email=owner.email))


def need_access(connection: Connection) -> None:
    """Raise :class:`MissingInSchema` where tokens cannot be kept."""
    need(connection, ACCESS, N_("Tokens need tables of the dashboard's own schema, which are not installed."))


def _refuse_too_many(connection: Connection, owner: str, now: datetime) -> None:
    c = api_tokens.c
    working = (c.owner == owner, c.revoked_at.is_(None), c.expires_at > now)
    number = connection.scalar(select(func.count()).select_from(api_tokens).where(*working)) or 0
    if number >= MOST_OF_ONE_OWNER:
        raise InvalidInput(
            N_("You have {n} tokens already.", n=number),
            detail=N_("No token was made."),
            hint=N_("Revoke one that you do not need."),
        )


def _refused() -> TokenRefused:
    return TokenRefused(
        N_("The token is missing, unknown, expired or revoked."),
        hint=N_("Make one on the page Connect and send it as Authorization: Bearer …"),
    )


def _digest(secret: str) -> bytes:
    """A secret has 256 random bits: a plain hash cannot be searched, and finds its row by an index."""
    return hashlib.sha256(secret.encode()).digest()


def _identity(row: Row[tuple[object, ...]]) -> Identity:
    return Identity(Way(row.signed_in_by), row.owner, row.email, tuple(row.groups))


def _token(row: Row[tuple[object, ...]]) -> Token:
    return Token(
        row.token_id,
        row.label,
        Role[row.role.upper()],
        row.owner,
        row.created_at,
        row.expires_at,
        row.last_used_at,
        row.revoked_at,
    )
