"""Identity and role from login claims or a trusted proxy's headers."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from feedly_core.errors import PermissionDenied
from feedly_core.i18n import N_
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings

Claims = Mapping[str, object]

_SHOWN = 200
"""Characters of a claim that are shown to its owner."""

LOCAL = Person("local", Role.OPERATOR)
"""Without any login the dashboard listens to this machine only, or was exposed on purpose."""


def person_of(settings: Settings, claims: Claims | None, headers: Mapping[str, str]) -> Person | None:
    """The person behind a request.

    None when a login is needed and nobody has signed in.

    ``claims`` are the login's (None: no login is set up). A trusted proxy's header wins over them.
    Raises :class:`PermissionDenied` for somebody who signed in but is not invited, or who cannot be
    distinguished from others.
    """
    if settings.user_header:
        name = _header(headers, settings.user_header)
        listed = _header(headers, settings.groups_header) if settings.groups_header else ""
        looked_at = _Groups(settings.groups_header or "", listed, _split(listed))
        return _invited(settings, name, name, looked_at) if name else None
    if claims is None:
        return LOCAL
    if not claims.get("is_logged_in"):
        return None
    email = str(claims.get("email") or "").strip().lower()
    proven = email if claims.get("email_verified", True) in (True, "true") else ""
    return _invited(settings, proven or _unproven(claims, email), proven, _claimed_groups(settings, claims))


@dataclass(frozen=True)
class _Groups:
    """``source`` is the claim or header that was looked at, ``held`` what it held, as text."""

    source: str
    held: str
    names: Collection[str]


def _unproven(claims: Claims, email: str) -> str:
    """A name that is one person's alone: two people may show the same name, or the same unproven address."""
    subject = str(claims.get("sub") or "")
    if not subject:
        raise PermissionDenied(
            N_("The login does not say who you are."),
            detail=N_("It gave neither a proven e-mail address nor the claim sub."),
            hint=N_("Ask the person who runs the login to send one of them."),
        )
    digest = hashlib.sha256(f"{claims.get('iss')}|{subject}".encode()).hexdigest()[:6]
    return f"{claims.get('name') or email or subject} #{digest}"


def _invited(settings: Settings, name: str, email: str, groups: _Groups) -> Person:
    for names, role in ((settings.operators, Role.OPERATOR), (settings.reviewers, Role.REVIEWER)):
        if _listed(names, email, groups.names):
            return Person(name, role)
    if not settings.viewers or _listed(settings.viewers, email, groups.names):
        return Person(name, Role.VIEWER)
    raise PermissionDenied(
        N_("{name} is signed in, but not invited to this dashboard.", name=name),
        detail=N_(
            "Groups were looked for in {source}, which held: {held}",
            source=groups.source or "–",
            held=groups.held[:_SHOWN] or "–",
        ),
        hint=N_("Ask the person who runs it to add you to FEEDLY_VIEWERS."),
    )


def _listed(names: Iterable[str], email: str, groups: Collection[str]) -> bool:
    """Entries are ``name@host``, ``@host`` or ``group:NAME``; addresses in any case."""
    address = email.casefold()
    domain = "@" + address.rpartition("@")[2]
    for name in map(_composed, names):
        if name.startswith("group:"):
            if _group(name.removeprefix("group:")) in groups:
                return True
        elif address and name.casefold() in (address, domain):
            return True
    return False


def _claimed_groups(settings: Settings, claims: Claims) -> _Groups:
    """The claim by its whole name (which may be an address with dots), else by the path of nested claims."""
    held: object = claims.get(settings.groups_claim)
    if held is None:
        held = claims
        for key in settings.groups_claim.split("."):
            held = held.get(key) if isinstance(held, Mapping) else None
    shown = "" if held is None else held if isinstance(held, str) else json.dumps(held, ensure_ascii=False)
    return _Groups(settings.groups_claim, shown, _names_in(held))


def _names_in(held: object) -> list[str]:
    """Groups as providers write them: a list, objects with a name, or one text with commas."""
    if isinstance(held, str):
        return _split(held)
    if isinstance(held, Mapping):
        return _names_in(held.get("name"))
    return [name for each in held for name in _names_in(each)] if isinstance(held, list | tuple) else []


def _split(listed: str) -> list[str]:
    return [_group(group) for group in listed.split(",") if group.strip()]


def _group(name: str) -> str:
    """Without the slash that some providers put before a group, which is a path there."""
    return _composed(name.strip().removeprefix("/"))


def _header(headers: Mapping[str, str], name: str) -> str:
    """HTTP carries bytes, which servers hand over as Latin-1; proxies write UTF-8."""
    value = headers.get(name, "")
    with suppress(UnicodeError):
        value = value.encode("latin-1").decode("utf-8")
    return _composed(value).strip()


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)
