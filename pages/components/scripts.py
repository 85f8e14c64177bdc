"""Browser code of the components."""

from __future__ import annotations

from pathlib import Path

PAGE_CHANGE = Path(__file__).with_name("page_change.js")
"""For every component that asks for a redraw by itself, without a click."""


def module(*files: Path) -> str:
    """The files as one module, in this order."""
    return "\n".join(file.read_text(encoding="utf-8") for file in files)
