"""Searchable texts of jobs and comments, read from where they are stored."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects.postgresql import distinct_on

from feedly_core.db.engine import among, capabilities, or_null
from feedly_core.db.own_schema import installed, reviews
from feedly_core.domain import tables as t
from feedly_core.i18n import N_, Message, composed
from feedly_core.reviews.verdicts import StoredVerdict, present, stored_rows

LONGEST_TEXT = 4000
"""Characters of one text that are searched."""

_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


class Field(StrEnum):
    """What of a document was found, in the order in which it is looked at."""

    DESCRIPTION = "description"
    DESCRIPTION_EN = "description_en"
    COPY = "copy"
    COPY_EN = "copy_en"
    TRANSLATION = "translation"
    FEED = "feed"
    HASHTAGS = "hashtags"
    TENANT = "tenant"
    JOB = "job"
    COMMENT = "comment"
    TITLE = "title"
    NAME = "name"
    EXPLANATION = "explanation"


FIELD_LABELS: dict[Field, Message] = {
    Field.DESCRIPTION: N_("Description"),
    Field.DESCRIPTION_EN: N_("English description"),
    Field.COPY: N_("Ad copy"),
    Field.COPY_EN: N_("English copy"),
    Field.TRANSLATION: N_("Translated copy"),
    Field.FEED: N_("Feed post"),
    Field.HASHTAGS: N_("Hashtags"),
    Field.TENANT: N_("Tenant"),
    Field.JOB: N_("Job id"),
    Field.COMMENT: N_("Comment"),
    Field.TITLE: N_("Title"),
    Field.NAME: N_("Name"),
    Field.EXPLANATION: N_("Explanation"),
}

_COPIES = {
    "ad_copy_kor": (Field.COPY, "ad_copy_kor"),
    "ad_copy_eng": (Field.COPY_EN, "ad_copy_eng"),
    "refined_ad_copy": (Field.COPY_EN, "refined_ad_copy_eng"),
    "eng_to_kor": (Field.TRANSLATION, "ad_copy_kor"),
    "kor_to_eng": (Field.DESCRIPTION_EN, "ad_copy_eng"),
}
"""Stage of an ad copy to what it is, and the column that holds it."""


class DocumentKind(StrEnum):
    """What the index holds."""

    JOB = "job"
    COMMENT = "comment"


@dataclass(frozen=True)
class Document:
    """One searchable thing: ``key`` is the job's id, or the id of the verdict with a comment."""

    kind: DocumentKind
    key: UUID
    job_id: UUID
    created_at: datetime
    texts: dict[str, str]


def job_documents(connection: Connection, job_ids: Collection[UUID]) -> list[Document]:
    """The texts of each job that exists. Three statements."""
    caps = capabilities(connection)
    jobs, inputs = t.jobs, t.job_inputs
    query = (
        select(
            jobs.c.job_id,
            jobs.c.created_at,
            or_null(jobs.c.tenant_id, caps),
            or_null(inputs.c.desc_kor, caps),
            or_null(inputs.c.desc_eng, caps),
        )
        .select_from(jobs.outerjoin(inputs, inputs.c.job_id == jobs.c.job_id))
        .where(among(jobs.c.job_id, job_ids))
    )
    rows = connection.execute(query).all()
    texts: dict[UUID, dict[Field, str | None]] = {
        row.job_id: {
            Field.DESCRIPTION: row.desc_kor,
            Field.DESCRIPTION_EN: row.desc_eng,
            Field.TENANT: row.tenant_id,
        }
        for row in rows
    }
    for row in _newest(connection, t.txt_ad_copy_generations, job_ids, ("generation_stage",)):
        field, column = _COPIES.get(row.generation_stage, (None, ""))
        if field and row.job_id in texts and (text := getattr(row, column, None)):
            texts[row.job_id][field] = text
    for row in _newest(connection, t.instagram_feeds, job_ids, ()):
        if row.job_id in texts:
            texts[row.job_id] |= {Field.FEED: row.instagram_ad_copy, Field.HASHTAGS: row.hashtags}
    return [
        Document(DocumentKind.JOB, job_id, job_id, created_at or _NO_TIME, kept(texts[job_id]))
        for job_id, created_at, *_texts in rows
    ]


def comment_documents(connection: Connection, job_ids: Collection[UUID]) -> list[Document]:
    """The comments of verdicts that hold. One statement; none without our schema."""
    if not installed(connection):
        return []
    query = select(reviews).where(among(reviews.c.job_id, job_ids)).order_by(reviews.c.review_id)
    return [_comment(said) for said in present(stored_rows(connection, query)) if said.comment.strip()]


def _comment(said: StoredVerdict) -> Document:
    texts = kept({Field.COMMENT: said.comment})
    return Document(DocumentKind.COMMENT, said.entry_id, said.job_id, said.at, texts)


def kept(texts: dict[Field, str | None]) -> dict[str, str]:
    """The texts that are there, composed, in the order of the fields."""
    return {
        field.value: shown
        for field in Field
        if (text := texts.get(field)) and (shown := composed(text[:LONGEST_TEXT]))
    }


def _newest(
    connection: Connection, table: Table, job_ids: Collection[UUID], by: tuple[str, ...]
) -> list[Any]:
    """The newest row per job and ``by``; none in schemas that lack the table."""
    caps = capabilities(connection)
    if not caps.has_table(table.name):
        return []
    keys = (table.c.job_id, *(table.c[name] for name in by))
    columns = [column for column in table.c if caps.has(table.name, column.name)]
    query = (
        select(*columns)
        .ext(distinct_on(*keys))
        .where(among(table.c.job_id, job_ids))
        .order_by(*keys, table.c.created_at.desc())
    )
    return list(connection.execute(query))
