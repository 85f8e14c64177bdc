"""All checks are asked at once; one that hangs or breaks is answered for, and costs the others nothing."""

from __future__ import annotations

import logging
import threading
from types import SimpleNamespace
from typing import cast

import pytest

from feedly_core.diagnostics.check import Check, CheckOutcome, Finding, Group
from feedly_core.diagnostics.check_report import run_checks
from feedly_core.diagnostics.context import CheckContext
from feedly_core.diagnostics.thresholds import Thresholds
from feedly_core.errors import DatabaseUnreachable, PermissionDenied, QueryTimedOut
from feedly_core.i18n import N_

CONTEXT = cast(CheckContext, SimpleNamespace(thresholds=Thresholds(check=0.3)))
FINE = Finding(CheckOutcome.OK, N_("Fine."))


def check(key: str, results: Finding | Exception | threading.Event) -> Check:
    def ask(context: CheckContext) -> Finding:
        if isinstance(results, Exception):
            raise results
        if isinstance(results, threading.Event):
            results.wait()
            return FINE
        return results

    return Check(key, Group.DATABASE, N_("Name"), N_("Question?"), ask)


def test_one_that_hangs_is_called_unknown_and_the_others_are_answered() -> None:
    never = threading.Event()
    check_report = run_checks(CONTEXT, [check("first", FINE), check("hangs", never), check("last", FINE)])
    never.set()
    assert [result.check.key for result in check_report] == ["first", "hangs", "last"]
    assert check_report["first"].outcome is check_report["last"].outcome is CheckOutcome.OK
    assert (check_report["hangs"].outcome, check_report["hangs"].finding.cause) == (
        CheckOutcome.UNKNOWN,
        "timed_out",
    )


def test_they_are_asked_at_the_same_time() -> None:
    """Each waits for the other: one after the other they would never end."""
    both = threading.Barrier(2)

    def ask(context: CheckContext) -> Finding:
        both.wait(10)
        return FINE

    pair = [Check(key, Group.WORK, N_("Name"), N_("Question?"), ask) for key in ("one", "other")]
    patient = cast(CheckContext, SimpleNamespace(thresholds=Thresholds(check=10.0)))
    assert run_checks(patient, pair).outcome is CheckOutcome.OK


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (DatabaseUnreachable(N_("Gone.")), "no_database"),
        (QueryTimedOut(N_("Too long.")), "timed_out"),
        (PermissionDenied(N_("No.")), "refused"),
        (ZeroDivisionError(), "check_broke"),
    ],
)
def test_an_error_is_an_answer(error: Exception, cause: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.CRITICAL):
        check_report = run_checks(CONTEXT, [check("broken", error), check("fine", FINE)])
    assert (check_report["broken"].outcome, check_report["broken"].finding.cause) == (
        CheckOutcome.UNKNOWN,
        cause,
    )
    assert check_report["fine"].outcome is CheckOutcome.OK


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([CheckOutcome.OK, CheckOutcome.OK], 0),
        ([CheckOutcome.OK, CheckOutcome.UNKNOWN], 1),
        ([CheckOutcome.WARNING, CheckOutcome.UNKNOWN], 1),
        ([CheckOutcome.FAILED, CheckOutcome.WARNING, CheckOutcome.OK], 2),
    ],
)
def test_the_worst_answer_decides_the_exit_code(outcomes: list[CheckOutcome], code: int) -> None:
    checks = [check(str(number), Finding(outcome, N_("."))) for number, outcome in enumerate(outcomes)]
    assert run_checks(CONTEXT, checks).exit_code == code
