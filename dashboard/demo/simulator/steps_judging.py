"""The steps after the overlay: the simulated judge and reader, the measured contrast and overlap."""

from __future__ import annotations

from difflib import SequenceMatcher
from functools import lru_cache
from random import Random
from typing import Any

from PIL import Image, ImageStat

from dashboard.demo.asset_store import AssetStore
from dashboard.demo.simulator.steps_overlay import REQUESTED_COLOUR, drawn_colour
from dashboard.demo.simulator.work import Bench, Laid, Outcome, Row, StepFailed, VariantWork
from feedly_core.domain.boxes import Box
from feedly_core.domain.tables import evaluations, vlm_traces
from feedly_core.images.contrast import contrast_ratio, measure, parse_color

JUDGE = "simulated-llava"
READER = "simulated-easyocr"
AA, AAA = 4.5, 7.0
LOOK_ALIKES = {"은": "온", "를": "률", "한": "힌", "오": "으", "그": "크", "국": "굮", "늘": "눌", "의": "외"}


def vlm_judge(work: VariantWork, bench: Bench) -> Outcome:
    """Verdict over the finished picture: from the real overlap and contrast, with a judge's noise."""
    laid = _laid(work)
    rng = bench.noise("judge", work.job.desc_kor, work.order, work.attempt, laid.layout.get("text"))
    covered = _overlap(work)[0] > 0.03
    legible = _contrast_behind(work, bench) >= 3.0
    occlusion = covered if rng.random() < 0.92 else not covered
    contrast_ok = legible if rng.random() < 0.9 else not legible
    on_brief = rng.random() < (0.9 if legible and not covered else 0.55)
    text = str(laid.layout.get("text") or "")
    cta = any(word in text for word in ("주문", "예약", "지금", "만나"))
    issues = [
        *(["The text covers part of the dish."] if occlusion else []),
        *(["The text is hard to tell from the background."] if not contrast_ok else []),
        *(["The mood of the picture does not fit the copy."] if not on_brief else []),
    ]
    reasoning = " ".join(issues) or "The line is easy to read and leaves the dish free."
    response = {
        "on_brief": on_brief,
        "occlusion": occlusion,
        "contrast_ok": contrast_ok,
        "cta_present": cta,
        "issues": issues,
        "reasoning": reasoning,
        "analysis": f"Simulated review. {reasoning}",
    }
    request = {"render_asset_url": _picture_url(laid), "overlay_id": str(laid.overlay_id)}
    row = {
        "vlm_trace_id": bench.new_id(),
        "job_id": work.job.job_id,
        "job_variants_id": work.variant_id,
        "provider": JUDGE,
        "operation_type": "judge",
        "request": request,
        "response": response,
        "latency_ms": round(rng.lognormvariate(8.1, 0.25), 1),
    }
    return Outcome((Row(vlm_traces, row),))


def ocr_eval(work: VariantWork, bench: Bench) -> Outcome:
    """Reads the text back: the weaker the contrast behind the letters, the more letters are misread."""
    laid = _laid(work)
    rng = bench.noise("ocr", work.job.desc_kor, work.order, work.attempt)
    original = str(laid.layout.get("text") or "")
    contrast = _contrast_behind(work, bench)
    legibility = min(max((contrast - 1.2) / 4.5, 0.05), 1.0)
    recognized = _misread(original, legibility, rng)
    metrics = {
        **text_match(original, recognized),
        "ocr_confidence": round(min(max(0.35 + 0.6 * legibility + rng.gauss(0, 0.04), 0.02), 0.99), 3),
        "recognized_text": recognized,
        "original_text": original,
        "latency_ms": round(rng.lognormvariate(6.7, 0.3), 1),
        "recognizer": READER,
    }
    return _evaluation(work, bench, laid, "ocr", metrics)


def readability_eval(work: VariantWork, bench: Bench) -> Outcome:
    """WCAG contrast of the *requested* colour against the middle of the finished picture, as YH does."""
    laid = _laid(work)
    image = bench.asset_store.open(_picture_url(laid))
    requested = str(laid.layout.get("text_color") or REQUESTED_COLOUR)
    text_rgb = parse_color(requested)
    background = _middle_colour(image)
    ratio = contrast_ratio(text_rgb, background)
    size = laid.layout.get("text_size")
    large = isinstance(size, int) and size / 1.33 >= 18
    aa, aaa = (3.0, AA) if large else (AA, AAA)
    metrics = {
        "contrast_ratio": round(ratio, 3),
        "wcag_aa_compliant": ratio >= aa,
        "wcag_aaa_compliant": ratio >= aaa,
        "readability_score": round(_readability_score(ratio, aa, aaa), 3),
        "text_color": requested,
        "overlay_color": laid.layout.get("overlay_color"),
        "text_color_rgb": list(text_rgb),
        "background_color_rgb": list(background),
        "is_large_text": large,
        "text_size": size,
        "latency_ms": round(bench.noise("readability", work.order).uniform(6, 22), 1),
    }
    return _evaluation(work, bench, laid, "readability", metrics)


