"""Calls waiting for a worker.

One variant (or job) is worked on by one worker at a time.

In the real services a second call of the same variant waits for the row lock of the first. Here it
waits in the variant's own line, so that a few workers are enough and none of them ever only waits.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from uuid import UUID

LONGEST_LINE = 3
"""Calls that may wait for one variant; more would only repeat what is already repeated."""


@dataclass(frozen=True)
class Call:
    """One step to run, of a variant or (``variant_id`` None) of a job.

    ``recovered`` marks a call by the recovery of lagging variants, which counts as a retry.
    """

    step: str
    job_id: UUID
    variant_id: UUID | None = None
    recovered: bool = False

    @property
    def line(self) -> UUID:
        """Whose row is locked during the work."""
        return self.variant_id or self.job_id


class Calls:
    """Thread-safe lines of calls, served in the order in which they became ready."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._lines: dict[UUID, deque[Call]] = {}
        self._ready: deque[UUID] = deque()
        self._busy: set[UUID] = set()
        self._closed = False

    def add(self, call: Call, *, twice: bool = False) -> bool:
        """Put a call in its line.

        Without ``twice`` only if the line is empty and idle. True if taken.

        Calls that are allowed ``twice`` overtake each other, as those that wait for a row lock do: later
        steps run before the repeats of earlier ones, and the variant seems to walk backwards.
        """
        with self._changed:
            line = self._lines.get(call.line)
            engaged = call.line in self._busy or line is not None
            if self._closed or (engaged and not twice) or len(line or ()) >= LONGEST_LINE:
                return False
            if line is None:
                line = self._lines[call.line] = deque()
                if call.line not in self._busy:
                    self._ready.append(call.line)
                    self._changed.notify()
            line.insert(min(1, len(line)) if twice else len(line), call)
            return True

    def follow(self, call: Call) -> bool:
        """Queue a call that the finished work causes: its event may arrive before the work is done."""
        with self._changed:
            line = self._lines.get(call.line)
            if line is not None and call in line:
                return False
            if line is not None:
                line.append(call)
                return True
        return self.add(call, twice=True)

    def engaged(self, line: UUID) -> bool:
        """True while a call of this variant or job is waiting or being worked on."""
        with self._changed:
            return line in self._busy or line in self._lines

    def take(self) -> Call | None:
        """The next call, waiting for one; None after :meth:`close`.

        Give it back with :meth:`done`.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._ready)
            if self._closed:
                return None
            line = self._ready.popleft()
            waiting = self._lines[line]
            call = waiting.popleft()
            if not waiting:
                del self._lines[line]
            self._busy.add(line)
            return call

    def done(self, call: Call) -> None:
        with self._changed:
            self._busy.discard(call.line)
            if call.line in self._lines and not self._closed:
                self._ready.append(call.line)
                self._changed.notify()

    def close(self) -> None:
        """Wake every waiting worker; nothing is taken any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
