"""The results page in real Chromium: shared zoom, layers, comparing, links."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from dashboard.demo.postgres import EmbeddedPostgres
from feedly_core.db.engine import make_engine
from feedly_core.settings import load_settings
from tests.browser.server import running_app
from tests.stored_job import StoredJob, write_job
from tests.waiting import wait_until

RANGES = "() => { const l = document.querySelector('.js-plotly-plot')._fullLayout; " + (
    "return Object.keys(l).filter(k => /^[xy]axis\\d*$/.test(k)).map(k => [k[0], l[k].range.map(Number)]); }"
)
Ranges = list[tuple[str, list[float]]]
SLOW = 60
"""Seconds: drawing a chart in software on a busy machine takes its time."""


@dataclass(frozen=True)
class Served:
    """A dashboard with one finished job of three variants."""

    url: str
    job: StoredJob
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
    page.locator(".js-plotly-plot .main-svg").first.wait_for()


def ranges(page: Page) -> Ranges:
    found: Ranges = page.evaluate(RANGES)
    return found


def zoomed(page: Page) -> bool:
    return all(abs(one[1] - one[0]) < 0.95 for _, one in ranges(page))


def zoom_into_first(page: Page) -> None:
    """Turn the wheel over the upper left picture until the figure has followed."""
    plot = page.locator(".js-plotly-plot .nsewdrag").first
    plot.scroll_into_view_if_needed()
    plot.hover(position={"x": 100, "y": 100})
    for _ in range(3):
        page.mouse.wheel(0, -240)
    wait_until(lambda: zoomed(page), SLOW, "the zoom")


def drag(page: Page) -> Ranges:
    """Pull the upper left picture a little; a pull right after the wheel may be ignored."""
    page.locator(".js-plotly-plot .nsewdrag").first.hover(position={"x": 100, "y": 100})
    page.mouse.down()
    page.mouse.move(520, 480, steps=4)
    page.mouse.up()
    return ranges(page)


def test_zoom_and_pan_stay_in_step_and_survive_a_layer_switch(page: Page, served: Served) -> None:
    open_results(page, served)
    assert len(ranges(page)) == 18
    zoom_into_first(page)

    def settled() -> Ranges:
        before = ranges(page)
        return before if before == ranges(page) else []

    after_zoom = wait_until(settled)
    for axis in "xy":
        assert len({json.dumps(one) for name, one in after_zoom if name == axis}) == 1
    moved = wait_until(lambda: settled() if drag(page) != after_zoom else [], SLOW, "the pan")
    for axis in "xy":
        assert len({json.dumps(one) for name, one in moved if name == axis}) == 1
    traces = "() => document.querySelector('.js-plotly-plot').data.length"
    before = page.evaluate(traces)
    page.get_by_role("button", name="후보 상자").click()
    wait_until(lambda: page.evaluate(traces) < before, SLOW, "the layer to go")
    kept = wait_until(settled)
    for (_, one), (_, other) in zip(kept, moved, strict=True):
        assert one == pytest.approx(other, abs=0.01)
    page.get_by_role("button", name="문구 없는 이미지").click()
    fewer = wait_until(lambda: settled() if len(ranges(page)) == 12 else [], SLOW, "the row to go")
    for axis in "xy":
        (before_switch,) = {json.dumps(one) for name, one in moved if name == axis}
        for name, one in fewer:
            if name == axis:
                assert one == pytest.approx(json.loads(before_switch), abs=0.01), "the zoom stays"


def test_hover_tells_the_numbers_of_a_box(page: Page, served: Served) -> None:
    open_results(page, served, rows="planner", layers="proposals")
    plot = page.locator(".js-plotly-plot .nsewdrag").first
    plot.scroll_into_view_if_needed()
    size = plot.bounding_box()
    assert size is not None
    plot.hover(position={"x": size["width"] / 2, "y": size["height"] * 0.86})
    expect(page.locator(".hoverlayer .hovertext")).to_contain_text("rule_bottom")


def test_every_picture_of_the_figure_is_loaded(page: Page, served: Served) -> None:
    open_results(page, served)
    loaded = "() => performance.getEntriesByType('resource').map(entry => entry.name)"
    expected = {str(asset) for asset in (*served.job.finished, served.job.input_asset)}
    wait_until(
        lambda: expected <= {url.rsplit("/", 1)[-1] for url in page.evaluate(loaded)}, SLOW, "the pictures"
    )


def test_choices_are_a_link(page: Page, new_context: Callable[..., BrowserContext], served: Served) -> None:
    open_results(page, served)
    page.get_by_role("button", name="문구 없는 이미지").click()
    page.wait_for_url(re.compile("rows=planner.overlay"))
    page.get_by_role("button", name="금지 영역", exact=True).click()
    page.wait_for_url(re.compile("layers=.*forbidden"))
    other = new_context(locale="en-US").new_page()
    other.goto(page.url)
    other.locator(".js-plotly-plot .main-svg").first.wait_for(timeout=1000 * SLOW)
    assert len(ranges(other)) == 12
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
    wait_until(lambda: str(served.job.finished[1]) in str(above.get_attribute("src")))
    assert above.evaluate("node => node.style.mixBlendMode") == "difference"
    held, zoom = page.locator(".compare .below").get_attribute("src"), page.locator(".compare .inner")
    at = zoom.get_attribute("style")
    stage.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert str(served.job.finished[2]) in str(above.get_attribute("src"))
    assert page.locator(".compare .below").get_attribute("src") == held
    assert zoom.get_attribute("style") == at, "stepping keeps the zoom"
    page.keyboard.press("Shift+ArrowRight")
    assert page.locator(".compare .below").get_attribute("src") != held
    assert str(served.job.finished[2]) in str(above.get_attribute("src"))


def test_the_archive_holds_every_picture_and_a_manifest(page: Page, served: Served) -> None:
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


def test_one_picture_is_downloaded_untouched(page: Page, served: Served) -> None:
    open_results(page, served, rows="overlay")
    page.get_by_role("button", name="내려받기").nth(1).click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="완성 이미지 (PNG)").click()
    original = next(served.assets.rglob(f"{served.job.finished[1]}.png"))
    assert waiting.value.suggested_filename == "variant-2-finished.png"
    assert Path(waiting.value.path()).read_bytes() == original.read_bytes()


def test_a_card_leads_to_its_job(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/results")
    page.locator(".fd-gallery .fd-card a").first.click()
    page.wait_for_url(re.compile(str(served.job.job_id)))
    page.locator(".js-plotly-plot .main-svg").first.wait_for()


@pytest.mark.parametrize(("language", "scheme"), [("ko", "light"), ("en", "dark")])
def test_the_page_looks_right(
    new_context: Callable[..., BrowserContext],
    served: Served,
    screenshot: Callable[[Page, str], Path],
    language: str,
    scheme: str,
) -> None:
    page = new_context(color_scheme=scheme).new_page()
    open_results(page, served, lang=language)
    page.locator(".fd-results-table").first.wait_for()
    assert screenshot(page, f"results-{language}-{scheme}").stat().st_size > 20_000
