"""Slides of pictures: the content of each, for a file."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from PIL import Image
from sqlalchemy import Connection, Engine

from feedly_core.analytics.gallery import Card, picture_urls
from feedly_core.db.engine import reading
from feedly_core.db.query_budget import query_budget
from feedly_core.domain.scores import SCORES, Limits, passes, write_score
from feedly_core.errors import PictureUnusable
from feedly_core.i18n import N_, Message, translate
from feedly_core.images.thumbnails import picture_at
from feedly_core.reviews.queue import Item, items
from feedly_core.reviews.verdicts import VERDICT_LABELS, Verdict
from feedly_core.settings import Settings

MOST_SLIDES = 100
PICTURE_PX = 1400
"""Longest side of a picture on a slide: sharp on a projector, small enough to mail a hundred."""

NO_PICTURE = N_("(picture not available)")
_MOST_LETTERS = 110
_SHAPES = {Verdict.APPROVE: "●", Verdict.NEEDS_WORK: "▲", Verdict.REJECT: "×"}
"""Signs that the Korean font of the PDF has."""


@dataclass(frozen=True)
class Slide:
    """One picture as people show it: JPEG or None, copy, facts, contrast of the drawn letters, verdict."""

    picture: bytes | None
    size: tuple[int, int]
    copy: str
    facts: str
    contrast: str
    contrast_passes: bool | None
    verdict: str
    address: str


@dataclass(frozen=True)
class Deck:
    """Slides under a title, in the words of one reader. ``left_out``: pictures above the limit."""

    title: str
    language: str
    made: str
    slides: tuple[Slide, ...]
    left_out: int = 0

    def say(self, words: Message) -> str:
        return translate(words, self.language)


@dataclass(frozen=True)
class Audience:
    """Who looks at the slides: language, zone of times, limits of scores, address of the dashboard."""

    language: str
    zone: ZoneInfo
    limits: Limits
    address: str = ""


@query_budget(statements=2, rows=10_000)
def slide_items(
    connection: Connection, cards: Sequence[Card]
) -> tuple[tuple[Item, ...], dict[UUID, str | None]]:
    """The first hundred finished pictures with what was said of them, and where their files are."""
    shown = [card for card in cards if card.picture_id is not None][:MOST_SLIDES]
    return items(connection, shown), picture_urls(connection, shown)


def deck(
    engine: Engine, settings: Settings, cards: Sequence[Card], title: str, audience: Audience, now: datetime
) -> Deck:
    """The slides of finished pictures in their order, at most a hundred.

    A picture that cannot be read is named instead of shown.
    """
    with reading(engine) as connection:
        found, urls = slide_items(connection, cards)
    finished = sum(card.picture_id is not None for card in cards)
    slides = tuple(_slide(item, urls.get(item.picture.variant_id), settings, audience) for item in found)
    return Deck(title, audience.language, _when(now, audience), slides, finished - len(slides))


def _slide(item: Item, url: str | None, settings: Settings, audience: Audience) -> Slide:
    card, spoken = item.picture, audience.language
    content, size = _jpeg(url, settings)
    variant = translate(N_("Variant {n}", n=card.variant), spoken)
    facts = (card.tenant_id, card.tone, variant, _when(card.created_at, audience))
    return Slide(
        content,
        size,
        _shortened(card.text or card.line or card.description or "–"),
        " · ".join(filter(None, facts)),
        _contrast(card, audience),
        passes(audience.limits, {"contrast": card.scores.get("contrast")}, large_text=card.large_text),
        _verdict(item, spoken),
        f"{audience.address}/results?job={card.job_id}" if audience.address else "",
    )


def _contrast(card: Card, audience: Audience) -> str:
    """The contrast of the drawn letters and of their worst twentieth, each under its name."""

    def one(name: str) -> str:
        value = write_score(name, card.scores.get(name), audience.limits, large_text=card.large_text)
        return f"{translate(SCORES[name].title, audience.language)} {value}"

    return " · ".join(map(one, ("contrast", "contrast_worst")))


def _verdict(item: Item, language: str) -> str:
    """The team's decision, else how many people said what."""
    if item.decision is not None:
        words = _words(item.decision.verdict, language)
        return translate(N_("Decision of the team"), language) + f": {words}"
    votes = Counter(said.verdict for said in item.said if not said.team)
    counted = [f"{_words(verdict, language)} {votes[verdict]}" for verdict in _SHAPES if votes[verdict]]
    return " · ".join(counted) or translate(N_("No verdict"), language)


def _words(verdict: Verdict, language: str) -> str:
    return f"{_SHAPES.get(verdict, '○')} {translate(VERDICT_LABELS[verdict], language)}"


def _when(moment: datetime, audience: Audience) -> str:
    return format_datetime(moment.astimezone(audience.zone), "yyyy-MM-dd HH:mm", locale=audience.language)


def _shortened(text: str) -> str:
    return text if len(text) <= _MOST_LETTERS else f"{text[:_MOST_LETTERS]}…"


def _jpeg(url: str | None, settings: Settings) -> tuple[bytes | None, tuple[int, int]]:
    try:
        image = Image.open(io.BytesIO(picture_at(url, settings, "full").content)).convert("RGB")
    except (PictureUnusable, OSError):
        return None, (0, 0)
    image.thumbnail((PICTURE_PX, PICTURE_PX))
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=88)
    return stream.getvalue(), image.size
