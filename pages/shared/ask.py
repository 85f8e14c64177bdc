"""Runs a query for a page, and draws its errors."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

import streamlit as st

from dashboard.server.logs import has_log_ids, log_ids
from dashboard.server.metrics import ERRORS
from dashboard.server.startup import Dashboard, current
from feedly_core.db.cancellation import QueryCancelled, cancelled_when
from feedly_core.db.engine import reading
from feedly_core.db.query_budget import OpenTransaction, Query
from feedly_core.errors import FeedlyError
from pages.shared.one_run import one_run
from pages.shared.placeholders import error_card, unexpected_card
from pages.shared.streamlit_workarounds.run_context import viewer_left

_log = logging.getLogger("feedly.pages")
_Answer = TypeVar("_Answer")
_Asked = ParamSpec("_Asked")
_Drawn = ParamSpec("_Drawn")
_IDS = "ids of the log"
_open: ContextVar[OpenTransaction | None] = ContextVar("open", default=None)


def dashboard() -> Dashboard:
    """The one dashboard of this process: settings, engine, hub."""
    return current()


def ask(question: Query[_Asked, _Answer], *args: _Asked.args, **kwargs: _Asked.kwargs) -> _Answer:
    """``question(connection, …)`` in one short read transaction, closed before anything is drawn.

    When the viewer leaves, or asks for another run, the query is cancelled and this run ends.
    """
    with asked_together() as connection:
        return question(connection, *args, **kwargs)


@contextmanager
def asked_together() -> Iterator[OpenTransaction]:
    """One short read transaction for all that this block asks; nothing is drawn in it.

    To begin and end one is two ways to the database, during which other threads have the interpreter.
    """
    outer = _open.get()
    if outer is not None:
        yield outer
        return
    try:
        with reading(dashboard().engine) as connection, cancelled_when(connection, viewer_left()):
            token = _open.set(connection)
            try:
                yield connection
            finally:
                _open.reset(token)
    except QueryCancelled:
        st.stop()


def name_run(**ids: str | None) -> None:
    """Viewer and job for the log, kept for fragments."""
    st.session_state[_IDS] = ids
    log_ids(**ids)


@dataclass
class Part:
    """How a guarded part of a page ended.

    Whoever needs a name that it binds asks ``failed`` first.
    """

    failed: bool = False


@contextmanager
def page_errors() -> Iterator[Part]:
    """Draw a card instead of the block's error.

    What follows the block is drawn as usual.
    """
    part = Part()
    if not has_log_ids():  # a fragment that runs by itself does so in a thread of its own
        log_ids(**st.session_state.get(_IDS, {}))
    try:
        yield part
    except FeedlyError as error:
        part.failed = True
        ERRORS.labels(type(error).__name__).inc()
        _log.warning("%s", error)
        error_card(error)
    except Exception:  # noqa: BLE001 - the last net: logged with a number that the viewer sees
        part.failed = True
        ERRORS.labels("unexpected").inc()
        reference = secrets.token_hex(4)
        _log.exception("unexpected error %s", reference)
        unexpected_card(reference)


def sections(*shows: Callable[[], object]) -> None:
    """Draw one below the other.

    One that fails is a card in its own place.
    """
    for show in shows:
        with page_errors():
            show()


def fragment(
    draw: Callable[_Drawn, None], *, key: str | None = None, run_every: float | None = None
) -> Callable[_Drawn, None]:
    """``draw`` as a part that runs again by itself: then no page stands around it to catch its errors."""

    @wraps(draw)
    def body(*args: _Drawn.args, **kwargs: _Drawn.kwargs) -> None:
        with one_run(), page_errors():
            draw(*args, **kwargs)

    return st.fragment(body, key=key, run_every=run_every)
