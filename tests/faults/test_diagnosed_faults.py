"""One thing is broken at a time: the right check says so, names the cause, and its printed fix works.

A row says which answers may leave "ok". Every other check must stay ok: that is what "not misdiagnosed"
means here.
"""

from __future__ import annotations

import json
from contextlib import nullcontext

import pytest
import typer
from typer.testing import CliRunner

from dashboard.cli import diagnostics as terminal
from dashboard.cli import session
from feedly_core.diagnostics.check import CheckOutcome
from feedly_core.diagnostics.check_report import CheckReport
from tests.faults import breaking
from tests.faults.fault import Fault
from tests.faults.role_faults import ROLE_FAULTS
from tests.faults.surrounding_faults import SURROUNDING_FAULTS
from tests.faults.trigger_faults import TRIGGER_FAULTS
from tests.faults.work_faults import WORK_FAULTS
from tests.faults.world import PATIENT, World

FAULTS = [*TRIGGER_FAULTS, *ROLE_FAULTS, *SURROUNDING_FAULTS, *WORK_FAULTS]


def test_a_healthy_surrounding_has_nothing_to_say(world: World) -> None:
    check_report = world.run_checks()
    assert [
        (a.check.key, str(a.finding.found)) for a in check_report if a.outcome is not CheckOutcome.OK
    ] == []
    assert check_report.exit_code == 0


@pytest.mark.parametrize(
    ("breaks", "code", "verdict"),
    [
        (lambda world: nullcontext(), 0, "ok"),
        (breaking.listener_switched_off, 1, "warning"),
        (breaking.no_listener, 2, "failed"),
    ],
    ids=["healthy", "a warning", "broken"],
)
def test_the_doctor_ends_with_its_verdict(
    world: World, monkeypatch: pytest.MonkeyPatch, breaks: breaking.Break, code: int, verdict: str
) -> None:
    monkeypatch.setattr(session, "Thresholds", lambda **patience: PATIENT)
    app = typer.Typer()
    terminal.register(app)
    with breaks(world):
        for name, value in world.variables.items():
            monkeypatch.setenv(name, str(value))
        shown = CliRunner().invoke(app, ["doctor", "--json"])
    assert (shown.exit_code, json.loads(shown.output)["verdict"]) == (code, verdict)


def test_every_fault_is_another_one() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 16


@pytest.mark.parametrize("fault", [pytest.param(f, id=f.name, marks=f.marks) for f in FAULTS])
def test_fault_is_named_and_its_fix_works(world: World, fault: Fault) -> None:
    with fault.breaks(world):
        check_report = world.run_checks()
        result = check_report[fault.check]
        finding = result.finding
        assert (result.outcome, finding.cause) == (fault.outcome, fault.cause), str(finding.found)
        assert fault.found in str(finding.found)
        assert finding.why is not None
        assert finding.fix is not None
        assert fault.fix in f"{finding.fix.advice}\n{finding.fix.sql}\n{finding.fix.command}"
        assert not fault.shows or fault.shows in finding.difference.splitlines()
        assert _others_not_ok(check_report, fault) == []
        assert check_report.exit_code == (2 if fault.outcome is CheckOutcome.FAILED else 1)

        world.apply(finding.fix)
        fault.fixed(world)
        repaired = world.check_again(fault.check)
        assert repaired.outcome is fault.seen_afterwards, str(repaired.finding.found)


def _others_not_ok(check_report: CheckReport, fault: Fault) -> list[str]:
    return [
        f"{result.check.key}: {result.finding.found}"
        for result in check_report
        if result.outcome is not CheckOutcome.OK
        and result.check.key != fault.check
        and not any(result.check.key.startswith(prefix) for prefix in fault.also)
    ]
