"""The timeline's axis: idle gaps are folded, so that hours of waiting do not hide seconds of work. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from feedly_core.live.timeline import Bar

FOLDED_SHARE = 0.03
"""Width that a folded gap keeps, as a share of the unfolded rest."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of time and where it lies, in percent of the width."""

    start: datetime
    end: datetime
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """``pieces`` follow each other without holes. ``folds``: place (percent) and seconds of folded gaps."""

    pieces: tuple[Piece, ...]
    folds: tuple[tuple[float, float], ...]

    def place(self, at: datetime) -> float:
        """Percent from the left, 0 to 100; times outside are at the edge."""
        for piece in self.pieces:
            if at <= piece.end:
                span = (piece.end - piece.start).total_seconds()
                share = max((at - piece.start).total_seconds(), 0.0) / span if span else 0.0
                return min(piece.left + share * (piece.right - piece.left), piece.right, 100.0)
        return 100.0

    def ticks(self, count: int) -> list[tuple[datetime, float]]:
        """``count`` times at even distances, with their places."""
        ticks = []
        for number in range(count):
            place = 100.0 * number / count
            piece = next(piece for piece in self.pieces if place <= piece.right)
            width = piece.right - piece.left
            share = (place - piece.left) / width if width else 0.0
            ticks.append((piece.start + share * (piece.end - piece.start), place))
        return ticks


def axis_of(bars: Sequence[Bar], now: datetime) -> TimeAxis | None:
    """An axis over all bars; a gap in which nothing worked is folded when it outlasts the work itself.

    None without bars.
    """
    spans = sorted((bar.work_start, bar.end or now) for bar in bars)
    if not spans:
        return None
    first = min(bar.start for bar in bars)
    busy: list[tuple[datetime, datetime]] = []
    for start, end in spans:
        if busy and start <= busy[-1][1]:
            busy[-1] = (busy[-1][0], max(busy[-1][1], end))
        else:
            busy.append((start, max(end, start)))
    work = sum(((end - start) for start, end in busy), timedelta())
    threshold = max(work / 2, timedelta(seconds=5))
    return _laid_out(first, busy, threshold)


def _laid_out(first: datetime, busy: Sequence[tuple[datetime, datetime]], threshold: timedelta) -> TimeAxis:
    stretches: list[tuple[datetime, datetime, bool]] = []
    cursor = first
    for start, end in busy:
        if start > cursor:
            stretches.append((cursor, start, start - cursor > threshold))
        stretches.append((start, end, False))
        cursor = end
    shown = sum((end - start).total_seconds() for start, end, folded in stretches if not folded) or 1.0
    widths = [
        shown * FOLDED_SHARE if folded else (end - start).total_seconds() for start, end, folded in stretches
    ]
    total = sum(widths) or 1.0
    pieces, folds, left = [], [], 0.0
    for (start, end, folded), width in zip(stretches, widths, strict=True):
        right = left + 100.0 * width / total
        pieces.append(Piece(start, end, left, right))
        if folded:
            folds.append(((left + right) / 2, (end - start).total_seconds()))
        left = right
    return TimeAxis(tuple(pieces), tuple(folds))
