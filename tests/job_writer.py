"""Rows and pictures of one job, as the services of the pipeline write them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from PIL import Image, ImageDraw
from sqlalchemy import Connection, Table, insert
from sqlalchemy.dialects.postgresql import insert as insert_or_ignore

from feedly_core.domain import tables as t
from feedly_core.domain.pipeline import LAST_VARIANT_STEP, VARIANT_STEP_NAMES, finished_steps
from tests import documents

COLOURS = ("#d9822b", "#4f8a5b", "#3d6fb6", "#a0522d")
PARTS = {"original": "js", "overlaid": "yh"}
FOLDERS = {"overlaid": "final"}

Box = tuple[float, float, float, float]
Draw = Callable[[ImageDraw.ImageDraw], None]


@dataclass(frozen=True)
class MadeJob:
    """Ids of what was written. ``overlay_ids`` and ``overlaid_ids`` hold None where no overlay ran."""

    job_id: UUID
    tenant_id: str
    input_asset_id: UUID
    variant_ids: tuple[UUID, ...]
    picture_ids: tuple[UUID, ...]
    overlay_ids: tuple[UUID | None, ...]
    overlaid_ids: tuple[UUID | None, ...]
    proposal_ids: tuple[UUID | None, ...] = ()


class JobWriter:
    """Writes one job, its pictures below ``assets`` (none: no files).

    Each row's ``created_at`` is a second after the one before. Variants are named by their place, from 0.
    """

    _held: list[tuple[Table, bool, dict[str, Any]]] | None = None

    size = (1080, 1080)
    """What the rows say of a picture."""
    file_size = (64, 64)

    def __init__(
        self, connection: Connection, tenant_id: str, start: datetime, assets: Path | None = None
    ) -> None:
        self.connection, self.tenant_id, self.now, self.assets = connection, tenant_id, start, assets
        self.job_id, self.input_asset_id = uuid4(), uuid4()
        self.variant_ids: list[UUID] = []
        self.picture_ids: list[UUID] = []
        self.proposal_ids: list[UUID | None] = []
        self.overlay_ids: list[UUID | None] = []
        self.overlaid_ids: list[UUID | None] = []

    @property
    def job(self) -> MadeJob:
        return MadeJob(
            self.job_id,
            self.tenant_id,
            self.input_asset_id,
            tuple(self.variant_ids),
            tuple(self.picture_ids),
            tuple(self.overlay_ids),
            tuple(self.overlaid_ids),
            tuple(self.proposal_ids),
        )

    @contextmanager
    def by_table(self) -> Iterator[None]:
        """Insert the block's rows at its end: a statement per table, in the order of their first rows."""
        held = self._held = []
        yield
        self._held = None
        alike: dict[tuple[Table, bool, tuple[str, ...]], list[dict[str, Any]]] = {}
        for table, anew, values in held:
            alike.setdefault((table, anew, tuple(sorted(values))), []).append(values)
        for (table, anew, _), rows in alike.items():
            statement = insert(table) if anew else insert_or_ignore(table).on_conflict_do_nothing()
            self.connection.execute(statement, rows)

    def row(self, table: Table, **values: Any) -> Any:
        """Insert a row and return its primary key."""
        [key] = table.primary_key
        row = {key.name: uuid4(), **self._timed(table, values)}
        if self._held is None:
            self.connection.execute(insert(table).values(row))
        else:
            self._held.append((table, True, row))
        return row[key.name]

    def row_unless_there(self, table: Table, **values: Any) -> None:
        """Insert a row whose key others may have written before."""
        row = self._timed(table, values)
        if self._held is None:
            self.connection.execute(insert_or_ignore(table).values(row).on_conflict_do_nothing())
        else:
            self._held.append((table, False, row))

    def _timed(self, table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
        self.now += timedelta(seconds=1)
        times = {name: self.now for name in ("created_at", "updated_at") if name in table.c}
        return {**times, **values}

    def picture(self, kind: str, colour: str = COLOURS[0], draw: Draw | None = None) -> tuple[UUID, str]:
        """Add an image row and its file. Returns its id and URL."""
        asset_id, folder = uuid4(), FOLDERS.get(kind, kind)
        path = f"{PARTS.get(kind, 'yh')}/tenants/{self.tenant_id}/{folder}/{self.now:%Y/%m/%d}/{asset_id}.png"
        self.row(
            t.image_assets,
            image_asset_id=asset_id,
            image_type=kind,
            image_url=f"/assets/{path}",
            width=self.size[0],
            height=self.size[1],
            tenant_id=self.tenant_id,
            job_id=self.job_id,
        )
        if self.assets is not None:
            image = Image.new("RGB", self.file_size, colour)
            if draw is not None:
                draw(ImageDraw.Draw(image))
            (self.assets / path).parent.mkdir(parents=True, exist_ok=True)
            image.save(self.assets / path, compress_level=1)
        return asset_id, f"/assets/{path}"

    def write_input(
        self, job: Mapping[str, Any], *, shop: str, tone: Mapping[str, str], descriptions: Mapping[str, str]
    ) -> None:
        """Tenant, tone, the job with its columns, and its input."""
        self.row_unless_there(t.tenants, tenant_id=self.tenant_id, display_name=shop)
        tone_id = self.row(t.tone_styles, **tone)
        self.row(t.jobs, job_id=self.job_id, tenant_id=self.tenant_id, **job)
        self.input_asset_id, _ = self.picture("original")
        ids = {"img_asset_id": self.input_asset_id, "tone_style_id": tone_id}
        self.row(t.job_inputs, job_id=self.job_id, **ids, **descriptions)

    def write_variant(
        self,
        step: str = LAST_VARIANT_STEP,
        status: str = "done",
        *,
        own_picture: bool = True,
        draw: Draw | None = None,
    ) -> str:
        """Add a variant and its pictures. Returns the final one's URL, empty where no overlay ran."""
        number, overlaid, url = len(self.variant_ids) + 1, None, ""
        colour = COLOURS[number % len(COLOURS)]
        picture = self.picture("generated", colour)[0] if own_picture else self.input_asset_id
        if "overlay" in VARIANT_STEP_NAMES[: finished_steps(step, status)]:
            overlaid, url = self.picture("overlaid", colour, draw)
        variant_id = self.row(
            t.jobs_variants,
            job_id=self.job_id,
            img_asset_id=picture,
            creation_order=number,
            status=status,
            current_step=step,
            overlaid_img_asset_id=overlaid,
        )
        self.variant_ids.append(variant_id)
        self.picture_ids.append(picture)
        self.proposal_ids.append(None)
        self.overlay_ids.append(None)
        self.overlaid_ids.append(overlaid)
        return url

    def vlm_call(self, place: int, operation: str, answer: Mapping[str, Any], latency_ms: float) -> None:
        """``operation``: analyze or judge."""
        analyses = operation == "analyze"
        name = "image_asset_id" if analyses else "overlay_id"
        asked = self.picture_ids[place] if analyses else self.overlay_ids[place]
        self.row(
            t.vlm_traces,
            job_id=self.job_id,
            job_variants_id=self.variant_ids[place],
            provider="llava",
            operation_type=operation,
            request={name: str(asked)},
            response=answer,
            latency_ms=latency_ms,
        )

    def detection(self, place: int, label: str, box: list[float], score: float) -> None:
        self.row(
            t.detections,
            job_id=self.job_id,
            image_asset_id=self.picture_ids[place],
            box=box,
            label=label,
            score=score,
        )

    def yolo_run(self, place: int, **values: Any) -> None:
        """One per job: a second one is ignored."""
        ids = {"job_id": self.job_id, "image_asset_id": self.picture_ids[place]}
        self.row_unless_there(t.yolo_runs, **ids, model_name="forbidden", **values)

    def plan(self, place: int, layout: Mapping[str, Any], latency_ms: float) -> None:
        self.proposal_ids[place] = self.row(
            t.planner_proposals, image_asset_id=self.input_asset_id, layout=layout, latency_ms=latency_ms
        )

    def overlay(self, place: int, box: Box, layout: Mapping[str, Any], **values: Any) -> None:
        """The newest one of a variant counts."""
        ratios = dict(zip(("x_ratio", "y_ratio", "width_ratio", "height_ratio"), box, strict=True))
        self.overlay_ids[place] = self.row(
            t.overlay_layouts,
            job_variants_id=self.variant_ids[place],
            proposal_id=self.proposal_ids[place],
            layout=layout,
            **ratios,
            **values,
        )

    def evaluation(self, place: int, kind: str, metrics: Mapping[str, Any]) -> None:
        ids = {"job_id": self.job_id, "overlay_id": self.overlay_ids[place]}
        self.row(t.evaluations, **ids, evaluation_type=kind, metrics=metrics)

    def copy(self, stage: str, **texts: str) -> None:
        ids = {"job_id": self.job_id, "generation_stage": stage}
        self.row(t.txt_ad_copy_generations, **ids, status="done", **texts)

    def model(self) -> UUID:
        """A language model with its price."""
        made: UUID = self.row(
            t.llm_models,
            model_name="gpt-4o-mini",
            provider="openai",
            prompt_token_cost_per_1m=0.15,
            completion_token_cost_per_1m=0.6,
        )
        return made

    def llm_call(self, operation: str, model: UUID | None, **values: Any) -> UUID:
        made: UUID = self.row(
            t.llm_traces,
            job_id=self.job_id,
            provider="gpt",
            llm_model_id=model,
            operation_type=operation,
            request={"operation": operation},
            **documents.TOKENS,
            **values,
        )
        return made

    def post(self, **values: Any) -> None:
        self.row(t.instagram_feeds, job_id=self.job_id, tenant_id=self.tenant_id, **values)
