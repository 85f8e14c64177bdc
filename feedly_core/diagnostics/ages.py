"""How long something has lasted, in words."""

from __future__ import annotations

from feedly_core.i18n import N_, NN_, Message


def age_words(seconds: float) -> Message:
    """A rough age in its largest unit."""
    if seconds >= 86_400:
        return NN_("{n} day", "{n} days", int(seconds // 86_400))
    if seconds >= 3_600:
        return NN_("{n} hour", "{n} hours", int(seconds // 3_600))
    if seconds >= 60:
        return NN_("{n} minute", "{n} minutes", int(seconds // 60))
    return N_("{seconds} s", seconds=int(seconds))
