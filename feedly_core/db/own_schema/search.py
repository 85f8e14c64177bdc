"""Search index: the searchable texts of jobs and comments.

Made from FeedlyAI's rows and from reviews; it may be dropped and filled again at any time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    Select,
    Table,
    Text,
    Uuid,
    and_,
    cast,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from feedly_core.db.own_schema.metadata import LATER, metadata, moment
from feedly_core.domain.matching import is_literal, word_grams
from feedly_core.domain.tables.columns import Prose

search_documents = Table(
    "search_documents",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("key", Uuid, primary_key=True),
    Column("job_id", Uuid, nullable=False),
    moment("created_at", default=False),
    Column("week", Integer, nullable=False),
    Column("texts", JSONB, nullable=False),
    Column("folded", Prose, nullable=False),
    Column("grams", ARRAY(Integer), nullable=False),
    info=LATER,
)
"""``key``: the job's id, or the id of a verdict with a comment. ``texts`` by field, as they are shown;
``folded``: their letters, a line per field; ``grams``: see :func:`feedly_core.domain.matching.grams`, and the
document's place in time (:func:`feedly_core.search.index.place_in_time`), so that one look-up in the index
finds the matches of one week."""

# Without a list of pending entries, which each look-up of the index would read whole.
Index(
    "search_documents_grams",
    search_documents.c.grams,
    postgresql_using="gin",
    postgresql_with={"fastupdate": "off"},
)
Index("search_documents_week", search_documents.c.kind, search_documents.c.week)
Index("search_documents_job", search_documents.c.job_id)

search_state = Table(
    "search_state",
    metadata,
    Column("only_row", Boolean, primary_key=True, server_default="true"),
    moment("read_until", default=False),
    moment("refreshed_at", default=False),
    Column("complete", Boolean, nullable=False),
    moment("filled_to", nullable=True),
    Column("filled_to_job", Uuid),
    info=LATER,
)
"""How far the index is. ``read_until``: rows written before this are in; ``filled_to``: the oldest job that
the filling has reached, which goes on from there; ``complete``: it has reached the last."""

SEARCH = (search_documents, search_state)
"""The tables that search needs. Without them it reads the newest jobs alone."""


def stands_in(words: Sequence[str]) -> list[ColumnElement[bool]]:
    """The literal words as conditions on a document: their grams alone might stand apart."""
    folded = search_documents.c.folded
    return [func.strpos(folded, word) > 0 for word in words if is_literal(word)]


SAMPLE, COMMON = 256, 1 / 8
"""Documents that :func:`are_common` looks at, and the share of them from which on words are common."""


def are_common(connection: Connection, words: Sequence[str]) -> bool:
    """Whether the words stand in many jobs. One statement.

    Of the first documents by key: ids are random, so they are of all times.
    """
    documents = search_documents.c
    there = and_(*stands_in(words), documents.grams.contains(sorted(word_grams(words))))
    some = select(there.label("there")).where(documents.kind == "job").order_by(documents.key).limit(SAMPLE)
    share = func.avg(cast(some.subquery("some").c.there, Integer))
    return (connection.scalar(select(share)) or 0) >= COMMON


def jobs_with(words: Sequence[str]) -> Select[Any]:
    """Ids of the jobs in whose texts each word stands, as a query."""
    documents = search_documents.c
    query = select(documents.job_id).where(documents.kind == "job", *stands_in(words))
    grams = sorted(word_grams(words))
    return query.where(documents.grams.contains(grams)) if grams else query