def iou_eval(work: VariantWork, bench: Bench) -> Outcome:
    """The largest IoU of the planned text box with any detection (payloads reference §4.3)."""
    laid = _laid(work)
    largest, all_ious = _overlap(work)
    metrics: dict[str, Any] = {
        "iou_with_food": round(largest, 4),
        "max_iou_detection_id": None,
        "overlap_detected": largest > 0,
        "all_ious": [round(value, 4) for value in all_ious],
        "detection_count": len(all_ious),
    }
    if all_ious:
        metrics |= {
            "max_iou_detection_id": str(work.detections[all_ious.index(largest)].detection_id),
            "text_region": list(laid.ratios),
            "image_width": work.image.width,
            "image_height": work.image.height,
            "latency_ms": round(bench.noise("iou", work.order).uniform(2, 6), 1),
        }
    return _evaluation(work, bench, laid, "iou", metrics)


def text_match(original: str, recognized: str) -> dict[str, float | int]:
    """The figures of the OCR comparison, 0 to 1.

    ``edit_distance`` counts letters without spaces.
    """
    bare, bare_read = "".join(original.split()), "".join(recognized.split())
    words = original.split()
    letters = SequenceMatcher(None, bare, bare_read).ratio()
    found = sum(word in recognized.split() for word in words) / len(words) if words else 0.0
    return {
        "ocr_accuracy": round((letters + found) / 2, 4),
        "character_match_rate": round(letters, 4),
        "word_match_rate": round(found, 4),
        "similarity": round(SequenceMatcher(None, original, recognized).ratio(), 4),
        "edit_distance": edit_distance(bare, bare_read),
    }


def edit_distance(left: str, right: str) -> int:
    """Levenshtein distance."""
    row = list(range(len(right) + 1))
    for index, letter in enumerate(left, 1):
        diagonal, row[0] = row[0], index
        for column, other in enumerate(right, 1):
            diagonal, row[column] = (
                row[column],
                min(row[column] + 1, row[column - 1] + 1, diagonal + (letter != other)),
            )
    return row[-1]


def _laid(work: VariantWork) -> Laid:
    if work.laid is None:
        raise StepFailed("no overlay")
    return work.laid


def _picture_url(laid: Laid) -> str | None:
    render = laid.layout.get("render")
    return str(render["url"]) if isinstance(render, dict) and "url" in render else None


def _overlap(work: VariantWork) -> tuple[float, list[float]]:
    text_box, size = Box(*_laid(work).ratios), (work.image.width, work.image.height)
    ious = [text_box.iou(Box.from_pixels(seen.box, size)) for seen in work.detections]
    return max(ious, default=0.0), ious


def _contrast_behind(work: VariantWork, bench: Bench) -> float:
    """Contrast of the drawn letters against what surrounds them: about what an eye meets."""
    laid = _laid(work)
    return _measured(bench.asset_store, _picture_url(laid), laid.ratios, drawn_colour(work))


@lru_cache(maxsize=32)
def _measured(
    asset_store: AssetStore, url: str | None, ratios: tuple[float, float, float, float], colour: str
) -> float:
    """Judge and reader look at the same picture, disorderly jobs several times: measured once."""
    measured = measure(asset_store.open(url), parse_color(colour), Box(*ratios))
    return measured.mean if measured else 1.0


def _middle_colour(image: Image.Image) -> tuple[int, int, int]:
    """Mean of up to 20×20 pixels in the middle of the picture."""
    x, y = max(image.width // 2 - 10, 0), max(image.height // 2 - 10, 0)
    red, green, blue = ImageStat.Stat(image.crop((x, y, x + 20, y + 20))).mean[:3]
    return round(red), round(green), round(blue)


def _readability_score(ratio: float, aa: float, aaa: float) -> float:
    if ratio < aa:
        return 0.5 * (ratio - 1) / (aa - 1)
    return 1.0 if ratio >= aaa else 0.5 + 0.5 * (ratio - aa) / (aaa - aa)


def _misread(text: str, legibility: float, rng: Random) -> str:
    letters = []
    for letter in text:
        if letter.isspace() or rng.random() < 0.55 + 0.44 * legibility:
            letters.append(letter)
        elif rng.random() < 0.6:
            letters.append(LOOK_ALIKES.get(letter, letter))
    return "".join(letters)


def _evaluation(
    work: VariantWork, bench: Bench, laid: Laid, evaluation_type: str, metrics: dict[str, Any]
) -> Outcome:
    row = {
        "evaluation_id": bench.new_id(),
        "job_id": work.job.job_id,
        "overlay_id": laid.overlay_id,
        "evaluation_type": evaluation_type,
        "metrics": metrics,
    }
    return Outcome((Row(evaluations, row),))
