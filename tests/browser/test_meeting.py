"""A meeting in real Chromium: two server processes on one database, a presenter, a follower, a viewer."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import Engine, text

from feedly_core.db.engine import reading
from feedly_core.permissions import Person, Role
from feedly_core.reviews.verdicts import Entry, Mark, Verdict, save
from feedly_core.settings import Settings
from tests.browser.server import AppServer
from tests.browser.test_login import COOKIE, SECRETS, cookie
from tests.browser.test_review import StartServer, open_review, stored
from tests.database_url import database_url_of
from tests.waiting import wait_until


@pytest.fixture
def server(picture_server: AppServer) -> AppServer:
    return picture_server


def shown(page: Page) -> str:
    return page.locator(".screen").get_attribute("data-item") or ""


def agenda_of(page: Page) -> list[str]:
    found: list[str] = page.locator(".screen nav img").evaluate_all(
        "all => all.map((one) => one.src.split('/').at(-1))"
    )
    return found


@pytest.fixture
def other_server(app_server: StartServer, settings: Settings, tmp_path: Path) -> AppServer:
    """Another process on the same database, with a login: one reviewer, everybody else looks on."""
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(SECRETS)
    url = database_url_of(settings)
    return app_server(
        ("--secrets.files", str(secrets)),
        DATABASE_URL=url,
        ASSETS_DIR=str(settings.assets_dir),
        FEEDLY_REVIEWERS="minho@feedly.example",
        FEEDLY_VIEWERS="@feedly.example",
    )


@pytest.mark.timed
def test_a_meeting_across_two_processes_is_followed_voted_in_and_rearranged(
    new_context: Callable[..., BrowserContext],
    new_window: Callable[..., Page],
    server: AppServer,
    other_server: AppServer,
    engine: Engine,
    settings: Settings,
    screenshot: Callable[[Page, str], Path],
) -> None:
    def signed_in(name: str) -> Page:
        context = new_context(allow_status=(404,))
        address = f"{name}@feedly.example"
        context.add_cookies(
            [{"name": COOKIE, "value": cookie(other_server, address), "url": other_server.url}]
        )
        return context.new_page()

    presenter, follower, viewer = new_window(), signed_in("minho"), signed_in("guest")
    for page in (follower, viewer):
        page.goto(f"{other_server.url}/review?view=meeting")
        expect(page.get_by_text("진행 중인 회의가 없습니다.")).to_be_visible()
    open_review(presenter, server, "지영", "?view=meeting")
    presenter.locator(".st-key-start-meeting button").click()
    expect(presenter.locator(".screen .picture")).to_be_visible()
    for page in (follower, viewer):
        page.get_by_role("button", name="함께 보기").click()
        expect(page.locator(".screen .picture")).to_be_visible()
        expect(page.locator(".screen")).to_contain_text("지영")

    follows(presenter, follower)
    decides_with_reasons(presenter, follower)
    screenshot(presenter, "review-meeting")
    takes_back(presenter, follower)
    votes(presenter, follower)
    shows_marks(presenter, engine, settings)
    looks_only(viewer, other_server, engine)
    rearranges(presenter, follower)

    meeting = parse_qs(urlsplit(presenter.url).query)["meeting"][0]
    ends_and_takes_it_back(presenter, follower)
    expect(follower.locator(".screen")).to_contain_text("회의가 끝났습니다.")
    presenter.get_by_role("button", name="회의록").click()
    expect(presenter.locator(".st-key-minutes-html")).to_be_visible()
    assert parse_qs(urlsplit(presenter.url).query)["held"] == [meeting]
    opens_offline(presenter, new_context)
    expect(presenter.get_by_text("2번 글자를 희게").first).to_be_visible()
    with reading(engine) as connection:
        said = connection.execute(
            text(
                "SELECT reviewer, verdict, team, meeting_id::text, tags, comment"
                " FROM feedly_dashboard.reviews ORDER BY review_id"
            )
        ).all()
    assert [tuple(row) for row in said] == [
        ("지영", "approve", True, meeting, ["low_contrast"], "2번 글자를 희게"),
        ("지영", "needs_work", True, meeting, [], ""),
        ("지영", "withdrawn", True, meeting, [], ""),
        ("minho@feedly.example", "reject", False, meeting, [], ""),
        ("민호", "needs_work", False, None, [], ""),
    ]


def follows(presenter: Page, follower: Page) -> None:
    """The follower of another process sees the presenter's picture within a second, and cannot move it."""
    took = []
    for _ in range(5):
        presenter.keyboard.press("ArrowRight")
        item = shown(presenter)
        started = follower.evaluate("performance.now()")
        expect(follower.locator(".screen")).to_have_attribute("data-item", item)
        took.append(follower.evaluate("performance.now()") - started)
    print(f"presenter's key to follower's picture, ms: {[round(each) for each in took]}")  # noqa: T201
    assert sorted(took)[-2] < 1000, took
    follower.keyboard.press("ArrowRight")
    expect(follower.locator(".screen")).to_have_attribute("data-item", shown(presenter))


