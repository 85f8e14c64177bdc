"""Server log: text or one JSON object per line.

With viewer, request and job; without passwords.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Literal

_NOTHING: Mapping[str, str] = MappingProxyType({})
_ids: ContextVar[Mapping[str, str]] = ContextVar("feedly_log_ids", default=_NOTHING)
_PASSWORD = re.compile(r"(\w+://[^:/@\s]*:)[^@\s]+@")
_secrets: tuple[str, ...] = ()
_OURS = ("feedly", "feedly_core")


def log_ids(**ids: str | None) -> None:
    """Ids (viewer, job…) that each following line of this page run or request carries, with a new one of
    the request itself. Without any, lines carry none."""
    known = {name: value for name, value in ids.items() if value}
    _ids.set({"request": secrets.token_hex(4), **known} if known else _NOTHING)


def has_log_ids() -> bool:
    """Whether this thread's lines carry ids already."""
    return bool(_ids.get())


def configure(log_format: Literal["text", "json"], secrets: Sequence[str] = ()) -> None:
    """Send our loggers to stderr with ``secrets`` masked.

    Streamlit's own lines stay.
    """
    global _secrets
    _secrets = tuple(secrets)
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if log_format == "json" else TextLines())
    for name in _OURS:
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.INFO)


class TextLines(logging.Formatter):
    """``20:15:02 WARNING feedly.hub [viewer=…] message``."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s%(ids)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        ids = " ".join(f"{name}={value}" for name, value in _ids.get().items())
        record.ids = f" [{ids}]" if ids else ""
        return redacted(super().format(record))


class JsonLines(logging.Formatter):
    """One JSON object per line.

    Time (UTC), level, logger, message, the ids, and the trace of an error.
    """

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_ids.get(),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return redacted(json.dumps(line, ensure_ascii=False))


def redacted(text: str) -> str:
    """The text without URL passwords and without the settings' secrets."""
    text = _PASSWORD.sub(r"\1***@", text)
    for secret in _secrets:
        text = text.replace(secret, "***")
    return text
