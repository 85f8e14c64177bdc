"""Differences and line breaks of advertising texts."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedly_core.results.texts import Change, Mark, Piece, difference, punctuation

sentences = st.text(alphabet="가나다 ab\n.,", max_size=30)


@given(sentences, sentences, st.sampled_from(["word", "character"]))
def test_pieces_spell_both_versions(old: str, new: str, unit: Literal["word", "character"]) -> None:
    pieces = difference(old, new, unit)
    assert "".join(piece.text for piece in pieces if piece.change is not Change.ADDED) == old
    assert "".join(piece.text for piece in pieces if piece.change is not Change.REMOVED) == new


def test_a_replaced_word_is_shown_removed_then_added() -> None:
    assert difference("따끈한 국물 한 그릇", "따끈한 국밥 한 그릇", "word") == (
        Piece(Change.SAME, "따끈한 "),
        Piece(Change.REMOVED, "국물"),
        Piece(Change.ADDED, "국밥"),
        Piece(Change.SAME, " 한 그릇"),
    )


@pytest.mark.parametrize(
    ("lines", "marks"),
    [
        (("따끈한 국물 한 그릇,", "오늘 저녁!"), (Mark(",", 1, 12, True), Mark("!", 2, 6, True))),
        (("국물, 오늘 저녁",), (Mark(",", 1, 3, False),)),
        (("단돈 1,000원 3.5점",), ()),
        (("맛있다。 정말…",), (Mark("。", 1, 4, False), Mark("…", 1, 8, True))),
        (("정말?! ",), (Mark("?!", 1, 3, True),)),
        ((), ()),
    ],
)
def test_punctuation(lines: tuple[str, ...], marks: tuple[Mark, ...]) -> None:
    assert punctuation(lines) == marks
