"""Any script and emoji in our drawings and in the minutes; what no font has is named, never an empty box."""

from __future__ import annotations

import pypdfium2
import pytest
from fpdf import FPDF
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from feedly_core.domain.boxes import Box
from feedly_core.images import fonts
from feedly_core.images.marks import Caption, captions
from feedly_core.reviews.pdf import write

SAMPLES = {
    "korean": "따끈한 국물 한 그릇",
    "emoji": "🍲🔥👍",
    "joined emoji": "👩‍🍳👨‍👩‍👧❤️",
    "arabic": "العربية",
    "hebrew": "עברית",
    "thai": "ต้มยำกุ้ง",
    "devanagari": "हिन्दी",
    "tamil": "தமிழ்",
    "greek": "ελληνικά",
    "cyrillic": "Привет",
    "vietnamese": "phở bò",
    "japanese": "うどん 拉麺",
    "chinese": "汤面 请慢用",
    "symbols": "✔ ★ ♥ ₩ ½",
}
NOBODY_HAS = "\U000f0000\U000103a0"
UNASSIGNED = "\U000e0fff"


def drawn(text: str) -> Image.Image:
    picture = Image.new("RGB", (1080, 200), "white")
    captions(picture, [Caption(Box(0.1, 0.1, 0.8, 0.8), text, (240, 228, 66))])
    return picture


def pdf_text(text: str) -> str:
    pdf = FPDF()
    pdf.add_font("korean", fname=str(fonts.paths()[0]))
    pdf.add_page()
    write(pdf, text, size=12)
    with pypdfium2.PdfDocument(bytes(pdf.output())) as document:
        return str(document[0].get_textpage().get_text_range())


@pytest.mark.parametrize("text", SAMPLES.values(), ids=SAMPLES)
def test_every_script_has_a_font_and_stands_in_the_pdf(text: str) -> None:
    assert fonts.printable(text) == text
    found = pdf_text(text)
    visible = [each for each in text if each.isalnum() or ord(each) > 0x1F000]
    assert visible and [each for each in visible if each not in found] == []


def test_a_character_that_no_font_has_is_named_in_the_pdf() -> None:
    assert "국U+F0000U+103A0" in pdf_text(f"국{NOBODY_HAS}")


def test_an_emoji_is_drawn_as_itself() -> None:
    """Two emoji would be one and the same empty box without a font for them."""
    pictures = [drawn(text) for text in ("🍲", "🔥", "ไ", "ع", "अ", UNASSIGNED)]
    for number, one in enumerate(pictures):
        for other in pictures[number + 1 :]:
            assert ImageChops.difference(one, other).getbbox() is not None
    named = ImageChops.difference(drawn(UNASSIGNED), drawn(f"U+{ord(UNASSIGNED):X}"))
    assert named.getbbox() is None


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30))
def test_whatever_was_typed_can_be_drawn_and_loses_no_character(text: str) -> None:
    printed = fonts.printable(text)
    assert "".join(stretch for _path, stretch in fonts.runs(text)) == printed
    drawn(text)
