"""What the pictures of all pages find fault with: widths, on pages that are made to have the fault."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from benchmarks.page_gallery import shoot

_PAGE = """<style>
body {{ margin: 0 }}
[data-testid="stMain"] {{ height: 100vh; overflow: {overflow} }}
</style>
<div data-testid="stApp" data-test-connection-state="CONNECTED" data-test-script-state="notRunning">
<div data-testid="stMain"><h1>A page</h1>{content}</div></div>"""
_WIDE = '<div style="width: 700px; display: flex"><i style="width: 600px"></i><button>Vote</button></div>'
_NARROW = _WIDE.replace("700px", "350px").replace("600px", "300px")
_HOST = '<div id="host" style="width: 300px"></div>'


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    yield page
    page.close()


@pytest.mark.parametrize(
    ("overflow", "content", "fault"),
    [
        ("auto", '<div style="width: 700px">A wide line</div>', "scrolls sideways by 310 px"),
        ("hidden auto", _WIDE, "1 outside their panel, such as 'Vote'"),
        ("auto", f'<div style="overflow-x: auto">{_WIDE}</div>', ""),
        ("auto", f'<div style="overflow: hidden">{_WIDE}</div>', "1 outside their panel, such as 'Vote'"),
        (
            "auto",
            f'<div style="width: 300px" data-testid="stColumn">{_NARROW}</div>',
            "1 outside their panel",
        ),
        ("auto", f'<i style="display: block; width: 1px; overflow: hidden">{_NARROW}</i>', ""),
        ("auto", '<div class="fd-state" role="alert">It broke</div>', "error: It broke"),
        ("auto", '<button style="width: 100%">Vote</button>', ""),
    ],
)
def test_a_page_that_does_not_fit_is_a_fault(
    phone: Page, tmp_path: Path, overflow: str, content: str, fault: str
) -> None:
    phone.set_content(_PAGE.format(overflow=overflow, content=content))
    found = shoot(phone, tmp_path / "page.png", whole=True)
    assert [fault in each for each in found] == ([True] if fault else [])
    assert (tmp_path / "page.png").stat().st_size > 0


def test_what_leaves_its_component_counts(phone: Page, tmp_path: Path) -> None:
    phone.set_content(_PAGE.format(overflow="hidden auto", content=_HOST))
    phone.locator("#host").evaluate(
        "(host, content) => { host.attachShadow({mode: 'open'}).innerHTML = content }", _NARROW
    )
    assert shoot(phone, tmp_path / "page.png", whole=False) == ["1 outside their panel, such as 'Vote'"]
