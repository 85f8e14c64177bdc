"""A message as channels send it: text that can do no harm, a link, pictures."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from uuid import UUID

from feedly_core.alerts.course import Event

LONGEST = 600
"""Characters of one sentence."""

_JOINER = "\u2060"
"""Invisible and of no width: between these characters no messenger finds an address or a mention."""

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class DeliveryFailed(Exception):
    """An attempt failed. What it says goes into the list of messages, so it names no secret.

    ``after``: seconds that the receiver asked us to wait. ``hopeless``: another attempt cannot help.
    ``uncertain``: it may have arrived.
    """

    def __init__(
        self, why: str, *, after: float | None = None, hopeless: bool = False, uncertain: bool = False
    ) -> None:
        super().__init__(why)
        self.after, self.hopeless, self.uncertain = after, hopeless, uncertain


@dataclass(frozen=True)
class Attachment:
    """One picture as PNG. ``name``: its file name, ``words``: what it shows."""

    name: str
    words: str
    content: bytes


@dataclass(frozen=True)
class Outgoing:
    """One message. Its texts are :func:`harmless`; ``link`` begins with the configured public address."""

    message_id: UUID
    event: Event
    headline: str
    sentence: str
    to_do: str
    lines: tuple[str, ...]
    link: str | None
    link_words: str
    repeat: bool
    attachments: tuple[Attachment, ...] = ()

    @property
    def text(self) -> str:
        """All of it as plain lines."""
        listed = (f"• {line}" for line in self.lines)
        return "\n".join(filter(None, (self.sentence, self.to_do, *listed)))


def harmless(text: str, longest: int = LONGEST) -> str:
    """One line without mentions, links or breaks of the header.

    Control and formatting characters, line breaks too, become spaces. Addresses and mentions are broken by an
    invisible character, so that they can still be read.
    """
    shown = "".join(" " if unicodedata.category(each) in _HIDDEN else each for each in text)
    shown = " ".join(shown.split())
    shown = shown if len(shown) <= longest else f"{shown[: longest - 1]}…"
    shown = re.sub(r"(?<=[@#])(?=\S)", _JOINER, shown)
    shown = re.sub(r"(?<=:)(?=//)|(?i:(?<=www)(?=\.))", _JOINER, shown)
    return re.sub(r"(?<=[^\W\d_])\.(?=[^\W\d_]{2,})", f".{_JOINER}", shown)
