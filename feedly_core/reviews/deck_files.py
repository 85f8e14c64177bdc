"""Slides as files: PowerPoint and PDF, one or four pictures on each page of 16 to 9."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from feedly_core.images import fonts
from feedly_core.reviews.deck import NO_PICTURE, Deck, Slide
from feedly_core.reviews.pdf import begin, write

PerPage = Literal[1, 4]
WIDTH_MM, HEIGHT_MM = 254.0, 142.875
_EDGE, _GAP, _HEAD = 9.0, 6.0, 9.0
_GREEN, _RED, _GREY = (26, 127, 79), (196, 43, 43), (95, 105, 110)


@dataclass(frozen=True)
class _Cell:
    """Place of one picture and its words, mm; text in points."""

    x: float
    y: float
    width: float
    height: float
    points: float

    @property
    def picture(self) -> tuple[float, float]:
        """Largest width and height of the picture."""
        return self.width * 0.56, self.height

    @property
    def text_x(self) -> float:
        return self.x + self.width * 0.56 + _GAP


def _cells(per_page: PerPage) -> list[_Cell]:
    side = 1 if per_page == 1 else 2
    width = (WIDTH_MM - 2 * _EDGE - (side - 1) * _GAP) / side
    height = (HEIGHT_MM - 2 * _EDGE - _HEAD - (side - 1) * _GAP) / side
    return [
        _Cell(
            _EDGE + column * (width + _GAP),
            _EDGE + row * (height + _GAP),
            width,
            height,
            18 if side == 1 else 10,
        )
        for row in range(side)
        for column in range(side)
    ]


def _pages(deck: Deck, per_page: PerPage) -> Iterator[list[tuple[_Cell, Slide]]]:
    cells = _cells(per_page)
    for first in range(0, len(deck.slides), per_page):
        yield list(zip(cells, deck.slides[first : first + per_page], strict=False))


def _lines(deck: Deck, slide: Slide, points: float) -> list[tuple[str, float, tuple[int, int, int], str]]:
    """Text, size in points, colour and address of each line beside the picture."""
    passed = {True: _GREEN, False: _RED, None: _GREY}[slide.contrast_passes]
    shape = {True: "● ", False: "× ", None: ""}[slide.contrast_passes]
    lines = [
        (slide.copy, points * 1.2, (20, 26, 28), ""),
        (shape + slide.contrast, points * 0.8, passed, ""),
        (slide.verdict, points * 0.8, (20, 26, 28), ""),
        (slide.facts, points * 0.62, _GREY, slide.address),
    ]
    if slide.picture is None:
        lines.append((deck.say(NO_PICTURE), points * 0.8, _GREY, ""))
    return lines


def _fitted(slide: Slide, cell: _Cell) -> tuple[float, float, float, float]:
    """Place and size of the whole picture within its part of the cell, mm."""
    most_wide, most_high = cell.picture
    wide, high = slide.size
    scale = min(most_wide / wide, most_high / high)
    width, height = wide * scale, high * scale
    return cell.x + (most_wide - width) / 2, cell.y + (most_high - height) / 2, width, height


def as_pdf(deck: Deck, per_page: PerPage = 1) -> bytes:
    """Pages of 16 to 9 with the fonts of every script inside."""
    pdf = begin(deck.title, deck.language, unit="mm", format=(HEIGHT_MM, WIDTH_MM), orientation="L")
    pdf.set_auto_page_break(False)
    for page in _pages(deck, per_page):
        pdf.add_page()
        for cell, slide in page:
            if slide.picture is not None:
                x, y, width, height = _fitted(slide, cell)
                pdf.image(io.BytesIO(slide.picture), x=x, y=y, w=width, h=height, alt_text=slide.copy)
            pdf.set_left_margin(cell.text_x)
            pdf.set_xy(cell.text_x, cell.y)
            for text, points, colour, address in _lines(deck, slide, cell.points):
                room = cell.x + cell.width - cell.text_x
                write(pdf, text, size=points, colour=colour, address=address, width=room)
                pdf.ln(points * 0.18)
        pdf.set_left_margin(_EDGE)
        pdf.set_xy(_EDGE, HEIGHT_MM - _EDGE - 3)
        write(pdf, _foot(deck), size=8, colour=_GREY)
    return bytes(pdf.output())


def _foot(deck: Deck) -> str:
    return f"{deck.title} · {deck.made}"


def as_pptx(deck: Deck, per_page: PerPage = 1) -> bytes:
    """A presentation of 16 to 9 with texts to edit; letters come from the fonts of who opens it."""
    from pptx import Presentation  # of an extra: a notebook that asks for tables does without
    from pptx.util import Mm

    show = Presentation()
    show.slide_width, show.slide_height = Mm(WIDTH_MM), Mm(HEIGHT_MM)
    show.core_properties.title = deck.title
    blank = show.slide_layouts[6]
    for page in _pages(deck, per_page):
        sheet = show.slides.add_slide(blank)
        for cell, slide in page:
            _pptx_cell(sheet, deck, cell, slide)
        foot = sheet.shapes.add_textbox(Mm(_EDGE), Mm(HEIGHT_MM - _EDGE - 4), Mm(WIDTH_MM - 2 * _EDGE), Mm(6))
        _pptx_line(foot.text_frame.paragraphs[0], _foot(deck), 8, _GREY, "")
    stream = io.BytesIO()
    show.save(stream)
    return stream.getvalue()


def _pptx_cell(sheet: Any, deck: Deck, cell: _Cell, slide: Slide) -> None:
    from pptx.enum.text import MSO_ANCHOR
    from pptx.util import Mm, Pt

    if slide.picture is not None:
        x, y, width, height = map(Mm, _fitted(slide, cell))
        shown = sheet.shapes.add_picture(io.BytesIO(slide.picture), x, y, width, height)
        shown._element.nvPicPr.cNvPr.set("descr", fonts.printable(slide.copy))
    room = cell.x + cell.width - cell.text_x
    box = sheet.shapes.add_textbox(Mm(cell.text_x), Mm(cell.y), Mm(room), Mm(cell.height))
    box.text_frame.word_wrap = True
    box.text_frame.vertical_anchor = MSO_ANCHOR.TOP
    for number, (text, points, colour, address) in enumerate(_lines(deck, slide, cell.points)):
        line = box.text_frame.paragraphs[0] if number == 0 else box.text_frame.add_paragraph()
        line.space_after = Pt(points * 0.5)
        _pptx_line(line, text, points, colour, address)


def _pptx_line(line: Any, text: str, points: float, colour: tuple[int, int, int], address: str) -> None:
    from pptx.dml.color import RGBColor
    from pptx.util import Pt

    run = line.add_run()
    run.text = text
    run.font.size = Pt(points)
    run.font.color.rgb = RGBColor(*colour)  # type: ignore[no-untyped-call]
    run.font.bold = points > 11 and not address
    if address:
        run.hyperlink.address = address
