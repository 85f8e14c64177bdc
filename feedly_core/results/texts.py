"""Differences between two texts, and line breaks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Literal


class Change(StrEnum):
    """Change of a piece of text between two versions."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True)
class Piece:
    """A run of text with one fate."""

    change: Change
    text: str


@dataclass(frozen=True)
class Mark:
    """A punctuation mark in a drawn text.

    ``ends_line`` is a good place to break.
    """

    sign: str
    line: int
    position: int
    ends_line: bool


_SIGNS = ",.!?;:…，。！？、；："
_MARK = re.compile(f"[{re.escape(_SIGNS)}]+")


def difference(old: str, new: str, unit: Literal["word", "character"]) -> tuple[Piece, ...]:
    """From ``old`` to ``new`` in pieces.

    Removed before added where something was replaced.

    The pieces that are not added spell ``old``; those that are not removed spell ``new``.
    """
    before, after = _units(old, unit), _units(new, unit)
    pieces: list[Piece] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece(Change.SAME, "".join(before[i1:i2])))
            continue
        if i2 > i1:
            pieces.append(Piece(Change.REMOVED, "".join(before[i1:i2])))
        if j2 > j1:
            pieces.append(Piece(Change.ADDED, "".join(after[j1:j2])))
    return tuple(pieces)


def punctuation(lines: Sequence[str]) -> tuple[Mark, ...]:
    """Every punctuation mark of the drawn lines, Korean and full-width ones too.

    A comma or point between digits (``1,000``) is part of a number. ``line`` and ``position`` count from 1.
    """
    found = []
    for number, line in enumerate(lines, start=1):
        text = line.rstrip()
        for match in _MARK.finditer(text):
            before, after = text[: match.start()][-1:], text[match.end() :][:1]
            if before.isdigit() and after.isdigit():
                continue
            found.append(Mark(match.group(), number, match.start() + 1, match.end() == len(text)))
    return tuple(found)


def _units(text: str, unit: Literal["word", "character"]) -> list[str]:
    return re.findall(r"\s+|\S+", text) if unit == "word" else list(text)
