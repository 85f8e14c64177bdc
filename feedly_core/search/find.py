"""One search over everything, as one person may see it.

No hit shows a score or a verdict: a blind review stays blind.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from feedly_core.analytics.refresher import next_jobs
from feedly_core.db.job_lookup import id_digits, jobs_beginning
from feedly_core.db.job_rows import read_statuses
from feedly_core.db.query_budget import query_budget
from feedly_core.domain.matching import match, spans, words_of
from feedly_core.i18n import N_, Message
from feedly_core.search.candidates import indexed, visible_comments
from feedly_core.search.documents import Document, DocumentKind, Field, comment_documents, job_documents
from feedly_core.search.hits import Found, Hit, HitKind, Place, in_each_language, named, passage_of
from feedly_core.search.index import search_freshness
from feedly_core.search.named_things import finished_pictures, named_things

JOBS_SHOWN, OTHERS_SHOWN = 8, 4
"""Hits of a kind that are given."""

BOUNDED_JOBS = 300
"""Without the index the texts of so many of the newest jobs are read."""


@query_budget(statements=14, rows=20_000)
def search(
    connection: Connection,
    query: str,
    reader: str,
    *,
    now: datetime,
    places: Sequence[Place] = (),
    jobs: int = JOBS_SHOWN,
) -> Found:
    """What the words of the query name. Never an error for any text.

    ``reader``: the name of whoever asks. ``places``: named things of the program, which the database does
    not know. ``jobs``: most jobs that are given. Fourteen statements at most.
    """
    words = words_of(query)
    if not words:
        return Found((), ())
    ids = _by_id(connection, query)
    known = search_freshness(connection)
    if known is None:
        documents = _newest_documents(connection, reader, words)
    else:
        documents = [
            *indexed(connection, words, DocumentKind.JOB, jobs + 1),
            *visible_comments(connection, reader, indexed(connection, words, DocumentKind.COMMENT, 40)),
        ]
    found = [
        *(_place_hit(words, place) for place in places),
        *(_hit(words, *thing) for thing in named_things(connection)),
        *map(_job_by_id, ids),
        *(_document_hit(words, one) for one in documents if one.key not in {job.key for job in ids}),
    ]
    hits, more = _of_each_kind([hit for hit in found if hit], jobs)
    return Found(
        words,
        _with_jobs(connection, hits, now),
        more,
        bounded_to=BOUNDED_JOBS if known is None else None,
        complete=known is None or known.complete,
    )


def _by_id(connection: Connection, query: str) -> list[Document]:
    digits = id_digits(query)
    found = jobs_beginning(connection, digits, OTHERS_SHOWN) if digits else []
    return job_documents(connection, found) if found else []


def _newest_documents(connection: Connection, reader: str, words: Sequence[str]) -> list[Document]:
    """Without an index: the newest jobs and their comments."""
    ids = [row.job_id for row in next_jobs(connection, None, BOUNDED_JOBS)]
    jobs = sorted(job_documents(connection, ids), key=lambda one: one.created_at, reverse=True)
    comments = [one for one in comment_documents(connection, ids) if match(words, one.texts)]
    return [*jobs, *visible_comments(connection, reader, comments)]


def _place_hit(words: Sequence[str], place: Place) -> Hit | None:
    texts = {
        Field.NAME: in_each_language(place.name),
        Field.EXPLANATION: in_each_language(place.explanation),
    }
    return _hit(words, place.kind, place.key, place.name, texts)


def _hit(
    words: Sequence[str],
    kind: HitKind,
    key: str,
    title: Message,
    texts: dict[Field, str],
    created_at: datetime | None = None,
    running: bool = False,
) -> Hit | None:
    found = match(words, texts)
    if found is None:
        return None
    field = max(found, key=lambda name: len(found[name]))
    # A name stands there in each language, one a line: the found one is shown.
    lines = texts[Field(field)].split("\n")
    passage = passage_of(words, next((line for line in lines if spans(words, line)), lines[0]))
    return Hit(kind, key, title, Field(field), passage, created_at, running=running)


def _job_by_id(document: Document) -> Hit:
    passage = passage_of((), str(document.job_id))
    return replace(_job_hit(document, Field.JOB), passage=passage)


def _document_hit(words: Sequence[str], document: Document) -> Hit | None:
    found = match(words, document.texts)
    if found is None:
        return None
    field = max((name for name in Field if name in found), key=lambda name: len(found[name]))
    hit = _job_hit(document, field) if document.kind is DocumentKind.JOB else _comment_hit(document)
    return replace(hit, passage=passage_of(words, document.texts[field]))


def _job_hit(document: Document, field: Field) -> Hit:
    texts = document.texts
    title = texts.get(Field.DESCRIPTION) or texts.get(Field.COPY)
    return Hit(
        HitKind.JOB,
        str(document.job_id),
        named(title, N_("(no description)")),
        field,
        passage_of((), ""),
        document.created_at,
        texts.get(Field.TENANT),
        document.job_id,
    )


def _comment_hit(document: Document) -> Hit:
    return Hit(
        HitKind.COMMENT,
        str(document.key),
        N_("Comment"),
        Field.COMMENT,
        passage_of((), ""),
        document.created_at,
        job_id=document.job_id,
    )


def _of_each_kind(hits: Iterable[Hit], jobs: int) -> tuple[list[Hit], frozenset[HitKind]]:
    """The first few of each kind, kinds in their order, and the kinds that have more."""
    by_kind: dict[HitKind, list[Hit]] = {kind: [] for kind in HitKind}
    for hit in hits:
        by_kind[hit.kind].append(hit)
    most = {kind: jobs if kind is HitKind.JOB else OTHERS_SHOWN for kind in HitKind}
    more = frozenset(kind for kind, found in by_kind.items() if len(found) > most[kind])
    return [hit for kind, found in by_kind.items() for hit in found[: most[kind]]], more


def _with_jobs(connection: Connection, hits: Sequence[Hit], now: datetime) -> tuple[Hit, ...]:
    """Status and picture of each job; a hit of a job that is gone is left out."""
    job_ids: set[UUID] = {hit.job_id for hit in hits if hit.job_id}
    if not job_ids:
        return tuple(hits)
    statuses = read_statuses(connection, job_ids, now)
    pictures = finished_pictures(connection, job_ids)
    return tuple(
        hit
        if hit.job_id is None
        else replace(hit, status=statuses[hit.job_id].job, picture_id=pictures.get(hit.job_id))
        for hit in hits
        if hit.job_id is None or hit.job_id in statuses
    )
