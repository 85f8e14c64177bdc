"""``overlay_layouts``: where the text was drawn, and how."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from feedly_core.domain.boxes import Box
from feedly_core.domain.payloads.document import Document, Unreadable, box_of, finite
from feedly_core.i18n import N_

DEFAULT_BOX = Box(0.1, 0.05, 0.8, 0.18)
"""The rectangle that the overlay step uses without a proposal (equal to ``rule_top``)."""

DEFAULT_TEXT_COLOR = "ffffffff"
"""Requested when nobody chose a colour; then the font recommendation's colour is drawn instead."""

_RATIOS = ("x_ratio", "y_ratio", "width_ratio", "height_ratio")
_HEX = re.compile(r"#?(?:[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")


@dataclass(frozen=True)
class OverlayLayout:
    """One drawn text. ``box`` is in ratios.

    Colours are ``RRGGBB`` or ``RRGGBBAA`` in lower case.
    """

    text: str | None
    wrapped_text: str | None
    box: Box | None
    font_name: str | None
    font_size: int | None
    requested_size: int | None
    text_color: str | None
    overlay_color: str | None
    picture_url: str | None
    picture_asset_id: str | None
    picture_size: tuple[int, int] | None
    unreadable: tuple[Unreadable, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines as drawn.

        The unwrapped text when wrapping was not recorded yet.
        """
        return tuple((self.wrapped_text or self.text or "").splitlines())


def read_overlay_layout(value: object, columns: Mapping[str, object]) -> OverlayLayout:
    """The JSON ``value`` and the row's four ratio columns (any may be NULL) to one layout."""
    document = Document(value)
    render = document.inner("render")
    width, height = render.integer("width", 1), render.integer("height", 1)
    return OverlayLayout(
        text=document.text("text"),
        wrapped_text=document.text("wrapped_text"),
        box=_box(columns, document),
        font_name=document.text("font_name"),
        font_size=document.integer("font_size", 1),
        requested_size=document.integer("text_size", 1),
        text_color=_color(document, "text_color"),
        overlay_color=_color(document, "overlay_color"),
        picture_url=render.text("url"),
        picture_asset_id=render.text("asset_id"),
        picture_size=(width, height) if width and height else None,
        unreadable=tuple(document.problems),
    )


def _box(columns: Mapping[str, object], document: Document) -> Box | None:
    ratios = [columns.get(name) for name in _RATIOS]
    if all(ratio is None for ratio in ratios):
        return None
    box, reason = box_of([finite(ratio) for ratio in ratios])
    if reason is not None:
        document.problem("x_ratio, y_ratio, width_ratio, height_ratio", reason)
    return box


def _color(document: Document, key: str) -> str | None:
    value = document.text(key)
    if value is None or not value.strip():
        return None
    if _HEX.fullmatch(value.strip()):
        return value.strip().lstrip("#").lower()
    document.problem(key, N_("should be a colour of 6 or 8 hexadecimal digits"))
    return None
