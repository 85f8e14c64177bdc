"""Identity and role from login claims or proxy headers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress

from feedly_core.access.identity import (
    NOBODY_SIGNS_IN,
    Identity,
    Way,
    group_name,
    in_one_form,
    person_behind,
)
from feedly_core.errors import PermissionDenied
from feedly_core.i18n import N_
from feedly_core.permissions import Person
from feedly_core.settings import Settings

Claims = Mapping[str, object]


def person_of(settings: Settings, claims: Claims | None, headers: Mapping[str, str]) -> Person | None:
    """The person behind a request.

    None when a login is needed and nobody has signed in.

    Raises :class:`PermissionDenied` as :func:`identity_of` does, and for somebody who is not invited.
    """
    identity = identity_of(settings, claims, headers)
    return None if identity is None else person_behind(settings, identity)


def identity_of(settings: Settings, claims: Claims | None, headers: Mapping[str, str]) -> Identity | None:
    """How the person behind a request signed in, None when nobody has.

    ``claims`` are the login's (None: no login is set up). A trusted proxy's header wins over them.
    Raises :class:`PermissionDenied` for somebody who cannot be distinguished from others.
    """
    if settings.user_header:
        name = _header(headers, settings.user_header)
        listed = _header(headers, settings.groups_header) if settings.groups_header else ""
        groups = tuple(_split(listed))
        source = settings.groups_header or ""
        return Identity(Way.PROXY, name, name, groups, source, listed) if name else None
    if claims is None:
        return NOBODY_SIGNS_IN
    if not claims.get("is_logged_in"):
        return None
    email = str(claims.get("email") or "").strip().lower()
    proven = email if claims.get("email_verified", True) in (True, "true") else ""
    groups, held = _claimed_groups(settings, claims)
    name = proven or _unproven(claims, email)
    return Identity(Way.LOGIN, name, proven, groups, settings.groups_claim, held)


def way_of_signing_in(settings: Settings, claims: Claims | None) -> Way:
    """How people sign in here, whoever asks."""
    if settings.user_header:
        return Way.PROXY
    return Way.NONE if claims is None else Way.LOGIN


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


def _claimed_groups(settings: Settings, claims: Claims) -> tuple[tuple[str, ...], str]:
    """Names of the groups, and the claim as text.

    The claim by its whole name (which may be an address with dots), else by the path of nested claims.
    """
    held: object = claims.get(settings.groups_claim)
    if held is None:
        held = claims
        for key in settings.groups_claim.split("."):
            held = held.get(key) if isinstance(held, Mapping) else None
    shown = "" if held is None else held if isinstance(held, str) else json.dumps(held, ensure_ascii=False)
    return tuple(_names_in(held)), shown


def _names_in(held: object) -> list[str]:
    """Groups as providers write them: a list, objects with a name, or one text with commas."""
    if isinstance(held, str):
        return _split(held)
    if isinstance(held, Mapping):
        return _names_in(held.get("name"))
    return [name for each in held for name in _names_in(each)] if isinstance(held, list | tuple) else []


def _split(listed: str) -> list[str]:
    return [group_name(group) for group in listed.split(",") if group.strip()]


def _header(headers: Mapping[str, str], name: str) -> str:
    """HTTP carries bytes, which servers hand over as Latin-1; proxies write UTF-8."""
    value = headers.get(name, "")
    with suppress(UnicodeError):
        value = value.encode("latin-1").decode("utf-8")
    return in_one_form(value).strip()
