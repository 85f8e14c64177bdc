"""JSON documents as the services write them, with the values a test cares about as arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

BOX = (0.1, 0.05, 0.8, 0.18)
"""The rule_top proposal, as x, y, width, height ratios."""


def planner_layout(
    picture_id: UUID, url: str, forbidden: Sequence[float] | None = (0.22, 0.3, 0.55, 0.55)
) -> dict[str, Any]:
    return {
        "proposals": [
            _proposal((0.0, 0.0, 1.0, 0.28), "max_size_full", 1.0, area=0.28),
            _proposal(BOX, "rule_top", 0.9),
            _proposal((0.1, 0.8, 0.8, 0.18), "rule_bottom", 0.76, occlusion=0.05),
        ],
        "forbidden": list(forbidden) if forbidden else None,
        "forbidden_position": {
            "center_x": 0.5,
            "center_y": 0.58,
            "is_center_x": True,
            "is_top_y": False,
            "is_bottom_y": True,
        },
        "min_overlay_width": 0.5,
        "min_overlay_height": 0.12,
        "max_proposals": 10,
        "max_forbidden_iou": 0.05,
        "proposal_image_asset_id": str(picture_id),
        "proposal_image_url": url,
    }


def _proposal(
    xywh: Sequence[float], source: str, score: float, *, occlusion: float = 0.0, area: float | None = None
) -> dict[str, Any]:
    return {
        "proposal_id": str(uuid4()),
        "xywh": list(xywh),
        "source": source,
        "color": "0d0d0dff",
        "size": 32,
        "score": score,
        "occlusion_iou": occlusion,
        "area": area,
    }


def overlay_layout(picture_id: UUID, url: str, text: str) -> dict[str, Any]:
    return {
        "text": text,
        "wrapped_text": text,
        "x_align": "center",
        "y_align": "top",
        "text_size": None,
        "font_name": "Gmarket Sans",
        "font_size": 64,
        "font_path": "/usr/share/fonts/truetype/custom/GmarketSansTTFMedium.ttf",
        "overlay_color": None,
        "text_color": "ffffffff",
        "margin": "8px",
        "render": {"asset_id": str(picture_id), "url": url, "width": 1080, "height": 1080},
    }


ANALYSIS: dict[str, Any] = {
    "is_valid": True,
    "image_quality_ok": True,
    "relevance_score": 0.8,
    "analysis": "The picture shows the product in warm light.",
    "issues": [],
    "recommendations": [],
    "font_recommendation": {
        "font_style": "sans-serif",
        "font_name": "Gmarket Sans",
        "font_size_category": "large",
        "font_color_hex": "FFF4E0",
        "reasoning": "warm scene",
    },
}

JUDGEMENT: dict[str, Any] = {
    "on_brief": True,
    "occlusion": False,
    "contrast_ok": True,
    "cta_present": False,
    "issues": [],
    "reasoning": "The text is legible and covers nothing.",
    "analysis": '{"on_brief": true}',
}


def metrics(evaluation_type: str, text: str, contrast: float = 5.8) -> dict[str, Any]:
    """``evaluations.metrics`` of ``ocr``, ``readability`` or ``iou``."""
    return {
        "ocr": {
            "ocr_confidence": 0.91,
            "ocr_accuracy": 0.83,
            "character_match_rate": 0.94,
            "word_match_rate": 0.72,
            "recognized_text": text,
            "original_text": text,
            "edit_distance": 1,
            "similarity": 0.88,
            "latency_ms": 842.5,
        },
        "readability": {
            "contrast_ratio": contrast,
            "wcag_aa_compliant": contrast >= 4.5,
            "wcag_aaa_compliant": contrast >= 7,
            "readability_score": 0.76,
            "text_color": "ffffffff",
            "overlay_color": None,
            "text_color_rgb": [255, 255, 255],
            "background_color_rgb": [96, 72, 60],
            "is_large_text": False,
            "text_size": None,
            "latency_ms": 12.1,
        },
        "iou": {
            "iou_with_food": 0.03,
            "max_iou_detection_id": str(uuid4()),
            "overlap_detected": True,
            "all_ious": [0.03, 0.0],
            "detection_count": 2,
            "text_region": list(BOX),
            "image_width": 1080,
            "image_height": 1080,
            "latency_ms": 3.4,
        },
    }[evaluation_type]


TOKENS = {"prompt_tokens": 180, "completion_tokens": 95, "total_tokens": 275}
