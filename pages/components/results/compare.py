"""Before and after: any two pictures of the job over each other."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from feedly_core.images.assets import Unavailable
from feedly_core.results.evidence import Evidence
from feedly_core.results.facts import Asset, JobReport
from pages.components.navigation import picture_url
from pages.components.results.look import variant_name
from pages.components.results.panels import ROWS
from pages.components.words import _

_FOLDER = Path(__file__).parent
_pair = st.components.v2.component(
    "feedly.compare",
    html="""<div class="compare" data-mode="swipe">
<div class="bar"><button data-mode="swipe"></button><button data-mode="blink"></button>
<button data-mode="onion"></button><button data-mode="difference"></button></div>
<div class="stage" tabindex="0"><div class="inner"><img class="below" alt=""><img class="above" alt="">
<span class="line"></span></div></div>
<input type="range" min="0" max="100" step="1">
<div class="names"><span class="left"></span><span class="right"></span></div><p class="help"></p></div>
""",
    css=(_FOLDER / "compare.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "compare.js").read_text(encoding="utf-8"),
)


def show(report: JobReport, evidence: Evidence) -> None:
    """Two choices and the pictures over each other; nothing when there are no two pictures."""
    known = _pictures(report, evidence)
    if len(known) < 2:
        return
    with st.expander(_("Compare two pictures"), icon=":material/compare:", on_change="rerun") as opened:
        if opened.open:
            _choose(known)


@st.fragment
def _choose(known: dict[str, Asset]) -> None:
    names = list(known)
    first, second = st.columns(2, gap="small")
    with first:
        left = st.selectbox(_("Left"), names, index=_index(names, 0), key="results-compare-left")
    with second:
        right = st.selectbox(_("Right"), names, index=_index(names, 1), key="results-compare-right")
    _pair(
        key="results-compare",
        data={
            "left": {"url": picture_url(known[left].asset_id, "full"), "words": left},
            "right": {"url": picture_url(known[right].asset_id, "full"), "words": right},
            "modes": {
                "swipe": _("Slider"),
                "blink": _("Blink (B)"),
                "onion": _("Onion skin"),
                "difference": _("Difference"),
            },
            "slider": _("Where the left picture ends"),
            "help": _("Scroll to zoom, drag to move. Key B blinks, key 0 resets."),
        },
    )


def _index(names: list[str], wanted: int) -> int:
    return min(wanted, len(names) - 1)


def _pictures(report: JobReport, evidence: Evidence) -> dict[str, Asset]:
    """Pictures that can be shown, by a name for people: without text, then finished, variant by variant."""
    found: dict[str, Asset] = {}
    for variant in report.variants:
        for row, asset in (("input", variant.picture), ("overlay", variant.overlaid)):
            if asset is not None and not isinstance(evidence.files.get(asset.asset_id), Unavailable):
                found[f"{variant_name(variant)} · {_(ROWS[row])}"] = asset
    return found
