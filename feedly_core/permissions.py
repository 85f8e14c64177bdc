"""Permissions and the audit log."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from sqlalchemy import Connection, Engine, Insert, insert

from feedly_core.db.engine import reading, writing
from feedly_core.db.own_schema import NAME, audit_log, install, installed
from feedly_core.errors import PermissionDenied
from feedly_core.i18n import N_
from feedly_core.settings import Settings


class Role(IntEnum):
    """Each role may do what the ones below it may."""

    VIEWER = 1
    REVIEWER = 2
    OPERATOR = 3


ROLE_NAMES = {Role.VIEWER: N_("viewer"), Role.REVIEWER: N_("reviewer"), Role.OPERATOR: N_("operator")}


@dataclass(frozen=True)
class Person:
    """Somebody who uses the dashboard, by page or terminal."""

    name: str
    role: Role


def person_at_terminal() -> Person:
    """Whoever has a shell on this machine may do everything.

    The operating system knows the name.
    """
    return Person(f"{getpass.getuser()} (terminal)", Role.OPERATOR)


def require(person: Person, role: Role, settings: Settings) -> None:
    """Raise :class:`PermissionDenied` unless ``person`` has ``role``.

    Also when writing is off.
    """
    if settings.read_only:
        raise PermissionDenied(
            N_("The dashboard is read-only: nothing was written."),
            hint=N_("Ask the person who runs it to unset FEEDLY_READ_ONLY."),
        )
    if person.role < role:
        raise PermissionDenied(
            N_(
                "This needs the role {needed}; yours is {own}.",
                needed=ROLE_NAMES[role],
                own=ROLE_NAMES[person.role],
            ),
            hint=N_("Ask an operator to do it, or for the role."),
        )


def install_own_schema(engine: Engine, person: Person, settings: Settings) -> None:
    """Create what is missing of the schema ``feedly_dashboard``.

    FeedlyAI's tables are untouched.

    Raises :class:`PermissionDenied`, also when the database role may not create a schema.
    """
    require(person, Role.OPERATOR, settings)
    with reading(engine) as connection:
        before = {"installed": installed(connection)}
    install(engine)
    with writing(engine) as connection:
        connection.execute(
            audit_line(person, "install_schema", NAME, before=before, after={"installed": True})
        )


def audit(
    connection: Connection,
    person: Person,
    action: str,
    target: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    result: str = "done",
) -> None:
    """Write one audit line in the caller's transaction.

    Without our own schema there is nowhere to keep it: the action goes on, unrecorded.
    """
    if installed(connection):
        connection.execute(audit_line(person, action, target, before=before, after=after, result=result))


def audit_line(
    person: Person,
    action: str,
    target: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    result: str = "done",
) -> Insert:
    """The same line as a statement, for a caller who knows that our schema is installed."""
    return insert(audit_log).values(
        person=person.name,
        role=person.role.name.lower(),
        action=action,
        target=target,
        before=dict(before) if before is not None else None,
        after=dict(after) if after is not None else None,
        result=result,
    )
