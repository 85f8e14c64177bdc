"""Pictures that people judged, with their verdicts, scores and the AI judge's answers: one statement."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from operator import itemgetter
from typing import Any, NamedTuple, overload
from uuid import UUID

import numpy as np
from sqlalchemy import (
    Connection,
    FromClause,
    and_,
    cast,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on
from sqlalchemy.types import Text

from feedly_core.analytics.filters import PictureFilters, conditions
from feedly_core.analytics.variant_source import VariantSource
from feedly_core.db.engine import capabilities
from feedly_core.db.own_schema import reviews
from feedly_core.db.query_budget import query_budget
from feedly_core.domain import tables as t
from feedly_core.domain.payloads.vlm_traces import Judgement, Question, read_judgement
from feedly_core.domain.scores import COMPARED
from feedly_core.domain.tables.columns import readable
from feedly_core.reviews.agreement import joint_verdict
from feedly_core.reviews.verdicts import StoredVerdict, Verdict, need_reviews, stored_verdicts
from feedly_core.statistics.clusters import Ints, numbered

MOST_VERDICTS = 20_000
"""The newest so many verdicts are read."""


class Said(NamedTuple):
    """What one person, or the team, says of a picture, without its comment and marks."""

    reviewer: str
    team: bool
    verdict: Verdict
    tags: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Opinion:
    """Everything that is said of a picture, the oldest first. Pictures of which the same is said share one.

    So each is judged once, however many pictures there are.
    """

    said: tuple[Said, ...]
    _known: dict[frozenset[str], bool | None] = field(default_factory=dict, repr=False)

    @cached_property
    def _decision(self) -> Said | None:
        return next((one for one in reversed(self.said) if one.team), None)

    @cached_property
    def bad(self) -> bool | None:
        """What people say: the team's decision, else the majority; None in a tie."""
        approved = joint_verdict(
            self._decision and self._decision.verdict, (one.verdict for one in self.said)
        )
        return None if approved is None else not approved

    def has_reason(self, reasons: frozenset[str]) -> bool | None:
        """Whether people gave one of the reasons; the team's decision counts alone.

        None where somebody refused the picture without any reason, and nobody gave one of these.
        """
        if reasons not in self._known:
            self._known[reasons] = self._has_reason(reasons)
        return self._known[reasons]

    def _has_reason(self, reasons: frozenset[str]) -> bool | None:
        counted = (self._decision,) if self._decision else self.said
        refused = [one for one in counted if one.verdict is not Verdict.APPROVE]
        if any(reasons & set(one.tags) for one in refused):
            return True
        return None if any(not one.tags for one in refused) else False


def finds_fault(complaints: Mapping[Question, bool], questions: Collection[Question]) -> bool | None:
    """Whether the judge found fault in any of the questions; None without an answer to them."""
    found = [complaints[question] for question in questions if question in complaints]
    return any(found) if found else None


class JudgedPicture(NamedTuple):
    """One picture with what people say of it.

    Its ids are read as texts: many pictures are counted, few shown. ``complaints``: by question whether the
    judge found fault; a question without an answer is left out. ``provider``, ``prompt_version`` and
    ``answered_at`` are of its newest judgement. ``scores`` has those that were asked for.
    """

    variant_key: str
    job_key: str
    picture_key: str
    variant: int | None
    text: str | None
    large_text: bool | None
    scores: Mapping[str, float | None]
    opinion: Opinion
    complaints: Mapping[Question, bool]
    provider: str | None
    prompt_version: str | None
    answered_at: datetime | None

    @property
    def variant_id(self) -> UUID:
        return UUID(self.variant_key)

    @property
    def job_id(self) -> UUID:
        return UUID(self.job_key)

    @property
    def picture_id(self) -> UUID:
        return UUID(self.picture_key)


@dataclass(frozen=True, eq=False)
class JudgedPictures(Sequence[JudgedPicture]):
    """Judged pictures as columns of equal length; a line is made a :class:`JudgedPicture` when it is read.

    ``columns`` hold the fields that are not told apart here, ``scores`` a column per score. Few opinions and
    answers differ: ``opinion`` and ``answer`` are each line's place among them.
    """

    columns: Mapping[str, Sequence[Any]]
    scores: Mapping[str, Sequence[float | None]]
    opinions: Sequence[Opinion]
    opinion: Ints
    answers: Sequence[Mapping[Question, bool]]
    answer: Ints

    def __len__(self) -> int:
        return len(self.opinion)

    @overload
    def __getitem__(self, place: int) -> JudgedPicture: ...
    @overload
    def __getitem__(self, place: slice) -> JudgedPictures: ...
    def __getitem__(self, place: int | slice) -> JudgedPicture | JudgedPictures:
        if isinstance(place, slice):
            return self.take(range(len(self))[place])
        return JudgedPicture(
            **{name: held[place] for name, held in self.columns.items()},
            scores={name: held[place] for name, held in self.scores.items()},
            opinion=self.opinions[self.opinion[place]],
            complaints=self.answers[self.answer[place]],
        )

    @cached_property
    def jobs(self) -> Ints:
        """A number per job, by first sight."""
        return numbered(self.columns["job_key"])

    def take(self, places: Collection[int]) -> JudgedPictures:
        """The lines at these places, in this order."""
        chosen = np.fromiter(places, np.int64, len(places))
        taken = chosen.tolist()
        return JudgedPictures(
            {name: [held[place] for place in taken] for name, held in self.columns.items()},
            {name: [held[place] for place in taken] for name, held in self.scores.items()},
            self.opinions,
            self.opinion[chosen],
            self.answers,
            self.answer[chosen],
        )

    def of_variant(self, variant_id: UUID | None) -> JudgedPicture | None:
        """None without it."""
        keys = self.columns["variant_key"]
        return self[keys.index(str(variant_id))] if str(variant_id) in keys else None


