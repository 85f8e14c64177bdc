"""The Korean catalogue against the glossary: one Korean word for one English word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.pofile import read_po

from feedly_core.i18n import LOCALE_DIR

GLOSSARY = Path(__file__).parents[2] / "docs" / "glossary.md"

FORBIDDEN = {
    "하십시오": "하세요 is the form of every page",
    "그림": "사진 (uploaded) or 이미지 (generated)",
    "테넌트": "고객사",
    "리뷰어": "검토자",
    "릴리스": "버전",
    "베리언트": "시안",
    "작업자": "워커, since a worker is a program",
}


def messages() -> Iterator[tuple[str, str, str]]:
    """Room, English, Korean; each plural form by itself."""
    for path in sorted((LOCALE_DIR / "ko").glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale="ko"):
                if message.id:
                    english = message.id if isinstance(message.id, str) else message.id[0]
                    assert message.string is not None
                    korean = message.string if isinstance(message.string, str) else message.string[0]
                    yield path.stem, english, korean


def glossary() -> dict[str, str]:
    rows = re.findall(r"^\| (.+?) \| .+ \| (.+?) \|$", GLOSSARY.read_text(encoding="utf-8"), re.MULTILINE)
    return {english.lower(): korean for english, korean in rows if english != "term" and "---" not in english}


def test_the_glossary_explains_each_term_once() -> None:
    text = GLOSSARY.read_text(encoding="utf-8")
    terms = re.findall(r"^\| (.+?) \|", text, re.MULTILINE)
    terms = [term for term in terms if term not in ("term", "---")]
    assert len(terms) > 80
    assert len(terms) == len(set(terms))


def test_a_term_of_the_glossary_has_its_korean_word() -> None:
    terms = glossary()
    wrong = {
        (room, english, korean, terms[english.lower()])
        for room, english, korean in messages()
        if english.lower() in terms and korean != terms[english.lower()]
    }
    assert not wrong


def test_no_second_word_for_a_term() -> None:
    used = {
        (room, korean, better)
        for room, _, korean in messages()
        for word, better in FORBIDDEN.items()
        if word in korean
    }
    assert not used


def test_korean_writes_percent_without_a_space() -> None:
    assert not [korean for _, _, korean in messages() if re.search(r"[\d}] %", korean)]


def test_a_photo_is_what_somebody_uploads() -> None:
    """Rooms that show results speak of 이미지; 사진 is the user's upload."""
    wrong = [
        (room, english, korean)
        for room, english, korean in messages()
        if "사진" in korean
        and room in {"results", "gallery", "review", "scores"}
        and not re.search("photo|upload|original", english, re.I)
    ]
    assert not wrong
