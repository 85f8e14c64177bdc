"""Before and after: any two pictures over each other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from feedly_core.images.assets import Unavailable
from feedly_core.results.image_checks import ImageChecks
from feedly_core.results.report_types import JobReport
from pages.parts.results.panel import ROWS
from pages.parts.results.widgets import variant_name
from pages.shared.language import _
from pages.shared.navigation import picture_url
from pages.shared.streamlit_workarounds.scripts import KEYS, module

_FOLDER = Path(__file__).parent
_compare = st.components.v2.component(
    "feedly.compare",
    html="""<div class="compare" data-mode="swipe">
<div class="sides"><select class="left"></select><select class="right"></select></div>
<div class="bar"><button data-mode="swipe"></button><button data-mode="blink"></button>
<button data-mode="onion"></button><button data-mode="difference"></button></div>
<div class="stage" tabindex="0"><div class="inner"><img class="below" alt=""><img class="above" alt="">
<span class="line"></span></div></div>
<input type="range" min="0" max="100" step="1"><p class="help"></p></div>
""",
    css=(_FOLDER / "compare.css").read_text(encoding="utf-8"),
    js=module(KEYS, _FOLDER / "compare.js"),
)


def show_compare(report: JobReport, evidence: ImageChecks) -> None:
    """Every two pictures of a job.

    Nothing when there are no two.
    """
    known = _pictures(report, evidence)
    if len(known) < 2:
        return
    with st.expander(_("Compare two pictures"), icon=":material/compare:", on_change="rerun") as opened:
        if opened.open:
            over_each_other("results-compare", known)


def over_each_other(key: str, pictures: Mapping[str, object]) -> None:
    """Asset ids by a name for people.

    At first the first two. Choosing and stepping stay in the browser.
    """
    _compare(
        key=key,
        data={
            "pictures": [
                {"url": picture_url(asset_id, "full"), "words": words} for words, asset_id in pictures.items()
            ],
            "modes": {
                "swipe": _("Slider"),
                "blink": _("Blink (B)"),
                "onion": _("Onion skin"),
                "difference": _("Difference"),
            },
            "left": _("Left"),
            "right": _("Right"),
            "slider": _("Where the left picture ends"),
            "help": _(
                "Scroll to zoom, drag to move. ← → step the right picture, with Shift the left one."
                " B blinks, 0 resets."
            ),
        },
    )


def _pictures(report: JobReport, evidence: ImageChecks) -> dict[str, object]:
    """Pictures that can be shown: without text, then finished, variant by variant."""
    found: dict[str, object] = {}
    for variant in report.variants:
        for row, asset in (("input", variant.picture), ("overlay", variant.overlaid)):
            if asset is not None and not isinstance(evidence.files.get(asset.asset_id), Unavailable):
                found[f"{variant_name(variant)} · {_(ROWS[row])}"] = asset.asset_id
    return found
