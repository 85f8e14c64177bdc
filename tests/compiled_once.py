"""One cache of compiled statements for all engines of a test run.

A process of ours has one engine, which compiles a statement once. Each test makes an engine of its own, and
so compiled every statement anew: a tenth of the suite's CPU seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2
from sqlalchemy.util import LRUCache

STATEMENTS = 4000
_DECIDE = ("server_version_info", "_json_deserializer", "_json_serializer", "_backslash_escapes")
"""What a dialect knows of its server and its engine that a compiled statement depends on."""


@contextmanager
def compiled_once() -> Iterator[None]:
    """Dialects that compile alike are one key of one cache."""
    compiled: LRUCache[Any, Any] = LRUCache(STATEMENTS)
    made = Engine.__init__

    def init(engine: Engine, *args: Any, **kwargs: Any) -> None:
        made(engine, *args, **kwargs)
        if engine._compiled_cache is not None:
            engine._compiled_cache = compiled

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Engine, "__init__", init)
        patch.setattr(PGDialect_psycopg2, "__hash__", lambda self: hash(PGDialect_psycopg2))
        patch.setattr(PGDialect_psycopg2, "__eq__", _compiles_alike)
        yield


def _compiles_alike(one: Any, other: object) -> bool:
    return one is other or (
        type(one) is type(other) and all(getattr(one, name) == getattr(other, name) for name in _DECIDE)
    )
