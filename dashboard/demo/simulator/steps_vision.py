"""The first three steps of a variant: the simulated look at the picture, and the real search for places."""

from __future__ import annotations

from random import Random
from typing import Any

from PIL import Image, ImageStat

from dashboard.demo.asset_store import Place
from dashboard.demo.planning import draw_forbidden_mask, draw_plan, plan
from dashboard.demo.simulator.fake_vision import Thing, find_things
from dashboard.demo.simulator.work import (
    Asset,
    Bench,
    Outcome,
    Row,
    Seen,
    VariantWork,
    asset_row,
)
from feedly_core.domain.boxes import Box
from feedly_core.domain.payloads.planner_layout import read_planner_layout
from feedly_core.domain.tables import detections, planner_proposals, vlm_traces, yolo_runs

ANALYST = "simulated-llava"
DETECTOR = "simulated-yolov8x-seg"

MISSED_SHARE = 0.06
"""Share of objects that the simulated detector does not see: then text may land on the dish."""

BAD_TASTE_SHARE = 0.14
"""Share of font colours that are recommended against the background: low contrast to show."""

LIGHT_COLOURS = ("FFF4E0", "FFFFFF", "FFE8B0", "F6F1E7")
DARK_COLOURS = ("3B2414", "1F2A44", "4A1F1A", "22332B")


def vlm_analyze(work: VariantWork, bench: Bench) -> Outcome:
    """Does the copy fit the picture, and which font and colour suit it."""
    image = bench.asset_store.open(work.image.url)
    rng = _noise(work, bench, "analyze")
    valid = rng.random() < 0.94
    font = _recommended_font(image, rng)
    things = find_things(image)
    labels = ", ".join(sorted({thing.label for thing in things})) or "a dish"
    response = {
        "is_valid": valid,
        "image_quality_ok": rng.random() < 0.95,
        "relevance_score": round(rng.uniform(0.7, 0.97) if valid else rng.uniform(0.1, 0.2), 2),
        "analysis": f"Simulated look: the picture shows {labels}. "
        + ("The copy suits it." if valid else "The copy speaks of something else."),
        "issues": [] if valid else ["The copy does not match the picture."],
        "recommendations": [],
        "font_recommendation": font,
    }
    request = {
        "asset_url": work.image.url,
        "ad_copy_text": work.job.copy_eng or work.job.desc_eng,
        "prompt": None,
        "image_asset_id": str(work.image.asset_id),
    }
    row = {
        "vlm_trace_id": bench.new_id(),
        "job_id": work.job.job_id,
        "job_variants_id": work.variant_id,
        "provider": ANALYST,
        "operation_type": "analyze",
        "request": request,
        "response": response,
        "latency_ms": round(rng.lognormvariate(8.0, 0.25), 1),
    }
    return Outcome((Row(vlm_traces, row),), leaves={"font": font})


def yolo_detect(work: VariantWork, bench: Bench) -> Outcome:
    """The forbidden objects with a detector's jitter.

    The mask, and the shared ``detections.json``.
    """
    image = bench.asset_store.open(work.image.url)
    rng = _noise(work, bench, "yolo")
    found = [_jittered(thing, rng) for thing in find_things(image) if rng.random() >= MISSED_SHARE]
    seen, rows, listed = [], [], []
    for thing in found:
        score = round(min(0.98, rng.betavariate(9, 2) * 0.7 + 0.28), 4)
        box = _corners(thing.box, image.size)
        seen.append(Seen(bench.new_id(), box))
        rows.append(Row(detections, _detection(work, seen[-1], thing.label, score)))
        listed.append({"label": thing.label, "confidence": score, "bbox": _ratios(thing.box)})
    place = Place("yh", work.job.tenant_id, "forbidden_mask", bench.now)
    mask = draw_forbidden_mask(image.size, [thing.box for thing in found])
    run = {
        "yolo_run_id": bench.new_id(),
        "job_id": work.job.job_id,
        "image_asset_id": work.image.asset_id,
        "forbidden_mask_url": bench.asset_store.save(mask, place, bench.new_id()),
        "model_name": DETECTOR,
        "detection_count": len(seen),
        "latency_ms": round(rng.lognormvariate(6.2, 0.3), 1),
    }
    bench.asset_store.save_json(listed, place, "detections.json")
    leaves = {"detections": (*work.detections, *seen), "masked": True}
    return Outcome((*rows, Row(yolo_runs, run)), leaves=leaves)


