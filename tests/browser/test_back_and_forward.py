"""Back and Forward change the address, and the page follows."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, Route, expect
from sqlalchemy import Engine

from tests.browser.choosing import choose
from tests.browser.line import Line
from tests.browser.server import AppServer
from tests.browser.walking import walk
from tests.factories import make_job
from tests.moving_job import moving_job
from tests.waiting import wait_until

IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
TOP = "document.querySelector('[data-testid=stMain]').scrollTop"


def test_the_page_shows_what_the_address_says(
    app_server: Callable[..., AppServer], page: Page, engine: Engine, database_url: str
) -> None:
    moving_job(engine, variants=1, description="떡볶이")
    moving_job(engine, variants=1, description="우동")
    site = app_server(DATABASE_URL=database_url).url
    page.goto(f"{site}/live_monitor?lang=en")
    rows = page.locator(".fd-board tbody tr")
    expect(rows).to_have_count(2)
    search = page.get_by_role("textbox", name="Search")
    search.fill("우동")
    search.press("Enter")
    expect(rows).to_have_count(1)
    state = page.get_by_role("combobox", name="State")
    state.fill("Fail")
    page.get_by_role("option", name="Failed").click()
    expect(rows).to_have_count(0)
    assert "state=failed" in page.url

    page.go_back()
    expect(rows).to_have_count(1)
    expect(search).to_have_value("우동")
    page.go_back()
    expect(rows).to_have_count(2)
    expect(search).to_have_value("")
    page.go_forward()
    expect(rows).to_have_count(1)
    expect(search).to_have_value("우동")

    for address in ["trends", "trends?subject=speed", "trends?subject=cost"] * 5:
        walk(page, f"{site}/{address}")  # whose charts ask for themselves meanwhile
        expect(page).to_have_url(f"{site}/{address}")
    walk(page, f"{site}/trends")
    by_release = page.get_by_role("combobox", name="Group by")
    by_release.click()
    page.get_by_role("option", name="By release").click()
    page.wait_for_url("**by=release**")
    page.get_by_role("radio", name="Speed").click()
    page.wait_for_url("**subject=speed**")
    page.go_back()
    expect(page.get_by_role("radio", name="Quality")).to_be_checked()
    page.go_back()
    page.wait_for_url(lambda url: "by=" not in url)
    expect(page.get_by_role("combobox", name="Group by")).to_have_value("By day")

    file_of_a_page_that_was_left(page, site)
    for name, choice, address in (
        ("create_jobs", "Many jobs", "part=many"),
        ("trigger_diagnostics", "Support bundle", "view=support"),
    ):
        walk(page, f"{site}/{name}")
        first = page.get_by_test_id("stMain").get_by_role("radio").first
        page.get_by_role("radio", name=choice).click()
        page.wait_for_url(f"**{address}**")
        page.go_back()
        expect(page.get_by_role("radio", name=choice)).not_to_be_checked()
        expect(first).to_be_checked()

    walk(page, f"{site}/results?sort=nonsense")
    expect(page.get_by_text("“sort=nonsense” (shown instead: Time)")).to_be_visible()
    ascending = page.get_by_role("switch", name="Ascending")
    page.get_by_text("Ascending").click()
    page.wait_for_url("**up=True**")
    expect(ascending).to_be_checked()
    page.go_back()
    expect(ascending).not_to_be_checked()


def test_what_a_page_says_too_early_does_not_undo_back(
    new_context: Callable[..., BrowserContext], app_server: Callable[..., AppServer], database_url: str
) -> None:
    """With each request goes what every field shows, also before the page learns that Back changed it."""
    context = new_context()
    line, page = Line(context), context.new_page()
    page.goto(f"{app_server(DATABASE_URL=database_url).url}/trends?lang=en")
    grouped = page.get_by_role("combobox", name="Group by")
    choose(page, "Group by", "By release")
    page.wait_for_url("**by=release**")
    before_the_answer_to_back(line, page, page.get_by_text("Zoom to data").click)
    expect(grouped).to_have_value("By release")
    line.release()
    page.wait_for_url("**zoom=True**")
    expect(grouped).to_have_value("By day")
    assert "by=" not in page.url

    for _ in range(2):
        choose(page, "Group by", "By release")  # as fast as Back lets a person
        page.wait_for_url("**by=release**")
        page.go_back()
        expect(grouped).to_have_value("By day")

    period = page.get_by_role("combobox", name="Period")
    choose(page, "Period", "7 days")
    page.wait_for_url("**days=7**")
    before_the_answer_to_back(line, page, lambda: choose(page, "Period", "90 days"))
    line.release()
    page.wait_for_url("**days=90**")
    page.locator(IDLE).wait_for()
    expect(period).to_have_value("90 days")


def before_the_answer_to_back(line: Line, page: Page, act: Callable[[], None]) -> None:
    """Back, and what somebody does before the page hears of it; the answers to both are held."""
    page.locator(IDLE).wait_for()
    line.hold()
    page.go_back()
    line.wait_for_runs(page, 1)
    act()
    line.wait_for_runs(page, 2)


def file_of_a_page_that_was_left(page: Page, site: str) -> None:
    """The browser looks for an offered file a moment after it was told of it: here two pages later."""
    late: list[Route] = []
    page.route("**/media/*.csv", lambda look: late.append(look))  # it asks for a plain function
    walk(page, f"{site}/create_jobs?part=many")
    wait_until(lambda: page.title() and late, what="the browser looks for the example file")
    for other in ("trends", "help", "trends"):
        walk(page, f"{site}/{other}")
    for look in late:
        answer = look.fetch()
        assert answer.status == 200
        look.fulfill(response=answer)
    page.unroute("**/media/*.csv")


def test_back_restores_the_scroll_and_the_menu_leads_to_the_start(
    app_server: Callable[..., AppServer],
    new_window: Callable[..., Page],
    engine: Engine,
    database_url: str,
) -> None:
    for _ in range(10):
        make_job(engine)
    site = app_server(DATABASE_URL=database_url).url
    page = new_window(allow_status=(404,))  # the pictures have no files
    page.goto(f"{site}/results?lang=en")
    expect(page.locator(".fd-card")).to_have_count(30)
    page.locator("body[data-feedly-links]").wait_for(state="attached")  # before, a link loads the page
    page.locator(".fd-card").nth(25).scroll_into_view_if_needed()
    top = page.evaluate(TOP)
    assert top > 300
    page.locator(".fd-card a[href*='job=']").nth(0).evaluate("link => link.click()")
    page.wait_for_url("**job=**")
    expect(page.locator(".fd-results-head")).to_be_visible()
    assert page.evaluate(TOP) == 0
    page.go_back()
    page.wait_for_function(f"() => Math.abs({TOP} - {top}) <= 2")
    page.go_forward()
    expect(page.locator(".fd-results-head")).to_be_visible()
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Results").click()
    expect(page.locator(".fd-gallery")).to_be_visible()
    assert "job=" not in page.url
