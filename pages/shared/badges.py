"""Status badges: HTML for cards, plain text for tables."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from feedly_core.domain.labels import STATE_LABELS, label, status_label
from feedly_core.domain.pipeline import Status
from feedly_core.domain.status import DerivedStatus, State
from feedly_core.i18n import N_, Message, verbatim
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
"""Shape and tone: waiting, moving, ended well, needs attention, ended badly, unknown."""

_STATUS_LOOKS = {
    Status.QUEUED: IDLE,
    Status.RUNNING: BUSY,
    Status.DONE: GOOD,
    Status.FAILED: BAD,
}


STATE_LOOKS = {
    State.WAITING: IDLE,
    State.WORKING: BUSY,
    State.STALLED: WARN,
    State.RETRYING: ("↻", "warn"),
    State.FAILED: BAD,
    State.COMPLETE: GOOD,
    State.UNCLEAR: ODD,
}


def badge(word: Message | str, look: tuple[str, str]) -> Badge:
    """A badge of any word in one of the looks.

    A plain str is data and never translated.
    """
    return Badge(word if isinstance(word, Message) else verbatim(word), *look)


def live_badge(word: Message, look: tuple[str, str]) -> str:
    """How a page learns of changes, as HTML.

    Another word while the browser does not hear from the server.
    """
    lost = badge(N_("Connection lost"), WARN).html()
    return f'<span class="fd-proved">{badge(word, look).html()}</span><span class="fd-unproved">{lost}</span>'


def row_badge(status: str | None) -> Badge:
    """The raw status of one row.

    An unknown one is shown as it is.
    """
    return badge(status_label(status), _STATUS_LOOKS.get(status or "", ODD))  # type: ignore[call-overload]


def state_badge(state: State) -> Badge:
    """A derived state in one word: for counts and filters."""
    return badge(STATE_LABELS[state], STATE_LOOKS[state])


def status_badge(status: DerivedStatus) -> Badge:
    """A derived status with the step it is about."""
    return badge(label(status), STATE_LOOKS[status.state])
