"""The gallery and the trends in real Chromium: filters, brush and comparison as links; what a page weighs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pptx import Presentation

from dashboard.demo.postgres import EmbeddedPostgres
from feedly_core.analytics.refresher import rebuild
from feedly_core.db import own_schema
from feedly_core.db.engine import make_engine
from feedly_core.settings import load_settings
from tests.browser.choosing import choose
from tests.browser.painting import CARDS, PAGE, WHOLE, ZOOMS, fetched
from tests.browser.server import running_app
from tests.factories import make_job, write_job
from tests.waiting import wait_until

DRAWN = '[data-testid="stApp"][data-test-script-state="notRunning"]'
MAIN = "document.querySelector('[data-testid=stMain]')"
SCROLL_AND_PRESS = f"""list => {{
  {MAIN}.scrollTop += 40;
  list.focus({{preventScroll: true}});
  list.dispatchEvent(new PointerEvent("pointerdown", {{bubbles: true, button: 0, pointerType: "mouse"}}));
  return {MAIN}.scrollTop;
}}"""
GROW_ABOVE = """() => {
  const late = document.createElement("div");
  late.style.height = "80px";
  document.querySelector("[data-testid=stMainBlockContainer]").prepend(late);
}"""
TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"

ZOOM_LISTENS = "() => document.documentElement.style.getPropertyValue('--fd-scale')"


@pytest.fixture(scope="module")
def site(
    postgres: EmbeddedPostgres, feedly_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """66 finished variants of two shops, every third with a weak contrast; six more of last week."""
    assets = tmp_path_factory.mktemp("assets")
    url = postgres.create_database("gallery_in_the_browser", feedly_template)
    engine = make_engine(load_settings(DATABASE_URL=url))
    for number in range(22):
        write_job(engine, assets, tenant=f"shop_{number % 2}")
    for days in (3, 4):
        at = datetime.now(UTC) - timedelta(days=days)
        make_job(engine, tenant_id="shop_new", created_at=at, assets_dir=assets)
    own_schema.install(engine)
    rebuild(engine, lambda done, total: None, now=datetime.now(UTC))
    engine.dispose()
    with running_app(tmp_path_factory.mktemp("home"), DATABASE_URL=url, ASSETS_DIR=str(assets)) as server:
        yield server.url


def cards(page: Page) -> list[str]:
    """The pictures of the gallery's cards, in order; the list of the newest jobs stands apart."""
    page.locator(CARDS).first.wait_for()
    gallery = page.locator(".fd-gallery").first.locator(".fd-card img")
    return [str(source) for source in gallery.evaluate_all("all => all.map(i => i.getAttribute('src'))")]


def in_a_private_window(new_window: Callable[..., Page], address: str) -> Page:
    other = new_window(locale="en-US")
    other.goto(address)
    return other


def test_filters_and_order_are_a_link(page: Page, new_window: Callable[..., Page], site: str) -> None:
    page.goto(f"{site}/results")
    assert len(cards(page)) == PAGE
    page.get_by_text("필터", exact=True).click()
    choose(page, "고객사", "shop_1")
    page.wait_for_url(re.compile("tenant=shop_1"))
    expect(page.get_by_text("시안 33개")).to_be_visible()
    choose(page, "정렬 기준", "저장된 대비")
    page.wait_for_url(re.compile("sort=contrast_stored"))
    page.get_by_text("낮은 순").click()
    page.wait_for_url(re.compile("up=True"))
    wait_until(lambda: len(cards(page)) == 33, 30, "the filtered page")
    first = page.locator(".fd-gallery").first.locator(".fd-card").first
    expect(first).to_contain_text("2.1:1")
    other = in_a_private_window(new_window, page.url)
    wait_until(lambda: cards(other) == cards(page), 30, "the same pictures in the same order")
    expect(other.get_by_text("33 variants")).to_be_visible()


def test_a_list_stays_open_when_the_page_moves_by_itself_and_closes_when_a_hand_moves_it(
    new_window: Callable[..., Page], site: str
) -> None:
    """What is drawn later, above, moves the page; so does a scroll that is told of after the press."""
    page = new_window(viewport={"width": 1000, "height": 300})
    page.goto(f"{site}/results?tenant=shop_1")
    page.locator(DRAWN).wait_for()
    option = page.get_by_role("option")
    orders = page.get_by_role("combobox", name=re.compile("정렬 기준$"))
    orders.scroll_into_view_if_needed()
    top = orders.evaluate(SCROLL_AND_PRESS)
    option.first.wait_for()
    page.evaluate(GROW_ABOVE)
    page.wait_for_function(f"{MAIN}.scrollTop > {top} + 50")
    page.evaluate(TWO_FRAMES)
    expect(option.first).to_be_visible()
    page.mouse.move(960, 150)  # beside the list
    page.mouse.wheel(0, 60)
    expect(option).to_have_count(0)


def test_a_brush_narrows_the_range_and_the_link_keeps_it(
    page: Page, new_window: Callable[..., Page], site: str
) -> None:
    page.goto(f"{site}/results?score=contrast_stored&tenant=shop_0")
    plot = page.locator("[class*=st-key-brush-contrast_stored] .nsewdrag").first
    plot.wait_for()
    plot.scroll_into_view_if_needed()
    assert len(cards(page)) == 33
    box = plot.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.18, middle, steps=6)
    page.mouse.up()
    page.wait_for_url(re.compile("score=contrast_stored(:|%3A)"))
    wait_until(lambda: len(cards(page)) == 11, 30, "the weak third")
    other = in_a_private_window(new_window, page.url)
    wait_until(lambda: cards(other) == cards(page), 30, "the brushed pictures elsewhere")


