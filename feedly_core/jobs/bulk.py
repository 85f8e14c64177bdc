"""Job requests from the rows of a table.

Names what is wrong or unused beside each line. Pure.

A line with a problem makes no job. A line with a mark, where something is not used, makes one only when a
person says so.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from feedly_core.i18n import N_, Message, composed, verbatim
from feedly_core.jobs.choices import ToneStyle, tones_by_name
from feedly_core.jobs.pictures import Picture
from feedly_core.jobs.request import JobRequest, request_problems
from feedly_core.jobs.table_rows import HEADING_ROWS, Row, Rows, unreadable

_Thing = TypeVar("_Thing")
MAX_LINES = 500
COLUMNS = ("description", "tone", "image", "variants")
"""The columns in the order that is assumed without a heading."""

_NAMES = {
    "description": "description desc desc_kor 설명 상품설명 상품 문구 내용",
    "tone": "tone style tone_style tonestyle 톤 스타일 톤앤스타일 톤&스타일 톤스타일",
    "image": "image imagename image_name picture photo file filename file_name"
    " 이미지 이미지이름 이미지명 사진 사진이름 파일 파일명",
    "variants": "variants variant count variantcount numberofvariants"
    " 변형 변형수 변형안 시안 시안수 시안개수 개수 수량",
}
_COLUMN_OF = {name: column for column, names in _NAMES.items() for name in names.split()}


@dataclass(frozen=True)
class BulkLine:
    """One line: what it says, and the request it makes unless it has ``problems``.

    ``marks`` name what of the line is not used: such a line is made only when a person says so. ``number`` is
    the line of the text or sheet.
    """

    number: int
    cells: Mapping[str, str]
    request: JobRequest | None
    problems: tuple[Message, ...]
    marks: tuple[Message, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether it is made without being asked about."""
        return self.request is not None and not self.marks


@dataclass(frozen=True)
class Bulk:
    """The lines of a table.

    ``notices`` name what of it is in no line, as another sheet.
    """

    lines: tuple[BulkLine, ...]
    notices: tuple[Message, ...] = ()


def is_heading(cells: Sequence[str]) -> bool:
    """Whether a row names the column of descriptions."""
    return "description" in map(_column, cells)


def read_bulk(
    table: Rows,
    base: JobRequest,
    pictures: Sequence[Picture],
    tones: Sequence[ToneStyle],
    *,
    samples: Sequence[Picture] = (),
) -> Bulk:
    """The lines of a table, checked one by one.

    An empty cell takes what ``base`` says.

    ``pictures`` and ``samples`` may be named by a line, by file name; an upload wins over a sample. Raises
    :class:`InvalidInput` when there is no line or too many.
    """
    heading, rows = _split(table.rows)
    if not rows:
        raise unreadable(N_("it has no line with content"))
    if len(rows) > MAX_LINES:
        raise unreadable(N_("it has more than {limit} lines", limit=MAX_LINES))
    reader = _Reader(
        _Columns.below(heading),
        base,
        _by_name((p.name, p) for p in pictures),
        _by_name((p.name, p) for p in samples),
        tones_by_name(tones),
    )
    before = tuple(row for row in table.rows if heading is not None and row.number < heading.number)
    lines = (*map(_before_heading, before), *map(reader.line, rows))
    return Bulk(lines, (*table.notices, *reader.columns.notices))


def _split(rows: Sequence[Row]) -> tuple[Row | None, Sequence[Row]]:
    place = next((place for place, row in enumerate(rows[:HEADING_ROWS]) if is_heading(row.cells)), None)
    return (None, rows) if place is None else (rows[place], rows[place + 1 :])


@dataclass(frozen=True)
class _Columns:
    """Which cell of a row is which column. ``heading`` is empty where the usual order is assumed."""

    places: Mapping[str, int]
    heading: tuple[str, ...]
    notices: tuple[Message, ...]

    @classmethod
    def below(cls, heading: Row | None) -> _Columns:
        if heading is None:
            return cls({name: place for place, name in enumerate(COLUMNS)}, (), ())
        places: dict[str, int] = {}
        notices = []
        for place, cell in enumerate(heading.cells):
            column = _column(cell)
            if column and column not in places:
                places[column] = place
            elif cell:
                notices.append(N_("The column {name} is not used.", name=verbatim(cell)))
        return cls(places, heading.cells, tuple(notices))

    def cells(self, row: Row) -> dict[str, str]:
        return {name: _at(row, self.places.get(name)) for name in COLUMNS}

    def unused(self, row: Row) -> Iterator[Message]:
        """What the row says in no column of ours."""
        for place, cell in enumerate(row.cells):
            if cell and place not in self.places.values():
                name = self.heading[place] if place < len(self.heading) and self.heading[place] else "–"
                yield N_("Not used: {cell} (column {name})", cell=verbatim(cell), name=verbatim(name))
        if self.heading and is_heading(row.cells):
            yield N_("This line looks like a heading.")


