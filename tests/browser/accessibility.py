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


_INVISIBLE = """(least) => {
  const numbers = (colour) => (colour.match(/[\\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
  const [red, green, blue] = [.21, .72, .07];
  const light = (colour) => {
    const [r, g, b] = colour.map((part) => (part / 255) ** 2.2);
    return red * r + green * g + blue * b;
  };
  const ground = (one) => {
    for (let box = one; box; box = box.parentElement) {
      const [r, g, b, alpha = 1] = numbers(getComputedStyle(box).backgroundColor);
      if (alpha > .9) return [r, g, b];
    }
    return numbers(getComputedStyle(document.body).backgroundColor).slice(0, 3);
  };
  return [...document.querySelectorAll('button:disabled')].filter((one) => {
    if (!one.innerText.trim() || !one.checkVisibility()) return false;
    const below = ground(one), [r, g, b, alpha = 1] = numbers(getComputedStyle(one).color);
    const ink = [r, g, b].map((c, i) => c * alpha + below[i] * (1 - alpha));
    const [dark, bright] = [light(ink), light(below)].sort((a, b) => a - b);
    return (bright + .05) / (dark + .05) < least;
  }).map((one) => one.innerText.trim());
}"""
_LEAST_OF_DISABLED = 1.4
"""No rule of axe's asks that one can read what a disabled button would do; a person does."""


def violations(page: Page, rules: tuple[str, ...] | None = None) -> list[str]:
    """One line per element with a violation: rule, where, why.

    Of impact serious or critical, and headings that skip a level.
    """
    if not page.evaluate("() => typeof axe === 'object'"):
        page.evaluate(AXE)
    found: list[dict[str, Any]] = page.evaluate(_RUN, list(rules) if rules else None)
    lines = [
        _line(violation, node)
        for violation in found
        if violation["impact"] in ("serious", "critical") or violation["id"] == _HEADINGS
        for node in violation["nodes"]
    ]
    unread: list[str] = page.evaluate(_INVISIBLE, _LEAST_OF_DISABLED)
    return [*lines, *(f"disabled and invisible: {words}" for words in unread)]


def _line(violation: dict[str, Any], node: dict[str, Any]) -> str:
    why = " ".join((node.get("failureSummary") or "").split())
    return f"{violation['id']}: {' '.join(node['html'].split())[:160]} ({why[:200]})"
