"""Runs trigger probes that kill themselves: each line on stdin names the moment, and a fork runs one probe.

``killed`` or ``ended`` is printed for each. Forking after the imports spares each run Python's start.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

from sqlalchemy import Engine, event

from feedly_core.diagnostics.context import open_context
from feedly_core.diagnostics.probe.report import Report
from feedly_core.diagnostics.probe.run import probe_trigger
from feedly_core.permissions import Person, Role
from feedly_core.settings import load_settings

IN_THE_FILE = "the file is not in its place yet"
BEFORE_THE_FILES_GO = "the rows are deleted, the files are not"
NEVER = "never"


def before(statement: str) -> str:
    """The moment before the first statement that begins with these words."""
    return f"before {statement}"


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            die_at(line.rstrip("\n"))
            with open_context(load_settings()) as context:
                probe_trigger(
                    context, Person("to be killed", Role.OPERATOR), follow="iou_eval", on_change=changed
                )
            os._exit(0)
        _, ended = os.waitpid(child, 0)
        tell("killed" if os.WIFSIGNALED(ended) else "ended")


_moment = NEVER


def die_at(moment: str) -> None:
    global _moment
    _moment = moment
    event.listen(Engine, "before_cursor_execute", executed)
    if moment == IN_THE_FILE:
        Path.replace = die  # type: ignore[method-assign]
    if moment == BEFORE_THE_FILES_GO:
        shutil.rmtree = die  # type: ignore[assignment]


def executed(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
    if _moment.startswith("before ") and statement.startswith(_moment.removeprefix("before ")):
        die()


def changed(report: Report) -> None:
    if report.phase == _moment:
        die()


def die(*_arguments: object, **_more: object) -> NoReturn:
    """As kill -9 from outside: nothing is closed, nothing is said."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


def tell(word: object) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
