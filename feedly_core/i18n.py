"""Messages: English ids, translated where they are shown.

Core code never builds a sentence: it returns a :class:`Message` (message id and values), and the
page, the terminal or the log decides the language. The catalogue is every ``*.po`` file below
``locale/<language>/``; English is the language of the message ids, so it needs no file.
"""

from __future__ import annotations

import gettext
import io
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = ("ko", "en")
"""Languages of the interface, the default first."""

LOCALE_DIR = Path(__file__).parent / "locale"


_INVISIBLE = "\ufeff\u200b\u200e\u200f\u2060"


@dataclass(frozen=True)
class Message:
    """One sentence in no language yet.

    ``values`` may hold other Texts.
    """

    msgid: str
    values: Mapping[str, object] = field(default_factory=dict)
    plural: str | None = None

    def __str__(self) -> str:
        return translate(self, "en")


def N_(msgid: str, **values: object) -> Message:
    """Mark a sentence for the catalogue: ``N_("No job starts with {prefix}.", prefix=p)``."""
    return Message(msgid, values)


def NN_(singular: str, plural: str, n: int, **values: object) -> Message:
    """Like :func:`N_` for a countable thing.

    ``n`` chooses the form and fills ``{n}``.
    """
    return Message(singular, {"n": n, **values}, plural)


def verbatim(value: object) -> Message:
    """Data where a message is expected, such as a name.

    Never translated.
    """
    return Message("{value}", {"value": value})


def joined(separator: str, parts: Sequence[Message]) -> Message:
    """Messages one after the other, each in the reader's language."""
    names = [f"part{number}" for number in range(len(parts))]
    return Message(separator.join(f"{{{name}}}" for name in names), dict(zip(names, parts, strict=True)))


def message_document(message: Message) -> dict[str, object]:
    """A message to be kept as JSON, in no language yet; :func:`read_message` reads it."""
    values = {
        name: message_document(value)
        if isinstance(value, Message)
        else {"plain": value if isinstance(value, int) else str(value)}
        for name, value in message.values.items()
    }
    return {"msgid": message.msgid, "plural": message.plural, "values": values}


def read_message(document: Mapping[str, Any]) -> Message:
    """The message that :func:`message_document` kept."""
    values = {
        name: value["plain"] if "plain" in value else read_message(value)
        for name, value in document["values"].items()
    }
    return Message(document["msgid"], values, document["plural"])


def composed(text: str) -> str:
    """One form for texts that look the same: composed (macOS writes decomposed), without invisible edges."""
    return unicodedata.normalize("NFC", text).strip().strip(_INVISIBLE).strip()


def translate(text: Message | str, language: str) -> str:
    """The sentence in ``language``.

    An untranslated message id is shown in English.
    """
    if isinstance(text, str):
        text = Message(text)
    catalogue = _catalogue(language)
    if text.plural is None:
        pattern = catalogue.gettext(text.msgid) if text.msgid else ""
    else:
        count = text.values["n"]
        pattern = catalogue.ngettext(text.msgid, text.plural, count if isinstance(count, int) else 2)
    if not text.values:
        return pattern
    shown = {
        name: translate(value, language) if isinstance(value, Message) else value
        for name, value in text.values.items()
    }
    return pattern.format(**shown)


def read_catalogue(language: str) -> Catalog:
    """All ``.po`` files of a language as one Babel catalogue."""
    merged = Catalog(locale=language)
    for path in sorted((LOCALE_DIR / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                if message.id:
                    merged[message.id] = message
    return merged


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    if not (LOCALE_DIR / language).is_dir():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, read_catalogue(language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
