"""Settings that nobody reads: misspelt variables, and list entries that can fit nobody."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

from dotenv import dotenv_values

from feedly_core.domain.scores import DEFAULTS
from feedly_core.i18n import N_, Message
from feedly_core.settings import Settings

_PREFIX = "FEEDLY_"
_READ_ELSEWHERE = frozenset({"FEEDLY_ASSETS"})
"""Read by the Compose file, not by this program."""

_ENTRY = re.compile(r"[^@\s]*@[^@\s]+|group:\s*\S.*", re.DOTALL)
_LISTS = {"FEEDLY_OPERATORS": "operators", "FEEDLY_REVIEWERS": "reviewers", "FEEDLY_VIEWERS": "viewers"}


def unknown_settings(
    settings: Settings, environment: Mapping[str, str | None] | None = None
) -> list[Message]:
    """A sentence per variable or list entry that is not understood; values of variables are never shown.

    ``environment``: else this process's and the lines of ``.env`` that Settings reads.
    """
    given = {**dotenv_values(Path(".env")), **os.environ} if environment is None else environment
    return [*_unknown_names(given), *_unknown_entries(settings), *_unknown_scores(settings)]


def _unknown_names(given: Mapping[str, str | None]) -> Iterator[Message]:
    known = {str(field.alias) for field in Settings.model_fields.values()}
    for name in sorted(given):
        upper = name.upper()
        if not upper.startswith(_PREFIX) or upper in known or upper in _READ_ELSEWHERE:
            continue
        if near := get_close_matches(upper, known, n=1, cutoff=0.75):
            yield N_("{name} is no setting and has no effect. Is {near} meant?", name=name, near=near[0])
        else:
            yield N_("{name} is no setting and has no effect.", name=name)


def _unknown_entries(settings: Settings) -> Iterator[Message]:
    for name, field in _LISTS.items():
        for entry in getattr(settings, field):
            if not _ENTRY.fullmatch(entry):
                yield N_(
                    "{name}: “{entry}” is no address, no @domain and no group:NAME; it fits nobody.",
                    name=name,
                    entry=entry[:80],
                )


def _unknown_scores(settings: Settings) -> Iterator[Message]:
    for name in settings.thresholds:
        if name not in DEFAULTS:
            yield N_(
                "FEEDLY_THRESHOLDS: “{entry}” is no score. Known scores: {names}",
                entry=name[:80],
                names=", ".join(DEFAULTS),
            )