def decides_with_reasons(presenter: Page, follower: Page) -> None:
    presenter.keyboard.press("c")
    presenter.get_by_role("button", name="대비가 낮음").click()
    presenter.locator(".screen textarea").fill("2번 글자를 희게")
    presenter.keyboard.press("Escape")
    presenter.keyboard.press("1")
    expect(follower.locator(".screen .decision")).to_have_text(
        re.compile("승인 · 대비가 낮음 · 2번 글자를 희게")
    )


def opens_offline(presenter: Page, new_context: Callable[..., BrowserContext]) -> None:
    """The minutes that were taken along open without any server: who, why and the pictures."""
    with presenter.expect_download() as waiting:
        presenter.locator(".st-key-minutes-html button").click()
    file = Path(waiting.value.path()).with_suffix(".html")
    file.write_bytes(Path(waiting.value.path()).read_bytes())
    context = new_context()
    context.set_offline(True)
    page = context.new_page()
    page.goto(file.as_uri())
    expect(page.get_by_text("팀의 결정: 승인 · 대비가 낮음 · 2번 글자를 희게")).to_be_visible()
    expect(page.get_by_text("minho@feedly.example").first).to_be_visible()
    sizes = page.locator("img").evaluate_all("all => all.map((one) => one.naturalWidth)")
    assert len(sizes) == 20
    assert min(sizes) > 0
    context.close()


def takes_back(presenter: Page, follower: Page) -> None:
    """Z takes the decision on the shown picture back, on every screen."""
    presenter.keyboard.press("ArrowRight")
    presenter.keyboard.press("2")
    expect(follower.locator(".screen .decision")).to_have_text(re.compile("수정 필요"))
    presenter.keyboard.press("z")
    expect(presenter.locator(".screen .decision")).to_have_count(0)
    expect(follower.locator(".screen .decision")).to_have_count(0)
    presenter.keyboard.press("ArrowLeft")
    expect(follower.locator(".screen")).to_have_attribute("data-item", shown(presenter))


def shows_marks(presenter: Page, engine: Engine, settings: Settings) -> None:
    """What somebody pinned at the queue stands on the picture in the meeting, where it was pinned."""
    variant = shown(presenter)
    with reading(engine) as connection:
        job, picture = connection.execute(
            text("SELECT job_id, overlaid_img_asset_id FROM jobs_variants WHERE job_variants_id = :variant"),
            {"variant": variant},
        ).one()
    marks = (Mark(0.25, 0.5, note="여기"),)
    said = Entry(uuid4(), job, UUID(variant), picture, Verdict.NEEDS_WORK, marks=marks)
    save(engine, settings, Person("민호", Role.REVIEWER), [said])
    presenter.get_by_role("button", name="표시").wait_for()
    presenter.keyboard.press("m")
    frame = presenter.locator(".screen .picture").bounding_box()
    pin = presenter.locator(".screen .pins b").bounding_box()
    assert frame is not None and pin is not None
    side = min(frame["width"], frame["height"])  # the test's pictures are square
    left = frame["x"] + (frame["width"] - side) / 2
    top = frame["y"] + (frame["height"] - side) / 2
    middle = [pin["x"] + pin["width"] / 2, pin["y"] + pin["height"] / 2]
    assert middle == pytest.approx([left + side / 4, top + side / 2], abs=6)
    presenter.keyboard.press("s")
    expect(presenter.locator(".screen aside")).to_contain_text("A 여기")
    presenter.keyboard.press("s")
    presenter.keyboard.press("m")
    expect(presenter.locator(".screen .pins")).to_have_count(0)


