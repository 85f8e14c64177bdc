"""One job as the services leave it: every row and document, and its pictures on disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from PIL import Image, ImageDraw
from sqlalchemy import Connection, Engine, Table, insert

from feedly_core.db.engine import writing
from feedly_core.domain import tables as t

SIZE = (540, 540)
BEGAN = datetime(2025, 12, 4, 13, 0, tzinfo=UTC)
TEXT = "따끈한 국물 한 그릇, 오늘 저녁"
DISH = [120.0, 170.0, 430.0, 480.0]


@dataclass
class StoredJob:
    """Ids of what was written. Variants by their order, from 0."""

    job_id: UUID = field(default_factory=uuid4)
    input_asset: UUID = field(default_factory=uuid4)
    variants: list[UUID] = field(default_factory=list)
    runs: list[UUID] = field(default_factory=list)
    overlays: list[UUID] = field(default_factory=list)
    pictures: list[UUID] = field(default_factory=list)
    finished: list[UUID] = field(default_factory=list)


def proposals() -> dict[str, Any]:
    """A planner document with three boxes."""
    boxes = (("max_size_full", [0, 0, 1, 0.3], 1.0), ("rule_top", [0.1, 0.05, 0.8, 0.18], 0.9))
    rest = (("rule_bottom", [0.1, 0.77, 0.8, 0.18], 0.8),)
    items = [
        {"proposal_id": str(uuid4()), "xywh": box, "source": source, "score": score, "occlusion_iou": 0.0}
        for source, box, score in (*boxes, *rest)
    ]
    position = {"center_x": 0.5, "center_y": 0.6, "is_center_x": True, "is_top_y": False, "is_bottom_y": True}
    return {
        "proposals": items,
        "forbidden": [0.22, 0.31, 0.57, 0.57],
        "forbidden_position": position,
        "max_forbidden_iou": 0.05,
    }


class Writer:
    """Writes one job into a database, its pictures below ``assets_dir`` (none: no files)."""

    def __init__(self, connection: Connection, assets_dir: Path | None, tenant: str, made: datetime) -> None:
        self.connection, self.assets_dir, self.tenant, self.made = connection, assets_dir, tenant, made
        self.job = StoredJob()

    def row(self, table: Table, **values: Any) -> Any:
        """Insert a row, a second after the one before, and return its primary key."""
        self.made += timedelta(seconds=1)
        statement = insert(table).values(created_at=self.made, **values)
        return self.connection.execute(statement).inserted_primary_key[0]

    def asset(self, kind: str, draw: Callable[[ImageDraw.ImageDraw], None] | None = None) -> UUID:
        """An image row and its file."""
        asset_id = uuid4()
        rest = f"yh/tenants/{self.tenant}/{kind}/2025/12/04/{asset_id}.png"
        if self.assets_dir is not None:
            image = Image.new("RGB", SIZE, (70, 50, 40))
            ImageDraw.Draw(image).ellipse(DISH, fill=(190, 120, 60))
            if draw is not None:
                draw(ImageDraw.Draw(image))
            (self.assets_dir / rest).parent.mkdir(parents=True, exist_ok=True)
            image.save(self.assets_dir / rest)
        self.row(
            t.image_assets,
            image_asset_id=asset_id,
            image_type=kind,
            image_url=f"/assets/{rest}",
            width=SIZE[0],
            height=SIZE[1],
            tenant_id=self.tenant,
            job_id=self.job.job_id,
        )
        return asset_id

    def begin(self, step: str, status: str) -> None:
        """Tenant, store, tone, job and its input."""
        connection = self.connection
        if not connection.execute(t.tenants.select().where(t.tenants.c.tenant_id == self.tenant)).first():
            self.row(t.tenants, tenant_id=self.tenant, display_name="데모 식당")
        store = self.row(t.stores, title="온기 국밥", store_category="한식")
        tone = self.row(t.tone_styles, code="emotion", kor_name="따뜻한 감성", eng_name="Emotion / Comfort")
        self.row(
            t.jobs,
            job_id=self.job.job_id,
            tenant_id=self.tenant,
            store_id=store,
            status=status,
            current_step=step,
            version="2.3.1",
        )
        self.job.input_asset = self.asset("original")
        self.row(
            t.job_inputs,
            job_id=self.job.job_id,
            img_asset_id=self.job.input_asset,
            tone_style_id=tone,
            desc_kor="맛있는 부대찌개를 만나보세요",
            desc_eng="Come and meet a delicious budae jjigae",
        )

    def variant(self, order: int, *, step: str = "iou_eval", status: str = "done", own_picture: bool) -> None:
        """One variant up to the planner."""
        picture = self.asset("generated") if own_picture else self.job.input_asset
        self.job.pictures.append(picture)
        self.job.variants.append(
            self.row(
                t.jobs_variants,
                job_id=self.job.job_id,
                img_asset_id=picture,
                creation_order=order,
                status=status,
                current_step=step,
            )
        )

    def analysed(self, index: int) -> None:
        """What vlm_analyze, yolo_detect and planner write."""
        answer = {"is_valid": True, "relevance_score": 0.8, "analysis": "A warm bowl of stew.", "issues": []}
        font = {"font_name": "Gmarket Sans", "font_color_hex": "FFF4E0", "reasoning": "warm scene"}
        self.row(
            t.vlm_traces,
            job_id=self.job.job_id,
            job_variants_id=self.job.variants[index],
            provider="llava",
            operation_type="analyze",
            request={"image_asset_id": str(self.job.pictures[index])},
            response={**answer, "font_recommendation": font},
            latency_ms=2100.0,
        )
        self.row(
            t.detections,
            job_id=self.job.job_id,
            image_asset_id=self.job.pictures[index],
            box=DISH,
            label="bowl",
            score=0.93,
        )
        self.job.runs.append(
            self.row(
                t.planner_proposals,
                image_asset_id=self.job.input_asset,
                layout=proposals(),
                latency_ms=130.0,
            )
        )

    def drawn(self, index: int, box: tuple[float, float, float, float], *, proposal: bool = True) -> None:
        """What overlay writes."""

        def letters(draw: ImageDraw.ImageDraw) -> None:
            left, top = box[0] * SIZE[0] + 20, box[1] * SIZE[1] + 30
            for number in range(8):
                draw.rectangle(
                    (left + 40 * number, top, left + 40 * number + 24, top + 34), fill=(255, 244, 224)
                )

        finished = self.asset("overlaid", letters)
        self.job.finished.append(finished)
        self.connection.execute(
            t.jobs_variants.update()
            .where(t.jobs_variants.c.job_variants_id == self.job.variants[index])
            .values(overlaid_img_asset_id=finished)
        )
        render = {"asset_id": str(finished), "url": "/assets/x.png", "width": SIZE[0], "height": SIZE[1]}
        layout = {
            "text": TEXT,
            "wrapped_text": TEXT.replace(", ", ",\n"),
            "font_name": "Gmarket Sans",
            "font_size": 48,
            "text_color": "ffffffff",
            "overlay_color": None,
            "render": render,
        }
        ratios = dict(zip(("x_ratio", "y_ratio", "width_ratio", "height_ratio"), box, strict=True))
        self.job.overlays.append(
            self.row(
                t.overlay_layouts,
                job_variants_id=self.job.variants[index],
                proposal_id=self.job.runs[index] if proposal else None,
                layout=layout,
                latency_ms=310.0,
                **ratios,
            )
        )

    def judged(self, index: int, *, occlusion: bool = False, contrast: float = 9.1, iou: float = 0.0) -> None:
        """What vlm_judge and the three evaluations write."""
        overlay = self.job.overlays[index]
        answer = {"on_brief": True, "occlusion": occlusion, "contrast_ok": True, "cta_present": False}
        self.row(
            t.vlm_traces,
            job_id=self.job.job_id,
            job_variants_id=self.job.variants[index],
            provider="llava",
            operation_type="judge",
            request={"overlay_id": str(overlay)},
            response={**answer, "issues": ["no price"], "analysis": f"verdict of variant {index + 1}"},
            latency_ms=3300.0,
        )
        for kind, metrics in (
            (
                "ocr",
                {
                    "ocr_accuracy": 0.88,
                    "ocr_confidence": 0.91,
                    "character_match_rate": 0.94,
                    "word_match_rate": 0.82,
                    "edit_distance": 1,
                    "recognized_text": TEXT.replace("국물", "국믈"),
                    "original_text": TEXT,
                    "latency_ms": 842.5,
                },
            ),
            (
                "readability",
                {
                    "contrast_ratio": contrast,
                    "wcag_aa_compliant": contrast >= 4.5,
                    "readability_score": 1.0 if contrast >= 7 else 0.3,
                    "latency_ms": 12.0,
                },
            ),
            ("iou", {"iou_with_food": iou, "all_ious": [iou], "detection_count": 1, "latency_ms": 3.0}),
        ):
            self.row(
                t.evaluations,
                job_id=self.job.job_id,
                overlay_id=overlay,
                evaluation_type=kind,
                metrics=metrics,
            )

    def written(self) -> None:
        """YOLO run, copy stages, language model calls and the feed post."""
        job_id = self.job.job_id
        self.row(
            t.yolo_runs,
            job_id=job_id,
            image_asset_id=self.job.pictures[0],
            model_name="forbidden",
            detection_count=1,
            latency_ms=400.0,
        )
        model = self.row(
            t.llm_models,
            model_name="gpt-4o-mini",
            provider="openai",
            prompt_token_cost_per_1m=0.15,
            completion_token_cost_per_1m=0.6,
        )
        for stage, values in (
            ("kor_to_eng", {"ad_copy_eng": "Come and enjoy a delicious budae jjigae."}),
            ("ad_copy_eng", {"ad_copy_eng": "Come and enjoy a hearty budae jjigae tonight."}),
            ("ad_copy_kor", {"ad_copy_kor": TEXT}),
            ("eng_to_kor", {"ad_copy_kor": "든든한 부대찌개 한 그릇, 오늘 저녁 함께하세요."}),
        ):
            self.row(
                t.txt_ad_copy_generations, job_id=job_id, generation_stage=stage, status="done", **values
            )
        for operation, priced in (("eng_to_kor", True), ("feed_gen", False)):
            self.row(
                t.llm_traces,
                job_id=job_id,
                provider="gpt",
                llm_model_id=model if priced else None,
                operation_type=operation,
                request={"operation": operation},
                response={},
                latency_ms=900.0,
                prompt_tokens=180,
                completion_tokens=95,
                total_tokens=275,
            )
        self.row(
            t.instagram_feeds,
            job_id=job_id,
            tenant_id=self.tenant,
            refined_ad_copy_eng="Hearty",
            tone_style="따뜻한 감성",
            product_description="부대찌개",
            gpt_prompt="…",
            instagram_ad_copy="오늘 저녁은 따끈한 국물 한 그릇 어떠세요?",
            hashtags="#국밥 #따끈한저녁 #온기국밥",
        )


def write_job(
    engine: Engine,
    assets_dir: Path | None = None,
    *,
    variants: int = 3,
    tenant: str = "demo_tenant",
    own_pictures: bool = False,
    change: Callable[[Writer], None] | None = None,
) -> StoredJob:
    """A finished job. Variant 2 lies on the dish with a weak contrast. ``change`` runs in the transaction."""
    with writing(engine) as connection:
        writer = Writer(connection, assets_dir, tenant, BEGAN)
        writer.begin("instagram_feed_gen", "done")
        for index in range(variants):
            bad = index == 1
            writer.variant(index + 1, own_picture=own_pictures)
            writer.analysed(index)
            writer.drawn(index, (0.1, 0.4, 0.8, 0.18) if bad else (0.1, 0.05, 0.8, 0.18))
            writer.judged(index, occlusion=bad, contrast=2.1 if bad else 9.1, iou=0.23 if bad else 0.0)
        writer.written()
        if change is not None:
            change(writer)
    return writer.job
