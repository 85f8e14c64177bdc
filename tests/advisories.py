"""Known security problems of the pinned packages: ``python -m tests.advisories``, part of ``make audit``.

pip-audit asks the package index. An index that tells no advisories (many mirrors) makes it skip every
package and succeed, so this says SKIPPED instead of letting that look like a clean bill. Exit code: 1 when a
package has a problem without a decision in SECURITY.md, else 0.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

Package = dict[str, Any]
"""One package in pip-audit's JSON."""
PROJECT = Path(__file__).parents[1]
_COMMAND = ("--requirement", "constraints.txt", "--no-deps", "--disable-pip", "--progress-spinner", "off")


def main() -> int:
    asked = subprocess.run(
        [sys.executable, "-m", "pip_audit", *_COMMAND, "--format", "json"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )
    try:
        packages = json.loads(asked.stdout)["dependencies"]
    except ValueError:
        print(f"pip-audit SKIPPED: no answer from the package index\n{asked.stderr[-500:]}")
        return 0
    found, line = verdict(packages, (PROJECT / "SECURITY.md").read_text(encoding="utf-8"))
    print(line)
    return 1 if found else 0


def verdict(packages: list[Package], decisions: str) -> tuple[list[str], str]:
    """Problems that ``decisions`` does not name, and the line to print, from pip-audit's own JSON."""
    audited = [package for package in packages if "skip_reason" not in package]
    found = [
        f"{package['name']} {package['version']}: {problem['id']}"
        for package in audited
        for problem in package["vulns"]
        if problem["id"] not in decisions
    ]
    counted = f"{len(audited)} of {len(packages)} packages audited"
    if found:
        return found, f"pip-audit: {counted}; without a decision in SECURITY.md:\n  " + "\n  ".join(found)
    if not audited:
        return [], "pip-audit SKIPPED: the package index tells no advisories"
    return [], f"pip-audit: {counted}, every finding has a decision"


if __name__ == "__main__":
    sys.exit(main())
