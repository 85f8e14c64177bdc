"""Shared results, kept in their newest version only."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar, cast

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


class _Entry:
    __slots__ = ("asked_at", "lock", "value", "version")

    def __init__(self) -> None:
        self.asked_at = 0.0
        self.lock = Lock()
        self.version: object = self  # of nothing yet
        self.value: object = None


class LatestCache(Generic[_Key, _Value]):
    """At most ``most`` keys, the longest unused go; so does what nobody asked for in ``seconds``.

    (Streamlit's cache and ``lru_cache`` would keep every version that was ever asked for until they are full:
    a hundred old boards of a busy database.)
    """

    def __init__(self, most: int, seconds: float, clock: Callable[[], float] = monotonic) -> None:
        self._most, self._seconds, self._clock = most, seconds, clock
        self._entries: OrderedDict[_Key, _Entry] = OrderedDict()
        self._lock = Lock()

    def get(self, key: _Key, version: object, make: Callable[[], _Value]) -> _Value:
        """Computed once per version; concurrent callers share the result."""
        entry = self._entry(key)
        with entry.lock:
            if entry.version != version:
                entry.value = make()
                entry.version = version
            return cast("_Value", entry.value)

    def forget(self, key: _Key) -> None:
        """Make it anew for the next who asks."""
        with self._lock:
            self._entries.pop(key, None)

    def _entry(self, key: _Key) -> _Entry:
        with self._lock:
            entry, now = self._entries.setdefault(key, _Entry()), self._clock()
            entry.asked_at = now
            self._entries.move_to_end(key)
            while len(self._entries) > self._most or self._longest_unused.asked_at < now - self._seconds:
                self._entries.popitem(last=False)
            return entry

    @property
    def _longest_unused(self) -> _Entry:
        return next(iter(self._entries.values()))
