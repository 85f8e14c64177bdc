"""One matching for every search field: any part of a word, initial consonants, any Unicode form."""

from __future__ import annotations

import unicodedata

from hypothesis import example, given, settings
from hypothesis import strategies as st

from feedly_core.domain.matching import fold, grams, match, matches, spans, word_grams, words_of

SYLLABLES = st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3)
KOREAN = st.text(st.one_of(SYLLABLES, st.sampled_from(" ,.!#·\n")), min_size=2, max_size=40).filter(
    lambda text: len(fold(text).letters) >= 2
)


def found(query: str, text: str) -> bool:
    """By the matching, and by what an index would keep."""
    words = words_of(query)
    return matches(query, [text]) and word_grams(words) <= grams([text])


@settings(max_examples=40)
@given(KOREAN, st.data())
def test_two_syllables_and_their_initials_find_their_text(text: str, data: st.DataObject) -> None:
    folded = fold(text)
    begin = data.draw(st.integers(0, len(folded.letters) - 2))
    end = data.draw(st.integers(begin + 2, len(folded.letters)))
    word, initials = folded.letters[begin:end], folded.initials[begin:end]
    for query in (word, initials, unicodedata.normalize("NFD", word), f" {word[0]}{initials[1:]} "):
        assert found(query, text)
        assert found(query, unicodedata.normalize("NFD", text))


@settings(max_examples=60)
@given(st.text(), st.text())
@example("\x00\ud800", "찌개")
@example("%_'\\", "ㅋㅋ")
def test_no_input_is_an_error(query: str, text: str) -> None:
    words = words_of(query)
    for begin, end in spans(words, text):
        assert 0 <= begin < end <= len(unicodedata.normalize("NFC", text))
    if words and match(words, {"text": text}):
        assert word_grams(words) <= grams([text])
    assert all(-(2**31) <= number < 2**31 for number in grams([text]))


@settings(max_examples=30)
@given(st.text(max_size=60))
def test_a_text_is_found_by_itself(text: str) -> None:
    assert found(text[:30], text)


def test_what_people_write() -> None:
    text = "매운 김치찌개와 Pizza 한 판"
    for query in ("찌개", "ㄱㅊㅉㄱ", "김치 찌개", "김ㅊ찌", "PIZZA", "판", "izz"):
        assert found(query, text), query
    assert not any(matches(query, [text]) for query in ("찌게", "ㄱㅊㄱㄱ", "김치 냉면", "pizzaz"))


def test_a_hit_says_where() -> None:
    assert match(["찌개", "맛집"], {"description": "김치 찌개!", "hashtags": "#맛집"}) == {
        "description": [(3, 5)],
        "hashtags": [(1, 3)],
    }
    assert spans(["ㅉㄱ"], unicodedata.normalize("NFD", "김치찌개")) == [(2, 4)]
    assert match([], {"description": "김치"}) is None
