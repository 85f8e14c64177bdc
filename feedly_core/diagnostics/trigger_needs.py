"""Trigger functions: what listeners need, and what the source does.

A team's own edition may be written differently: the source is read for its meaning (channel,
payload keys, conditions), and the text is compared only to show a difference.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import feedly_core.domain
from feedly_core.domain.contract import PipelineTrigger


@dataclass(frozen=True)
class Meaning:
    """What a plpgsql body does, as its text shows.

    ``channels`` is empty when no literal channel is found; ``keys`` is None when the payload is not
    built from literal keys.
    """

    channels: frozenset[str]
    keys: frozenset[str] | None
    on_touch: bool
    """Notifies when only ``updated_at`` differs (edition 1.3.0), or always."""
    updates_jobs: bool
    by_step: bool
    """The roll-up treats the last step apart from the others (edition 1.3.0): only then a job is finished."""
    spares_img_gen: bool
    """The roll-up leaves the job alone while pictures are still being generated (edition 1.3.0)."""


_REFERENCE = Path(feedly_core.domain.__file__).with_name("triggers.sql")

_STRING_OR_COMMENT = re.compile(r"('(?:[^']|'')*')|--[^\n]*|/\*.*?\*/", re.DOTALL)
_NOTIFY = re.compile(r"\bpg_notify\s*\(\s*'(\d+)'\s*(?:::\s*text\s*)?,", re.IGNORECASE)
"""A whole literal as the channel, in numbered code: one that is put together cannot be read."""
_LITERAL = re.compile(r"'(?:[^']|'')*'")
_BUILD_OBJECT = re.compile(r"\bjsonb?_build_object\s*\(", re.IGNORECASE)
_TOUCH = re.compile(r"\bupdated_at\s+IS\s+DISTINCT\s+FROM\b|\bupdated_at\s*(?:<>|!=)", re.IGNORECASE)
_LAST_STEP = re.compile(r"\bNEW\s*\.\s*current_step\s*=\s*'iou_eval'", re.IGNORECASE)
_OLD = re.compile(r"\bOLD\s*\.", re.IGNORECASE)
_UPDATE_JOBS = re.compile(r"\bUPDATE\s+(?:ONLY\s+)?(?:\"?public\"?\s*\.\s*)?\"?jobs\"?\s", re.IGNORECASE)


def without_comments(source: str) -> str:
    """The source with SQL comments blanked; text in quotes stays."""
    return _STRING_OR_COMMENT.sub(lambda match: match.group(1) or " ", source)


def meaning(source: str) -> Meaning:
    """Read a function body. Commented-out code counts as absent."""
    code = without_comments(source)
    numbered, literals = _numbered(code)
    return Meaning(
        channels=frozenset(literals[int(number)] for number in _NOTIFY.findall(numbered)),
        keys=_payload_keys(numbered, literals),
        on_touch=bool(_TOUCH.search(code)) or not _OLD.search(code),
        updates_jobs=bool(_UPDATE_JOBS.search(code)),
        by_step=bool(_LAST_STEP.search(code)),
        spares_img_gen="'img_gen'" in code,
    )


def difference(need: PipelineTrigger, source: str) -> str:
    """Unified diff from the function found to the one that the listeners were written for."""
    found, wanted = _lines(source), _lines(_body(reference_function(need)))
    return "\n".join(difflib.unified_diff(found, wanted, "found", "needed", lineterm="", n=2))


@cache
def reference_function(need: PipelineTrigger) -> str:
    """``CREATE OR REPLACE FUNCTION …;`` of the reference edition 1.3.0."""
    return _statement(rf"CREATE OR REPLACE FUNCTION {need.function}\(\).*?\$\$.*?\$\$[^;]*;")


@cache
def reference_trigger(need: PipelineTrigger) -> str:
    """``CREATE TRIGGER …;`` of the reference edition."""
    return _statement(rf"CREATE TRIGGER {need.trigger}\b.*?;")


def _statement(pattern: str) -> str:
    match = re.search(pattern, _REFERENCE.read_text("utf-8"), re.DOTALL | re.IGNORECASE)
    if match is None:
        raise LookupError(pattern)
    return match.group(0)


def _body(create_function: str) -> str:
    return create_function.split("$$")[1]


def _lines(source: str) -> list[str]:
    return [line.rstrip() for line in source.strip().splitlines()]


def _numbered(code: str) -> tuple[str, list[str]]:
    """The code with each literal replaced by its number, so that nothing is found inside of one."""
    literals: list[str] = []

    def number(literal: re.Match[str]) -> str:
        literals.append(literal.group()[1:-1])
        return f"'{len(literals) - 1}'"

    return _LITERAL.sub(number, code), literals


def _payload_keys(numbered: str, literals: list[str]) -> frozenset[str] | None:
    start = _BUILD_OBJECT.search(numbered)
    if start is None:
        return None
    depth, position = 1, start.end()
    while position < len(numbered) and depth:
        depth += {"(": 1, ")": -1}.get(numbered[position], 0)
        position += 1
    found = re.findall(r"'(\d+)'\s*,", numbered[start.end() : position])
    return frozenset(literals[int(number)] for number in found)
