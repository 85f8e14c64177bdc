"""Ask every check at once, each with a time limit; one that hangs never holds up the others."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from feedly_core.diagnostics.check import Answer, Check, Finding, Verdict, worst
from feedly_core.diagnostics.context import Scene
from feedly_core.errors import DatabaseUnreachable, FeedlyError, QueryTimedOut
from feedly_core.i18n import N_

log = logging.getLogger("feedly.diagnostics")


@dataclass(frozen=True)
class Examination:
    """All answers, in the order of the checks."""

    answers: tuple[Answer, ...]

    @property
    def verdict(self) -> Verdict:
        return worst([answer.verdict for answer in self.answers])

    @property
    def exit_code(self) -> int:
        """0 all in order, 1 something to look at or not known, 2 something broken."""
        return {Verdict.OK: 0, Verdict.UNKNOWN: 1, Verdict.WARNING: 1, Verdict.FAILED: 2}[self.verdict]

    def __iter__(self) -> Iterator[Answer]:
        return iter(self.answers)

    def __getitem__(self, key: str) -> Answer:
        return next(answer for answer in self.answers if answer.check.key == key)


def examine(
    scene: Scene, checks: Sequence[Check], clock: Callable[[], float] = time.monotonic
) -> Examination:
    """Run ``checks`` in parallel; return after ``thresholds.check`` seconds at the latest.

    A check that hangs is answered as unknown and left to its own time-outs in a daemon thread.
    """
    arrived: queue.SimpleQueue[Answer] = queue.SimpleQueue()
    for check in checks:
        threading.Thread(
            target=lambda asked: arrived.put(_answer(scene, asked, clock)),
            args=(check,),
            name=f"check {check.key}",
            daemon=True,
        ).start()
    answers: dict[str, Answer] = {}
    end = clock() + scene.thresholds.check
    while len(answers) < len(checks):
        try:
            answer = arrived.get(timeout=max(0.0, end - clock()))
        except queue.Empty:
            break
        answers[answer.check.key] = answer
    late = scene.thresholds.check
    return Examination(
        tuple(answers.get(check.key) or Answer(check, _too_late(late), late * 1000) for check in checks)
    )


def _answer(scene: Scene, check: Check, clock: Callable[[], float]) -> Answer:
    began = clock()
    try:
        finding = check.ask(scene)
    except DatabaseUnreachable:
        finding = Finding(
            Verdict.UNKNOWN,
            N_("Not asked: the database cannot be reached."),
            cause="no_database",
        )
    except QueryTimedOut as error:
        finding = Finding(
            Verdict.UNKNOWN,
            error.message,
            cause="timed_out",
            why=N_(
                "A lock or a very busy database held the question up; this says nothing about its answer."
            ),
        )
    except FeedlyError as error:
        finding = Finding(Verdict.UNKNOWN, error.message, cause="refused", why=error.detail)
    except Exception:
        log.exception("Check %s broke", check.key)
        finding = Finding(
            Verdict.UNKNOWN,
            N_("This check itself broke; the server's log has the details."),
            cause="check_broke",
        )
    return Answer(check, finding, (clock() - began) * 1000)


def _too_late(seconds: float) -> Finding:
    return Finding(
        Verdict.UNKNOWN,
        N_("No answer within {seconds} s.", seconds=f"{seconds:g}"),
        cause="timed_out",
        why=N_("The other checks did not wait for this one."),
    )
