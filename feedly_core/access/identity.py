"""How somebody signed in, and which role that gives."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from feedly_core.errors import PermissionDenied
from feedly_core.i18n import N_
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings

_SHOWN = 200
"""Characters of a claim that are shown to its owner."""

LOCAL = Person("local", Role.OPERATOR)
"""Without any login the dashboard listens to this machine only, or was exposed on purpose."""


class Way(StrEnum):
    """``NONE``: no login is set up. ``PROXY``: a trusted proxy's header. ``LOGIN``: the dashboard's own."""

    NONE = "none"
    PROXY = "proxy"
    LOGIN = "login"


@dataclass(frozen=True)
class Identity:
    """One person as a login or a proxy names them.

    ``email``: proven, else empty; a proxy's name counts as proven. ``groups``: their names. ``source``: the
    claim or header where groups were looked for, ``held`` what it held, as text.
    """

    way: Way
    name: str
    email: str = ""
    groups: tuple[str, ...] = ()
    source: str = ""
    held: str = ""


NOBODY_SIGNS_IN = Identity(Way.NONE, LOCAL.name)


def person_behind(settings: Settings, identity: Identity) -> Person:
    """The person with the role that the settings give now.

    Raises :class:`PermissionDenied` for somebody who is not invited.
    """
    if identity.way is Way.NONE:
        return LOCAL
    for names, role in ((settings.operators, Role.OPERATOR), (settings.reviewers, Role.REVIEWER)):
        if _listed(names, identity):
            return Person(identity.name, role)
    if not settings.viewers or _listed(settings.viewers, identity):
        return Person(identity.name, Role.VIEWER)
    raise PermissionDenied(
        N_("{name} is signed in, but not invited to this dashboard.", name=identity.name),
        detail=N_(
            "Groups were looked for in {source}, which held: {held}",
            source=identity.source or "–",
            held=identity.held[:_SHOWN] or "–",
        ),
        hint=N_("Ask the person who runs it to add you to FEEDLY_VIEWERS."),
    )


def _listed(names: Iterable[str], identity: Identity) -> bool:
    """Entries are ``name@host``, ``@host`` or ``group:NAME``; addresses in any case."""
    groups: Collection[str] = identity.groups
    address = identity.email.casefold()
    domain = "@" + address.rpartition("@")[2]
    for name in map(in_one_form, names):
        if name.startswith("group:"):
            if group_name(name.removeprefix("group:")) in groups:
                return True
        elif address and name.casefold() in (address, domain):
            return True
    return False


def group_name(name: str) -> str:
    """Without the slash that some providers put before a group, which is a path there."""
    return in_one_form(name.strip().removeprefix("/"))


def in_one_form(text: str) -> str:
    """Names that look the same are the same: composed, as most systems write them."""
    return unicodedata.normalize("NFC", text)
