"""Documents that the index names for some words, and which comments a person may see."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Integer, cast, func, literal, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from feedly_core.db.own_schema import search_documents
from feedly_core.db.own_schema.search import stands_in
from feedly_core.domain.matching import is_literal, match, word_grams
from feedly_core.reviews.visibility import visible_entries
from feedly_core.search.documents import Document, DocumentKind
from feedly_core.search.index import place_in_time

_UNSURE = 4
"""A word with open consonants is compared after reading: so many times more documents are read."""


def indexed(connection: Connection, words: Sequence[str], kind: DocumentKind, limit: int) -> list[Document]:
    """The newest documents with all words, newest first. One statement.

    Week after week is looked up in the index, the newest first: of a word that stands in every job only the
    newest weeks are read, and of a rare one a few rows of each.
    """
    known = word_grams(words)
    if not known:
        return []
    documents = search_documents.c
    newest = select(func.min(documents.week).label("first"), func.max(documents.week).label("last"))
    ends = newest.where(documents.kind == kind.value).subquery("ends")
    week = func.generate_series(ends.c.last, ends.c.first, -1).table_valued("week").render_derived().lateral()
    sure = all(map(is_literal, words))
    most = limit if sure else _UNSURE * limit
    wanted = func.array_append(literal(sorted(known), ARRAY(Integer)), place_in_time(kind) + week.c.week)
    of_week = (
        select(documents.key, documents.job_id, documents.created_at, documents.texts, documents.kind)
        .where(documents.grams.contains(cast(wanted, ARRAY(Integer))), *stands_in(words))
        .order_by(documents.created_at.desc())
        .limit(most)
        .lateral("of_week")
    )
    query = select(of_week).select_from(ends.join(week, true()).join(of_week, true())).limit(most)
    rows = connection.execute(query).all()
    found = [
        Document(DocumentKind(row.kind), row.key, row.job_id, row.created_at, row.texts)
        for row in rows
        if row.kind == kind.value and match(words, row.texts)
    ]
    return sorted(found, key=lambda one: one.created_at, reverse=True)[:limit]


def visible_comments(connection: Connection, reader: str, found: Sequence[Document]) -> list[Document]:
    """Without comments that must stay hidden from the reader of this name. One statement."""
    comments = {document.key for document in found if document.kind is DocumentKind.COMMENT}
    if not comments:
        return list(found)
    visible = visible_entries(connection, reader, comments)
    return [document for document in found if document.key not in comments or document.key in visible]
