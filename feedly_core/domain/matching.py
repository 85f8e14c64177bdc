"""One matching of written words for every search field.

A word is found anywhere in a text: inside compounds too (찌개 in 김치찌개), by initial consonants (ㄱㅊㅉㄱ),
in any case, in either Unicode form, whatever spaces and signs lie between. Pure.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

MOST_WORDS = 8
LONGEST_QUERY = 200
"""Characters of a query that are read."""

_Name = TypeVar("_Name", bound=str)

Span = tuple[int, int]
"""Begin and end of what was found, in characters of the text in NFC."""

_FIRST, _LAST, _PER_INITIAL = 0xAC00, 0xD7A3, 588
_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"


@dataclass(frozen=True)
class Folded:
    """``letters`` that are compared; ``places``: for each, where it stands in the composed text."""

    letters: str
    initials: str
    places: tuple[int, ...]


@lru_cache(maxsize=8192)
def fold(text: str) -> Folded:
    """Letters and digits alone, composed, without case.

    ``initials``: the same with each Korean syllable replaced by its first consonant.
    """
    letters: list[str] = []
    places: list[int] = []
    for place, sign in enumerate(unicodedata.normalize("NFC", text)):
        for letter in sign.casefold():
            if letter.isalnum():
                letters.append(letter)
                places.append(place)
    joined = "".join(letters)
    return Folded(joined, "".join(map(_initial, joined)), tuple(places))


def _initial(letter: str) -> str:
    code = ord(letter)
    return _INITIALS[(code - _FIRST) // _PER_INITIAL] if _FIRST <= code <= _LAST else letter


def words_of(query: str) -> tuple[str, ...]:
    """The words of a query, folded. All of them must be found; none: there is nothing to look for."""
    parts = (fold(part).letters for part in query[:LONGEST_QUERY].split())
    return tuple(dict.fromkeys(filter(None, parts)))[:MOST_WORDS]


def is_literal(word: str) -> bool:
    """Whether no consonant of the word stands for a syllable."""
    return not any(letter in _INITIALS for letter in word)


def spans(words: Iterable[str], text: str) -> list[Span]:
    """Where the words stand in the text, in their order there; the first place of each."""
    folded = fold(text)
    found = []
    for word in words:
        begin = _begin(word, folded)
        if begin >= 0:
            found.append((folded.places[begin], folded.places[begin + len(word) - 1] + 1))
    return sorted(found)


def _begin(word: str, folded: Folded) -> int:
    """Where the word begins among the letters, -1 when it is not there."""
    begin = folded.letters.find(word)
    if begin >= 0 or is_literal(word):
        return begin
    pattern = "".join(_either(letter) for letter in word)
    for match in re.finditer(f"(?={pattern})", folded.initials):
        begin = match.start()
        if all(
            letter in (known, initial)
            for letter, known, initial in zip(
                word, folded.letters[begin:], folded.initials[begin:], strict=False
            )
        ):
            return begin
    return -1


def _either(letter: str) -> str:
    return re.escape(letter if letter in _INITIALS else _initial(letter))


def match(words: Sequence[str], fields: Mapping[_Name, str]) -> dict[_Name, list[Span]] | None:
    """Per field what was found in it; None unless each word stands in one of them."""
    if not words:
        return None
    found = {name: spans(words, text) for name, text in fields.items()}
    missing = [word for word in words if not any(_begin(word, fold(text)) >= 0 for text in fields.values())]
    return None if missing else {name: places for name, places in found.items() if places}


def matches(query: str, texts: Iterable[str | None]) -> bool:
    """Whether each word of the query stands in one of the texts; True without a word."""
    words = words_of(query)
    fields = {str(number): text for number, text in enumerate(texts) if text}
    return not words or match(words, fields) is not None


def grams(texts: Iterable[str]) -> set[int]:
    """What an index keeps of the texts: pairs of letters and of initial consonants, as numbers.

    Also single letters other than ASCII, and three ASCII letters in a row, which are rarer than pairs.
    """
    return {_number(gram) for text in texts for gram in _kept(fold(text))}


def word_grams(words: Iterable[str]) -> set[int]:
    """What a text's grams hold when the words stand in it. Empty for words too short for an index."""
    return {_number(gram) for word in words for gram in _asked(word)}


def _kept(folded: Folded) -> Iterator[str]:
    letters, initials = folded.letters, folded.initials
    yield from (letter for letter in letters if not letter.isascii())
    yield from map("".join, itertools.pairwise(letters))
    yield from filter(str.isascii, map("".join, zip(letters, letters[1:], letters[2:], strict=False)))
    pairs = map("".join, itertools.pairwise(initials))
    yield from (pair for pair in pairs if pair[0] in _INITIALS and pair[1] in _INITIALS)


def _asked(word: str) -> Iterator[str]:
    """Of a literal word its pairs; where a consonant stands for a syllable only what is sure."""
    if len(word) == 1 and not word.isascii() and is_literal(word):
        yield word
    for begin in range(len(word) - 1):
        pair, triple = word[begin : begin + 2], word[begin : begin + 3]
        open_ends = [letter in _INITIALS for letter in pair]
        if len(triple) == 3 and triple.isascii():
            yield triple
        elif all(open_ends) or not any(open_ends):
            yield pair
        else:
            yield from (letter for letter in pair if letter not in _INITIALS and not letter.isascii())


def _number(gram: str) -> int:
    """A signed number of 32 bits. Two grams may share one: what an index finds is compared again."""
    return zlib.crc32(gram.encode()) - 2**31
