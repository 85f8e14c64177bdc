"""``planner_proposals.layout``: candidate text boxes and the area they should avoid."""

from __future__ import annotations

from dataclasses import dataclass

from feedly_core.domain.boxes import Box
from feedly_core.domain.payloads.document import Document, Unreadable
from feedly_core.i18n import N_


@dataclass(frozen=True)
class Proposal:
    """One candidate box.

    ``index`` is its place in the stored list; scores are None when not recorded.
    """

    index: int
    box: Box
    source: str
    score: float | None
    occlusion_iou: float | None
    proposal_id: str | None = None


@dataclass(frozen=True)
class ForbiddenPosition:
    """Where the detected objects lie.

    The overlay step moves scores by these three flags.
    """

    center_x: float | None
    center_y: float | None
    is_center_x: bool
    is_top_y: bool
    is_bottom_y: bool


@dataclass(frozen=True)
class PlannerLayout:
    """One planner run.

    ``forbidden`` is the box around all forbidden areas (``avoid`` in old rows).
    """

    proposals: tuple[Proposal, ...]
    forbidden: Box | None
    forbidden_position: ForbiddenPosition | None
    picture_asset_id: str | None
    picture_url: str | None
    unreadable: tuple[Unreadable, ...]


def read_planner_layout(value: object, size: tuple[int, int] | None = None) -> PlannerLayout:
    """Any JSON value to a layout.

    ``size`` is the picture's (width, height) in pixels, when known.
    """
    document = Document(value)
    proposals = []
    for index, item in document.objects("proposals"):
        box = item.box("xywh", size)
        if box is not None:
            proposals.append(
                Proposal(
                    index=index,
                    box=box,
                    source=item.text("source") or "",
                    score=item.number("score"),
                    occlusion_iou=item.number("occlusion_iou", 0, 1),
                    proposal_id=item.text("proposal_id"),
                )
            )
        elif not item.has("xywh"):
            item.problem("xywh", N_("is missing"))
    return PlannerLayout(
        proposals=tuple(proposals),
        forbidden=document.box("forbidden", size) or document.box("avoid", size),
        forbidden_position=_position(document.inner("forbidden_position")),
        picture_asset_id=document.text("proposal_image_asset_id"),
        picture_url=document.text("proposal_image_url"),
        unreadable=tuple(document.problems),
    )


def _position(document: Document) -> ForbiddenPosition | None:
    if not document.recorded:
        return None
    return ForbiddenPosition(
        center_x=document.number("center_x"),
        center_y=document.number("center_y"),
        is_center_x=document.flag("is_center_x") or False,
        is_top_y=document.flag("is_top_y") or False,
        is_bottom_y=document.flag("is_bottom_y") or False,
    )
