"""Jobs in any state, written with everything that their finished steps leave behind.

:func:`make_job` writes a job that has come as far as a test says, :func:`write_job` a finished one with all
that a report tells. Rows are inserted, so no trigger fires. The schema is the current one: a test of an older
generation transforms the database afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from PIL import ImageDraw
from sqlalchemy import Connection, Engine

from feedly_core.db.engine import writing
from feedly_core.domain import tables as t
from feedly_core.domain.pipeline import LAST_VARIANT_STEP, VARIANT_STEP_NAMES, finished_steps, order
from feedly_core.reviews.verdicts import Entry, Verdict
from tests import documents
from tests.job_writer import Box, Draw, JobWriter
from tests.job_writer import MadeJob as MadeJob

TENANT = "pipeline_test_tenant"
SHORT_COPY = "따끈한 국물 한 그릇"
FULL_COPY = "추운 저녁에 따뜻한 한 그릇"
COPIES = {
    "kor_to_eng": {"ad_copy_eng": "Udon for the winter"},
    "ad_copy_eng": {"ad_copy_eng": "A warm bowl for a cold evening"},
    "ad_copy_kor": {"ad_copy_kor": SHORT_COPY},
}
POST = {
    "refined_ad_copy_eng": "A warm bowl for a cold evening",
    "tone_style": "따뜻한",
    "product_description": "겨울에 어울리는 우동",
    "gpt_prompt": "인스타그램 글을 써 주세요",
    "ad_copy_kor": FULL_COPY,
    "instagram_ad_copy": "오늘 저녁은 뜨끈한 우동 어때요?",
    "hashtags": "#우동 #겨울 #맛집",
    "used_temperature": 0.7,
    "used_max_tokens": 1000,
    "latency_ms": 2100.0,
}


@contextmanager
def _connection(target: Engine | Connection) -> Iterator[Connection]:
    if isinstance(target, Connection):
        yield target
    else:
        with writing(target) as connection:
            yield connection


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
        writer = JobWriter(connection, tenant_id, created_at or datetime.now(UTC), assets_dir)
        with writer.by_table():
            writer.write_input(
                {"status": status, "current_step": step, "retry_count": retry_count},
                shop="시험 가게",
                tone={"code": "warm", "kor_name": "따뜻한", "eng_name": "Warm"},
                descriptions={"desc_kor": desc_kor, "desc_eng": "Udon for the winter"},
            )
            for stage, texts in COPIES.items() if copies else ():
                writer.copy(stage, **texts)
            for state in states:
                _make_variant(writer, *state)
            if order(step) > order(LAST_VARIANT_STEP):
                _make_texts(writer, with_feed=(step, status) == ("instagram_feed_gen", "done"))
    return writer.job


def _make_variant(writer: JobWriter, step: str, status: str) -> None:
    url, place = writer.write_variant(step, status), len(writer.variant_ids) - 1
    finished = VARIANT_STEP_NAMES[: finished_steps(step, status)]
    if "vlm_analyze" in finished:
        writer.vlm_call(place, "analyze", documents.ANALYSIS, 4200.0)
    if "yolo_detect" in finished:
        writer.detection(place, "bowl", [237.6, 324.0, 831.6, 918.0], 0.87)
        writer.detection(place, "person", [0.0, 400.0, 120.0, 900.0], 0.87)
        mask = f"/assets/yh/tenants/{writer.tenant_id}/forbidden_mask/mask.png"
        writer.yolo_run(place, detection_count=2, latency_ms=310.0, forbidden_mask_url=mask)
    if "planner" in finished:
        writer.plan(place, documents.planner_layout(*writer.picture("planner")), 45.0)
    overlaid = writer.overlaid_ids[place]
    if overlaid is not None:
        layout = documents.overlay_layout(overlaid, url, SHORT_COPY)
        writer.overlay(place, documents.BOX, layout, text_margin="8px", latency_ms=130.0)
    if "vlm_judge" in finished:
        writer.vlm_call(place, "judge", documents.JUDGEMENT, 4200.0)
    for kind in ("ocr", "readability", "iou"):
        if f"{kind}_eval" in finished:
            writer.evaluation(place, kind, documents.metrics(kind, SHORT_COPY))


def _make_texts(writer: JobWriter, *, with_feed: bool) -> None:
    def call(operation: str, answer: dict[str, str]) -> UUID:
        tokens = documents.TOKENS
        response = {**answer, "token_usage": tokens}
        return writer.llm_call(
            operation, writer.model(), response=response, latency_ms=1800.0, token_usage=tokens
        )

    call("eng_to_kor", {"ad_copy_kor": FULL_COPY})
    writer.copy("eng_to_kor", ad_copy_kor=FULL_COPY)
    if with_feed:
        trace_id = call("feed_gen", {"instagram_ad_copy": "…", "hashtags": "#우동"})
        writer.post(llm_trace_id=trace_id, **POST)


BEGAN = datetime(2025, 12, 4, 13, 0, tzinfo=UTC)
"""When the first row of a reported job is written."""
TEXT = "따끈한 국물 한 그릇, 오늘 저녁"
DISH = [120.0, 170.0, 430.0, 480.0]
TOP, MIDDLE = documents.BOX, (0.1, 0.4, 0.8, 0.18)
REPORTED_COPIES = {
    "kor_to_eng": {"ad_copy_eng": "Come and enjoy a delicious budae jjigae."},
    "ad_copy_eng": {"ad_copy_eng": "Come and enjoy a hearty budae jjigae tonight."},
    "ad_copy_kor": {"ad_copy_kor": TEXT},
    "eng_to_kor": {"ad_copy_kor": "든든한 부대찌개 한 그릇, 오늘 저녁 함께하세요."},
}
REPORTED_POST = {
    "refined_ad_copy_eng": "Hearty",
    "tone_style": "따뜻한 감성",
    "product_description": "부대찌개",
    "gpt_prompt": "…",
    "instagram_ad_copy": "오늘 저녁은 따끈한 국물 한 그릇 어떠세요?",
    "hashtags": "#국밥 #따끈한저녁 #온기국밥",
}


def proposals() -> dict[str, Any]:
    """A planner document with three boxes."""
    boxes = (
        ("max_size_full", [0, 0, 1, 0.3], 1.0),
        ("rule_top", [0.1, 0.05, 0.8, 0.18], 0.9),
        ("rule_bottom", [0.1, 0.77, 0.8, 0.18], 0.8),
    )
    position = {"center_x": 0.5, "center_y": 0.6, "is_center_x": True, "is_top_y": False, "is_bottom_y": True}
    return {
        "proposals": [
            {"proposal_id": str(uuid4()), "xywh": box, "source": source, "score": score, "occlusion_iou": 0.0}
            for source, box, score in boxes
        ],
        "forbidden": [0.22, 0.31, 0.57, 0.57],
        "forbidden_position": position,
        "max_forbidden_iou": 0.05,
    }


def _letters(box: Box, size: tuple[int, int]) -> Draw:
    def draw(canvas: ImageDraw.ImageDraw) -> None:
        left, top = box[0] * size[0] + 20, box[1] * size[1] + 30
        for number in range(8):
            at = left + 40 * number
            canvas.rectangle((at, top, at + 24, top + 34), fill=(255, 244, 224))

    return draw


class ReportWriter(JobWriter):
    """Writes what a report tells of a job: a dish, letters on it, scores of each variant's own."""

    size = file_size = (540, 540)

    def picture(self, kind: str, colour: str = "#463228", draw: Draw | None = None) -> tuple[UUID, str]:
        def dish(canvas: ImageDraw.ImageDraw) -> None:
            canvas.ellipse(DISH, fill=(190, 120, 60))
            if draw is not None:
                draw(canvas)

        return super().picture(kind, "#463228", dish)

    def begin(self, step: str, status: str) -> None:
        """Tenant, store, tone, job and its input."""
        store = self.row(t.stores, title="온기 국밥", store_category="한식")
        self.write_input(
            {"status": status, "current_step": step, "store_id": store, "version": "2.3.1"},
            shop="데모 식당",
            tone={"code": "emotion", "kor_name": "따뜻한 감성", "eng_name": "Emotion / Comfort"},
            descriptions={
                "desc_kor": "맛있는 부대찌개를 만나보세요",
                "desc_eng": "Come and meet a delicious budae jjigae",
            },
        )

    def variant(
        self,
        step: str = LAST_VARIANT_STEP,
        status: str = "done",
        *,
        own_picture: bool = True,
        box: Box = TOP,
    ) -> None:
        """One variant and its pictures, the text drawn in ``box``."""
        self.write_variant(step, status, own_picture=own_picture, draw=_letters(box, self.size))

    def analysed(self, place: int) -> None:
        """What vlm_analyze, yolo_detect and planner write."""
        answer = {"is_valid": True, "relevance_score": 0.8, "analysis": "A warm bowl of stew.", "issues": []}
        font = {"font_name": "Gmarket Sans", "font_color_hex": "FFF4E0", "reasoning": "warm scene"}
        self.vlm_call(place, "analyze", {**answer, "font_recommendation": font}, 2100.0)
        self.detection(place, "bowl", DISH, 0.93)
        self.plan(place, proposals(), 130.0)

    def drawn(self, place: int, box: Box = TOP) -> None:
        """What overlay writes."""
        width, height = self.size
        layout = {
            "text": TEXT,
            "wrapped_text": TEXT.replace(", ", ",\n"),
            "font_name": "Gmarket Sans",
            "font_size": 48,
            "text_color": "ffffffff",
            "overlay_color": None,
            "render": {
                "asset_id": str(self.overlaid_ids[place]),
                "url": "/assets/x.png",
                "width": width,
                "height": height,
            },
        }
        self.overlay(place, box, layout, latency_ms=310.0)

    def judged(self, place: int, *, occlusion: bool = False, contrast: float = 9.1, iou: float = 0.0) -> None:
        """What vlm_judge and the three evaluations write."""
        answer = {"on_brief": True, "occlusion": occlusion, "contrast_ok": True, "cta_present": False}
        said = {"issues": ["no price"], "analysis": f"verdict of variant {place + 1}"}
        self.vlm_call(place, "judge", {**answer, **said}, 3300.0)
        ocr = {
            "ocr_accuracy": 0.88,
            "ocr_confidence": 0.91,
            "character_match_rate": 0.94,
            "word_match_rate": 0.82,
            "edit_distance": 1,
            "recognized_text": TEXT.replace("국물", "국믈"),
            "original_text": TEXT,
            "latency_ms": 842.5,
        }
        readability = {
            "contrast_ratio": contrast,
            "wcag_aa_compliant": contrast >= 4.5,
            "readability_score": 1.0 if contrast >= 7 else 0.3,
            "latency_ms": 12.0,
        }
        covered = {"iou_with_food": iou, "all_ious": [iou], "detection_count": 1, "latency_ms": 3.0}
        for kind, metrics in (("ocr", ocr), ("readability", readability), ("iou", covered)):
            self.evaluation(place, kind, metrics)

    def written(self) -> None:
        """YOLO run, copy stages, language model calls and the feed post."""
        self.yolo_run(0, detection_count=1, latency_ms=400.0)
        model = self.model()
        for stage, texts in REPORTED_COPIES.items():
            self.copy(stage, **texts)
        for operation, price in (("eng_to_kor", model), ("feed_gen", None)):
            self.llm_call(operation, price, response={}, latency_ms=900.0)
        self.post(**REPORTED_POST)


