"""A status as word, shape and colour: as HTML for cards, as plain text for tables."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from feedly_core.domain.pipeline import Status, status_words
from feedly_core.domain.status import KIND_LABELS, Belief, Kind
from feedly_core.i18n import Message, verbatim
from pages.shared.language import _


@dataclass(frozen=True)
class Badge:
    """``tone`` names a colour of style.css: idle, busy, good, warn, bad, odd."""

    word: Message
    shape: str
    tone: str

    def html(self) -> str:
        """A pill; the word is escaped."""
        return (
            f'<span class="fd-badge fd-{self.tone}"><i aria-hidden="true">{self.shape}</i>'
            f"{escape(_(self.word), quote=True)}</span>"
        )

    def text(self) -> str:
        """Shape and word, for a cell that takes no markup."""
        return f"{self.shape} {_(self.word)}"


IDLE, BUSY, GOOD, WARN, BAD, ODD = (
    ("○", "idle"),
    ("◐", "busy"),
    ("●", "good"),
    ("▲", "warn"),
    ("✕", "bad"),
    ("◇", "odd"),
)
"""Shape and tone: waiting, moving, ended well, needs eyes, ended badly, unknown."""

_STATUS_LOOKS = {
    Status.QUEUED: IDLE,
    Status.RUNNING: BUSY,
    Status.DONE: GOOD,
    Status.FAILED: BAD,
}


KIND_LOOKS = {
    Kind.WAITING: IDLE,
    Kind.WORKING: BUSY,
    Kind.FINISHED: WARN,
    Kind.RETRYING: ("↻", "warn"),
    Kind.FAILED: BAD,
    Kind.COMPLETE: GOOD,
    Kind.UNCLEAR: ODD,
}


def badge(word: Message | str, look: tuple[str, str]) -> Badge:
    """A badge of any word in one of the looks; a plain str is data and never translated."""
    return Badge(word if isinstance(word, Message) else verbatim(word), *look)


def status_badge(status: str | None) -> Badge:
    """The raw status of one row; an unknown one is shown as it is."""
    return badge(status_words(status), _STATUS_LOOKS.get(status or "", ODD))  # type: ignore[call-overload]


def kind_badge(kind: Kind) -> Badge:
    """What a person should believe, in one word: for counts and filters."""
    return badge(KIND_LABELS[kind], KIND_LOOKS[kind])


def belief_badge(belief: Belief) -> Badge:
    """What a person should believe, with the step it is about."""
    return badge(belief.words, KIND_LOOKS[belief.kind])