_KEYS = {"variant_key": "job_variants_id", "job_key": "job_id", "picture_key": "picture_id"}
_FIELDS = {
    "variant": "variant",
    "text": "drawn_text",
    "large_text": "large_text",
    "provider": "judge_provider",
    "prompt_version": "judge_prompt",
    "answered_at": "judged_at",
}
"""Fields of a picture by the column that each is read from; keys are read as texts."""


@query_budget(statements=1, rows=60_000)
def judged_pictures(
    connection: Connection,
    source: VariantSource,
    filters: PictureFilters,
    scores: Sequence[str] = COMPARED,
) -> JudgedPictures:
    """Every matching picture that was judged, newest verdict first.

    Only verdicts on its present picture count, of the newest :data:`MOST_VERDICTS`. One statement, four where
    the read model is not filled. Raises :class:`MissingInSchema` without the dashboard's own schema.
    """
    need_reviews(connection)
    rows, told = source.rows_for(connection, filters), _told()
    of_picture = and_(
        rows.c.job_variants_id == told.c.job_variants_id, rows.c.picture_id == told.c.picture_id
    )
    query = (
        select(
            *(cast(rows.c[name], Text).label(key) for key, name in _KEYS.items()),
            *(rows.c[name].label(field) for field, name in _FIELDS.items()),
            *(rows.c[name] for name in (*Question, *scores)),
            told.c.said,
            told.c.newest,
        )
        .select_from(told.join(rows, of_picture))
        .where(*conditions(rows, filters, source.asked_at))
    )
    # Sorted here: PostgreSQL would write so many wide rows to the disk for it.
    found = sorted(connection.execute(query).all(), key=itemgetter(-1), reverse=True)
    names = query.selected_columns.keys()
    columns = dict(zip(names, zip(*found, strict=True) if found else [()] * len(names), strict=True))
    return _pictures(columns, scores)


@query_budget(statements=1, rows=50)
def verdicts_on(connection: Connection, variant_id: UUID, picture_id: UUID) -> tuple[StoredVerdict, ...]:
    """What is said of a picture, with comments and marks, the oldest first. One statement."""
    told = stored_verdicts(connection, [variant_id]).get(variant_id, ())
    return tuple(one for one in told if one.picture_id == picture_id)


@query_budget(statements=1, rows=50)
def judgement_of(connection: Connection, variant_id: UUID) -> Judgement | None:
    """The newest judgement of a variant in the judge's words.

    None without one. One statement.
    """
    if not capabilities(connection).has("vlm_traces", "job_variants_id"):
        return None
    traces = t.vlm_traces
    newest = (
        select(traces.c.request, traces.c.response)
        .where(traces.c.job_variants_id == variant_id, traces.c.operation_type == "judge")
        .order_by(readable(traces.c.created_at).desc().nulls_last())
        .limit(1)
    )
    row = connection.execute(newest).first()
    return read_judgement(row.request, row.response) if row else None


def _told() -> FromClause:
    """What is said of each picture, as one text; of the newest verdict per person, team and variant.

    One that was taken back is none. Few texts differ, so that few have to be read.
    """
    without = ("comment", "marks")  # long texts would be sorted with the rest
    columns = [column for column in reviews.c if column.name not in without]
    recent = select(*columns).order_by(reviews.c.review_id.desc()).limit(MOST_VERDICTS).subquery("recent")
    newest = (
        select(recent)
        .ext(distinct_on(recent.c.job_variants_id, recent.c.reviewer, recent.c.team))
        .order_by(recent.c.job_variants_id, recent.c.reviewer, recent.c.team, recent.c.review_id.desc())
        .subquery("newest")
    )
    said = func.json_build_array(newest.c.reviewer, newest.c.team, newest.c.verdict, newest.c.tags)
    in_order = aggregate_order_by(said, newest.c.at, newest.c.review_id.desc())
    ids = (newest.c.job_variants_id, newest.c.picture_asset_id)
    return (
        select(
            ids[0],
            ids[1].label("picture_id"),
            cast(func.json_agg(in_order), Text).label("said"),
            func.max(newest.c.review_id).label("newest"),
        )
        .where(newest.c.verdict != Verdict.WITHDRAWN)
        .group_by(*ids)
        .subquery("told")
    )


def _pictures(columns: Mapping[str, Sequence[Any]], scores: Sequence[str]) -> JudgedPictures:
    """What many share is made once."""
    told, answers = columns["said"], list(zip(*(columns[one] for one in Question), strict=True))
    opinions, complaints = dict.fromkeys(told), dict.fromkeys(answers)
    return JudgedPictures(
        {name: columns[name] for name in (*_KEYS, *_FIELDS)},
        {name: columns[name] for name in scores},
        tuple(map(_opinion, opinions)),
        numbered(told),
        tuple(map(_complaints, complaints)),
        numbered(answers),
    )


def _opinion(said: str) -> Opinion:
    return Opinion(
        tuple(
            Said(reviewer, team, Verdict(verdict), tuple(tags))
            for reviewer, team, verdict, tags in json.loads(said)
        )
    )


def _complaints(answers: Iterable[bool | None]) -> dict[Question, bool]:
    return {
        question: question.complains(answer)
        for question, answer in zip(Question, answers, strict=True)
        if answer is not None
    }
