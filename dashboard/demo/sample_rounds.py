"""Taps on the better of two pictures, and a round that is half done: what the demo's people compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert, select

from dashboard.demo.sample_reviews import NOISE, REVIEWERS, Looked, moment, new_id, row, verdict_of
from feedly_core.analytics.gallery import Card
from feedly_core.db.own_schema import review_rounds, review_taps, reviews, round_slots
from feedly_core.domain.tables import overlay_layouts
from feedly_core.reviews.rounds import RoundPlan, slots

TAPPING_SHARE = 0.9
"""So often a reviewer compares two pictures of a job."""

LEFT_BIAS = 0.01
"""By so much of the overall score the picture on the left seems better than it is."""

TASTE = ("Serif", 0.04)
"""Fonts named so seem better by this much: something to find for whoever looks at what people prefer."""

PICTURES, GIVEN = 15, 0.6
"""Of the round, at most, and the share of its opinions that are there."""

ROUND_TITLE = "다음 버전 전 문구 위치 점검"
INSTRUCTIONS = (
    "음식이 가려지지 않는지 먼저 보고, 그다음 글자가 잘 읽히는지 봐 주세요.\n"
    "판단이 어려우면 '수정 필요'를 고르고 이유를 남겨 주세요."
)


def insert_sample_rounds(connection: Connection, seed: int, now: datetime, looked: Looked) -> None:
    """Write them about pictures that people have looked at, the round about newer ones. Five statements."""
    rng = Random(f"{seed}|rounds")
    liked = _liked(connection, looked.shown)
    taps = sorted(_taps(rng, looked.shown, liked, now), key=lambda tap: tap["at"])
    if taps:
        connection.execute(insert(review_taps), taps)
    if len(looked.waiting) > 1:
        _insert_round(connection, rng, now, looked)


def _liked(connection: Connection, shown: Sequence[Card]) -> frozenset[UUID]:
    """Variants in a font that people like."""
    layouts = overlay_layouts.c
    query = select(layouts.job_variants_id).where(
        layouts.job_variants_id.in_([picture.variant_id for picture in shown]),
        layouts.layout["font_name"].astext.contains(TASTE[0]),
    )
    return frozenset(connection.scalars(query))


def _taps(
    rng: Random, shown: Sequence[Card], liked: frozenset[UUID], now: datetime
) -> Iterator[dict[str, Any]]:
    def seems(picture: Card) -> float:
        return (picture.overall or 0.0) + TASTE[1] * (picture.variant_id in liked) + rng.gauss(0, NOISE / 2)

    for job_id, group in groupby(shown, key=lambda picture: picture.job_id):
        rivals = list(group)
        if len(rivals) < 2:
            continue
        for reviewer in REVIEWERS:
            if rng.random() > TAPPING_SHARE:
                continue
            left, right = rng.sample(rivals, 2)
            left_wins = seems(left) + LEFT_BIAS > seems(right)
            winner, loser = (left, right) if left_wins else (right, left)
            yield {
                "job_id": job_id,
                "winner_id": winner.variant_id,
                "loser_id": loser.variant_id,
                "winner_left": winner is left,
                "blind": True,
                "person": reviewer,
                "at": moment(rng, winner, now),
            }


def _insert_round(connection: Connection, rng: Random, now: datetime, looked: Looked) -> None:
    """Its places, the oldest filled, each with its verdict."""
    people, round_id, began = tuple(REVIEWERS), new_id(rng), now - timedelta(hours=2)
    examples = tuple(card.finished_id for card in looked.shown[:2])
    plan = RoundPlan(ROUND_TITLE, people, 2, 0.3, 0.1, now + timedelta(days=3), INSTRUCTIONS, examples)
    stored = {
        "round_id": round_id,
        "title": plan.title,
        "instructions": plan.instructions,
        "examples": list(plan.examples),
        "people": list(people),
        "opinions": plan.opinions,
        "created_by": people[0],
        "created_at": began,
        "due_at": plan.due_at,
    }
    pictures = looked.waiting[: min(PICTURES, len(looked.waiting) // 2)]
    cards = {card.variant_id: card for card in pictures}
    places = [place | {"person": None, "entry_id": None} for place in slots(round_id, plan, pictures)]
    first = [place for place in places if not place["repeat"]]
    said: list[dict[str, Any]] = []
    for number, place in enumerate(first[: round(GIVEN * len(first))]):
        card, person = (
            cards[place["job_variants_id"]],
            people[(place["position"] + place["slot"]) % len(people)],
        )
        at = began + timedelta(minutes=2 * number)
        seen = (card.overall or 0.0) - REVIEWERS[person] + rng.gauss(0, NOISE)
        said.append(row(rng, card, person, verdict_of(seen, looked.limits), at) | {"blind": True})
        place |= {"person": person, "entry_id": said[-1]["entry_id"], "given_at": at}
    connection.execute(insert(review_rounds), stored)
    connection.execute(insert(reviews), said)
    connection.execute(insert(round_slots), [{"given_at": None} | place for place in places])
