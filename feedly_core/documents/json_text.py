"""The writer of JSON documents for terminal, programs, assistants."""

from __future__ import annotations

import json
import math


def json_text(document: object, *, indent: int | None = None) -> str:
    """The document as JSON, letters as they are.

    NaN and infinities, which JSON does not have, become null: such a figure is unknown.
    """
    return json.dumps(_finite(document), ensure_ascii=False, allow_nan=False, indent=indent)


def _finite(value: object) -> object:
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
