"""JSON as it comes from the database: what no reader can follow becomes a plain text."""

from __future__ import annotations

import json

import pytest

from feedly_core.db.engine import UNREADABLE_DOCUMENT, read_document


@pytest.mark.parametrize("document", [None, 7, "x", [], {}, {"a": [{"b": [[[1]]]}]}])
def test_ordinary_documents_are_read(document: object) -> None:
    assert read_document(json.dumps(document)) == document


@pytest.mark.parametrize(
    "raw", ["[" * 61 + "]" * 61, "[" * 100_000 + "]" * 100_000, "1" * 5000, '{"a":' * 70 + "1" + "}" * 70]
)
def test_what_nobody_can_follow_is_a_text(raw: str) -> None:
    assert read_document(raw) == UNREADABLE_DOCUMENT
