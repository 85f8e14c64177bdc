"""When the hub does what: fixed intervals, back-off, and how often it may redraw all screens."""

from __future__ import annotations

import random


class Every:
    """Due once every ``seconds``; due at once at first."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.at = 0.0

    def due(self, now: float) -> bool:
        """True when the time has come; the next time is then ``seconds`` from ``now``."""
        if now < self.at:
            return False
        self.at = now + self._seconds
        return True

    def postpone(self, now: float) -> None:
        """As if it had just been done."""
        self.at = now + self._seconds


class Backoff:
    """Waiting times that double from ``first`` to ``longest`` seconds, each with up to half as jitter."""

    def __init__(self, first: float, longest: float, rng: random.Random | None = None) -> None:
        self._first = first
        self._longest = longest
        self._rng = rng or random.Random()  # noqa: S311 - spreads reconnects, hides nothing
        self._next = first

    def next(self) -> float:
        seconds = self._next
        self._next = min(self._next * 2, self._longest)
        return seconds * (1 + self._rng.random() / 2)

    def reset(self) -> None:
        self._next = self._first


class Pace:
    """Limits publications: the first at once, then at most a quarter of the time is spent reading.

    A quiet database is published within milliseconds; a storm at most once a second.
    """

    SHORTEST = 0.05
    LONGEST = 1.0
    SHARE = 0.25

    def __init__(self) -> None:
        self.at = 0.0

    def done(self, started: float, ended: float) -> None:
        self.at = ended + min(max(self.SHORTEST, (ended - started) / self.SHARE), self.LONGEST)
