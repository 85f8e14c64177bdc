"""An audit that audited nothing says so, and a finding needs a decision."""

from __future__ import annotations

from tests.advisories import Package, verdict

CLEAN: Package = {"name": "clean", "version": "1.0", "vulns": []}
HIT: Package = {"name": "old", "version": "0.1", "vulns": [{"id": "PYSEC-2099-1", "fix_versions": ["0.2"]}]}
UNKNOWN: Package = {"name": "unknown", "skip_reason": "Dependency not found"}


def test_only_findings_without_a_decision_fail() -> None:
    found, line = verdict([CLEAN, HIT, UNKNOWN], "| PYSEC-2098-7 | elsewhere | |")
    assert found == ["old 0.1: PYSEC-2099-1"]
    assert "2 of 3" in line and found[0] in line
    assert verdict([CLEAN, HIT], "| PYSEC-2099-1 | not reachable | |")[0] == []


def test_nothing_audited_is_never_called_clean() -> None:
    assert verdict([UNKNOWN], "") == ([], "pip-audit SKIPPED: the package index tells no advisories")
