"""What changed between two pictures of the same order, in words, from what is recorded of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import distinct_on

from feedly_core.db.engine import among, capabilities
from feedly_core.domain import tables as t
from feedly_core.domain.boxes import Box
from feedly_core.domain.payloads.overlay_layout import read_overlay_layout
from feedly_core.domain.payloads.vlm_traces import read_analysis
from feedly_core.i18n import N_, Message, verbatim
from feedly_core.results.legibility import color_drawn

MOVED = 0.01
"""Of the picture's side: a box that moved or grew by less stays where it is."""


@dataclass(frozen=True)
class Drawn:
    """The text of a finished picture as it was drawn. Colours as ``rrggbb``."""

    box: Box | None
    text: str | None
    color: str | None
    plate: str | None
    font: str | None
    font_size: int | None


@dataclass(frozen=True)
class LookChange:
    """``words``: one sentence per difference. ``distance``: how much the look changed; 0 is not at all."""

    words: tuple[Message, ...]
    distance: float


def look_change(before: Drawn | None, after: Drawn | None) -> LookChange:
    """What differs between two drawn texts, the place first. Unrecorded sides differ in nothing."""
    if before is None or after is None:
        return LookChange((), 0.0)
    words: list[Message] = []
    distance = 0.0
    if before.box and after.box:
        down = after.box.y + after.box.height / 2 - before.box.y - before.box.height / 2
        right = after.box.x + after.box.width / 2 - before.box.x - before.box.width / 2
        grown = after.box.width * after.box.height - before.box.width * before.box.height
        for by, there, back in ((down, _DOWN, _UP), (right, _RIGHT, _LEFT), (grown, _LARGER, _SMALLER)):
            if abs(by) >= MOVED:
                words.append(Message((there if by > 0 else back).msgid, {"by": f"{100 * abs(by):.0f}"}))
                distance += abs(by)
    for one, other, sentence, weight in (
        (before.text, after.text, _COPY, 0.5),
        (_hex(before.color), _hex(after.color), _COLOR, 0.3),
        (_hex(before.plate), _hex(after.plate), _PLATE, 0.3),
        (before.font, after.font, _FONT, 0.2),
        (_px(before.font_size), _px(after.font_size), _SIZE, 0.1),
    ):
        if one != other:
            values = {"before": verbatim(one or "–"), "after": verbatim(other or "–")}
            words.append(Message(sentence.msgid, values))
            distance += weight
    return LookChange(tuple(words), distance)


_DOWN, _UP = N_("text moved {by}% down"), N_("text moved {by}% up")
_RIGHT, _LEFT = N_("text moved {by}% right"), N_("text moved {by}% left")
_LARGER, _SMALLER = (
    N_("text box larger by {by}% of the picture"),
    N_("text box smaller by {by}% of the picture"),
)
_COPY = N_("copy “{before}” → “{after}”")
_COLOR = N_("text colour {before} → {after}")
_PLATE = N_("box colour {before} → {after}")
_FONT = N_("font {before} → {after}")
_SIZE = N_("font size {before} → {after}")


def drawn_texts(connection: Connection, variant_ids: Collection[UUID]) -> dict[UUID, Drawn]:
    """The newest drawn text of each variant; those without an overlay are left out. Two statements."""
    caps = capabilities(connection)
    if not caps.has("overlay_layouts", "job_variants_id"):
        return {}
    recommended = _recommended(connection, variant_ids) if caps.has("vlm_traces", "job_variants_id") else {}
    table = t.overlay_layouts.c
    ratios = (table.x_ratio, table.y_ratio, table.width_ratio, table.height_ratio)
    newest = (
        select(table.job_variants_id, table.layout, *ratios)
        .ext(distinct_on(table.job_variants_id))
        .where(among(table.job_variants_id, variant_ids))
        .order_by(table.job_variants_id, table.created_at.desc().nulls_last())
    )
    found = {}
    for row in connection.execute(newest).mappings():
        layout = read_overlay_layout(row["layout"], dict(row))
        found[row["job_variants_id"]] = Drawn(
            layout.box,
            layout.text,
            color_drawn(layout.text_color, recommended.get(row["job_variants_id"])),
            layout.overlay_color,
            layout.font_name,
            layout.font_size,
        )
    return found


def _recommended(connection: Connection, variant_ids: Collection[UUID]) -> dict[UUID, str | None]:
    table = t.vlm_traces.c
    newest = (
        select(table.job_variants_id, table.request, table.response)
        .ext(distinct_on(table.job_variants_id))
        .where(among(table.job_variants_id, variant_ids), table.operation_type == "analyze")
        .order_by(table.job_variants_id, table.created_at.desc().nulls_last())
    )
    found = {}
    for row in connection.execute(newest):
        font = read_analysis(row.request, row.response).font
        found[row.job_variants_id] = font.color if font else None
    return found


def _hex(color: str | None) -> str | None:
    return f"#{color}" if color else None


def _px(size: int | None) -> str | None:
    return f"{size} px" if size else None
