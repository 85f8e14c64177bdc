"""Runs all checks in parallel, each with a time limit."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from feedly_core.diagnostics.check import Check, CheckOutcome, CheckResult, Finding, worst
from feedly_core.diagnostics.context import CheckContext
from feedly_core.errors import DatabaseUnreachable, FeedlyError, QueryTimedOut
from feedly_core.i18n import N_

log = logging.getLogger("feedly.diagnostics")


@dataclass(frozen=True)
class CheckReport:
    """Results of all checks, in the order of the checks."""

    results: tuple[CheckResult, ...]

    @property
    def outcome(self) -> CheckOutcome:
        return worst([result.outcome for result in self.results])

    @property
    def exit_code(self) -> int:
        """0: all OK. 1: a warning or unknown.

        2: something is broken.
        """
        return {CheckOutcome.OK: 0, CheckOutcome.UNKNOWN: 1, CheckOutcome.WARNING: 1, CheckOutcome.FAILED: 2}[
            self.outcome
        ]

    def __iter__(self) -> Iterator[CheckResult]:
        return iter(self.results)

    def __getitem__(self, key: str) -> CheckResult:
        return next(result for result in self.results if result.check.key == key)


def run_checks(
    context: CheckContext, checks: Sequence[Check], clock: Callable[[], float] = time.monotonic
) -> CheckReport:
    """Run ``checks`` in parallel.

    Return after ``thresholds.check`` seconds at the latest.

    A check that hangs becomes unknown; its daemon thread ends by its own time-outs.
    """
    arrived: queue.SimpleQueue[CheckResult] = queue.SimpleQueue()
    for check in checks:
        threading.Thread(
            target=lambda one_check: arrived.put(_run_one(context, one_check, clock)),
            args=(check,),
            name=f"check {check.key}",
            daemon=True,
        ).start()
    results: dict[str, CheckResult] = {}
    end = clock() + context.thresholds.check
    while len(results) < len(checks):
        try:
            result = arrived.get(timeout=max(0.0, end - clock()))
        except queue.Empty:
            break
        results[result.check.key] = result
    late = context.thresholds.check
    return CheckReport(
        tuple(results.get(check.key) or CheckResult(check, _too_late(late), late * 1000) for check in checks)
    )


def _run_one(context: CheckContext, check: Check, clock: Callable[[], float]) -> CheckResult:
    began = clock()
    try:
        finding = check.run(context)
    except DatabaseUnreachable:
        finding = Finding(
            CheckOutcome.UNKNOWN,
            N_("Not asked: the database cannot be reached."),
            cause="no_database",
        )
    except QueryTimedOut as error:
        finding = Finding(
            CheckOutcome.UNKNOWN,
            error.message,
            cause="timed_out",
            why=N_("A lock or a busy database delayed the query. This says nothing about its result."),
        )
    except FeedlyError as error:
        finding = Finding(CheckOutcome.UNKNOWN, error.message, cause="refused", why=error.detail)
    except Exception:
        log.exception("Check %s broke", check.key)
        finding = Finding(
            CheckOutcome.UNKNOWN,
            N_("This check itself failed. The server's log has the details."),
            cause="check_broke",
        )
    return CheckResult(check, finding, (clock() - began) * 1000)


def _too_late(seconds: float) -> Finding:
    return Finding(
        CheckOutcome.UNKNOWN,
        N_("No answer within {seconds} s.", seconds=f"{seconds:g}"),
        cause="timed_out",
        why=N_("The other checks did not wait for this one."),
    )
