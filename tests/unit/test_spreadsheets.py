"""No text from a database becomes a formula in somebody's spreadsheet."""

from __future__ import annotations

import pytest

from feedly_core.domain.spreadsheets import harmless


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1+1", "＋1", "－1", "＠SUM(A1)"],
)
def test_what_begins_like_a_formula_is_a_text(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["따끈한 국물", "a=b", "", " ", None, 0.5, -3])
def test_everything_else_stays_as_it_is(cell: object) -> None:
    assert harmless(cell) == cell
