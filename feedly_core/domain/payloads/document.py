"""Reading one JSON document without trusting it.

A missing key is ``None`` and normal (older rows lack keys); a value of the wrong kind is ``None``
plus one :class:`Unreadable` that says where and why. Nothing here raises.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from feedly_core.domain.boxes import Box
from feedly_core.i18n import N_, Message

LARGEST = 1e12
"""The bound of columns with numbers too. Nothing is measured beyond it; a sum of the rest stays finite."""
ROUNDING = 0.002
"""Ratios are stored with 4 decimals: edges may miss the picture's border by this much in total."""

PIXELS_FROM = 1.5
"""No ratio is that large: from here on a coordinate must be pixels."""


@dataclass(frozen=True)
class Unreadable:
    """One value that could not be used: ``where`` is its place in the document (``proposals[2].xywh``)."""

    where: str
    reason: Message


class Document:
    """One JSON object while it is read.

    ``problems`` is shared with the documents inside it.
    """

    def __init__(self, value: object, where: str = "", problems: list[Unreadable] | None = None) -> None:
        self.problems: list[Unreadable] = [] if problems is None else problems
        self._where = where
        self.recorded = isinstance(value, dict)
        self._values: dict[str, object] = value if isinstance(value, dict) else {}
        if value is not None and not self.recorded:
            self.problem("", N_("should be an object, is {kind}", kind=_kind(value)))

    def problem(self, key: str, reason: Message) -> None:
        """Remember that ``key`` of this document is unreadable."""
        self.problems.append(Unreadable(self._place(key) or "–", reason))

    def has(self, key: str) -> bool:
        """True when the key is there and not null."""
        return self._values.get(key) is not None

    def raw(self, key: str) -> object:
        """The value as stored."""
        return self._values.get(key)

    def text(self, key: str) -> str | None:
        """A string; a bare number is taken as its digits."""
        value = self._values.get(key)
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        self.problem(key, N_("should be text, is {kind}", kind=_kind(value)))
        return None

    def flag(self, key: str) -> bool | None:
        """True or false; the words "true" and "false" count too."""
        value = self._values.get(key)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str) and value.strip().lower() in {"true", "false"}:
            return value.strip().lower() == "true"
        self.problem(key, N_("should be true or false, is {kind}", kind=_kind(value)))
        return None

    def number(self, key: str, low: float = -LARGEST, high: float = LARGEST) -> float | None:
        """A number in ``low``…``high``.

        A string that spells one counts too.
        """
        value = self._values.get(key)
        if value is None:
            return None
        number = _number(value)
        if number is None:
            self.problem(key, N_("should be a number, is {kind}", kind=_kind(value)))
        elif not low <= number <= high:
            self.problem(key, N_("{number} is outside {low} to {high}", number=number, low=low, high=high))
            return None
        return number

    def integer(self, key: str, low: float = -LARGEST, high: float = LARGEST) -> int | None:
        """A whole number in ``low``…``high``; fractions are rounded."""
        number = self.number(key, low, high)
        return None if number is None else round(number)

    def numbers(self, key: str, low: float = -LARGEST, high: float = LARGEST) -> tuple[float, ...]:
        """The usable numbers of an array.

        Each other item is a problem of its own.
        """
        found = []
        for index, value in enumerate(self._array(key)):
            number = finite(value)
            if number is None or not low <= number <= high:
                self.problem(
                    f"{key}[{index}]", N_("should be a number in range, is {kind}", kind=_kind(value))
                )
            else:
                found.append(number)
        return tuple(found)

    def texts(self, key: str) -> tuple[str, ...]:
        """The items of an array as text.

        A lone string is an array of one.
        """
        if isinstance(self._values.get(key), str):
            return (str(self._values[key]),)
        return tuple(str(value) for value in self._array(key) if value is not None)

    def inner(self, key: str) -> Document:
        """The object under ``key``.

        An empty one when it is missing.
        """
        return Document(self._values.get(key), self._place(key), self.problems)

    def objects(self, key: str) -> Iterator[tuple[int, Document]]:
        """The objects of an array with their places.

        Items of another kind are problems and left out.
        """
        for index, value in enumerate(self._array(key)):
            item = Document(value, self._place(f"{key}[{index}]"), self.problems)
            if item.recorded:
                yield index, item
            elif value is None:
                self.problem(f"{key}[{index}]", N_("should be an object, is {kind}", kind=_kind(value)))

    def box(self, key: str, size: tuple[int, int] | None = None) -> Box | None:
        """``[x, y, width, height]`` in ratios.

        Pixels are divided by ``size`` (width, height) when known.
        """
        if not self.has(key):
            return None
        box, reason = box_of(self._values[key], size)
        if reason is not None:
            self.problem(key, reason)
        return box

    def _array(self, key: str) -> list[object]:
        value = self._values.get(key)
        if value is None:
            return []
        if isinstance(value, list | tuple):
            return list(value)
        self.problem(key, N_("should be a list, is {kind}", kind=_kind(value)))
        return []

    def _place(self, key: str) -> str:
        return f"{self._where}.{key}" if self._where and key else self._where or key


def finite(value: object) -> float | None:
    """A float of a number, a Decimal or a string that spells one, within ±:data:`LARGEST`; otherwise None."""
    number = _number(value)
    return number if number is not None and abs(number) <= LARGEST else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def box_of(value: object, size: tuple[int, int] | None = None) -> tuple[Box | None, Message | None]:
    """Four numbers ``x, y, width, height`` to a box inside the picture, or the reason why not.

    A part outside the picture is cut off: that keeps the box, with a reason beside it.
    """
    numbers = [finite(item) for item in value] if isinstance(value, list | tuple) else []
    if len(numbers) != 4 or None in numbers:
        return None, N_("should be four numbers x, y, width, height")
    x, y, width, height = (number for number in numbers if number is not None)
    if max(abs(x), abs(y), abs(width), abs(height)) >= PIXELS_FROM:
        if size is None or min(size) <= 0:
            return None, N_("is in pixels, but the picture's size is unknown")
        x, y, width, height = x / size[0], y / size[1], width / size[0], height / size[1]
    inside = Box(x, y, width, height).intersection(Box(0.0, 0.0, 1.0, 1.0))
    if inside is None:
        return None, N_("covers no part of the picture")
    outside = max(-x, -y, x + width - 1.0, y + height - 1.0)
    if outside <= 0:
        return Box(x, y, width, height), None
    reason = N_("reaches outside the picture; the part outside was cut off") if outside > ROUNDING else None
    return inside, reason


def _kind(value: object) -> Message:
    if value is None:
        return N_("nothing")
    if isinstance(value, bool):
        return N_("true or false")
    if isinstance(value, int | float | Decimal):
        return N_("a number")
    if isinstance(value, str):
        return N_("text")
    return N_("a list") if isinstance(value, list | tuple) else N_("an object")
