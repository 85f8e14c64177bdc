"""Who somebody is and what they may do, from a login's claims or a trusted proxy's headers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from feedly_core.errors import PermissionDenied
from feedly_core.i18n import N_
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings

Claims = Mapping[str, object]

LOCAL = Person("local", Role.OPERATOR)
"""Without any login the dashboard listens to this machine only, or was exposed on purpose."""


def person_of(settings: Settings, claims: Claims | None, headers: Mapping[str, str]) -> Person | None:
    """The person behind a request; None when a login is needed and nobody has signed in.

    ``claims`` are the login's (None: no login is set up). A trusted proxy's header wins over them.
    Raises :class:`PermissionDenied` for somebody who signed in but is not invited.
    """
    if settings.user_header:
        name = headers.get(settings.user_header, "").strip()
        groups = _split(headers.get(settings.groups_header, "")) if settings.groups_header else []
        return _invited(settings, name, name, groups) if name else None
    if claims is None:
        return LOCAL
    if not claims.get("is_logged_in"):
        return None
    email = str(claims.get("email") or "")
    proven = email if claims.get("email_verified", True) in (True, "true") else ""
    return _invited(settings, email or str(claims.get("name") or "?"), proven, _groups(settings, claims))


def _invited(settings: Settings, name: str, email: str, groups: Collection[str]) -> Person:
    for names, role in ((settings.operators, Role.OPERATOR), (settings.reviewers, Role.REVIEWER)):
        if _listed(names, email, groups):
            return Person(name, role)
    if not settings.viewers or _listed(settings.viewers, email, groups):
        return Person(name, Role.VIEWER)
    raise PermissionDenied(
        N_("{name} is signed in, but not invited to this dashboard.", name=name),
        hint=N_("Ask the person who runs it to add you to FEEDLY_VIEWERS."),
    )


def _listed(names: Iterable[str], email: str, groups: Collection[str]) -> bool:
    """Entries are ``name@host``, ``@host`` or ``group:NAME``; addresses in any case."""
    address = email.casefold()
    domain = "@" + address.rpartition("@")[2]
    for name in names:
        if name.startswith("group:"):
            if name.removeprefix("group:") in groups:
                return True
        elif address and name.casefold() in (address, domain):
            return True
    return False


def _groups(settings: Settings, claims: Claims) -> list[str]:
    claimed = claims.get(settings.groups_claim)
    if isinstance(claimed, str):
        return _split(claimed)
    return [str(group) for group in claimed] if isinstance(claimed, list | tuple) else []


def _split(listed: str) -> list[str]:
    return [group.strip() for group in listed.split(",") if group.strip()]
