"""Taps: which of two variants of a job somebody finds better, and what the two look like."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, and_, cast, insert, null, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.types import Text

from feedly_core.analytics.filters import PictureFilters, conditions
from feedly_core.analytics.read_model import truth
from feedly_core.analytics.variant_source import VariantSource
from feedly_core.db.engine import Capabilities, among, capabilities, or_null, writing
from feedly_core.db.own_schema import TAPS, installed, review_taps
from feedly_core.db.query_budget import query_budget
from feedly_core.domain import tables as t
from feedly_core.domain.payloads.overlay_layout import read_overlay_layout
from feedly_core.domain.payloads.vlm_traces import Question
from feedly_core.domain.tables.columns import readable
from feedly_core.permissions import Person, Role, audit_line, require
from feedly_core.settings import Settings

MOST_TAPS = 10_000
"""The newest so many taps are read."""


class Attribute(StrEnum):
    """What pictures are told apart by. The last three are of the job: all its variants share them."""

    FONT = "font"
    PLACE = "place"
    COLOUR = "colour"
    TONE = "tone"
    RELEASE = "release"
    CATEGORY = "category"

    @property
    def of_job(self) -> bool:
        """Whether all variants of a job share it, so that no tap compares two of them."""
        return self in (Attribute.TONE, Attribute.RELEASE, Attribute.CATEGORY)


@dataclass(frozen=True)
class Look:
    """Attributes of a picture, and the share of favourable answers of the AI judge (0 to 1)."""

    attributes: Mapping[Attribute, str] = field(default_factory=dict)
    favour: float | None = None


@dataclass(frozen=True)
class Tap:
    """One choice. ``left``: whether the winner stood left; None where nobody knows."""

    job_id: UUID
    winner_id: UUID
    loser_id: UUID
    left: bool | None
    winner: Look
    loser: Look


def keep_tap(
    engine: Engine,
    settings: Settings,
    person: Person,
    job_id: UUID,
    winner_id: UUID,
    loser_id: UUID,
    *,
    left: bool | None,
    blind: bool,
) -> bool:
    """Keep a choice between two variants; needs the role reviewer.

    False where there is no table for it yet: choosing a winner goes on without.
    """
    require(person, Role.REVIEWER, settings)
    with writing(engine) as connection:
        if not installed(connection, TAPS):
            return False
        connection.execute(
            insert(review_taps).values(
                job_id=job_id,
                winner_id=winner_id,
                loser_id=loser_id,
                winner_left=left,
                blind=blind,
                person=person.name,
            )
        )
        after = {"winner": str(winner_id), "loser": str(loser_id), "left": left, "blind": blind}
        connection.execute(audit_line(person, "tap", str(job_id), after=after))
    return True


@query_budget(statements=2, rows=60_000)
def taps(connection: Connection, source: VariantSource, filters: PictureFilters) -> tuple[Tap, ...]:
    """The newest taps on jobs that fit, with both looks. Two statements; none without the table.

    A tap on a variant that is gone is left out.
    """
    if not installed(connection, TAPS):
        return ()
    rows = source.rows_for(connection, filters)
    recent = (
        select(review_taps).order_by(review_taps.c.tap_id.desc()).limit(MOST_TAPS).subquery("recent_taps")
    )
    won = and_(rows.c.job_variants_id == recent.c.winner_id, rows.c.job_id == recent.c.job_id)
    query = (
        select(recent, rows.c.tone, rows.c.version)
        .join(rows, won)
        .where(*conditions(rows, filters, source.asked_at))
        .order_by(recent.c.tap_id.desc())
    )
    told = connection.execute(query).all()
    looks = _looks(connection, {each for row in told for each in (row.winner_id, row.loser_id)})
    found = []
    for row in told:
        job = {Attribute.TONE: row.tone or "–", Attribute.RELEASE: row.version or "–"}
        both = [looks.get(each) for each in (row.winner_id, row.loser_id)]
        if both[0] is None or both[1] is None:
            continue
        winner, loser = (replace(one, attributes={**one.attributes, **job}) for one in both if one)
        found.append(Tap(row.job_id, row.winner_id, row.loser_id, row.winner_left, winner, loser))
    return tuple(found)


def _looks(connection: Connection, variants: Collection[UUID]) -> dict[UUID, Look]:
    """Text, store and judgement of these variants: the newest overlay and judgement of each."""
    caps = capabilities(connection)
    if not variants or not caps.has("overlay_layouts", "job_variants_id"):
        return {}
    overlays, table = t.overlay_layouts, t.jobs_variants
    ratios = ("x_ratio", "y_ratio", "width_ratio", "height_ratio")
    newest = (
        select(overlays.c.layout, *(or_null(overlays.c[name], caps) for name in ratios))
        .where(overlays.c.job_variants_id == table.c.job_variants_id)
        .order_by(readable(overlays.c.created_at).desc().nulls_last())
        .limit(1)
        .lateral("newest_overlay")
    )
    judge = _judgement(caps)
    query = (
        select(table.c.job_variants_id, newest, _category(caps).label("category"), *judge.c)
        .select_from(
            table.join(t.jobs, t.jobs.c.job_id == table.c.job_id)
            .outerjoin(newest, table.c.job_id.is_not(None))
            .outerjoin(judge, judge.c.judged_variant == table.c.job_variants_id)
        )
        .where(among(table.c.job_variants_id, list(variants)))
    )
    return {row["job_variants_id"]: _look(row) for row in connection.execute(query).mappings()}


def _judgement(caps: Capabilities) -> Any:
    traces = t.vlm_traces
    if not caps.has("vlm_traces", "job_variants_id"):
        empty = [cast(null(), Text).label(name) for name in Question]
        return select(t.jobs_variants.c.job_variants_id.label("judged_variant"), *empty).subquery("judgement")
    return (
        select(
            traces.c.job_variants_id.label("judged_variant"),
            *(truth(traces.c.response, name).label(name) for name in Question),
        )
        .ext(distinct_on(traces.c.job_variants_id))
        .where(
            traces.c.job_variants_id == t.jobs_variants.c.job_variants_id,
            traces.c.operation_type == "judge",
        )
        .order_by(traces.c.job_variants_id, readable(traces.c.created_at).desc().nulls_last())
        .lateral("judgement")
    )


def _category(caps: Capabilities) -> Any:
    if not (caps.has("jobs", "store_id") and caps.has("stores", "store_category")):
        return cast(null(), Text)
    stores = t.stores
    return select(stores.c.store_category).where(stores.c.store_id == t.jobs.c.store_id).scalar_subquery()


def _look(row: Mapping[Any, Any]) -> Look:
    layout = read_overlay_layout(row["layout"], row)
    box = layout.box
    middle = None if box is None else box.y + box.height / 2
    place = "–" if middle is None else ("top", "middle", "bottom")[min(2, int(3 * max(0.0, middle)))]
    colour = f"#{layout.text_color[:6].upper()}" if layout.text_color else "–"
    answers = [not one.complains(row[one]) for one in Question if row[one] is not None]
    return Look(
        {
            Attribute.FONT: layout.font_name or "–",
            Attribute.PLACE: place,
            Attribute.COLOUR: colour,
            Attribute.CATEGORY: row["category"] or "–",
        },
        sum(answers) / len(answers) if answers else None,
    )
