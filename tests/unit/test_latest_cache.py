import weakref
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier, Event

import pytest

from pages.shared.latest_cache import LatestCache


def test_a_version_is_made_once_for_all_who_ask_meanwhile() -> None:
    shared: LatestCache[str, str] = LatestCache(2, seconds=60)
    made, all_asked, may_end = [], Barrier(4), Event()

    def make() -> str:
        made.append("once")
        may_end.wait(10)
        return "drawn"

    def ask() -> str:
        all_asked.wait(10)
        return shared.get("board", 1, make)

    with ThreadPoolExecutor(3) as viewers:
        asked = [viewers.submit(ask) for _ in range(3)]
        all_asked.wait(10)
        may_end.set()
        assert [each.result() for each in asked] == ["drawn"] * 3
    assert made == ["once"]


def test_only_the_newest_version_and_the_keys_in_use_are_kept() -> None:
    shared: LatestCache[str, int] = LatestCache(2, seconds=60)
    assert [shared.get("a", version, partial(int, version)) for version in (1, 2, 2, 1)] == [
        1,
        2,
        2,
        1,
    ]
    for key in ("b", "a", "c"):
        shared.get(key, 1, lambda: 1)
    assert shared.get("a", 1, lambda: 7) == 1, "used after b: kept"
    assert shared.get("b", 1, lambda: 7) == 7, "longest unused: gone"


def test_what_failed_or_was_forgotten_is_made_anew() -> None:
    shared: LatestCache[str, int] = LatestCache(2, seconds=60)
    with pytest.raises(ZeroDivisionError):
        shared.get("a", 1, lambda: 1 // 0)
    assert shared.get("a", 1, lambda: 1) == 1
    shared.forget("a")
    assert shared.get("a", 1, lambda: 2) == 2


def test_what_nobody_asked_for_in_a_while_is_not_kept() -> None:
    times = iter((0.0, 0.0, 40.0, 70.0))
    shared: LatestCache[str, object] = LatestCache(9, seconds=60, clock=lambda: next(times))
    left, used = shared.get("left", 1, set), shared.get("used", 1, set)
    gone = weakref.ref(left)
    del left
    assert [shared.get("used", 1, set) is used for _ in range(2)] == [True, True]
    assert gone() is None, "kept although the last who asked did so more than a minute ago"
