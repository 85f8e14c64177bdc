"""Output of commands: language, and messages instead of stack traces."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from feedly_core.documents.json_text import json_text
from feedly_core.errors import FeedlyError
from feedly_core.i18n import LANGUAGES, Message, translate

if TYPE_CHECKING:
    from rich.console import Console

_language = "en"


def choose_language(wanted: str | None) -> None:
    """``ko``, ``ko_KR.UTF-8``, ``en``….

    Anything else (``C``, nothing) is English in a terminal.
    """
    global _language
    code = (wanted or "").replace("-", "_").split("_")[0].lower()
    _language = code if code in LANGUAGES else "en"


def choose_language_of_environment() -> None:
    """For what prints without a command line of ours: the server."""
    choose_language(os.environ.get("LC_ALL") or os.environ.get("LANG"))


def language() -> str:
    """The language that commands print in."""
    return _language


def say(text: Message | str, *, error: bool = False) -> None:
    """One line in the reader's language, data as it is."""
    stream = sys.stderr if error else sys.stdout
    stream.write(f"{translate(text, _language)}\n")
    stream.flush()


def print_json(document: object) -> None:
    """A JSON document, and nothing else, on standard output."""
    sys.stdout.write(f"{json_text(document, indent=2)}\n")


def say_error(error: FeedlyError) -> None:
    """Message, detail and hint, one line each, on stderr."""
    for sentence in error.sentences(_language):
        say(Message("{sentence}", {"sentence": sentence}), error=True)


@contextmanager
def progress_bar(console: Console | None = None) -> Iterator[Callable[[float, Message], None]]:
    """Progress bar (0 to 1) with a message.

    Drawn in terminals only, removed at the end.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = console or Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=1.0)

        def shown(fraction: float, sentence: Message) -> None:
            bar.update(task, completed=fraction, description=translate(sentence, _language))

        yield shown
