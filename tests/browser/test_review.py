"""The queue of the review page in real Chromium, by real keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, WebSocketRoute, expect
from sqlalchemy import Engine, text

from feedly_core.db.engine import reading
from tests.browser.painting import STAGE, key_to_picture
from tests.browser.server import AppServer
from tests.waiting import wait_until

JOBS = 20
FAST_KEYS, GAP_MS = 50, 50

StartServer = Callable[..., AppServer]


@pytest.fixture
def server(picture_server: AppServer) -> AppServer:
    return picture_server


def open_review(page: Page, server: AppServer, name: str, view: str = "") -> None:
    page.goto(f"{server.url}/review{view}")
    page.get_by_role("textbox", name="이름").fill(name)
    page.get_by_role("button", name="계속").click()


def open_queue(page: Page, server: AppServer, name: str) -> None:
    open_review(page, server, name)
    expect(page.locator(".stage .frame img")).to_be_visible()
    expect(page.locator(".state")).to_have_text("모두 저장됨")


def stored(engine: Engine) -> list[tuple[str, str, str, str]]:
    """(reviewer, verdict, variant, picture) of every row, in the order of writing."""
    with reading(engine) as connection:
        rows = connection.execute(
            text(
                "SELECT reviewer, verdict, job_variants_id::text, picture_asset_id::text"
                " FROM feedly_dashboard.reviews ORDER BY review_id"
            )
        )
        return [tuple(row) for row in rows]


def pictures_of(engine: Engine) -> dict[str, str]:
    with reading(engine) as connection:
        rows = connection.execute(
            text("SELECT job_variants_id::text, overlaid_img_asset_id::text FROM jobs_variants")
        )
        return dict(rows.all())


def on_screen(page: Page) -> str:
    return page.locator(".stage[data-item]").get_attribute("data-item") or ""


def test_fifty_keys_fifty_milliseconds_apart_are_fifty_verdicts_on_the_right_pictures(
    page: Page, server: AppServer, engine: Engine
) -> None:
    open_queue(page, server, "지영")
    page.evaluate(
        """() => {
            window.judged = [];
            document.addEventListener("keydown", (event) => {
                window.judged.push([STAGE.dataset.item, event.key]);
            }, true);
        }""".replace("STAGE", STAGE)
    )
    for number in range(FAST_KEYS):
        page.keyboard.press(str(number % 3 + 1))
        page.wait_for_timeout(GAP_MS)  # the rhythm is what is tested
    expect(page.locator(".count")).to_have_text(f"60장 중 {FAST_KEYS}장 판정")
    wait_until(lambda: len(stored(engine)) == FAST_KEYS, timeout=20)
    expect(page.locator(".state")).to_have_text("모두 저장됨")
    seen = page.evaluate("window.judged")
    verdicts = {"1": "approve", "2": "needs_work", "3": "reject"}
    pictures = pictures_of(engine)
    assert [(verdict, variant) for _who, verdict, variant, _picture in stored(engine)] == [
        (verdicts[key], item) for item, key in seen
    ]
    assert all(pictures[variant] == picture for _who, _verdict, variant, picture in stored(engine))
    assert len({variant for _who, _verdict, variant, _picture in stored(engine)}) == FAST_KEYS


@pytest.mark.timed
def test_the_next_picture_is_there_within_300_ms_of_the_key(page: Page, server: AppServer) -> None:
    open_queue(page, server, "지영")
    took = sorted(key_to_picture(page, "1") for _round in range(15))
    print(f"key to next picture, ms: median {took[7]:.0f}, worst {took[-1]:.0f}")  # noqa: T201
    assert took[-2] < 300, took


def test_judging_by_keys_alone_with_undo_and_a_marked_picture(
    page: Page, server: AppServer, engine: Engine, screenshot: Callable[[Page, str], Path]
) -> None:
    open_queue(page, server, "지영")
    first = on_screen(page)
    page.keyboard.press("ArrowRight")
    assert on_screen(page) != first
    page.keyboard.press("ArrowLeft")
    assert on_screen(page) == first
    image = page.locator(".stage .frame img")
    with_text = image.get_attribute("src")
    page.keyboard.press(" ")
    assert image.get_attribute("src") != with_text
    page.keyboard.press(" ")
    page.keyboard.press("h")
    expect(page.locator(".stage dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".stage dialog")).to_be_hidden()
    page.get_by_role("button", name="대비가 낮음").click()
    page.locator(".stage textarea").fill("1번이 더 낫습니다 2 3")
    assert stored(engine) == [], "digits typed into a comment are no verdicts"
    page.locator(".stage .frame").click(position={"x": 40, "y": 30})
    page.locator(".notes input").fill("여기가 안 보여요")
    frame = page.locator(".stage .frame").bounding_box()
    assert frame is not None
    page.mouse.move(frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2)
    page.mouse.down()
    page.mouse.move(frame["x"] + frame["width"] * 0.75, frame["y"] + frame["height"] * 0.9, steps=3)
    page.mouse.up()
    page.locator(".notes input").last.fill("이 그릇")
    page.get_by_role("button", name="승인").focus()
    screenshot(page, "review-judge")
    page.keyboard.press("3")
    page.keyboard.press("2")
    page.keyboard.press("z")
    wait_until(lambda: len(stored(engine)) == 3)
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".stage textarea")).to_have_value("1번이 더 낫습니다 2 3")
    expect(page.locator(".notes input")).to_have_count(2)
    page.keyboard.press("ArrowRight")
    with reading(engine) as connection:
        query = (
            "SELECT verdict, tags, comment, marks FROM feedly_dashboard.reviews ORDER BY review_id LIMIT 1"
        )
        row = connection.execute(text(query)).one()
    assert (row.verdict, row.tags, row.comment) == ("reject", ["low_contrast"], "1번이 더 낫습니다 2 3")
    point, box = row.marks
    assert (point["note"], point["width"], box["note"]) == ("여기가 안 보여요", 0, "이 그릇")
    assert 0 < point["x"] < 0.5
    assert [box[side] for side in ("x", "y", "width", "height")] == pytest.approx(
        [0.5, 0.5, 0.25, 0.4], abs=0.02
    )
    assert [verdict for _who, verdict, _variant, _picture in stored(engine)] == [
        "reject",
        "needs_work",
        "withdrawn",
    ]
    expect(page.locator(".count")).to_have_text("60장 중 1장 판정")
    for _ in range(3 * JOBS):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".stage .end")).to_contain_text("반려 1")
    page.keyboard.press("z")
    assert on_screen(page) == first, "undo goes back to the picture and its draft"
    expect(page.locator(".stage textarea")).to_have_value("1번이 더 낫습니다 2 3")
    expect(page.locator(".notes input")).to_have_count(2)
    expect(page.locator(".count")).to_have_text("60장 중 0장 판정")


def _forward(socket: WebSocketRoute, cut: list[bool]) -> None:
    """To the server, unless the line is ``cut``: then nothing of what the page sends arrives."""
    line = socket.connect_to_server()
    socket.on_message(lambda message: None if cut else line.send(message))


def test_what_was_not_stored_yet_survives_a_closed_tab(
    new_context: Callable[..., BrowserContext], server: AppServer, engine: Engine
) -> None:
    cut: list[bool] = []
    context = new_context()
    context.route_web_socket("**/_stcore/stream", lambda socket: _forward(socket, cut))
    page = context.new_page()
    open_queue(page, server, "지영")
    cut.append(True)
    for key in "123":
        page.keyboard.press(key)
    expect(page.locator(".state")).to_have_text("3건 저장 중…")
    page.close()
    cut.clear()
    assert stored(engine) == []
    again = context.new_page()
    again.goto(f"{server.url}/review")
    expect(again.locator(".stage .frame img")).to_be_visible()
    expect(again.locator(".count")).to_have_text("60장 중 3장 판정")
    expect(again.locator(".state")).to_have_text("모두 저장됨")
    assert [verdict for _who, verdict, _variant, _picture in stored(engine)] == [
        "approve",
        "needs_work",
        "reject",
    ]


def test_blind_judging_shows_scores_only_after_the_verdict(page: Page, server: AppServer) -> None:
    open_queue(page, server, "지영")
    page.locator(".st-key-blind label").first.click()
    expect(page.locator(".side > .scores")).to_have_count(0)
    expect(page.locator(".stage")).not_to_contain_text("시안")
    page.keyboard.press("1")
    expect(page.locator(".last .scores")).to_be_visible()
    expect(page.locator(".last")).to_contain_text("시안")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".side > .scores")).to_be_visible()
    expect(page.locator(".side")).to_contain_text("시안")


def test_what_one_person_pinned_another_sees_on_the_picture(
    new_window: Callable[..., Page], server: AppServer
) -> None:
    first = new_window()
    open_queue(first, server, "지영")
    at = on_screen(first)
    first.locator(".stage .frame").click(position={"x": 60, "y": 60})
    first.locator(".notes input").fill("여기가 안 보여요")
    first.locator(".stage .frame").focus()
    first.get_by_role("button", name="반려").click()
    expect(first.locator(".state")).to_have_text("모두 저장됨")
    second = new_window()
    open_queue(second, server, "민호")
    assert on_screen(second) == at
    expect(second.locator(".pins .theirs b")).to_have_text("A")
    expect(second.locator(".others")).to_contain_text("지영: 반려 · A 여기가 안 보여요")
    with second.expect_popup() as opened:
        second.get_by_role("link", name="작업 열기").click()
    opened.value.get_by_text("점수표", exact=True).click()
    expect(opened.value.locator(".fd-pinned b")).to_have_text("1")
    expect(opened.value.get_by_text("지영: 반려 · [1] 여기가 안 보여요").first).to_be_visible()
    second.locator(".st-key-blind label").first.click()
    expect(second.locator(".stage")).not_to_contain_text("시안")
    for _ in range(3 * JOBS):
        if on_screen(second) == at:
            break
        second.keyboard.press("ArrowRight")
    assert on_screen(second) == at, "shuffled, but still in the queue"
    expect(second.locator(".pins .theirs")).to_have_count(0)
    second.keyboard.press("1")
    second.keyboard.press("ArrowLeft")
    expect(second.locator(".pins .theirs")).to_have_count(1)
    expect(second.locator(".state")).to_have_text("모두 저장됨")


def test_another_language_keeps_place_and_draft(page: Page, server: AppServer) -> None:
    open_queue(page, server, "지영")
    page.keyboard.press("1")
    expect(page.locator(".state")).to_have_text("모두 저장됨")
    at = on_screen(page)
    page.locator(".stage textarea").fill("쓰던 말")
    page.get_by_role("radio", name="English").click()
    expect(page.locator(".stage .verdict").first).to_contain_text("Approve")
    expect(page.locator(".keys")).to_contain_text("Keys")
    assert on_screen(page) == at
    expect(page.locator(".stage textarea")).to_have_value("쓰던 말")
    page.keyboard.press("Tab")
    page.locator(".stage .verdict").first.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".stage .verdict").first).to_have_attribute("aria-pressed", "true")


def test_a_winner_is_chosen_by_keys(page: Page, server: AppServer, engine: Engine) -> None:
    open_review(page, server, "지영", "?view=winner")
    expect(page.locator(".st-key-choose-2 button")).to_be_visible()
    variants = page.locator(".fd-card img").evaluate_all("all => all.map((one) => one.src.split('/').at(-1))")
    page.keyboard.press("2")
    expect(page.locator(".st-key-choose-none button")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".st-key-choose-none button")).to_have_count(0)
    with reading(engine) as connection:
        chosen = connection.scalars(
            text(
                "SELECT overlaid_img_asset_id::text FROM feedly_dashboard.review_winners"
                " JOIN jobs_variants USING (job_variants_id)"
            )
        ).all()
    assert chosen == [variants[1]]
