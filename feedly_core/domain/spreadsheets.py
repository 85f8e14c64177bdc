"""Texts on their way into a CSV file, which a spreadsheet opens and believes."""

from __future__ import annotations

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What spreadsheets read as the beginning of a formula (OWASP), in their wide East Asian forms too."""


def harmless(cell: object) -> object:
    """The cell.

    A text that would be read as a formula with an apostrophe in front.
    """
    text = cell.lstrip(" ") if isinstance(cell, str) else ""
    return f"'{cell}" if text.startswith(FORMULA_STARTS) else cell
