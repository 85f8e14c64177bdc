"""What the demo's people said: verdicts, winners and a meeting that was held, so that no page is empty.

The words are data in the language of the made-up shops, as in :mod:`dashboard.demo.sample_texts`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert

from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import Card, Order, gallery_page
from feedly_core.analytics.variant_source import variant_source
from feedly_core.db.own_schema import review_meetings, review_presence, review_winners, reviews
from feedly_core.reviews.verdicts import Verdict

REVIEWERS = {"demo reviewer 1": 0.0, "demo reviewer 2": 0.03, "demo reviewer 3": -0.04}
"""By name, how much stricter than the scores."""

JUDGED_SHARE, EACH_JUDGES = 0.7, 0.65
"""The oldest part of the pictures was looked at, each reviewer looked at most of that part."""

NOISE = 0.06
"""People do not see what scores see: standard deviation of the overall score in a reviewer's eyes."""

REST = timedelta(hours=3)
"""Nobody has seen what is newer than this."""

MOST = 600
"""Pictures that anybody looked at, at most."""

AGENDA = 6
MEETING_TITLE = "이번 주 광고 리뷰"
COMMENTS = {
    Verdict.APPROVE: ("바로 게시해도 좋습니다.", "따뜻한 느낌이 잘 살았습니다."),
    Verdict.NEEDS_WORK: ("글자를 조금 키우면 좋겠습니다.", "문구를 위로 옮겨 주세요."),
    Verdict.REJECT: ("음식이 잘 보이지 않습니다.", "글자가 배경에 묻힙니다."),
}


@dataclass(frozen=True)
class Looked:
    """``shown``: finished pictures, the oldest first, of which the ``waiting`` newest have no verdict yet.

    ``limits``: overall scores below which a picture is refused, or needs work, in people's eyes.
    """

    shown: Sequence[Card]
    waiting: Sequence[Card]
    limits: tuple[float, float]


def insert_sample_reviews(connection: Connection, seed: int, now: datetime) -> Looked | None:
    """Write them about the finished pictures that are there; None where there are too few.

    Three statements to read where the read model is filled, four to write.
    """
    rng = Random(f"{seed}|opinions")
    filters = PictureFilters(until=now - REST, finished=True)
    finished = gallery_page(
        connection, variant_source(connection, datetime.now(UTC)), filters, Order(), None, MOST
    ).cards
    shown = [picture for picture in reversed(finished) if picture.overall is not None]
    seen = shown[: round(JUDGED_SHARE * len(shown))]
    held = now - timedelta(days=1, hours=2)
    ready = [picture for picture in seen if picture.created_at and picture.created_at < held]
    if len(ready) < AGENDA:
        return None
    levels = sorted(picture.overall or 0.0 for picture in seen)
    limits = levels[len(levels) // 6], levels[len(levels) * 2 // 5]
    said = [row for picture in seen for row in _verdicts(rng, picture, limits, now)]
    agenda = rng.sample(ready, AGENDA)
    meeting_id = new_id(rng)
    said += _decisions(rng, agenda, limits, meeting_id, held)
    connection.execute(insert(reviews), said)
    connection.execute(insert(review_winners), list(_winners(rng, shown, now)))
    meeting = {
        "meeting_id": meeting_id,
        "title": MEETING_TITLE,
        "presenter": next(iter(REVIEWERS)),
        "agenda": [picture.variant_id for picture in agenda],
        "position": AGENDA - 1,
        "started_at": held,
        "shown_at": held + timedelta(minutes=20),
        "ended_at": held + timedelta(minutes=25),
    }
    connection.execute(insert(review_meetings), meeting)
    there = {"meeting_id": meeting_id, "first_seen": held, "last_seen": meeting["ended_at"]}
    connection.execute(insert(review_presence), [there | {"person": name} for name in REVIEWERS])
    return Looked(shown, shown[len(seen) :], limits)


def _verdicts(
    rng: Random, picture: Card, limits: tuple[float, float], now: datetime
) -> Iterator[dict[str, Any]]:
    for reviewer, strictness in REVIEWERS.items():
        if rng.random() < EACH_JUDGES:
            seen = (picture.overall or 0.0) - strictness + rng.gauss(0, NOISE)
            yield row(rng, picture, reviewer, verdict_of(seen, limits), moment(rng, picture, now))


def _decisions(
    rng: Random, agenda: Sequence[Card], limits: tuple[float, float], meeting_id: UUID, held: datetime
) -> list[dict[str, Any]]:
    """All but the last point were decided."""
    presenter = next(iter(REVIEWERS))
    return [
        row(
            rng,
            picture,
            presenter,
            verdict_of(picture.overall or 0.0, limits),
            held + timedelta(minutes=4 * place),
        )
        | {"team": True, "meeting_id": meeting_id}
        for place, picture in enumerate(agenda[:-1], start=1)
    ]


def _winners(rng: Random, shown: Sequence[Card], now: datetime) -> Iterator[dict[str, Any]]:
    """Every second job has choices; where all agree the team has decided."""
    for job_id, group in groupby(shown, key=lambda picture: picture.job_id):
        rivals = list(group)
        if len(rivals) < 2 or rng.random() < 0.5:
            continue
        chosen = {
            reviewer: max(rivals, key=lambda picture: (picture.overall or 0.0) + rng.gauss(0, NOISE))
            for reviewer in REVIEWERS
        }
        common = {"job_id": job_id, "at": moment(rng, rivals[0], now), "blind": False}
        for reviewer, picture in chosen.items():
            yield common | {"job_variants_id": picture.variant_id, "person": reviewer, "team": False}
        if len({picture.variant_id for picture in chosen.values()}) == 1:
            yield common | {"job_variants_id": picture.variant_id, "person": reviewer, "team": True}


def moment(rng: Random, picture: Card, now: datetime) -> datetime:
    """A time within a day or so after the picture was made, and not just now."""
    return min((picture.created_at or now) + timedelta(hours=rng.uniform(1, 30)), now - timedelta(hours=1))


def verdict_of(seen: float, limits: tuple[float, float]) -> Verdict:
    """What somebody says who sees this overall score."""
    low, high = limits
    return Verdict.REJECT if seen < low else Verdict.NEEDS_WORK if seen < high else Verdict.APPROVE


def row(rng: Random, picture: Card, reviewer: str, verdict: Verdict, at: datetime) -> dict[str, Any]:
    """The row of a verdict, with a reason and perhaps a comment."""
    return {
        "entry_id": new_id(rng),
        "job_id": picture.job_id,
        "job_variants_id": picture.variant_id,
        "picture_asset_id": picture.picture_id,
        "reviewer": reviewer,
        "team": False,
        "verdict": verdict.value,
        "tags": [] if verdict is Verdict.APPROVE else [_reason(picture)],
        "comment": rng.choice(COMMENTS[verdict]) if rng.random() < 0.4 else "",
        "blind": False,
        "meeting_id": None,
        "at": at,
    }


def _reason(picture: Card) -> str:
    """The tag for the worst of the scores."""
    scores = picture.scores
    if (scores["contrast_stored"] or 21.0) < 4.5:
        return "low_contrast"
    return "covers_food" if (scores["iou_with_food"] or 0.0) > 0.02 else "other"


def new_id(rng: Random) -> UUID:
    """An id that the seed decides."""
    return UUID(int=rng.getrandbits(128), version=4)
