"""axe-core on a page: what keeps somebody from reading or using it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Page

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
"""axe-core (Mozilla Public License 2.0), as its package brings it."""

BY_THEME = ("color-contrast", "link-in-text-block")
"""Rules whose answer depends on the theme."""

_HEADINGS = "heading-order"
"""Of moderate impact only, but who listens to a page finds their way by its headings."""

_RUN = """(rules) => axe.run({exclude: [['iframe']]}, {
  resultTypes: ['violations'], elementRef: false, ...(rules && {runOnly: {type: 'rule', values: rules}}),
}).then((result) => result.violations)"""


def violations(page: Page, rules: tuple[str, ...] | None = None) -> list[str]:
    """One line per element with a violation: rule, where, why.

    Of impact serious or critical, and headings that skip a level.
    """
    if not page.evaluate("() => typeof axe === 'object'"):
        page.evaluate(AXE)
    found: list[dict[str, Any]] = page.evaluate(_RUN, list(rules) if rules else None)
    return [
        _line(violation, node)
        for violation in found
        if violation["impact"] in ("serious", "critical") or violation["id"] == _HEADINGS
        for node in violation["nodes"]
    ]


def _line(violation: dict[str, Any], node: dict[str, Any]) -> str:
    why = " ".join((node.get("failureSummary") or "").split())
    return f"{violation['id']}: {' '.join(node['html'].split())[:160]} ({why[:200]})"
