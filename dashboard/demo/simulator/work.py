"""Input and output of a step, the same for live jobs and sample data.

A step is a function ``(work, bench) -> Outcome``. It reads nothing but its arguments and the picture
files, and writes nothing but files: the caller stores the rows. So the live simulator (rows in the
database, real clock) and the sample data (rows in memory, virtual clock) share every step.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table

from dashboard.demo.asset_store import AssetStore
from feedly_core.domain.tables import image_assets


class StepRefused(Exception):
    """The service answers HTTP 400: rolled back, the row stays at its previous step."""


class StepFailed(Exception):
    """The service writes ``failed``: a model failure, or a precondition of planner, overlay or judge."""


@dataclass(frozen=True)
class Asset:
    """A registered picture: ``width`` and ``height`` in pixels as the row says."""

    asset_id: UUID
    url: str
    width: int
    height: int


@dataclass(frozen=True)
class JobWork:
    """What the steps know of a job.

    ``copy_*`` and ``translated`` are the stages of the ad copy.

    ``presets`` are the three placement presets of the tone, if the database has them.
    """

    job_id: UUID
    tenant_id: str
    version: str | None = None
    input: Asset | None = None
    tone_style_id: UUID | None = None
    tone: str = ""
    tone_name: str = ""
    store: str = ""
    desc_kor: str | None = None
    desc_eng: str | None = None
    copy_eng: str | None = None
    copy_kor: str | None = None
    translated: str | None = None
    text_model: UUID | None = None
    presets: tuple[UUID, ...] = ()


@dataclass(frozen=True)
class Seen:
    """One detection; ``box`` is [x1, y1, x2, y2] in pixels."""

    detection_id: UUID
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class Laid:
    """The newest overlay of a variant: its row id, ratios (x, y, width, height), text and picture."""

    overlay_id: UUID
    ratios: tuple[float, float, float, float]
    layout: Mapping[str, object]


@dataclass(frozen=True)
class VariantWork:
    """What the steps know of a variant.

    ``masked``: whether the job's YOLO run has this variant's picture; only then the planner sees the
    detections. ``proposal`` is the newest one filed under the variant's own picture.
    """

    job: JobWork
    variant_id: UUID
    order: int
    image: Asset
    attempt: int = 0
    font: Mapping[str, object] | None = None
    masked: bool = False
    detections: tuple[Seen, ...] = ()
    proposal: tuple[UUID, Mapping[str, object]] | None = None
    laid: Laid | None = None


@dataclass(frozen=True)
class Row:
    """One row to insert.

    Times are added by whoever stores it.
    """

    table: Table
    values: dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """Rows to insert, columns to set on the variant, and fields of the work that the next step sees."""

    rows: tuple[Row, ...] = ()
    variant: Mapping[str, object] = field(default_factory=dict)
    leaves: Mapping[str, Any] = field(default_factory=dict)

    def pictures_only(self) -> Outcome:
        """What is left where the step could not store its result row: the files' registrations."""
        return Outcome(tuple(row for row in self.rows if row.table is image_assets), self.variant)


@dataclass(frozen=True)
class Bench:
    """The surroundings of a step: files, the seed, the time that the rows carry, and new ids."""

    asset_store: AssetStore
    seed: int
    now: datetime
    new_id: Callable[[], UUID]

    def noise(self, *what: object) -> random.Random:
        """A generator that depends on the seed and on ``what`` alone: same input, same output."""
        return random.Random("|".join(str(part) for part in (self.seed, *what)))


def asset_row(asset: Asset, image_type: str, job: JobWork) -> Row:
    """The registration of a picture file."""
    return Row(
        image_assets,
        {
            "image_asset_id": asset.asset_id,
            "image_type": image_type,
            "image_url": asset.url,
            "width": asset.width,
            "height": asset.height,
            "tenant_id": job.tenant_id,
            "job_id": job.job_id,
        },
    )
