"""The minutes of a meeting: what was on the agenda, what was said, what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, Engine

from feedly_core.errors import NotFound, PictureUnusable
from feedly_core.images.thumbnails import picture
from feedly_core.reviews.meetings import Meeting, find
from feedly_core.reviews.pictures import pictures_of
from feedly_core.reviews.queue import Item, items
from feedly_core.reviews.tags import tag_words
from feedly_core.reviews.verdicts import VERDICT_WORDS, Standing
from feedly_core.settings import Settings
from feedly_core.words import translate


@dataclass(frozen=True)
class Point:
    """One point of the agenda. ``item`` is None when the variant was deleted since."""

    number: int
    variant_id: UUID
    item: Item | None

    @property
    def said(self) -> tuple[Standing, ...]:
        """The team's decision first, then each reviewer's own verdict."""
        return tuple(sorted(self.item.said, key=lambda said: not said.team)) if self.item else ()


@dataclass(frozen=True)
class Minutes:
    """A meeting with its points in the order of the agenda."""

    meeting: Meeting
    points: tuple[Point, ...]

    @property
    def people(self) -> tuple[str, ...]:
        """The presenter and everybody who said something, by name."""
        spoke = {said.reviewer for point in self.points for said in point.said}
        return tuple(sorted(spoke | {self.meeting.presenter}))


def minutes(connection: Connection, meeting_id: UUID) -> Minutes:
    """The minutes as they stand now. Four statements. Raises :class:`NotFound` for an unknown meeting."""
    meeting = find(connection, meeting_id)
    shown = pictures_of(connection, meeting.agenda)
    judged = {item.picture.variant_id: item for item in items(connection, shown.values())}
    points = (
        Point(number, variant_id, judged.get(variant_id))
        for number, variant_id in enumerate(meeting.agenda, start=1)
    )
    return Minutes(meeting, tuple(points))


def small_pictures(engine: Engine, settings: Settings, told: Minutes) -> dict[UUID, bytes]:
    """Thumbnails (WebP) of the agenda by asset id; what cannot be read is left out."""
    found = {}
    for point in told.points:
        if point.item is None:
            continue
        asset_id = point.item.picture.picture_id
        try:
            found[asset_id] = picture(engine, settings, asset_id, "thumb").content
        except (NotFound, PictureUnusable):
            continue
    return found


def verdict_line(said: Standing, language: str) -> str:
    """Verdict, reasons, comment and notes of the marks, in one line of ``language``."""
    reasons = ", ".join(translate(tag_words(tag), language) for tag in said.tags)
    notes = "; ".join(mark.note for mark in said.marks if mark.note)
    parts = (translate(VERDICT_WORDS[said.verdict], language), reasons, said.comment, notes)
    return " · ".join(part for part in parts if part)
