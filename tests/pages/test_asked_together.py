"""Questions that follow each other with nothing drawn between them share one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, Engine, event, text
from streamlit.testing.v1 import AppTest

from feedly_core.analytics.refresher import rebuild
from feedly_core.db import own_schema
from feedly_core.errors import FeedlyError
from pages.shared.ask import ask, asked_together, dashboard
from tests.factories import write_job

OpenPage = Callable[..., AppTest]
_BEGINS = "begins"


def _transaction(connection: Connection) -> int:
    return int(connection.scalar(text("SELECT pg_backend_pid()")) or 0)


def _broken(connection: Connection) -> None:
    connection.execute(text("SELECT 1 / 0"))


@pytest.fixture
def sent(open_page: OpenPage) -> Iterator[list[str]]:
    """What the pages' engine sends: its statements, and a word for each transaction that begins."""
    seen: list[str] = []

    def begins(_connection: Connection) -> None:
        seen.append(_BEGINS)

    def executes(_connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    engine = dashboard().engine
    event.listen(engine, "begin", begins)
    event.listen(engine, "before_cursor_execute", executes)
    yield seen
    event.remove(engine, "begin", begins)
    event.remove(engine, "before_cursor_execute", executes)


def test_one_transaction_serves_all_that_is_asked_together(sent: list[str]) -> None:
    with asked_together():
        assert ask(_transaction) == ask(_transaction)
    assert sent.count(_BEGINS) == 1
    ask(_transaction)
    assert sent.count(_BEGINS) == 2, "it has ended with its block"


def test_after_an_error_the_next_question_has_a_transaction_of_its_own(sent: list[str]) -> None:
    with pytest.raises(FeedlyError), asked_together():
        ask(_broken)
    assert ask(_transaction)
    assert sent.count(_BEGINS) == 2


def test_a_page_of_the_gallery_and_its_winners_share_one(
    sent: list[str], open_page: OpenPage, engine: Engine
) -> None:
    write_job(engine)
    own_schema.install(engine)
    rebuild(engine, lambda done, total: None, now=datetime.now(UTC))
    sent.clear()
    open_page("results")
    page, chosen = _where(sent, "variant_facts.picture_id"), _where(sent, "review_winners")
    assert page < chosen
    assert _BEGINS not in sent[page:chosen]


def _where(sent: list[str], words: str) -> int:
    return next(number for number, statement in enumerate(sent) if words in statement)
