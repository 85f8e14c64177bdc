"""One attempt to deliver a message over its channel."""

from __future__ import annotations

from feedly_core.alerts.outbox import OutMessage
from feedly_core.alerts.rules import MAILBOX
from feedly_core.settings import Settings


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


def deliver(settings: Settings, message: OutMessage) -> None:
    """Deliver over the message's channel. Raises :class:`DeliveryFailed`.

    The mailbox is the list of messages itself: there is nothing to do.
    """
    if message.channel != MAILBOX:
        raise DeliveryFailed("the environment names no such channel", hopeless=True)
