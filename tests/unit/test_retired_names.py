"""Names that the glossary replaced must not come back: modules, classes, functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parents[2]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


RETIRED_MODULES = _words(
    """
    abandonment ages album answer_bounds asked audience belief beside bulletin calm catalogue
    clearing crew driver driving ear examination eyes fact_keeper fact_rows fact_source
    fact_terminal fates firing follower leaving ledger lettering live_history live_report live_rows
    live_session live_test live_verdict live_watch look looked lost_jobs lost_work making menu
    movement opening opinions pacing pickup pressed removal rhythm scene scenes shelf sides sight
    standing storm story strip terminal terminal_completion terminal_session times vitals wanderers
    why
    """
)
"""The file is named by the glossary's word now, so no module or folder has this name."""

RETIRED_NAMES = _words(
    """
    Abandoned Album Belief Bulletin Clearing Crew Driver Ear Ears Examination FactKeeper Fate Fates
    Follower Followed JobOrder Kind Ledger Lettering LiveTest LostWork Notice Pacing Remembered
    Removal Rhythm Scene Teller Trace Vitals FactSource Standing believe_job costs fact_source
    heard_column deaf draw_cutout draw_scene examine furnish hear heard lay_schema leave_opinions
    patience pulse settle stand touch_again variation
    """
)
"""Classes and public functions. Nested ones and methods count too."""


def sources() -> list[Path]:
    found = sorted(
        path for folder in ("feedly_core", "dashboard", "pages") for path in PROJECT.glob(f"{folder}/**/*.py")
    )
    assert len(found) > 100
    return found


def defined(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name


def test_no_module_has_a_retired_name() -> None:
    back = {
        str(path.relative_to(PROJECT))
        for path in sources()
        if RETIRED_MODULES & set(path.relative_to(PROJECT).with_suffix("").parts)
    }
    assert not back


def test_no_class_or_function_has_a_retired_name() -> None:
    back = {
        f"{path.relative_to(PROJECT)}: {name}"
        for path in sources()
        for name in defined(path)
        if name in RETIRED_NAMES
    }
    assert not back
