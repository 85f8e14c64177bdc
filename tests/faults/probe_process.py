"""Runs trigger probes to be killed: for each line on stdin a fork runs one and its process id is printed.

Forking after the imports makes the time until the kill count inside the test, not inside Python's start.
"""

from __future__ import annotations

import os
import sys

from feedly_core.diagnostics.context import open_context
from feedly_core.diagnostics.probe.run import probe_trigger
from feedly_core.permissions import Person, Role
from feedly_core.settings import load_settings


def main() -> None:
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            with open_context(load_settings()) as context:
                probe_trigger(context, Person("to be killed", Role.OPERATOR), follow="iou_eval")
            os._exit(0)
        tell(child)
        os.waitpid(child, 0)
        tell("gone")


def tell(word: object) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
