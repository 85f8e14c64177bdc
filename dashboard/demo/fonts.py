"""The Korean fonts that come with the package ``pylopdf-fonts-ko`` (Noto, regular weight)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pylopdf_fonts_ko
from PIL import ImageFont


@dataclass(frozen=True)
class KoreanFont:
    """``name`` as it stands inside the font file.

    ``path`` of the OpenType file.
    """

    name: str
    path: Path

    def at(self, size: int) -> ImageFont.FreeTypeFont:
        """The font at ``size`` px."""
        return _load(self.path, size)


@cache
def korean_font(*, serif: bool = False) -> KoreanFont:
    """Noto Sans KR, or Noto Serif KR."""
    path = pylopdf_fonts_ko.serif_path() if serif else pylopdf_fonts_ko.sans_path()
    return KoreanFont("Noto Serif KR" if serif else "Noto Sans KR", path)


@cache
def _load(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size)
