"""What a search finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from feedly_core.domain.matching import Span, spans
from feedly_core.domain.status import JobStatus
from feedly_core.i18n import LANGUAGES, Message, composed, translate, verbatim
from feedly_core.search.documents import Field

PASSAGE = 110
"""Characters of a passage that are shown."""

_BEFORE = 30


class HitKind(StrEnum):
    """What was found, in the order in which it is shown."""

    PAGE = "page"
    TERM = "term"
    TENANT = "tenant"
    CAMPAIGN = "campaign"
    MEETING = "meeting"
    CHECK = "check"
    JOB = "job"
    COMMENT = "comment"


@dataclass(frozen=True)
class Place:
    """A named thing of the program: a page, a term of the glossary, a check."""

    kind: HitKind
    key: str
    name: Message
    explanation: Message


@dataclass(frozen=True)
class Passage:
    """The part of a text around what was found; ``marks`` are places in ``text``."""

    text: str
    marks: tuple[Span, ...]


@dataclass(frozen=True)
class Hit:
    """One thing that was found.

    ``field`` says what of it was found, ``passage`` where; ``status`` and ``picture_id`` are a job's,
    ``running`` is a meeting's.
    """

    kind: HitKind
    key: str
    title: Message
    field: Field
    passage: Passage
    created_at: datetime | None = None
    tenant_id: str | None = None
    job_id: UUID | None = None
    picture_id: UUID | None = None
    status: JobStatus | None = None
    running: bool = False


@dataclass(frozen=True)
class Found:
    """``words``: what was looked for; empty when the query held no letter.

    ``bounded_to``: there is no index, only so many of the newest jobs were read. ``complete`` False: older
    jobs are still being indexed. ``more``: kinds with more hits than are given.
    """

    words: tuple[str, ...]
    hits: tuple[Hit, ...]
    more: frozenset[HitKind] = frozenset()
    bounded_to: int | None = None
    complete: bool = True


def passage_of(words: Sequence[str], text: str) -> Passage:
    """The beginning of the text, or what stands around the first word."""
    whole = composed(text)
    found = spans(words, whole)
    begin = max(0, found[0][0] - _BEFORE) if found and found[0][1] > PASSAGE else 0
    shown = whole[begin : begin + PASSAGE]
    lead, tail = ("…" if begin else ""), ("…" if begin + PASSAGE < len(whole) else "")
    shift = len(lead) - begin
    inside = [(first, last) for first, last in found if begin <= first and last <= begin + PASSAGE]
    return Passage(lead + shown + tail, tuple((first + shift, last + shift) for first, last in inside))


def in_each_language(message: Message) -> str:
    """A message as it is searched: people may write its name in either language."""
    return "\n".join(dict.fromkeys(translate(message, language) for language in LANGUAGES))


def named(text: str | None, otherwise: Message) -> Message:
    """Data as a title, or what stands in its place."""
    return verbatim(text) if text else otherwise
