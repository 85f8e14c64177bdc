"""The planner run of a variant, and the box with the text.

The planner stores its run under the job's input picture, not under the variant's: the order of
looking, and how sure each place makes us, is ``pipeline.md`` §6 of the domain reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from feedly_core.domain.boxes import Box
from feedly_core.domain.payloads.overlay_layout import DEFAULT_BOX
from feedly_core.domain.payloads.planner_layout import PlannerLayout, Proposal
from feedly_core.i18n import N_, Message
from feedly_core.results.planner_choice import SAME_PLACE, nearest


class Certainty(StrEnum):
    """Certainty that a planner run belongs to this variant."""

    EXACT = "exact"
    BY_PICTURE = "by_picture"
    SHARED = "shared"
    NONE = "none"


class Used(StrEnum):
    """What the text was drawn on."""

    PROPOSAL = "proposal"
    DEFAULT = "default"
    ELSEWHERE = "elsewhere"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class PlannerRun:
    """One ``planner_proposals`` row with its parsed layout."""

    proposal_id: UUID
    image_asset_id: UUID | None
    created_at: datetime | None
    latency_ms: float | None
    layout: PlannerLayout


@dataclass(frozen=True)
class Attribution:
    """The planner run of a variant, the reason, and the used box.

    ``item`` is set only for :attr:`Used.PROPOSAL`; ``distance`` is the sum of the four differences
    between the text box and the nearest proposal.
    """

    run: PlannerRun | None
    certainty: Certainty
    why: Message
    used: Used
    item: Proposal | None
    distance: float | None


def attribute(
    runs: Sequence[PlannerRun],
    *,
    has_overlay: bool,
    overlay_proposal_id: UUID | None,
    text_box: Box | None,
    variant_image: UUID | None,
    input_image: UUID | None,
    variants: int,
) -> Attribution:
    """Find a variant's planner run among ``runs`` (newest first).

    ``variants`` counts the job's variants: only a job of one can be sure of a shared picture.
    """
    run, certainty, why = _find_run(runs, overlay_proposal_id, variant_image, input_image, variants)
    used, item, distance = Used.UNKNOWN, None, None
    if has_overlay and text_box is not None:
        if overlay_proposal_id is None:
            used = Used.DEFAULT if _is_default(text_box) else Used.ELSEWHERE
        elif run is not None and certainty is Certainty.EXACT:
            item, distance = nearest(run.layout, text_box)
            used = Used.PROPOSAL if item is not None else Used.ELSEWHERE
    return Attribution(run, certainty, why, used, item, distance)


def _find_run(
    runs: Sequence[PlannerRun],
    overlay_proposal_id: UUID | None,
    variant_image: UUID | None,
    input_image: UUID | None,
    variants: int,
) -> tuple[PlannerRun | None, Certainty, Message]:
    named = next((run for run in runs if run.proposal_id == overlay_proposal_id), None)
    if named is not None:
        return named, Certainty.EXACT, N_("The overlay row names this planner run.")
    own = next((run for run in runs if variant_image and run.image_asset_id == variant_image), None)
    alone = variants <= 1 or variant_image != input_image
    if own is not None and alone:
        return own, Certainty.BY_PICTURE, N_("The newest planner run for this variant's picture.")
    shared = own or next((run for run in runs if input_image and run.image_asset_id == input_image), None)
    if shared is not None and variants <= 1:
        return shared, Certainty.BY_PICTURE, N_("The only variant's job has this planner run.")
    if shared is not None:
        return (
            shared,
            Certainty.SHARED,
            N_("Not exactly attributable: the planner stores all variants' runs under the job's picture."),
        )
    return None, Certainty.NONE, N_("No planner run is recorded for this variant.")


def _is_default(box: Box) -> bool:
    mine = (box.x, box.y, box.width, box.height)
    default = (DEFAULT_BOX.x, DEFAULT_BOX.y, DEFAULT_BOX.width, DEFAULT_BOX.height)
    return sum(abs(one - other) for one, other in zip(mine, default, strict=True)) <= SAME_PLACE