def write_job(
    engine: Engine,
    assets_dir: Path | None = None,
    *,
    variants: int = 3,
    tenant: str = "demo_tenant",
    own_pictures: bool = False,
    change: Callable[[ReportWriter], None] | None = None,
) -> MadeJob:
    """A finished job. Variant 2 lies on the dish with a weak contrast. ``change`` runs in the transaction."""
    with writing(engine) as connection:
        writer = ReportWriter(connection, tenant, BEGAN, assets_dir)
        with writer.by_table():
            writer.begin("instagram_feed_gen", "done")
            for place in range(variants):
                bad = place == 1
                box = MIDDLE if bad else TOP
                writer.variant(own_picture=own_pictures, box=box)
                writer.analysed(place)
                writer.drawn(place, box)
                writer.judged(place, occlusion=bad, contrast=2.1 if bad else 9.1, iou=0.23 if bad else 0.0)
            writer.written()
        if change is not None:
            change(writer)
    return writer.job


def verdict_on(job: MadeJob, **more: Any) -> Entry:
    """A refusal of the job's first picture, to be saved."""
    picture = job.overlaid_ids[0]
    assert picture is not None
    return Entry(
        uuid4(), job.job_id, job.variant_ids[0], picture, Verdict.REJECT, tags=("low_contrast",), **more
    )