def planner(work: VariantWork, bench: Bench) -> Outcome:
    """Searches text boxes; draws them.

    Filed under the job's *input* picture, as the service does.

    Without a YOLO run of this very picture it sees no detections (pipeline reference §6).
    """
    image = bench.asset_store.open(work.image.url)
    boxes = [Box.from_pixels(seen.box, image.size) for seen in work.detections] if work.masked else []
    asset_id = bench.new_id()
    place = Place("yh", work.job.tenant_id, "planner", bench.now)
    rng = _noise(work, bench, "planner")
    layout = plan(boxes, None, rng)
    drawn = draw_plan(image, read_planner_layout(layout), boxes)
    asset = Asset(asset_id, bench.asset_store.save(drawn, place, asset_id), *image.size)
    layout |= {"proposal_image_asset_id": str(asset_id), "proposal_image_url": asset.url}
    registered = asset_row(asset, "planner", work.job)
    if work.job.input is None:
        return Outcome((registered,))
    row = {
        "proposal_id": bench.new_id(),
        "image_asset_id": work.job.input.asset_id,
        "layout": layout,
        "latency_ms": round(rng.lognormvariate(5.2, 0.3), 1),
    }
    found_again = work.job.input.asset_id == work.image.asset_id
    leaves = {"proposal": (row["proposal_id"], layout)} if found_again else {}
    return Outcome((registered, Row(planner_proposals, row)), leaves=leaves)


def _noise(work: VariantWork, bench: Bench, what: str) -> Random:
    return bench.noise(what, work.job.desc_kor, bench.asset_store.fingerprint(work.image.url), work.order)


def _recommended_font(image: Image.Image, rng: Random) -> dict[str, Any]:
    """A light colour on dark surroundings and the reverse; now and then the wrong way round."""
    top = image.crop((0, 0, image.width, image.height // 4)).convert("L")
    bright = ImageStat.Stat(top).mean[0] > 140
    wrong = rng.random() < BAD_TASTE_SHARE
    return {
        "font_style": rng.choice(("sans-serif", "sans-serif", "serif", "bold")),
        "font_name": rng.choice(("Noto Sans KR", "Gmarket Sans", "Nanum Myeongjo")),
        "font_size_category": rng.choice(("medium", "large", "large")),
        "font_color_hex": rng.choice(LIGHT_COLOURS if bright is wrong else DARK_COLOURS),
        "reasoning": "Simulated: " + ("bright surroundings" if bright else "dark, warm surroundings"),
    }


def _jittered(thing: Thing, rng: Random) -> Thing:
    box = thing.box
    left = min(max(box.x + rng.gauss(0, 0.008), 0.0), 0.98)
    top = min(max(box.y + rng.gauss(0, 0.008), 0.0), 0.98)
    width = min(max(box.width + rng.gauss(0, 0.012), 0.02), 1 - left)
    height = min(max(box.height + rng.gauss(0, 0.012), 0.02), 1 - top)
    return Thing(thing.label, Box(left, top, width, height))


def _corners(box: Box, size: tuple[int, int]) -> tuple[float, float, float, float]:
    width, height = size
    x1, y1 = box.x * width, box.y * height
    return round(x1, 1), round(y1, 1), round(box.right * width, 1), round(box.bottom * height, 1)


def _ratios(box: Box) -> list[float]:
    return [round(value, 4) for value in (box.x, box.y, box.width, box.height)]


def _detection(work: VariantWork, seen: Seen, label: str, score: float) -> dict[str, object]:
    return {
        "detection_id": seen.detection_id,
        "image_asset_id": work.image.asset_id,
        "job_id": work.job.job_id,
        "box": list(seen.box),
        "label": label,
        "score": score,
    }
