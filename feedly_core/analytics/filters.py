"""What the pictures across jobs can be filtered by: one class for gallery, reviews, trends and exports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, exists, func, select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on

from feedly_core.analytics.job_states import has_outcome
from feedly_core.db.engine import Capabilities, among
from feedly_core.db.own_schema import campaign_jobs, review_winners, reviews
from feedly_core.db.own_schema.search import are_common, jobs_with, search_documents
from feedly_core.domain import tables as t
from feedly_core.domain.matching import LONGEST_QUERY, MOST_WORDS, words_of
from feedly_core.errors import InvalidInput
from feedly_core.i18n import N_, composed, verbatim

_WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class PictureFilters:
    """All conditions hold together; None and empty mean no condition.

    ``since`` is included, ``until`` is not; both bound the job's creation. ``tones`` are ids of tone styles:
    given a name, PostgreSQL could not distinguish a usual tone from a rare one. Each of the ``words`` must
    stand in one of the job's texts, as every search field finds it. ``ranges``: score to (lowest, highest),
    both included. ``finished``: only variants with a finished picture. ``verdict`` is that of the newest
    review, ``judged``: by anybody. ``judged_by`` and ``unjudged_by``: a person's own verdict on this very
    picture. ``disputed``:
    people give different verdicts. ``won``: somebody chose it as its job's winner.
    """

    tenant: str | None = None
    campaign: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    outcome: str | None = None
    tones: tuple[UUID, ...] | None = None
    version: str | None = None
    verdict: str | None = None
    words: str = ""
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    job: UUID | None = None
    finished: bool = False
    judged: bool = False
    judged_by: str | None = None
    unjudged_by: str | None = None
    disputed: bool | None = None
    won: bool = False
    variants: tuple[UUID, ...] | None = None

    @property
    def looks_elsewhere(self) -> bool:
        """Whether other tables than the read model decide: campaigns, reviews, the search index."""
        people = (self.judged, self.won, self.judged_by, self.unjudged_by, self.disputed is not None)
        return any((self.campaign, self.words, self.verdict, *people))


def conditions(
    rows: FromClause, filters: PictureFilters, now: datetime, *, indexed: bool = False
) -> list[ColumnElement[bool]]:
    """The filters as conditions on rows of the read model.

    ``now``: the moment of the jobs' states. ``indexed``: the search index is filled; without it words are
    found at their beginning alone.
    """
    given: list[ColumnElement[bool]] = []
    for column, value in (
        (rows.c.tenant_id, filters.tenant),
        (rows.c.version, filters.version),
        (rows.c.job_id, filters.job),
    ):
        if value is not None:
            given.append(column == value)
    if filters.outcome is not None:
        given.append(has_outcome(rows, filters.outcome, now))
    if filters.tones is not None:
        given.append(rows.c.tone_style_id.in_(filters.tones))
    if filters.since is not None:
        given.append(rows.c.created_at >= filters.since)
    if filters.until is not None:
        given.append(rows.c.created_at < filters.until)
    if filters.campaign is not None:
        given.append(_of_campaign(rows.c.job_id, filters.campaign))
    given += _with_words(rows, filters.words, indexed)
    for name, (low, high) in filters.ranges.items():
        given.append(rows.c[name].between(low, high))
    if filters.variants is not None:
        given.append(among(rows.c.job_variants_id, filters.variants))
    if filters.finished:
        given.append(rows.c.picture_id.is_not(None))
    return given + _review_conditions(rows, filters)


def job_conditions(caps: Capabilities, filters: PictureFilters) -> list[ColumnElement[bool]]:
    """The filters that a job alone decides, as conditions on ``jobs``: they bound what is read."""
    jobs = t.jobs
    given: list[ColumnElement[bool]] = []
    if filters.tenant is not None:
        given.append(jobs.c.tenant_id == filters.tenant)
    if filters.version is not None and caps.has("jobs", "version"):
        given.append(jobs.c.version == filters.version)
    if filters.job is not None:
        given.append(jobs.c.job_id == filters.job)
    if filters.variants is not None:
        named = among(t.jobs_variants.c.job_variants_id, filters.variants)
        given.append(jobs.c.job_id.in_(select(t.jobs_variants.c.job_id).where(named)))
    if filters.since is not None:
        given.append(jobs.c.created_at >= filters.since)
    if filters.until is not None:
        given.append(jobs.c.created_at < filters.until)
    if filters.campaign is not None:
        given.append(_of_campaign(jobs.c.job_id, filters.campaign))
    if filters.tones is not None and caps.has("job_inputs", "tone_style_id"):
        inputs = t.job_inputs
        of_tone = and_(inputs.c.job_id == jobs.c.job_id, inputs.c.tone_style_id.in_(filters.tones))
        given.append(exists().where(of_tone))
    return given


def job_filters(filters: PictureFilters) -> tuple[object, ...]:
    """The values that :func:`job_conditions` reads, as a key."""
    return (
        filters.tenant,
        filters.version,
        filters.job,
        filters.variants,
        filters.since,
        filters.until,
        filters.campaign,
        filters.tones,
    )


def _of_campaign(job_id: ColumnElement[Any], campaign: UUID) -> ColumnElement[bool]:
    """One of the campaign's jobs, which are read first and looked up as one array.

    Else PostgreSQL went through all pictures, the newest first, and looked each one's campaign up until there
    were enough: at times through millions.
    """
    jobs = select(campaign_jobs.c.job_id).where(campaign_jobs.c.campaign_id == campaign)
    return among(job_id, func.array(jobs.scalar_subquery()))


def _review_conditions(rows: FromClause, filters: PictureFilters) -> list[ColumnElement[bool]]:
    given: list[ColumnElement[bool]] = []
    picture = tuple_(rows.c.job_variants_id, rows.c.picture_id)
    if filters.verdict is not None:
        given.append(rows.c.job_variants_id.in_(_of_verdict(filters.verdict)))
    if filters.judged:
        given.append(rows.c.job_variants_id.in_(select(reviews.c.job_variants_id)))
    if filters.won:
        given.append(rows.c.job_variants_id.in_(select(review_winners.c.job_variants_id)))
    if filters.judged_by is not None:
        given.append(_has_judged(rows, filters.judged_by))
    if filters.unjudged_by is not None:
        given.append(_has_not_judged(rows, filters.unjudged_by))
    if filters.disputed is not None:
        disputed = picture.in_(_disputed())
        given.append(disputed if filters.disputed else func.coalesce(~disputed, True))
    return given


def _of_verdict(verdict: str) -> Select[Any]:
    """Variants whose newest review says so, looked up from the reviews: people judge few of many pictures.

    As reviews without a newer one, PostgreSQL knows how common a verdict is and picks its way by that. Of
    the newest of all reviews, sorted first, it expected a hundred times too few.
    """
    newer = reviews.alias("newer")
    later = exists().where(
        newer.c.job_variants_id == reviews.c.job_variants_id, newer.c.review_id > reviews.c.review_id
    )
    return select(reviews.c.job_variants_id).where(reviews.c.verdict == verdict, ~later)


def _newest_of_each(*more: ColumnElement[bool]) -> FromClause:
    """Each person's newest own verdict on each variant; one that was taken back is none."""
    newest = (
        select(reviews.c.job_variants_id, reviews.c.picture_asset_id, reviews.c.verdict)
        .ext(distinct_on(reviews.c.job_variants_id, reviews.c.reviewer))
        .where(reviews.c.team.is_(False), *more)
        .order_by(reviews.c.job_variants_id, reviews.c.reviewer, reviews.c.review_id.desc())
        .subquery("newest_of_each")
    )
    return select(newest).where(newest.c.verdict != _WITHDRAWN).subquery("standing")


