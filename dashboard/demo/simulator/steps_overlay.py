"""The overlay step: chooses a proposal, wraps the line and really draws it."""

from __future__ import annotations

from random import Random

from PIL import Image, ImageStat

from dashboard.demo.asset_store import Place
from dashboard.demo.fonts import korean_font
from dashboard.demo.planning import choose
from dashboard.demo.simulator.work import (
    Asset,
    Bench,
    Laid,
    Outcome,
    Row,
    StepRefused,
    VariantWork,
    asset_row,
)
from dashboard.demo.text_renderer import render_text
from feedly_core.domain.boxes import Box
from feedly_core.domain.payloads.planner_layout import read_planner_layout
from feedly_core.domain.tables import overlay_layouts
from feedly_core.images.contrast import contrast_ratio, parse_color

DEFAULT_RECTANGLE = Box(0.1, 0.05, 0.8, 0.18)
"""Used when no proposal is filed under the variant's own picture (pipeline reference §6)."""

REQUESTED_COLOUR = "ffffffff"
"""The default request; the letters then take the colour that the analysis recommends."""

PLATE_SHARE = 0.5
"""Share of the hard backgrounds that get a plate behind the text."""

PLATES = {"light": "fffaf0cc", "dark": "1e1410b8"}


def overlay(work: VariantWork, bench: Bench) -> Outcome:
    """The finished picture, its layout row, and the variant's ``overlaid_img_asset_id``.

    Skipped (the variant stays as it is) when there is neither Korean copy nor description.
    """
    text = (work.job.copy_kor or work.job.desc_kor or "").strip()
    if not text:
        raise StepRefused("no text")
    image = bench.asset_store.open(work.image.url)
    rng = bench.noise("overlay", text, bench.asset_store.fingerprint(work.image.url), work.order)
    box = _chosen_box(work, text, rng)
    colour = drawn_colour(work)
    plate = _plate(image, box, colour, rng)
    serif = (work.font or {}).get("font_style") == "serif"
    drawn = render_text(image, text, box, color=colour, plate=plate, font=korean_font(serif=serif))
    asset_id = bench.new_id()
    url = bench.asset_store.save(drawn.image, Place("yh", work.job.tenant_id, "final", bench.now), asset_id)
    asset = Asset(asset_id, url, *image.size)
    layout: dict[str, object] = {
        "text": text,
        "wrapped_text": drawn.wrapped_text,
        "x_align": "center",
        "y_align": "top",
        "text_size": None,
        "font_name": drawn.font.name,
        "font_size": drawn.font_size,
        "font_path": f"/usr/share/fonts/opentype/{drawn.font.path.name}",
        "overlay_color": plate,
        "text_color": REQUESTED_COLOUR,
        "margin": "8px",
        "render": {"asset_id": str(asset_id), "url": url, "width": image.width, "height": image.height},
    }
    ratios = (round(box.x, 4), round(box.y, 4), round(box.width, 4), round(box.height, 4))
    overlay_id = bench.new_id()
    row = {
        "overlay_id": overlay_id,
        "proposal_id": work.proposal[0] if work.proposal else None,
        "job_variants_id": work.variant_id,
        "layout": layout,
        **dict(zip(("x_ratio", "y_ratio", "width_ratio", "height_ratio"), ratios, strict=True)),
        "text_margin": "8px",
        "latency_ms": round(rng.lognormvariate(5.9, 0.3), 1),
    }
    return Outcome(
        (asset_row(asset, "overlaid", work.job), Row(overlay_layouts, row)),
        variant={"overlaid_img_asset_id": asset_id},
        leaves={"laid": Laid(overlay_id, ratios, layout)},
    )


def drawn_colour(work: VariantWork) -> str:
    """Six or eight hex digits: the recommended colour, since the requested one is the default."""
    return str((work.font or {}).get("font_color_hex") or REQUESTED_COLOUR)


def _chosen_box(work: VariantWork, text: str, rng: Random) -> Box:
    if work.proposal is None:
        return DEFAULT_RECTANGLE
    chosen = choose(read_planner_layout(work.proposal[1]), text, rng)
    return DEFAULT_RECTANGLE if chosen is None else chosen.box


def _plate(image: Image.Image, box: Box, colour: str, rng: Random) -> str | None:
    """Where letters and background are too much alike, sometimes a plate of the opposite lightness."""
    behind = ImageStat.Stat(image.crop(box.to_pixels(image.size))).median[:3]
    letters = parse_color(colour)
    if contrast_ratio(letters, (int(behind[0]), int(behind[1]), int(behind[2]))) >= 3:
        return None
    if rng.random() >= PLATE_SHARE:
        return None
    return PLATES[
        "dark" if contrast_ratio(letters, (0, 0, 0)) > contrast_ratio(letters, (255, 255, 255)) else "light"
    ]
