"""What every command shares: the reader's language, and sentences instead of stack traces."""

from __future__ import annotations

from rich.console import Console

from feedly_core.errors import FeedlyError
from feedly_core.words import LANGUAGES, Text, translate

_language = "en"


def choose_language(wanted: str | None) -> None:
    """``ko``, ``ko_KR.UTF-8``, ``en``…; anything else (``C``, nothing) is English in a terminal."""
    global _language
    code = (wanted or "").replace("-", "_").split("_")[0].lower()
    _language = code if code in LANGUAGES else "en"


def language() -> str:
    """The language that commands print in."""
    return _language


def say(text: Text | str, *, error: bool = False) -> None:
    """One line in the reader's language, without interpreting markup in data."""
    Console(stderr=error, highlight=False).print(translate(text, _language), markup=False, soft_wrap=True)


def say_error(error: FeedlyError) -> None:
    """What happened, what it means and what to do, a line each, on stderr."""
    for sentence in error.sentences(_language):
        say(Text("{sentence}", {"sentence": sentence}), error=True)