@dataclass(frozen=True)
class _Reader:
    """``pictures``, ``samples`` and ``tones`` by name; several under one name are no answer."""

    columns: _Columns
    base: JobRequest
    pictures: Mapping[str, Sequence[Picture]]
    samples: Mapping[str, Sequence[Picture]]
    tones: Mapping[str, Sequence[ToneStyle]]

    def line(self, row: Row) -> BulkLine:
        cells = self.columns.cells(row)
        problems: list[Message] = []
        request = replace(self.base, desc_kor=cells["description"] or self.base.desc_kor)
        for change in (self._tone, self._picture, self._variants):
            request = change(cells, request, problems)
        problems += request_problems(request)
        marks = (*self.columns.unused(row), *self._lists(cells["description"]))
        return BulkLine(row.number, cells, None if problems else request, tuple(problems), marks)

    def _tone(self, cells: Mapping[str, str], request: JobRequest, problems: list[Message]) -> JobRequest:
        if not cells["tone"]:
            return request
        name, found = verbatim(cells["tone"]), self.tones.get(_key(cells["tone"]), ())
        none = N_("There is no tone and style called {name}.", name=name)
        several = N_("{n} tones and styles are called {name}; use a code.", n=len(found), name=name)
        tone = _the_only(found, none, several, problems)
        return replace(request, tone_style_id=tone.tone_style_id) if tone else request

    def _picture(self, cells: Mapping[str, str], request: JobRequest, problems: list[Message]) -> JobRequest:
        if not cells["image"]:
            return request
        name, key = verbatim(cells["image"]), _key(cells["image"])
        found = self.pictures.get(key) or self.samples.get(key, ())
        none = N_("There is no picture called {name}.", name=name)
        several = N_("{n} different pictures are called {name}; rename one.", n=len(found), name=name)
        picture = _the_only(found, none, several, problems)
        return replace(request, pictures=(picture,)) if picture else request

    def _variants(self, cells: Mapping[str, str], request: JobRequest, problems: list[Message]) -> JobRequest:
        if not cells["variants"]:
            return request
        count = _whole_number(cells["variants"])
        if count is None:
            problems.append(N_("{value} is not a number of variants.", value=verbatim(cells["variants"])))
            return request
        return replace(request, variants=count)

    def _lists(self, description: str) -> Iterator[Message]:
        """Without headings a line of text with commas is a description; it may have been meant as cells."""
        parts = [composed(part) for part in description.split(",")][1:]
        known = self.tones.keys() | self.pictures.keys() | self.samples.keys()
        if not self.columns.heading and any(_key(part) in known or _whole_number(part) for part in parts):
            yield N_(
                "All of it is the description. For cells, use a heading or copy them from a spreadsheet."
            )


_Named = TypeVar("_Named")


def _the_only(
    found: Sequence[_Named], none: Message, several: Message, problems: list[Message]
) -> _Named | None:
    """The one thing of a name; none and several of them are problems."""
    if len(found) == 1:
        return found[0]
    problems.append(several if found else none)
    return None


def _before_heading(row: Row) -> BulkLine:
    said = dict.fromkeys(COLUMNS, "") | {"description": " ".join(filter(None, row.cells))}
    return BulkLine(row.number, said, None, (N_("It stands above the heading and makes no job."),))


def _by_name(named: Iterable[tuple[str, _Thing]]) -> dict[str, list[_Thing]]:
    """Everything under its name, the same thing once."""
    found: dict[str, list[_Thing]] = {}
    for name, thing in named:
        known = found.setdefault(_key(name), [])
        if not any(_same(thing, each) for each in known):
            known.append(thing)
    return found


def _same(one: object, other: object) -> bool:
    if isinstance(one, Picture) and isinstance(other, Picture):
        return one.content == other.content
    return one == other


def _key(name: str) -> str:
    return composed(name).casefold()


def _column(cell: str) -> str | None:
    """The column that a heading names, blanks and case aside, as people type it."""
    return _COLUMN_OF.get("".join(_key(cell).rstrip(":*").split()))


def _at(row: Row, place: int | None) -> str:
    return row.cells[place] if place is not None and place < len(row.cells) else ""


def _whole_number(cell: str) -> int | None:
    """``3``, ``3.0`` and full-width digits, as spreadsheets and Korean keyboards write a number."""
    plain = unicodedata.normalize("NFKC", cell).removesuffix(".0")
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 6 else None
