"""A timeline from received events and stored results. Pure.

Real runs finish the same step up to eight times. The attempt that counts is the last one before the
next step's first result; the others are repeats, counted beside the bar.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from feedly_core.analytics.durations import Source
from feedly_core.domain.pipeline import (
    INTAKE_STEPS,
    LAST_VARIANT_STEP,
    TEXT_STEPS,
    VARIANT_STEP_NAMES,
    Status,
)
from feedly_core.live.events import Event

SAME_MOMENT = timedelta(milliseconds=250)
"""Identical (row, step, status) within this time are one event that was sent more than once."""

JOB_CHAIN = (*(step.name for step in INTAKE_STEPS), LAST_VARIANT_STEP, *(step.name for step in TEXT_STEPS))


@dataclass(frozen=True, slots=True)
class Work:
    """One stored result: when the work on ``step`` began, and how many seconds it took."""

    variant_id: UUID | None
    step: str
    began: datetime
    seconds: float

    @property
    def ended(self) -> datetime:
        return self.began + timedelta(seconds=self.seconds)


@dataclass(frozen=True, slots=True)
class Bar:
    """One step's counting attempt.

    Between ``start`` and ``work_start`` it waited for the service.

    ``end`` None: still going on. ``repeats``: how many more times it was finished. ``failures``: the
    moments at which it failed.
    """

    step: str
    start: datetime
    work_start: datetime
    end: datetime | None
    source: Source
    repeats: int = 0
    failures: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Lane:
    """Bars of one variant, or of the job's own steps (``variant_id`` None): in order, never overlapping."""

    variant_id: UUID | None
    bars: tuple[Bar, ...]


def fold(events: Sequence[Event]) -> list[Event]:
    """Oldest first; identical events within :data:`SAME_MOMENT` merged into the first."""
    folded: list[Event] = []
    last_seen: dict[tuple[object, ...], datetime] = {}
    for event in sorted(events, key=lambda event: event.seen_at):
        state = (event.variant_id, event.step, event.status)
        previous = last_seen.get(state)
        last_seen[state] = event.seen_at
        if previous is None or event.seen_at - previous > SAME_MOMENT:
            folded.append(event)
    return folded


def lanes(
    variant_ids: Sequence[UUID],
    events: Sequence[Event],
    works: Sequence[Work],
    doing: Mapping[UUID | None, str],
) -> list[Lane]:
    """One lane per variant and, last, the job's own.

    ``doing``: the step that is going on there, if any.
    """
    folded = fold(events)
    text_begins = _first_done(_of(folded, None), TEXT_STEPS[0].name)
    result = []
    for variant_id in variant_ids:
        own = [work for work in works if work.variant_id == variant_id]
        bars = _bars(VARIANT_STEP_NAMES, _of(folded, variant_id), own, text_begins)
        result.append(
            Lane(variant_id, tuple(_with_open_bar(bars, doing.get(variant_id), _of(folded, variant_id))))
        )
    own = [work for work in works if work.variant_id is None]
    # The job's row copies its variants' steps too: only its own steps make bars.
    mine = [event for event in _of(folded, None) if event.step in JOB_CHAIN]
    bars = [bar for bar in _bars(JOB_CHAIN, mine, own, None) if bar.step != LAST_VARIANT_STEP]
    going_on = doing.get(None)
    result.append(
        Lane(None, tuple(_with_open_bar(bars, None if going_on in VARIANT_STEP_NAMES else going_on, mine)))
    )
    return result


def _of(events: Sequence[Event], variant_id: UUID | None) -> list[Event]:
    return [event for event in events if event.variant_id == variant_id]


def _first_done(events: Sequence[Event], step: str) -> datetime | None:
    return next((e.seen_at for e in events if (e.step, e.status) == (step, Status.DONE)), None)


def _bars(
    chain: Sequence[str], events: Sequence[Event], works: Sequence[Work], after: datetime | None
) -> list[Bar]:
    """``after``: the first result of the step behind the chain."""
    done = {step: [e.seen_at for e in events if (e.step, e.status) == (step, Status.DONE)] for step in chain}
    bars: list[Bar] = []
    # The services stamp a row when a step's transaction begins: the best known start of the first one.
    # Where the hearing began in the middle of a job, its stored results began before.
    cursor = min(events[0].seen_at, events[0].row_updated_at) if events else None
    if cursor and works:
        cursor = min(cursor, *(work.began for work in works if work.step in chain))
    for index, step in enumerate(chain):
        later = [times[0] for name in chain[index + 1 :] if (times := done[name])]
        limit = min([*later, *([after] if after else [])], default=None)
        failures = tuple(e.seen_at for e in events if (e.step, e.status) == (step, Status.FAILED))
        stored = [work for work in works if work.step == step]
        bar = _heard(step, done[step], limit, cursor, stored) or _stored(step, stored, cursor)
        if bar is None:
            continue
        extra = max(len(done[step]), len(stored)) - 1
        bars.append(Bar(bar.step, bar.start, bar.work_start, bar.end, bar.source, max(extra, 0), failures))
        cursor = bar.end
    return bars


def _heard(
    step: str,
    times: Sequence[datetime],
    limit: datetime | None,
    cursor: datetime | None,
    stored: Sequence[Work],
) -> Bar | None:
    """The attempt that counts, from the end of the step before to its own end."""
    if not times or cursor is None:
        return None
    in_time = [at for at in times if limit is None or at <= limit]
    end = max(in_time[-1] if in_time else times[0], cursor)
    work = max((w.seconds for w in stored if w.ended <= end + SAME_MOMENT), default=None)
    work_start = cursor if work is None else max(cursor, end - timedelta(seconds=work))
    return Bar(step, cursor, work_start, end, Source.RECORDED)


def _stored(step: str, works: Sequence[Work], cursor: datetime | None) -> Bar | None:
    """From the newest stored result; its beginning is the row's, so there is no waiting to show.

    Rows of several steps may begin at the same moment: such a bar is moved behind the one before it.
    """
    if not works:
        return None
    newest = max(works, key=lambda work: work.began)
    start = max(newest.began, cursor) if cursor else newest.began
    return Bar(step, start, start, start + timedelta(seconds=newest.seconds), Source.STORED)


def _with_open_bar(bars: list[Bar], step: str | None, events: Sequence[Event]) -> list[Bar]:
    """Add the step that is going on now, begun when the last one ended."""
    if step is None or any(bar.step == step for bar in bars):
        return bars
    began = max((bar.end for bar in bars if bar.end), default=events[0].seen_at if events else None)
    if began is None:
        return bars
    failures = tuple(e.seen_at for e in events if (e.step, e.status) == (step, Status.FAILED))
    return [*bars, Bar(step, began, began, None, Source.RECORDED, 0, failures)]


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
    """``pieces`` follow each other without holes.

    ``folds``: place (percent) and seconds of folded gaps.
    """

    pieces: tuple[Piece, ...]
    folds: tuple[tuple[float, float], ...]

    def place(self, at: datetime) -> float:
        """Percent from the left, 0 to 100.

        Times outside are at the edge.
        """
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
    """An axis over all bars.

    A gap in which nothing worked is folded when it outlasts the work itself.

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
