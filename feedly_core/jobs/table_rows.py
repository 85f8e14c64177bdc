"""Rows of cells from a paste, a text file or a workbook. Pure.

A paste is what spreadsheets put on the clipboard: cells between tabs, quotes only around a cell that holds a
tab, a line break or a quote. A file of text is CSV in any usual encoding. Nothing is dropped: what no row
holds is a notice.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from python_calamine import CalamineError, CalamineWorkbook

from feedly_core.errors import InvalidInput
from feedly_core.i18n import N_, Message, composed, verbatim

MAX_CHARACTERS = 1_000_000
MAX_UNPACKED = 50_000_000
"""Bytes that a workbook may unpack to: it is a ZIP file, and a small one may hold a large one."""

HEADING_ROWS = 10
"""A heading may stand below a title, but not further down than this."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_DELIMITERS = "\t;,|"
_NO_DELIMITER = "\x1f"
_QUOTED = re.compile(r'"((?:[^"]|"")*)"[ ]*(?=\t|\r|\n|\Z)')
_DELIMITER = re.compile(r"[\t\r\n]")


@dataclass(frozen=True)
class Row:
    """``number`` is the line of the text or sheet where the row begins, as an editor counts it."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Rows:
    """Rows with content, and what of the source is in none of them."""

    rows: tuple[Row, ...]
    notices: tuple[Message, ...] = ()


IsHeading = Callable[[Sequence[str]], bool]


def pasted_rows(text: str, is_heading: IsHeading) -> Rows:
    """The rows of a pasted table.

    Text with commas counts as CSV only under headings of its own.

    Raises :class:`InvalidInput` when it is longer than a table of jobs could be, or its quotes do not match.
    """
    _check_length(text)
    delimiter = None if "\t" in text else _delimiter(text, is_heading)
    if delimiter is not None and delimiter != _NO_DELIMITER:
        return Rows(tuple(_csv_rows(text, delimiter)))
    return Rows(tuple(_clipboard_rows(text)))


def file_rows(content: bytes, is_heading: IsHeading) -> Rows:
    """Rows of a CSV file or of a workbook's first sheet with content.

    Raises :class:`InvalidInput`.
    """
    if content.startswith(_WORKBOOKS):
        return _workbook_rows(content)
    text = _decoded(content)
    _check_length(text)
    return Rows(tuple(_csv_rows(text, _delimiter(text, is_heading) or _commonest(text))))


def unreadable(reason: Message) -> InvalidInput:
    return InvalidInput(
        N_("The table cannot be read: {reason}.", reason=reason),
        detail=N_("Nothing was written."),
        hint=N_("Use one line per job with the columns description, tone, image and variants."),
    )


def _check_length(text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        raise unreadable(N_("it is longer than {limit} characters", limit=MAX_CHARACTERS))


def _decoded(content: bytes) -> str:
    marked = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), None)
    zeros = content[:400].count(0)
    unmarked = ("utf-16-le", "utf-16-be") if zeros > len(content[:400]) // 8 else ("utf-8", "cp949")
    for encoding in (marked,) if marked else unmarked:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise unreadable(N_("it is not text"))


def _delimiter(text: str, is_heading: IsHeading) -> str | None:
    """What separates the cells of a heading; ``_NO_DELIMITER`` for a single heading, None without one."""
    widths = {delimiter: _heading_width(text, delimiter, is_heading) for delimiter in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda delimiter: widths[delimiter])
    if widths[best] == 0:
        return None
    return best if widths[best] > 1 else _NO_DELIMITER


def _heading_width(text: str, delimiter: str, is_heading: IsHeading) -> int:
    """Cells of the heading, which may stand below a title; 0 where there is none."""
    lines = [line for line in text.splitlines(keepends=True) if line.strip()][:HEADING_ROWS]
    try:
        rows = [[composed(cell) for cell in row] for row in csv.reader(lines, delimiter=delimiter)]
    except csv.Error:
        return 0
    return next((len(row) for row in rows if is_heading(row)), 0)


def _commonest(text: str) -> str:
    """Without headings: the sign that the first line with content has most of, outside quotes."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    bare = re.sub(r'"(?:[^"]|"")*"', "", first)
    best = max(_DELIMITERS, key=bare.count)
    return best if best in bare else ","


def _csv_rows(text: str, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    before = 0
    while True:
        try:
            cells = tuple(composed(cell) for cell in next(reader))
        except StopIteration:
            return
        except csv.Error as error:
            raise unreadable(N_("line {number} breaks it", number=before + 1)) from error
        number, before = before + 1, reader.line_num
        if any(cells):
            yield Row(number, cells)


def _clipboard_rows(text: str) -> Iterator[Row]:
    position, number = 0, 1
    while position < len(text):
        begun, cells = number, []
        while True:
            cell, position = _clipboard_cell(text, position)
            number += cell.count("\n")
            cells.append(composed(cell))
            if position >= len(text) or text[position] != "\t":
                break
            position += 1
        position += 2 if text.startswith("\r\n", position) else 1
        number += 1
        if any(cells):
            yield Row(begun, tuple(cells))


def _clipboard_cell(text: str, position: int) -> tuple[str, int]:
    quoted = _QUOTED.match(text, position)
    if quoted and re.search(r'[\t\r\n]|""', quoted[1]):
        return quoted[1].replace('""', '"'), quoted.end()
    delimiter = _DELIMITER.search(text, position)
    end = delimiter.start() if delimiter else len(text)
    return text[position:end], end


def _workbook_rows(content: bytes) -> Rows:
    try:
        if content.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                if sum(file.file_size for file in archive.infolist()) > MAX_UNPACKED:
                    raise unreadable(N_("the workbook is too large"))
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheets = {
            name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names
        }
    except (CalamineError, zipfile.BadZipFile, OSError, ValueError) as error:
        raise unreadable(N_("it is no workbook that can be read")) from error
    filled = {name: rows for name, values in sheets.items() if (rows := tuple(_sheet_rows(values)))}
    if not filled:
        return Rows(())
    first, *others = filled
    _check_length("".join(cell for row in filled[first] for cell in row.cells))
    notices = tuple(N_("The sheet {name} is not used.", name=verbatim(name)) for name in others)
    return Rows(filled[first], notices)


def _sheet_rows(values: Sequence[Sequence[object]]) -> Iterator[Row]:
    for number, row in enumerate(values, 1):
        cells = tuple(composed(_written(value)) for value in row)
        if any(cells):
            yield Row(number, cells)


def _written(value: object) -> str:
    """A cell as the sheet shows it, as far as its value shows: whole numbers without a point."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
