"""The results page in real Chromium: shared zoom, layers, comparing, links."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from dashboard.demo.postgres import EmbeddedPostgres
from feedly_core.db.engine import make_engine
from feedly_core.settings import load_settings
from tests.browser.painting import WHOLE, ZOOMS
from tests.browser.server import running_app
from tests.factories import MadeJob, write_job
from tests.waiting import wait_until

PANELS = ".fd-zoomable .fd-panel"
SHOWN = "all => all.filter(one => getComputedStyle(one).visibility === 'visible').length"
FOCUSED = "() => document.activeElement.dataset.picture"
SLOW = 60
"""Seconds: drawing a chart in software on a busy machine takes its time."""


@dataclass(frozen=True)
class Served:
    """A dashboard with one finished job of three variants."""

    url: str
    job: MadeJob
    assets: Path

    def address(self, **query: object) -> str:
        parameters = "".join(f"&{name}={value}" for name, value in query.items())
        return f"{self.url}/results?job={str(self.job.job_id)[:12]}{parameters}"


@pytest.fixture(scope="module")
def served(
    postgres: EmbeddedPostgres, feedly_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    assets = tmp_path_factory.mktemp("assets")
    url = postgres.create_database("results_in_the_browser", feedly_template)
    engine = make_engine(load_settings(DATABASE_URL=url))
    job = write_job(engine, assets)
    engine.dispose()
    with running_app(tmp_path_factory.mktemp("home"), DATABASE_URL=url, ASSETS_DIR=str(assets)) as server:
        yield Served(server.url, job, assets)


def open_results(page: Page, served: Served, **query: object) -> None:
    page.set_default_timeout(1000 * SLOW)
    page.goto(served.address(**query))
    page.locator(PANELS).first.wait_for()


def zooms(page: Page) -> list[str]:
    found: list[str] = page.locator(f"{PANELS}-inner").evaluate_all(ZOOMS)
    return found


def shared_zoom(page: Page) -> str:
    """The one zoom of all pictures; empty while they differ or are whole."""
    found = set(zooms(page))
    return found.pop() if len(found) == 1 and WHOLE not in found else ""


def every_picture_is_loaded(page: Page, served: Served) -> bool:
    loaded = page.evaluate("() => performance.getEntriesByType('resource').map(entry => entry.name)")
    expected = {str(asset) for asset in (*served.job.overlaid_ids, served.job.input_asset_id)}
    return expected <= {url.rsplit("/", 1)[-1] for url in loaded}


def test_zoom_and_pan_stay_in_step_and_survive_a_layer_switch(page: Page, served: Served) -> None:
    open_results(page, served)
    first = page.locator(PANELS).first
    expect(page.locator(PANELS)).to_have_count(9)
    wait_until(lambda: every_picture_is_loaded(page, served), SLOW, "the pictures")
    first.scroll_into_view_if_needed()
    first.hover(position={"x": 100, "y": 100})
    page.keyboard.down("Control")
    page.mouse.wheel(0, -480)
    page.keyboard.up("Control")
    zoomed = wait_until(lambda: shared_zoom(page), SLOW, "the zoom")
    first.hover(position={"x": 100, "y": 100})
    page.mouse.down()
    page.mouse.move(520, 480, steps=4)
    page.mouse.up()
    moved = wait_until(lambda: shared_zoom(page), SLOW, "the pan")
    assert moved != zoomed
    expect(page.locator("dialog[open]")).to_have_count(0)  # a drag is no click
    page.get_by_role("button", name="후보 상자").click()
    expect(page.locator(".fd-zoomable .fd-box-proposals")).to_have_count(0)
    assert shared_zoom(page) == moved
    page.get_by_role("button", name="문구 없는 이미지").click()
    expect(page.locator(PANELS)).to_have_count(6)
    assert shared_zoom(page) == moved, "the zoom stays"
    page.keyboard.press("0")
    assert not shared_zoom(page)


def test_hover_tells_the_numbers_of_a_box(page: Page, served: Served) -> None:
    open_results(page, served, rows="planner", layers="proposals")
    first = page.locator(PANELS).first
    first.scroll_into_view_if_needed()
    box = first.bounding_box()
    assert box is not None
    at = [box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.86]
    title = page.evaluate("([x, y]) => document.elementFromPoint(x, y).title", at)
    assert "rule_bottom" in title


def test_the_ads_come_first_with_evidence_on_demand_and_a_large_view(page: Page, served: Served) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_viewport_size({"width": 1440, "height": 900})
    open_results(page, served)
    for place in range(3):
        for part in (".fd-panel", ".fd-ad-head", "li"):
            edges = page.locator(".fd-ad").nth(place).locator(part).first.bounding_box()
            assert edges and edges["y"] + edges["height"] <= 900, "three ads stand on the first screen"
    boxes = page.locator(".fd-ads .fd-box")
    assert boxes.evaluate_all(SHOWN) == 0
    page.keyboard.down("e")
    assert boxes.evaluate_all(SHOWN) == boxes.count() > 0
    page.keyboard.up("e")
    assert boxes.evaluate_all(SHOWN) == 0
    page.locator(".fd-ad summary").first.hover()
    assert 0 < boxes.evaluate_all(SHOWN) < boxes.count(), "a finding shows its own"

    page.locator(".fd-ad .fd-panel").nth(1).focus()
    opener = page.evaluate(FOCUSED)
    page.keyboard.press("Enter")
    large = page.locator("dialog[open]")
    expect(large.locator("img")).to_have_attribute("src", opener)
    page.keyboard.press("b")
    expect(large.locator("img")).not_to_have_attribute("src", opener)
    page.keyboard.press("ArrowRight")
    expect(large.locator("img")).not_to_have_attribute("src", opener)
    page.keyboard.press("+")
    expect(large.locator(".lightbox-stage")).to_have_attribute("data-zoomed", "")
    page.keyboard.press("Escape")
    expect(large).to_have_count(0)
    assert page.evaluate(FOCUSED) == opener, "the focus is where it was"
    assert not [url for url in asked if "Plotly" in url]


def test_choices_are_a_link(page: Page, new_window: Callable[..., Page], served: Served) -> None:
    open_results(page, served)
    page.get_by_role("button", name="문구 없는 이미지").click()
    page.wait_for_url(re.compile("rows=planner.overlay"))
    page.get_by_role("button", name="금지 영역", exact=True).click()
    page.wait_for_url(re.compile("layers=.*forbidden"))
    other = new_window(locale="en-US")
    other.goto(page.url)
    expect(other.locator(PANELS)).to_have_count(6, timeout=1000 * SLOW)
    expect(other.locator(".fd-results-legend")).to_contain_text("Forbidden area")


def test_comparing_by_slider_blink_and_difference(page: Page, served: Served) -> None:
    open_results(page, served, rows="overlay")
    page.get_by_text("두 이미지 비교").click()
    above = page.locator(".compare .above")
    above.wait_for()
    assert "50%" in str(above.evaluate("node => node.style.clipPath"))
    page.locator(".compare input").fill("80")
    assert "80%" in str(above.evaluate("node => node.style.clipPath"))
    stage = page.locator(".compare .stage")
    stage.focus()
    page.keyboard.press("b")
    assert above.evaluate("node => node.style.visibility") == "hidden"
    page.keyboard.press("b")
    assert above.evaluate("node => node.style.visibility") == "visible"
    page.get_by_role("button", name="겹쳐 보기").click()
    assert above.evaluate("node => node.style.opacity") == "0.2"
    page.get_by_role("button", name="차이").click()
    assert above.evaluate("node => node.style.mixBlendMode") == "difference"
    stage.hover()
    page.mouse.wheel(0, -300)
    wait_until(lambda: "scale(1)" not in str(page.locator(".compare .inner").get_attribute("style")))
    page.locator(".compare .right").select_option(label="시안 2 · 완성 이미지")
    wait_until(lambda: str(served.job.overlaid_ids[1]) in str(above.get_attribute("src")))
    assert above.evaluate("node => node.style.mixBlendMode") == "difference"
    held, zoom = page.locator(".compare .below").get_attribute("src"), page.locator(".compare .inner")
    at = zoom.get_attribute("style")
    stage.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert str(served.job.overlaid_ids[2]) in str(above.get_attribute("src"))
    assert page.locator(".compare .below").get_attribute("src") == held
    assert zoom.get_attribute("style") == at, "stepping keeps the zoom"
    page.keyboard.press("Shift+ArrowRight")
    assert page.locator(".compare .below").get_attribute("src") != held
    assert str(served.job.overlaid_ids[2]) in str(above.get_attribute("src"))


def test_the_archive_holds_every_picture_and_one_is_downloaded_untouched(page: Page, served: Served) -> None:
    open_results(page, served, rows="overlay")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="모든 이미지 받기").click()
    with zipfile.ZipFile(io.BytesIO(Path(waiting.value.path()).read_bytes())) as archive:
        names = archive.namelist()
        manifest = json.loads(archive.read("manifest.json"))
    assert {"variant-2/finished.png", "variant-2/overlay-view.png", "variant-2/planner-view.png"} <= set(
        names
    )
    assert manifest["job"]["job_id"] == str(served.job.job_id)
    assert {entry["file"] for entry in manifest["files"]} | {"manifest.json"} == set(names)

    page.get_by_role("button", name="내려받기").nth(1).click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="완성 이미지 (PNG)").click()
    original = next(served.assets.rglob(f"{served.job.overlaid_ids[1]}.png"))
    assert waiting.value.suggested_filename == "variant-2-finished.png"
    assert Path(waiting.value.path()).read_bytes() == original.read_bytes()


def test_a_card_leads_to_its_job(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/results")
    page.locator("body[data-feedly-links]").wait_for(state="attached")  # before, a link is an ordinary one
    page.evaluate("window.sameDocument = true")
    page.locator(".fd-gallery .fd-card p").first.click()
    page.wait_for_url(re.compile(str(served.job.job_id)))
    page.locator(".fd-ad .fd-panel").first.wait_for()
    assert page.evaluate("window.sameDocument"), "no page was loaded"


@pytest.mark.parametrize(("language", "scheme"), [("ko", "light"), ("en", "dark")])
def test_the_page_looks_right(
    page: Page,
    served: Served,
    screenshot: Callable[[Page, str], Path],
    language: str,
    scheme: Literal["light", "dark"],
) -> None:
    page.emulate_media(color_scheme=scheme)
    open_results(page, served, lang=language)
    assert screenshot(page, f"results-{language}-{scheme}").stat().st_size > 20_000
