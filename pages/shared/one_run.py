"""What stays as it is for one run of a page, asked once: a gallery asks for it with every word and card."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, TypeVar, cast

_Answer = TypeVar("_Answer")
_known: ContextVar[dict[Callable[[], Any], object] | None] = ContextVar("known", default=None)


@contextmanager
def one_run() -> Iterator[None]:
    """A whole run, or that of a part by itself. A part of a whole run belongs to that."""
    if _known.get() is not None:
        yield
        return
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def once(ask: Callable[[], _Answer]) -> Callable[[], _Answer]:
    """``ask`` once per run; outside of one, as in a callback, each time."""

    @wraps(ask)
    def asked() -> _Answer:
        known = _known.get()
        if known is None:
            return ask()
        if ask not in known:
            known[ask] = ask()
        return cast("_Answer", known[ask])

    return asked