def _has_judged(rows: FromClause, person: str) -> ColumnElement[bool]:
    mine = _newest_of_each(reviews.c.reviewer == person)
    return exists().where(
        mine.c.job_variants_id == rows.c.job_variants_id, mine.c.picture_asset_id == rows.c.picture_id
    )


def _has_not_judged(rows: FromClause, person: str) -> ColumnElement[bool]:
    """The opposite, looked up for each row along an index: rows are walked until a page is full.

    As an anti-join PostgreSQL compared each of them with every verdict of the person.
    """
    mine = and_(reviews.c.reviewer == person, reviews.c.team.is_(False))
    newest = (
        select(and_(reviews.c.picture_asset_id == rows.c.picture_id, reviews.c.verdict != _WITHDRAWN))
        .where(reviews.c.job_variants_id == rows.c.job_variants_id, mine)
        .order_by(reviews.c.review_id.desc())
        .limit(1)
        .correlate(rows)
    )
    return newest.scalar_subquery().is_not(True)


def _disputed() -> Select[Any]:
    said = _newest_of_each()
    key = (said.c.job_variants_id, said.c.picture_asset_id)
    return select(*key).group_by(*key).having(func.count(said.c.verdict.distinct()) > 1)


def _with_words(rows: FromClause, words: str, indexed: bool) -> list[ColumnElement[bool]]:
    if not words.strip():
        return []
    wanted = _searchable(words)
    if indexed:
        return [rows.c.job_id.in_(jobs_with(wanted))]
    return [rows.c.words.op("@@")(func.to_tsquery("simple", _words_query(words)))]


def words_are_common(connection: Connection, words: str) -> bool:
    """Whether the search index, which must be filled, has the words in many jobs. One statement."""
    return bool(words.strip()) and are_common(connection, _searchable(words))


def words_looked_up(rows: FromClause, words: str) -> ColumnElement[bool]:
    """The words as a condition that is looked up for each row in turn, in the search index.

    OFFSET keeps PostgreSQL from first finding every job that has them.
    """
    of_row = jobs_with(_searchable(words)).where(search_documents.c.job_id == rows.c.job_id)
    return of_row.correlate(rows).offset(0).exists()


def _searchable(words: str) -> tuple[str, ...]:
    """The words as the index knows them.

    Raises InvalidInput for more than it can look for, and for none: all pictures would look like an answer.
    """
    if len(words.split()) > MOST_WORDS or len(words) > LONGEST_QUERY:
        raise InvalidInput(
            N_("These are too many words to search for."),
            hint=N_("Search for at most {n} words, {m} characters.", n=MOST_WORDS, m=LONGEST_QUERY),
        )
    wanted = words_of(words)
    if not wanted:
        raise InvalidInput(
            N_("“{words}” has no letter and no digit to search for.", words=verbatim(words.strip()[:60])),
            hint=N_("Search for words of the copy or the description."),
        )
    return wanted


def _words_query(words: str) -> str:
    """Each word as a prefix; what is not a letter or a digit separates words."""
    letters = "".join(letter if letter.isalnum() else " " for letter in composed(words)).split()
    return " & ".join(f"{word}:*" for word in letters)
