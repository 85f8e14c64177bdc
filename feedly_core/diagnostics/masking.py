"""Settings without passwords and tokens, wherever they occur."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from pydantic import SecretStr
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from feedly_core.channel_settings import AlertChannel
from feedly_core.database_address import parse_address
from feedly_core.settings import Settings

MASK = "***"


def masked_settings(settings: Settings) -> Mapping[str, Any]:
    """Every setting by its variable.

    Of an address the password is gone, the rest stays.
    """
    shown: dict[str, Any] = {}
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            value = _masked(value.get_secret_value())
        if isinstance(value, dict):  # of a channel every address is a secret: only its type is shown
            value = {
                key: each.type.value if isinstance(each, AlertChannel) else each
                for key, each in value.items()
            }
        shown[field.alias or name] = value
    return shown


def secrets_of(settings: Settings) -> list[str]:
    """What must appear nowhere, longest first, each also as JSON and as an address would write it."""
    plain = {secret for name in type(settings).model_fields for secret in _in(getattr(settings, name))}
    written = {form for secret in plain for form in _forms(secret)}
    return sorted(filter(None, written), key=len, reverse=True)


def without(secrets: list[str], content: str) -> str:
    for secret in secrets:
        content = content.replace(secret, MASK)
    return content


def _in(value: object) -> Iterator[str]:
    """The whole of a secret setting, and the passwords inside any address."""
    if isinstance(value, dict):
        for each in value.values():
            if isinstance(each, AlertChannel):
                yield from (secret for _, part in each for secret in _in(part))
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
        value = value.get_secret_value()
    url = _as_url(value) if isinstance(value, str) else None
    if url is not None:
        yield url.password or ""
        yield from (str(said) for name, said in url.query.items() if "password" in name)


def _forms(secret: str) -> tuple[str, ...]:
    return secret, json.dumps(secret, ensure_ascii=False)[1:-1], quote(secret, safe="")


def _masked(secret: str) -> str:
    url = _as_url(secret)
    return MASK if url is None else url.render_as_string(hide_password=True)


def _as_url(secret: str) -> URL | None:
    """None for what is no address: a token."""
    try:
        return parse_address(secret) if secret.startswith("postgres") else make_url(secret)
    except (ArgumentError, ValueError):
        return None