def ends_and_takes_it_back(presenter: Page, follower: Page) -> None:
    """Ending names what is undecided and asks; the end can be taken back."""
    presenter.keyboard.press("j")
    expect(presenter.locator(".join img")).to_be_visible()
    expect(presenter.locator(".join")).to_contain_text("/review?view=meeting&meeting=")
    presenter.keyboard.press("Escape")
    end = presenter.get_by_role("button", name="회의 끝내기")
    end.click()
    expect(presenter.locator(".ask")).to_contain_text("결정되지 않은 안건")
    end.last.click()
    expect(follower.locator(".screen")).to_contain_text("회의가 끝났습니다.")
    presenter.get_by_role("button", name="회의 종료 되돌리기").click()
    expect(follower.locator(".screen")).not_to_contain_text("회의가 끝났습니다.")
    end.click()
    presenter.keyboard.press("Enter")


def votes(presenter: Page, follower: Page) -> None:
    """A verdict given in the other process stands on the presenter's screen within a second."""
    presenter.keyboard.press("ArrowRight")  # to a picture without a decision, whose verdicts are hidden
    expect(follower.locator(".screen")).to_have_attribute("data-item", shown(presenter))
    started = presenter.evaluate("performance.now()")
    follower.keyboard.press("3")
    expect(presenter.locator(".screen .votes")).to_contain_text("판정 1개")
    took = presenter.evaluate("performance.now()") - started
    print(f"follower's key to presenter's screen, ms: {took:.0f}")  # noqa: T201
    expect(presenter.locator(".screen .votes")).not_to_contain_text("✕")
    presenter.keyboard.press("v")
    expect(presenter.locator(".screen .votes")).to_contain_text("✕1")
    presenter.keyboard.press("s")
    expect(presenter.locator(".screen aside")).to_contain_text("minho@feedly.example: 반려")
    presenter.keyboard.press("s")
    presenter.keyboard.press("ArrowLeft")
    expect(follower.locator(".screen")).to_have_attribute("data-item", shown(presenter))


def looks_only(viewer: Page, server: AppServer, engine: Engine) -> None:
    """A viewer has no verdict buttons, in the meeting and at the queue, and a key writes nothing."""
    before = stored(engine)
    for view in ("meeting", "judge"):
        if view == "judge":
            viewer.goto(f"{server.url}/review")
            expect(viewer.locator(".stage .frame img")).to_be_visible()
        expect(viewer.locator(".verdict")).to_have_count(0)
        for key in "123z":
            viewer.keyboard.press(key)
        viewer.locator(".screen .picture, .stage .frame").click()
    viewer.keyboard.press("ArrowRight")
    expect(viewer.locator(".notes li")).to_have_count(0)
    assert stored(engine) == before
    assert (
        viewer.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('feedly.review')).length")
        == 0
    )


def rearranges(presenter: Page, follower: Page) -> None:
    """Moved, taken off and added by hand: followers see the same list."""
    at = shown(presenter)
    for page in (presenter, follower):
        page.keyboard.press("a")
        expect(page.locator(".screen nav img")).to_have_count(20)
    first, second, third, *rest = agenda_of(presenter)
    presenter.get_by_role("button", name="아래로").first.click()
    wait_until(lambda: agenda_of(follower)[:3] == [second, first, third])
    presenter.get_by_role("button", name="안건에서 빼기").nth(2).click()
    wait_until(lambda: agenda_of(follower) == [second, first, *rest])
    assert shown(presenter) == shown(follower) == at, "the picture on the screen stays"
    presenter.get_by_role("button", name="이미지 넣기").click()
    presenter.locator(".agenda section > div button").last.click()
    presenter.locator(".agenda ol li").last.get_by_role("button", name="위로").click()
    wait_until(lambda: len(agenda_of(follower)) == 20 and agenda_of(follower)[-1] == rest[-1])
    presenter.get_by_role("button", name="발표 화면으로").click()
    expect(presenter.locator(".screen .picture")).to_be_visible()
    assert shown(presenter) == at
