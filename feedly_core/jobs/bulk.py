"""A CSV file or a pasted table to job requests, a line each, with the problems beside the line. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from feedly_core.errors import InvalidInput
from feedly_core.i18n import N_, Message, verbatim
from feedly_core.jobs.choices import ToneStyle, tones_by_name
from feedly_core.jobs.pictures import Picture
from feedly_core.jobs.request import JobRequest, request_problems

MAX_LINES = 500
MAX_CHARACTERS = 1_000_000
COLUMNS = ("description", "tone", "image", "variants")
"""The columns in the order that is assumed without a heading."""

HEADINGS = {
    "description": {"description", "desc", "desc_kor", "설명", "상품 설명", "문구"},
    "tone": {"tone", "style", "tone style", "tone_style", "톤", "스타일", "톤 & 스타일", "톤앤스타일"},
    "image": {
        "image",
        "image name",
        "image_name",
        "picture",
        "file",
        "이미지",
        "이미지 이름",
        "사진",
        "파일",
    },
    "variants": {"variants", "variant", "count", "변형", "변형 수", "시안", "시안 수", "개수"},
}


@dataclass(frozen=True)
class BulkLine:
    """One line of the table: what it says, and the order it makes unless it has ``problems``.

    ``number`` is the line of the text, as an editor counts it.
    """

    number: int
    cells: Mapping[str, str]
    request: JobRequest | None
    problems: tuple[Message, ...]


def decode_table(content: bytes) -> str:
    """A table file as text: UTF-8 with or without a mark, else the Korean code page of spreadsheets.

    Raises :class:`InvalidInput` for anything else.
    """
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _unreadable(N_("it is not text"))


def read_bulk(
    text: str, base: JobRequest, pictures: Mapping[str, Picture], tones: Sequence[ToneStyle]
) -> tuple[BulkLine, ...]:
    """The lines of a table, checked one by one. An empty cell takes what ``base`` says.

    ``pictures`` are those that a line may name, by file name. Raises :class:`InvalidInput` when the text is
    no table at all, has no line or too many.
    """
    if len(text) > MAX_CHARACTERS:
        raise _unreadable(N_("it is longer than {limit} characters", limit=MAX_CHARACTERS))
    named_pictures = {name.strip().casefold(): picture for name, picture in pictures.items()}
    named_tones = tones_by_name(tones)
    lines = tuple(
        _line(number, cells, base, named_pictures, named_tones) for number, cells in _numbered_cells(text)
    )
    if not lines:
        raise _unreadable(N_("it has no line with content"))
    return lines


def _line(
    number: int,
    cells: dict[str, str],
    base: JobRequest,
    pictures: Mapping[str, Picture],
    tones: Mapping[str, ToneStyle],
) -> BulkLine:
    problems: list[Message] = []
    request = replace(base, desc_kor=cells["description"] or base.desc_kor)
    if cells["tone"]:
        tone = tones.get(cells["tone"].casefold())
        if tone is None:
            problems.append(N_("There is no tone and style called {name}.", name=verbatim(cells["tone"])))
        else:
            request = replace(request, tone_style_id=tone.tone_style_id)
    if cells["image"]:
        picture = pictures.get(cells["image"].casefold())
        if picture is None:
            problems.append(N_("There is no picture called {name}.", name=verbatim(cells["image"])))
        request = replace(request, pictures=(picture,) if picture else base.pictures)
    if cells["variants"]:
        count = _whole_number(cells["variants"])
        if count is None:
            problems.append(N_("{value} is not a number of variants.", value=verbatim(cells["variants"])))
        else:
            request = replace(request, variants=count)
    problems += request_problems(request)
    return BulkLine(number, cells, None if problems else request, tuple(problems))


def _numbered_cells(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells by column name of every line with content."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    columns: Sequence[str | None] | None = None
    found = 0
    before = 0
    while True:
        try:
            row = [cell.strip() for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error as error:
            raise _unreadable(N_("line {number} breaks it", number=reader.line_num)) from error
        number, before = before + 1, reader.line_num
        if not any(row):
            continue
        if columns is None:
            columns = _headings(row)
            if columns is not None:
                continue
            columns = COLUMNS
        found += 1
        if found > MAX_LINES:
            raise _unreadable(N_("it has more than {limit} lines", limit=MAX_LINES))
        yield number, {name: _cell(row, columns, name) for name in COLUMNS}


def _cell(row: Sequence[str], columns: Sequence[str | None], name: str) -> str:
    position = columns.index(name) if name in columns else len(row)
    return row[position] if position < len(row) else ""


def _headings(row: Sequence[str]) -> Sequence[str | None] | None:
    """The column that each cell names, or None when the line is no heading but already a job."""
    named = [
        next((column for column, names in HEADINGS.items() if cell.casefold() in names), None) for cell in row
    ]
    return named if "description" in named else None


def _delimiter(text: str) -> str:
    """Tab (pasted from a spreadsheet), semicolon or comma: whichever the first line with content has most."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max("\t;,", key=first.count) if any(mark in first for mark in "\t;,") else ","


def _whole_number(cell: str) -> int | None:
    return int(cell) if cell.isascii() and cell.isdigit() and len(cell) < 6 else None


def _unreadable(reason: Message) -> InvalidInput:
    return InvalidInput(
        N_("The table cannot be read: {reason}.", reason=reason),
        detail=N_("Nothing was written."),
        hint=N_("Use one line per job with the columns description, tone, image and variants."),
    )
