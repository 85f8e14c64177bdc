"""Every sentence that a person reads exists in Korean, with the same values in it."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from feedly_core.i18n import LOCALE_DIR, read_catalogue

PROJECT = Path(__file__).parents[2]
FOLDERS = ("feedly_core", "dashboard", "pages")
KEYWORDS = {"_": None, "N_": None, "_n": (1, 2), "NN_": (1, 2)}
PLACEHOLDER = re.compile(r"{(\w+)[^}]*}")
TEXT_ELEMENTS = {
    *("title", "header", "subheader", "caption", "markdown", "write", "text", "info", "warning", "error"),
    *("success", "toast", "button", "download_button", "link_button", "checkbox", "toggle"),
    *("radio", "selectbox", "multiselect", "pills", "segmented_control", "slider", "text_input", "metric"),
    *("text_area", "number_input", "date_input", "file_uploader", "expander", "popover", "dialog", "status"),
    *("badge", "progress", "spinner", "form_submit_button", "menu_button", "select_slider"),
}
TEXT_ARGUMENTS = {"label", "help", "placeholder", "text"}


def _sources() -> list[Path]:
    return sorted(path for folder in FOLDERS for path in PROJECT.glob(f"{folder}/**/*.py"))


@pytest.fixture(scope="module")
def used() -> dict[str, str]:
    """Message id (singular) to the place where it is used."""
    found: dict[str, str] = {}
    for folder in FOLDERS:
        for path, line, message, _comments, _context in extract_from_dir(
            PROJECT / folder, method_map=[("**.py", "python")], keywords=KEYWORDS
        ):
            singular = message if isinstance(message, str) else message[0]
            found[singular] = f"{folder}/{path}:{line}"
    return found


@pytest.fixture(scope="module")
def korean() -> dict[str, str]:
    """Message id (singular) to its Korean, which has one form for every number."""
    return {
        message.id if isinstance(message.id, str) else message.id[0]: message.string
        if isinstance(message.string, str)
        else message.string[0]
        for message in read_catalogue("ko")
        if message.id and message.string is not None
    }


def test_every_sentence_is_translated(used: dict[str, str], korean: dict[str, str]) -> None:
    missing = [f"{place} {msgid}" for msgid, place in used.items() if msgid and not korean.get(msgid)]
    assert not missing


def test_nothing_translated_is_unused(used: dict[str, str], korean: dict[str, str]) -> None:
    assert not korean.keys() - used.keys()


def test_translations_keep_the_values(korean: dict[str, str]) -> None:
    changed = {
        msgid: translated
        for msgid, translated in korean.items()
        if set(PLACEHOLDER.findall(msgid)) != set(PLACEHOLDER.findall(translated))
    }
    assert not changed


def test_no_sentence_is_translated_twice() -> None:
    files = sorted((LOCALE_DIR / "ko").glob("*.po"))
    found: Counter[str] = Counter()
    for path in files:
        with path.open("rb") as file:
            found.update(str(message.id) for message in read_po(file, locale="ko") if message.id)
    assert files
    assert not [msgid for msgid, times in found.items() if times > 1]


def test_pages_show_no_sentence_outside_the_catalogue() -> None:
    outside = [
        f"{path.relative_to(PROJECT)}:{line} {text!r}"
        for path in sorted(PROJECT.glob("pages/**/*.py"))
        for line, text in _literals(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not outside


def test_no_sentence_hides_in_an_f_string() -> None:
    """The extractor does not look into f-strings before Python 3.12: such a sentence is never found."""
    hidden = [
        f"{path.relative_to(PROJECT)}:{call.lineno}"
        for path in _sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.JoinedStr)
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and _is_sentence(call)
    ]
    assert not hidden


def _is_sentence(call: ast.Call) -> bool:
    marked = isinstance(call.func, ast.Name) and call.func.id in KEYWORDS
    return marked and bool(call.args) and isinstance(call.args[0], ast.Constant)


def _literals(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Literal words given directly to a Streamlit element."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        shown = [keyword.value for keyword in node.keywords if keyword.arg in TEXT_ARGUMENTS]
        if node.func.attr in TEXT_ELEMENTS:
            shown += node.args[:1]
        for value in shown:
            if isinstance(value, ast.Constant) and isinstance(value.value, str) and _has_words(value.value):
                yield value.lineno, value.value


def _has_words(text: str) -> bool:
    without_icons = re.sub(r":material/\w+:", "", text)
    return re.search(r"[^\W\d_]{2,}", without_icons) is not None
