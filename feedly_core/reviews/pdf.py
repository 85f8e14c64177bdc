"""Text on PDF pages in any script: the Korean font first, others where it lacks a letter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from feedly_core.images import fonts

if TYPE_CHECKING:
    from fpdf import FPDF  # takes half a second to load: only what makes a PDF does


def begin(title: str, language: str, **pages: Any) -> FPDF:
    """A document of that name with the Korean font; ``pages``: their unit, format and orientation."""
    from fpdf import FPDF

    pdf = FPDF(**pages)
    pdf.set_title(title)
    pdf.set_lang(language)
    pdf.add_font("korean", fname=str(fonts.paths()[0]))
    return pdf


Colour = tuple[int, int, int]
_INK: Colour = (20, 20, 20)


def write(
    pdf: FPDF, line: str, *, size: float, colour: Colour = _INK, address: str = "", width: float = 0
) -> None:
    """A paragraph from the left margin; a character that no font has is written as its code point.

    ``size`` in points, ``width`` in mm (0: to the right margin), ``address``: where the text leads.
    """
    from fpdf.enums import XPos, YPos

    _add_fonts(pdf, line)
    pdf.set_font("korean", size=size)
    pdf.set_text_color(*colour)
    height, text = size * 0.52, fonts.printable(line)
    pdf.multi_cell(width, height, text, link=address, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _add_fonts(pdf: FPDF, line: str) -> None:
    """The fonts of the line's characters; letters are shaped only where another than the Korean one draws."""
    others = {path for path, _stretch in fonts.runs(line)} - {fonts.paths()[0]}
    for path in sorted(others):
        if path.stem.lower() not in pdf.fonts:
            pdf.add_font(path.stem, fname=str(path))
    pdf.set_fallback_fonts([path.stem for path in sorted(others, key=fonts.paths().index)])
    pdf.set_text_shaping(bool(others))
