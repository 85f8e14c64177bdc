"""Whole variants from documents that nobody should write: everything that the page asks is answered."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from feedly_core.domain.payloads.planner_layout import read_planner_layout
from feedly_core.domain.scores import DEFAULTS
from feedly_core.i18n import translate
from feedly_core.results.attribution import PlannerRun
from feedly_core.results.legibility import drawn_color
from feedly_core.results.planner_explanation import steps, used_words, would_another_have_won
from feedly_core.results.report import plain
from feedly_core.results.rows import JobRows
from feedly_core.results.scoring import findings, severity, variant_scores
from feedly_core.results.texts import punctuation
from feedly_core.results.variants import variant_report
from tests.unit.test_payloads import odd_values

VARIANT, IMAGE, OVERLAY, RUN = (UUID(int=number) for number in range(1, 5))
NOW = datetime(2025, 12, 4, tzinfo=UTC)


@settings(deadline=None, max_examples=50)
@given(*[odd_values] * 8, st.booleans())
def test_no_document_keeps_a_variant_from_being_explained(
    layout: object,
    drawn: object,
    ratio: object,
    metrics: object,
    request: object,
    response: object,
    box: object,
    label: object,
    named: bool,
) -> None:
    trace = {"job_variants_id": VARIANT if named else None, "request": request, "response": response}
    overlay = {
        "overlay_id": OVERLAY,
        "job_variants_id": VARIANT,
        "proposal_id": RUN if named else None,
        "layout": drawn,
        "x_ratio": ratio,
        "y_ratio": 0.1,
        "width_ratio": 0.5,
        "height_ratio": 0.2,
    }
    row = {"job_variants_id": VARIANT, "img_asset_id": IMAGE, "creation_order": 1, "status": label}
    rows = JobRows(
        job={"i.img_asset_id": IMAGE},
        variants=(row,),
        overlays=(overlay,),
        runs=(),
        assets={},
        detections=({"image_asset_id": IMAGE, "box": box, "label": label, "score": ratio},),
        evaluations=tuple(
            {"evaluation_type": kind, "overlay_id": OVERLAY, "metrics": metrics}
            for kind in ("ocr", "readability", "iou")
        ),
        vlm_traces=({**trace, "operation_type": "analyze"}, {**trace, "operation_type": "judge"}),
        llm_traces=(),
        copies=(),
        feeds=(),
    )
    run = PlannerRun(RUN, IMAGE, NOW, None, read_planner_layout(layout, (540, 540)))
    variant = variant_report(row, rows, [run], {})
    found = findings(variant, DEFAULTS, None, None)
    assert severity(found) >= 0
    said = [item.sentence for item in found]
    said += [used_words(variant.planner), would_another_have_won(variant), variant.planner.why]
    said += steps(variant.choice) if variant.choice else ()
    said += [item.reason for _, item in variant.unreadable]
    assert all(translate(sentence, language) for sentence in said for language in ("ko", "en"))
    assert all(score.shown for score in variant_scores(variant, DEFAULTS, None))
    drawn_color(variant)
    if variant.overlay is not None:
        punctuation(variant.overlay.layout.lines)
    json.dumps(plain(overlay))
