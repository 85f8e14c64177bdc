"""Minutes of a meeting: agenda, comments, decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine

from feedly_core.analytics.gallery import Card, cards_of
from feedly_core.analytics.variant_source import VariantSource
from feedly_core.db.query_budget import query_budget
from feedly_core.errors import NotFound, PictureUnusable
from feedly_core.i18n import N_, Message, translate
from feedly_core.images.thumbnails import picture
from feedly_core.reviews.action_items import ActionItem, action_items
from feedly_core.reviews.meetings import Meeting, find
from feedly_core.reviews.presence import attendance
from feedly_core.reviews.tags import tag_words
from feedly_core.reviews.verdicts import VERDICT_LABELS, Mark, StoredVerdict, stored_verdicts, team_verdict
from feedly_core.settings import Settings


@dataclass(frozen=True)
class Point:
    """One point of the agenda.

    ``picture`` is the one that was judged; None: its variant was deleted since.

    ``said``: the team's decision first, then each reviewer's own verdict.
    """

    number: int
    variant_id: UUID
    picture: Card | None
    said: tuple[StoredVerdict, ...]

    @property
    def decision(self) -> StoredVerdict | None:
        return team_verdict(self.said)

    @property
    def marks(self) -> tuple[tuple[int, UUID, Mark], ...]:
        """What people pinned on the picture: number, entry that it came with, mark."""
        pinned = ((said.entry_id, mark) for said in self.said for mark in said.marks)
        return tuple((number, entry_id, mark) for number, (entry_id, mark) in enumerate(pinned, start=1))

    def notes(self, said: StoredVerdict) -> str:
        """The notes of one verdict's marks, with the numbers that stand on the picture."""
        return "; ".join(
            f"[{number}] {mark.note}".strip()
            for number, entry_id, mark in self.marks
            if entry_id == said.entry_id
        )

    def line(self, said: StoredVerdict, language: str) -> str:
        """Verdict, reasons, comment and notes of the marks, in one line of ``language``."""
        reasons = ", ".join(translate(tag_words(tag), language) for tag in said.tags)
        parts = (translate(VERDICT_LABELS[said.verdict], language), reasons, said.comment, self.notes(said))
        return " · ".join(part for part in parts if part)


@dataclass(frozen=True)
class Minutes:
    """A meeting with its points in agenda order.

    ``present``: who was there while it ran, in the order of coming. A verdict does not make present.
    """

    meeting: Meeting
    points: tuple[Point, ...]
    present: tuple[str, ...]
    actions: tuple[ActionItem, ...] = ()

    @property
    def attended(self) -> Message:
        """Who was there, or that it was not recorded (meetings before presence was)."""
        if not self.present:
            return N_("Present: not recorded")
        return N_("Present: {people}", people=", ".join(self.present))


@query_budget(statements=7, rows=2_400)
def minutes(connection: Connection, source: VariantSource, meeting_id: UUID) -> Minutes:
    """The minutes at the end of the meeting, or now while it runs.

    What is decided later, or about a later picture of the same variant, belongs to a later meeting.
    Six statements. Raises :class:`NotFound` for an unknown meeting.
    """
    meeting = find(connection, meeting_id)
    shown = {
        card.variant_id: card for card in cards_of(connection, source, meeting.agenda) if card.picture_id
    }
    told = stored_verdicts(connection, meeting.agenda, until=meeting.ended_at, meeting_id=meeting_id)
    points = (
        _point(number, variant_id, shown.get(variant_id), told.get(variant_id, ()), meeting_id)
        for number, variant_id in enumerate(meeting.agenda, start=1)
    )
    present = tuple(one.person for one in attendance(connection, meeting_id))
    return Minutes(meeting, tuple(points), present, action_items(connection, meeting_id))


def file_name(told: Minutes, language: str, zone: ZoneInfo) -> str:
    """Title and local date of the meeting as a file's name without its ending: letters and digits only."""
    title = told.meeting.title or translate(N_("Review meeting"), language)
    words = "-".join("".join(sign if sign.isalnum() else " " for sign in title).split())
    return f"{words[:60] or 'meeting'}-{told.meeting.started_at.astimezone(zone):%Y-%m-%d}"


def _point(
    number: int, variant_id: UUID, picture: Card | None, told: Sequence[StoredVerdict], meeting_id: UUID
) -> Point:
    seen = next((said.picture_id for said in reversed(told) if said.meeting_id == meeting_id), None)
    if seen is None and picture is not None:
        seen = picture.picture_id
    if seen is not None and picture is not None and picture.picture_id != seen:
        picture = replace(picture, picture_id=seen, before_id=None, scores={})
    about = (said for said in told if seen is None or said.picture_id == seen)
    return Point(number, variant_id, picture, tuple(sorted(about, key=lambda said: not said.team)))


def small_pictures(engine: Engine, settings: Settings, told: Minutes) -> dict[UUID, bytes]:
    """Thumbnails (WebP) of the agenda by asset id.

    What cannot be read is left out.
    """
    found = {}
    for point in told.points:
        asset_id = point.picture.picture_id if point.picture else None
        if asset_id is None:
            continue
        try:
            found[asset_id] = picture(engine, settings, asset_id, "thumb").content
        except (NotFound, PictureUnusable):
            continue
    return found
