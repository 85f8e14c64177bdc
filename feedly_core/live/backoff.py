"""Intervals of the hub, and limits of publishing."""

from __future__ import annotations


class Every:
    """Due once every ``seconds``; due at once at first."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.at = 0.0

    def due(self, now: float) -> bool:
        """True when the time has come.

        The next time is then ``seconds`` from ``now``.
        """
        if now < self.at:
            return False
        self.at = now + self._seconds
        return True

    def postpone(self, now: float) -> None:
        """As if it had just been done."""
        self.at = now + self._seconds


class Pace:
    """Limits publications: the first at once, then at most a quarter of the time is spent reading.

    A quiet database is published within milliseconds; a burst at most once per second.
    """

    SHORTEST = 0.05
    LONGEST = 1.0
    SHARE = 0.25

    def __init__(self) -> None:
        self.at = 0.0

    def done(self, started: float, ended: float) -> None:
        self.at = ended + min(max(self.SHORTEST, (ended - started) / self.SHARE), self.LONGEST)
