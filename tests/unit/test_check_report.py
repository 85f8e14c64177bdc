"""All checks are asked at once; one that hangs or breaks is answered for, and costs the others nothing."""

from __future__ import annotations

import logging
import threading
from types import SimpleNamespace
from typing import cast

import pytest

from feedly_core.diagnostics.check import Check, Finding, Group, Verdict
from feedly_core.diagnostics.check_report import examine
from feedly_core.diagnostics.context import Scene
from feedly_core.diagnostics.thresholds import Thresholds
from feedly_core.errors import DatabaseUnreachable, PermissionDenied, QueryTimedOut
from feedly_core.i18n import N_

SCENE = cast(Scene, SimpleNamespace(thresholds=Thresholds(check=0.3)))
FINE = Finding(Verdict.OK, N_("Fine."))


def check(key: str, answers: Finding | Exception | threading.Event) -> Check:
    def ask(scene: Scene) -> Finding:
        if isinstance(answers, Exception):
            raise answers
        if isinstance(answers, threading.Event):
            answers.wait()
            return FINE
        return answers

    return Check(key, Group.DATABASE, N_("Name"), N_("Question?"), ask)


def test_one_that_hangs_is_called_unknown_and_the_others_are_answered() -> None:
    never = threading.Event()
    examination = examine(SCENE, [check("first", FINE), check("hangs", never), check("last", FINE)])
    never.set()
    assert [answer.check.key for answer in examination] == ["first", "hangs", "last"]
    assert examination["first"].verdict is examination["last"].verdict is Verdict.OK
    assert (examination["hangs"].verdict, examination["hangs"].finding.cause) == (
        Verdict.UNKNOWN,
        "timed_out",
    )


def test_they_are_asked_at_the_same_time() -> None:
    """Each waits for the other: one after the other they would never end."""
    both = threading.Barrier(2)

    def ask(scene: Scene) -> Finding:
        both.wait(10)
        return FINE

    pair = [Check(key, Group.WORK, N_("Name"), N_("Question?"), ask) for key in ("one", "other")]
    patient = cast(Scene, SimpleNamespace(thresholds=Thresholds(check=10.0)))
    assert examine(patient, pair).verdict is Verdict.OK


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
        examination = examine(SCENE, [check("broken", error), check("fine", FINE)])
    assert (examination["broken"].verdict, examination["broken"].finding.cause) == (Verdict.UNKNOWN, cause)
    assert examination["fine"].verdict is Verdict.OK


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ([Verdict.OK, Verdict.OK], 0),
        ([Verdict.OK, Verdict.UNKNOWN], 1),
        ([Verdict.WARNING, Verdict.UNKNOWN], 1),
        ([Verdict.FAILED, Verdict.WARNING, Verdict.OK], 2),
    ],
)
def test_the_worst_answer_decides_the_exit_code(verdicts: list[Verdict], code: int) -> None:
    checks = [check(str(number), Finding(verdict, N_("."))) for number, verdict in enumerate(verdicts)]
    assert examine(SCENE, checks).exit_code == code