def test_pages_hold_sixty_and_lose_none(page: Page, site: str) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{site}/results?on=2020-01-01~2026-01-01")
    first = cards(page)
    assert len(first) == PAGE
    seen = page.locator(".fd-card").first.bounding_box()
    assert seen and seen["y"] + seen["height"] < 900, "the first screen shows a whole row of pictures"
    page.get_by_role("button", name="다음 페이지").click()
    page.wait_for_url(re.compile("after="))
    wait_until(lambda: len(cards(page)) == 6, 30, "the second page")
    assert not set(first) & set(cards(page))
    page.reload()
    wait_until(lambda: len(cards(page)) == 6, 30, "the page that the address names")


def test_two_variants_are_compared_at_one_zoom(page: Page, site: str) -> None:
    page.goto(f"{site}/results?tenant=shop_1")
    page.locator(CARDS).first.wait_for()
    page.locator("body[data-feedly-links]").wait_for(state="attached")  # before, a link is an ordinary one
    page.evaluate("window.sameDocument = true")
    for chosen in (1, 2):
        page.get_by_role("link", name="비교", exact=True).nth(1).click()
        page.wait_for_url(re.compile(rf"compare=([0-9a-f-]{{36}}\.?){{{chosen}}}$"))
        expect(page.get_by_text("✓ 비교 중")).to_have_count(chosen)
    assert page.evaluate("window.sameDocument"), "no page was loaded"
    page.wait_for_function(ZOOM_LISTENS)
    page.mouse.move(960, 450)
    page.mouse.wheel(0, 100)  # a hand on the wheel: from now on nobody else moves the page
    page.wait_for_function(f"{MAIN}.scrollTop > 0")
    page.locator(".fd-zoomable .fd-panel").first.hover(position={"x": 80, "y": 80})
    page.keyboard.down("Control")
    page.mouse.wheel(0, -480)
    page.keyboard.up("Control")

    def zoomed() -> bool:
        first, second = page.locator(".fd-zoomable .fd-panel-inner").evaluate_all(ZOOMS)
        return bool(first == second != WHOLE)

    wait_until(zoomed, 60, "one zoom for both")


PLACE_IN_ITS_CHART = """point => {
    const at = point.getBoundingClientRect();
    const chart = point.closest('.js-plotly-plot').querySelector('.nsewdrag').getBoundingClientRect();
    return {x: at.x + at.width / 2 - chart.x, y: at.y + at.height / 2 - chart.y};
}"""


def test_a_point_of_the_trends_opens_the_jobs_behind_it(page: Page, site: str) -> None:
    page.goto(f"{site}/trends?tenant=shop_new&days=7")
    below = page.locator(".st-key-place-wcag .place")
    below.wait_for()  # each place has its height: none pushes the others down any more
    assert page.locator(".st-key-trend-wcag").count() == 0, "what is far below is drawn on sight"
    page.locator(".st-key-place-contrast_stored").scroll_into_view_if_needed()
    point = page.locator(".st-key-trend-contrast_stored .points path").first
    point.wait_for()
    in_its_chart = point.evaluate(PLACE_IN_ITS_CHART)
    chart = page.locator(".st-key-trend-contrast_stored .nsewdrag")
    chart.click(position=in_its_chart)  # once it stands still and nothing lies over it
    with page.context.expect_page() as opened:
        page.get_by_role("link", name=re.compile("시안 보기")).click()
    behind = opened.value
    behind.wait_for_url(re.compile(r"/results\?.*on=\d{4}-\d{2}-\d{2}"))
    assert "tenant=shop_new" in behind.url
    assert len(cards(behind)) == 3, "the three pictures of that day"


def test_only_thumbnails_near_the_window_are_fetched(
    new_context: Callable[..., BrowserContext], site: str
) -> None:
    page = new_context(viewport={"width": 420, "height": 600}).new_page()
    page.goto(f"{site}/results")
    assert len(cards(page)) == PAGE
    page.locator(CARDS).first.evaluate("image => image.decode()")
    before = fetched(page)
    assert 0 < before < PAGE
    page.locator(CARDS).nth(PAGE - 1).scroll_into_view_if_needed()
    wait_until(lambda: fetched(page) > before, 30, "the pictures that came into view")


def test_a_click_with_shift_selects_the_stretch_and_slides_come_of_it(page: Page, site: str) -> None:
    page.goto(f"{site}/results?tenant=shop_1")
    boxes = page.locator(".fd-pick")
    boxes.nth(1).click()
    expect(page.get_by_text("1장 선택")).to_be_visible()  # what was drawn since then starts the script anew
    boxes.nth(4).click(modifiers=["Shift"])
    expect(page.locator(".fd-pick[aria-pressed=true]")).to_have_count(4)
    expect(page.get_by_text("4장 선택")).to_be_visible()
    with page.expect_download() as file:
        page.get_by_role("button", name="PPTX").click()
    slides = Presentation(str(file.value.path())).slides
    assert len(slides) == 4 and "판정 없음" in " ".join(
        shape.text_frame.text for shape in slides[0].shapes if shape.has_text_frame
    )
