"""The look: readable in light and dark, and nothing fetched from outside."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
CONFIG = tomllib.loads((PROJECT / ".streamlit/config.toml").read_text(encoding="utf-8"))
STYLE = (PROJECT / "pages/shared/style.css").read_text(encoding="utf-8")
TONES = dict(re.findall(r"\.fd-(\w+) \{ --tone: (#[0-9a-f]{6}); \}", STYLE))
GRAPHIC, TEXT, LONG_TEXT = 3.0, 4.5, 7.0
"""WCAG 2.2: marks 3:1, text 4.5:1; what is read for long 7:1."""


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_and_links_are_readable(mode: str) -> None:
    theme = CONFIG["theme"][mode]
    for ground in (theme["backgroundColor"], theme["secondaryBackgroundColor"]):
        assert contrast(theme["textColor"], ground) >= LONG_TEXT
        assert contrast(theme["linkColor"], ground) >= TEXT
    assert contrast(theme["textColor"], theme["sidebar"]["backgroundColor"]) >= LONG_TEXT


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_marks_are_seen_on_every_ground(mode: str) -> None:
    theme = CONFIG["theme"][mode]
    assert set(TONES) == {"idle", "busy", "good", "warn", "bad", "odd"}
    for ground in (theme["backgroundColor"], theme["sidebar"]["backgroundColor"]):
        for name, tone in TONES.items():
            assert contrast(tone, ground) >= GRAPHIC, (name, ground)
    for colour in theme["chartCategoricalColors"]:
        assert contrast(colour, theme["backgroundColor"]) >= GRAPHIC, colour


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_charts_have_a_colour_for_each_of_the_template_s_ten_places(mode: str) -> None:
    """With fewer, Streamlit hands Plotly a list with holes, and Plotly drops all of it."""
    colours = CONFIG["theme"][mode]["chartCategoricalColors"]
    assert len(colours) == len(set(colours)) == 10


def test_nothing_is_fetched_from_outside() -> None:
    text = (PROJECT / ".streamlit/config.toml").read_text(encoding="utf-8") + STYLE
    assert "http" not in text
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert CONFIG["server"]["address"] == "127.0.0.1"
    assert CONFIG["client"]["showErrorDetails"] == "none"
