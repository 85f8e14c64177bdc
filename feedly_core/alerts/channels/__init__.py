"""Channels: where messages of alerts go. The environment names them; a rule names one of these names."""

from __future__ import annotations

from feedly_core.alerts.rules import MAILBOX
from feedly_core.settings import Settings


def channel_names(settings: Settings) -> tuple[str, ...]:
    """Channels that a rule may name, the built-in one first."""
    return (MAILBOX, *sorted(settings.alert_channels))
