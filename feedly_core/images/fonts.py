"""Fonts for text that people typed: Korean first, then the rest of the world's scripts and emoji.

All come with packages, because a server's own fonts cannot be relied on. A character that none of them has
is written as its code point, ``U+1F9EA``: an empty box would hide what stood there.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import groupby
from pathlib import Path

import manimgx_fonts
import pylopdf_fonts_jp
import pylopdf_fonts_ko
import pylopdf_fonts_zh_cn
from fontTools.ttLib import TTFont

_SANS, _EMOJI, _SYMBOLS = "NotoSans[wght].ttf", "NotoEmoji[wght].ttf", "NotoSansSymbols[wght].ttf"
_INVISIBLE = frozenset("\u200b\u200c\u200d\u200e\u200f\u2060\ufe0e\ufe0f")
"""Joiners, marks of direction and variation selectors: no font needs a picture for them."""


@cache
def paths() -> tuple[Path, ...]:
    """Font files, the preferred ones first."""
    folder = Path(str(files(manimgx_fonts)))
    names = sorted(path.name for path in folder.glob("*.ttf") if "Italic" not in path.name)
    first = [_SANS, _EMOJI, _SYMBOLS]
    return (
        Path(str(pylopdf_fonts_ko.sans_path())),
        *(folder / name for name in [*first, *(name for name in names if name not in first)]),
        Path(str(pylopdf_fonts_jp.sans_path())),
        Path(str(pylopdf_fonts_zh_cn.sans_path())),
    )


@cache
def _coverage(path: Path) -> frozenset[int]:
    with TTFont(path, lazy=True, fontNumber=0) as font:
        return frozenset(font.getBestCmap())


@cache
def font_for(character: str) -> Path | None:
    """The first font that has the character; None when none has it."""
    return next((path for path in paths() if ord(character) in _coverage(path)), None)


def printable(text: str) -> str:
    """The text with each character that no font has as ``U+XXXX``; control characters are spaces."""
    return "".join(map(_printable, text))


def _printable(character: str) -> str:
    if character in _INVISIBLE or character == "\n" or font_for(character) is not None:
        return character
    return " " if unicodedata.category(character) == "Cc" else f"U+{ord(character):04X}"


def runs(text: str) -> Iterator[tuple[Path, str]]:
    """Stretches of printable text that one font can draw, in their order.

    Invisible characters, combining marks and spaces stay with the font before them, as far as it has them:
    a joined emoji or syllable is one stretch.
    """
    chosen: list[tuple[Path, str]] = []
    for character in printable(text):
        before = chosen[-1][0] if chosen else paths()[0]
        chosen.append((_continued(character, before), character))
    for path, stretch in groupby(chosen, key=lambda each: each[0]):
        yield path, "".join(character for _path, character in stretch)


def _continued(character: str, before: Path) -> Path:
    joins = character in _INVISIBLE or character.isspace() or unicodedata.category(character) in {"Mn", "Mc"}
    if joins and (character in _INVISIBLE or ord(character) in _coverage(before)):
        return before
    return font_for(character) or before
