"""Jobs in any state, written with everything that their finished steps leave behind.

Rows are inserted, so no trigger fires. The schema is the current one: a test of an older generation
transforms the database afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from PIL import Image
from sqlalchemy import Connection, Engine, Table, insert
from sqlalchemy.dialects.postgresql import insert as insert_or_ignore

from feedly_core.db.engine import writing
from feedly_core.domain import tables as t
from feedly_core.domain.pipeline import LAST_VARIANT_STEP, VARIANT_STEP_NAMES, finished_steps, order
from tests import documents

TENANT = "pipeline_test_tenant"
SHORT_COPY = "따끈한 국물 한 그릇"
COLOURS = ("#d9822b", "#4f8a5b", "#3d6fb6", "#a0522d")


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


def make_job(
    target: Engine | Connection,
    *,
    step: str = "instagram_feed_gen",
    status: str = "done",
    variants: int | Sequence[tuple[str, str]] = 3,
    tenant_id: str = TENANT,
    desc_kor: str = "겨울에 어울리는 우동",
    created_at: datetime | None = None,
    retry_count: int = 0,
    assets_dir: Path | None = None,
    copies: bool = True,
) -> MadeJob:
    """Write one job at (step, status) and its variants, a number of complete ones or (step, status) each.

    Every step that a variant's state proves finished has left its rows; text rows as the job's step proves.
    With an Engine it is committed. ``assets_dir`` writes real pictures, else the URLs lead nowhere.
    Without ``copies``: as the image generation part's test jobs are.
    """
    states = [(LAST_VARIANT_STEP, "done")] * variants if isinstance(variants, int) else list(variants)
    with _connection(target) as connection:
        writer = _Writer(connection, tenant_id, created_at or datetime.now(UTC), assets_dir)
        writer.job(step, status, desc_kor, retry_count, copies)
        made = [writer.variant(number, *state) for number, state in enumerate(states, start=1)]
        if order(step) > order(LAST_VARIANT_STEP):
            writer.texts(with_feed=(step, status) == ("instagram_feed_gen", "done"))
    return MadeJob(
        writer.job_id,
        tenant_id,
        writer.input_asset_id,
        tuple(ids[0] for ids in made),
        tuple(ids[1] for ids in made),
        tuple(ids[2] for ids in made),
        tuple(ids[3] for ids in made),
    )


@contextmanager
def _connection(target: Engine | Connection) -> Iterator[Connection]:
    if isinstance(target, Connection):
        yield target
    else:
        with writing(target) as connection:
            yield connection


class _Writer:
    """Writes one job; each row's ``created_at`` is a second after the one before."""

    def __init__(self, connection: Connection, tenant_id: str, start: datetime, assets: Path | None) -> None:
        self.connection = connection
        self.tenant_id = tenant_id
        self.now = start
        self.assets = assets
        self.job_id = uuid4()
        self.tone_id = uuid4()

    def add(self, table: Table, **values: Any) -> None:
        self.now += timedelta(seconds=1)
        if "updated_at" in table.c:
            values.setdefault("updated_at", self.now)
        self.connection.execute(insert(table).values(created_at=self.now, **values))

    def picture(self, image_type: str, part: str, folder: str, index: int = 0) -> tuple[UUID, str]:
        """Add one image_assets row. Returns its id and URL."""
        asset_id = uuid4()
        url = f"/assets/{part}/tenants/{self.tenant_id}/{folder}/{self.now:%Y/%m/%d}/{asset_id}.png"
        self.add(
            t.image_assets,
            image_asset_id=asset_id,
            image_type=image_type,
            image_url=url,
            width=1080,
            height=1080,
            tenant_id=self.tenant_id,
            job_id=self.job_id,
        )
        if self.assets is not None:
            file = self.assets / url.removeprefix("/assets/")
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (64, 64), COLOURS[index % len(COLOURS)]).save(file)
        return asset_id, url

    def job(self, step: str, status: str, desc_kor: str, retry_count: int, copies: bool) -> None:
        tenant = insert_or_ignore(t.tenants).values(tenant_id=self.tenant_id, display_name="시험 가게")
        self.connection.execute(tenant.on_conflict_do_nothing())
        self.add(t.tone_styles, tone_style_id=self.tone_id, code="warm", kor_name="따뜻한", eng_name="Warm")
        self.add(
            t.jobs,
            job_id=self.job_id,
            tenant_id=self.tenant_id,
            status=status,
            current_step=step,
            retry_count=retry_count,
        )
        self.input_asset_id, _ = self.picture("original", "js", "original")
        self.add(
            t.job_inputs,
            job_id=self.job_id,
            img_asset_id=self.input_asset_id,
            tone_style_id=self.tone_id,
            desc_kor=desc_kor,
            desc_eng="Udon for the winter",
        )
        if copies:
            self.copy("kor_to_eng", ad_copy_eng="Udon for the winter")
            self.copy("ad_copy_eng", ad_copy_eng="A warm bowl for a cold evening")
            self.copy("ad_copy_kor", ad_copy_kor=SHORT_COPY)

    def copy(self, stage: str, **texts: str) -> None:
        self.add(
            t.txt_ad_copy_generations, job_id=self.job_id, generation_stage=stage, status="done", **texts
        )

    def variant(self, number: int, step: str, status: str) -> tuple[UUID, UUID, UUID | None, UUID | None]:
        """Add a variant and its finished steps' rows. Returns variant, picture, overlay, final picture."""
        variant_id, overlay_id, overlaid_id = uuid4(), None, None
        picture_id, _ = self.picture("generated", "yh", "generated", number)
        finished = VARIANT_STEP_NAMES[: finished_steps(step, status)]
        overlaid_url = ""
        if "overlay" in finished:
            overlaid_id, overlaid_url = self.picture("overlaid", "yh", "final", number)
        self.add(
            t.jobs_variants,
            job_variants_id=variant_id,
            job_id=self.job_id,
            img_asset_id=picture_id,
            creation_order=number,
            status=status,
            current_step=step,
            overlaid_img_asset_id=overlaid_id,
        )
        if "vlm_analyze" in finished:
            self.trace(variant_id, "analyze", {"image_asset_id": str(picture_id)}, documents.ANALYSIS)
        if "yolo_detect" in finished:
            self.detect(picture_id)
        proposal_id = self.plan() if "planner" in finished else None
        if overlaid_id is not None:
            overlay_id = self.overlay(variant_id, proposal_id, overlaid_id, overlaid_url)
        if "vlm_judge" in finished:
            self.trace(variant_id, "judge", {"overlay_id": str(overlay_id)}, documents.JUDGEMENT)
        for evaluation in ("ocr", "readability", "iou"):
            if f"{evaluation}_eval" in finished:
                self.add(
                    t.evaluations,
                    job_id=self.job_id,
                    overlay_id=overlay_id,
                    evaluation_type=evaluation,
                    metrics=documents.metrics(evaluation, SHORT_COPY),
                )
        return variant_id, picture_id, overlay_id, overlaid_id

    def trace(
        self, variant_id: UUID, operation: str, request: dict[str, Any], answer: dict[str, Any]
    ) -> None:
        self.add(
            t.vlm_traces,
            job_id=self.job_id,
            job_variants_id=variant_id,
            provider="llava",
            operation_type=operation,
            request=request,
            response=answer,
            latency_ms=4200.0,
        )

    def detect(self, picture_id: UUID) -> None:
        for label, box in (("bowl", [237.6, 324.0, 831.6, 918.0]), ("person", [0.0, 400.0, 120.0, 900.0])):
            self.add(
                t.detections,
                job_id=self.job_id,
                image_asset_id=picture_id,
                box=box,
                label=label,
                score=0.87,
            )
        run = {
            "job_id": self.job_id,
            "image_asset_id": picture_id,
            "model_name": "forbidden",
            "detection_count": 2,
            "latency_ms": 310.0,
            "forbidden_mask_url": f"/assets/yh/tenants/{self.tenant_id}/forbidden_mask/mask.png",
        }
        self.connection.execute(insert_or_ignore(t.yolo_runs).values(run).on_conflict_do_nothing())

    def plan(self) -> UUID:
        proposal_id = uuid4()
        picture_id, url = self.picture("planner", "yh", "planner")
        self.add(
            t.planner_proposals,
            proposal_id=proposal_id,
            image_asset_id=self.input_asset_id,
            layout=documents.planner_layout(picture_id, url),
            latency_ms=45.0,
        )
        return proposal_id

    def overlay(self, variant_id: UUID, proposal_id: UUID | None, picture_id: UUID, url: str) -> UUID:
        overlay_id = uuid4()
        ratios = dict(zip(("x_ratio", "y_ratio", "width_ratio", "height_ratio"), documents.BOX, strict=True))
        self.add(
            t.overlay_layouts,
            overlay_id=overlay_id,
            proposal_id=proposal_id,
            job_variants_id=variant_id,
            layout=documents.overlay_layout(picture_id, url, SHORT_COPY),
            text_margin="8px",
            latency_ms=130.0,
            **ratios,
        )
        return overlay_id

    def texts(self, *, with_feed: bool) -> None:
        self.llm_call("eng_to_kor", {"ad_copy_kor": "추운 저녁에 따뜻한 한 그릇"})
        self.copy("eng_to_kor", ad_copy_kor="추운 저녁에 따뜻한 한 그릇")
        if not with_feed:
            return
        trace_id = self.llm_call("feed_gen", {"instagram_ad_copy": "…", "hashtags": "#우동"})
        self.add(
            t.instagram_feeds,
            job_id=self.job_id,
            llm_trace_id=trace_id,
            tenant_id=self.tenant_id,
            refined_ad_copy_eng="A warm bowl for a cold evening",
            tone_style="따뜻한",
            product_description="겨울에 어울리는 우동",
            gpt_prompt="인스타그램 글을 써 주세요",
            ad_copy_kor="추운 저녁에 따뜻한 한 그릇",
            instagram_ad_copy="오늘 저녁은 뜨끈한 우동 어때요?",
            hashtags="#우동 #겨울 #맛집",
            used_temperature=0.7,
            used_max_tokens=1000,
            latency_ms=2100.0,
        )

    def llm_call(self, operation: str, answer: dict[str, Any]) -> UUID:
        trace_id, model_id = uuid4(), uuid4()
        self.add(
            t.llm_models,
            llm_model_id=model_id,
            model_name="gpt-4o-mini",
            provider="openai",
            prompt_token_cost_per_1m=0.15,
            completion_token_cost_per_1m=0.6,
        )
        self.add(
            t.llm_traces,
            llm_trace_id=trace_id,
            job_id=self.job_id,
            provider="gpt",
            llm_model_id=model_id,
            operation_type=operation,
            request={"operation": operation},
            response={**answer, "token_usage": documents.TOKENS},
            latency_ms=1800.0,
            token_usage=documents.TOKENS,
            **documents.TOKENS,
        )
        return trace_id
