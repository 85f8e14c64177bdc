"""The gallery on the results page and the trends page, through the whole app."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from PIL import Image
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from feedly_core.analytics import gallery as core_gallery
from feedly_core.analytics.refresher import rebuild
from feedly_core.db.engine import reading
from feedly_core.permissions import Person, Role
from feedly_core.reviews import agenda
from feedly_core.reviews.verdicts import stored_verdicts
from feedly_core.settings import Settings
from feedly_core.targets.budget import Measure, NewTarget
from feedly_core.targets.store import add_target
from pages.parts.results.gallery import gallery
from tests.conftest import MakeTemplate
from tests.factories import MadeJob, make_job
from tests.pages.conftest import OpenPage, elements, words_of


def four_jobs(engine: Engine, assets: Path | None) -> list[MadeJob]:
    now = datetime.now(UTC) - timedelta(hours=3)
    return [
        make_job(
            engine,
            tenant_id=f"shop_{number % 2}",
            created_at=now - timedelta(hours=number),
            assets_dir=assets,
        )
        for number in range(4)
    ]


@dataclass(frozen=True)
class Stored:
    """A template with four jobs and their facts, the jobs, and the folder of their pictures."""

    template: str
    jobs: list[MadeJob]
    pictures: Path


@pytest.fixture(scope="module")
def stored(
    make_template: MakeTemplate, own_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Stored:
    jobs: list[MadeJob] = []
    pictures = tmp_path_factory.mktemp("pictures")

    def fill(engine: Engine) -> None:
        jobs.extend(four_jobs(engine, pictures))
        rebuild(engine, lambda done, total: None, now=datetime.now(UTC))

    return Stored(make_template("gallery_pages", own_template, fill), jobs, pictures)


@pytest.fixture
def template(request: pytest.FixtureRequest, template: str) -> str:
    if "filled" not in request.fixturenames:
        return template
    found: Stored = request.getfixturevalue("stored")
    return found.template


@pytest.fixture
def made(engine: Engine, settings: Settings) -> list[MadeJob]:
    return four_jobs(engine, settings.assets_dir)


@pytest.fixture
def filled(stored: Stored, settings: Settings) -> list[MadeJob]:
    assert settings.assets_dir is not None
    shutil.copytree(stored.pictures, settings.assets_dir, dirs_exist_ok=True)
    return stored.jobs


def html(page: AppTest) -> str:
    return " ".join(str(element.proto.body) for element in page.get("html"))


def words(page: AppTest) -> str:
    return " ".join(str(element.value) for element in [*page.caption, *page.header])


def test_the_gallery_counts_and_shows_pictures(open_page: OpenPage, filled: list[MadeJob]) -> None:
    page = open_page("results", language="en")
    assert "12 variants" in words(page)
    assert "Data as of" in words(page)
    assert str(filled[0].overlaid_ids[0]) in html(page)


def test_a_link_shows_the_same_filter(open_page: OpenPage, filled: list[MadeJob]) -> None:
    page = open_page("results", language="en", tenant="shop_1", score="contrast_stored:20~21")
    assert "0 variants" in words(page)
    page = open_page("results", language="en", tenant="shop_1")
    assert "6 variants" in words(page)


def test_several_scores_are_narrowed_at_once(open_page: OpenPage, filled: list[MadeJob]) -> None:
    page = open_page(
        "results", language="ko", score="overall:0.8~0.9,contrast_stored:5~6,beauty:1~2,relevance:x~"
    )
    assert page.multiselect(key="score").value == ["overall", "contrast_stored", "relevance"]
    assert "시안 12개" in words(page)
    page.slider(key="range-contrast_stored").set_value((5.0, 5.5)).run()
    assert page.query_params["score"] == "overall:0.8~0.9,contrast_stored:5~5.5,relevance"
    assert "시안 0개" in words(page)
    page.multiselect(key="score").set_value(["overall"]).run()
    assert page.query_params["score"] == "overall:0.8~0.9"
    assert "시안 12개" in words(page)
    page.slider(key="range-overall").set_value((0.0, 0.5)).run()
    assert "시안 0개" in words(page)


def test_bars_of_some_pictures_say_so(
    open_page: OpenPage, filled: list[MadeJob], monkeypatch: pytest.MonkeyPatch
) -> None:
    some = "The bars count the newest"
    assert some not in words(open_page("results", language="en", score="overall"))
    for place in (core_gallery, gallery):
        monkeypatch.setattr(place, "HISTOGRAM_ROWS", 5)
    page = open_page("results", language="en", score="overall")
    assert f"{some} 5 of these pictures." in words(page)


def test_a_card_shows_the_score_that_it_is_sorted_by(open_page: OpenPage, filled: list[MadeJob]) -> None:
    assert "Overall score 85" not in html(open_page("results", language="en"))
    assert "Overall score 85" in html(open_page("results", language="en", sort="overall", up="True"))
    assert "Words matched 72" in html(
        open_page("results", language="en", sort="word_match_rate", group="job")
    )


@pytest.mark.parametrize(("by", "groups"), [("job", 4), ("tenant", 2), ("tone", 4)])
def test_pictures_come_in_groups(open_page: OpenPage, filled: list[MadeJob], by: str, groups: int) -> None:
    page = open_page("results", language="en", group=by)
    assert html(page).count("class='fd-group'") == groups
    assert all(str(job.overlaid_ids[0]) in html(page) for job in filled)
    heads = html(page).split("class='fd-group'")
    if by == "tenant":
        assert "shop_0" in heads[1] and "6 variants" in heads[1]


def test_days_and_release_of_a_link_stand_in_the_filters(open_page: OpenPage, filled: list[MadeJob]) -> None:
    zone = ZoneInfo("Asia/Seoul")
    today = datetime.now(zone).date()
    week = f"{today - timedelta(days=6)}~{today}"
    page = open_page("results", language="ko", on=week)
    assert "시안 12개" in words(page)
    assert page.date_input(key="dates").value == (today - timedelta(days=6), today)
    assert "0 variants" in words(open_page("results", language="en", on=str(today - timedelta(days=30))))
    page.selectbox(key="days").set_value(90).run()
    assert page.date_input(key="dates").value == ()
    assert "on" not in page.query_params
    page = open_page("results", language="ko", version="9.9")
    assert page.text_input(key="version").value == "9.9"
    assert "시안 0개" in words(page)
    page.text_input(key="version").set_value("").run()
    assert "시안 12개" in words(page)


def test_chosen_dates_end_the_period(open_page: OpenPage, filled: list[MadeJob]) -> None:
    page = open_page("results", language="ko", days="7")
    day = datetime.now(ZoneInfo("Asia/Seoul")).date() - timedelta(days=20)
    page.date_input(key="dates").set_value((day, day)).run()
    assert page.query_params["on"] == str(day)
    assert "days" not in page.query_params
    assert "시안 0개" in words(page)


def test_without_the_read_model_it_says_what_is_left_out(open_page: OpenPage, made: list[MadeJob]) -> None:
    page = open_page("results", language="en")
    assert "Only the newest 100 jobs that match" in words(page)
    assert "12 variants" in words(page)


def test_variants_are_compared_side_by_side(open_page: OpenPage, filled: list[MadeJob]) -> None:
    asked = f"{filled[0].variant_ids[0]}.{filled[1].variant_ids[1]}.not-an-id"
    page = open_page("results", language="en", compare=asked)
    table = next(part for part in html(page).split("<table") if "What differs" in part)
    assert "shop_0" in table and "shop_1" in table
    assert f"job={filled[0].job_id}" in table
    assert "Result: Complete" in html(page).split("The same for all")[1]


def test_a_comparison_keeps_shapes_and_says_what_is_missing(
    open_page: OpenPage, filled: list[MadeJob], settings: Settings
) -> None:
    assert settings.assets_dir is not None
    tall, gone = filled[0].overlaid_ids[0], filled[1].overlaid_ids[1]
    file = next(settings.assets_dir.rglob(f"{tall}.png"))
    Image.new("RGB", (400, 500)).save(file)
    next(settings.assets_dir.rglob(f"{gone}.png")).unlink()
    asked = f"{filled[0].variant_ids[0]}.{filled[1].variant_ids[1]}"
    page = open_page("results", language="en", compare=asked)
    beside = html(page).split("class='fd-zoomable'")[1].split("<table")[0]
    assert "--aspect:0.8000" in beside and f"/img/view/{tall}" in beside
    assert "The file is missing" in beside and str(gone)[:8] in beside


@pytest.mark.parametrize("subject", ["quality", "speed", "cost"])
def test_trends_are_drawn(open_page: OpenPage, filled: list[MadeJob], subject: str) -> None:
    page = open_page("trends", language="en", subject=subject)
    assert len(page.get("plotly_chart")) >= 2
    assert "Data as of" in words(page)
    assert page.dataframe[0].value.iloc[0]["This period"] == "4"


def test_targets_show_what_spent_their_budget(
    open_page: OpenPage, filled: list[MadeJob], engine: Engine, settings: Settings
) -> None:
    page = open_page("trends", language="ko", subject="targets")
    page.button(key="usual-targets").click().run()
    drawn = html(page)
    assert "작업의 95%가 6분 안에 완료" in drawn and "실패한 작업 2% 미만" in drawn
    add_target(engine, settings, Person("kim", Role.OPERATOR), NewTarget(Measure.JOB_TIME, 0.9, 1.0))
    page = open_page("trends", language="en", subject="targets")
    late = html(page).split("90% of jobs complete within")[1]
    assert "0.0%" in late and "4 bad, 0.4 allowed" in late
    assert str(filled[0].job_id) in late
    chart = open_page("trends", language="en", subject="speed").get("plotly_chart")[0].proto.spec
    assert "Target: 90% of jobs complete within 0.01667 min" in chart


def test_two_tenants_stand_beside_each_other(open_page: OpenPage, filled: list[MadeJob]) -> None:
    page = open_page("trends", language="en", tenant="shop_0", against="shop_1")
    table = page.dataframe[0].value.set_index("Measure")
    assert list(table.columns) == ["This period", "shop_1", "Change"]
    assert list(table.loc["Jobs"]) == ["2", "2", "= 0%"]
    assert table.loc["Stored contrast", "shop_1"] == "5.8:1"


def test_trends_of_nothing_say_so(open_page: OpenPage, our_schema: None) -> None:
    page = open_page("trends", language="en")
    assert not page.exception
    assert "Nothing was made in this period" in html(page)


def test_selected_pictures_are_judged_collected_and_taken_along(
    open_page: OpenPage, filled: list[MadeJob], engine: Engine
) -> None:
    page = open_page("results", language="ko", tenant="shop_1")
    files = [button.label for button in elements(page, "download_button")]
    assert {"PPTX", "PDF", "ZIP", "XLSX", "CSV"} <= set(files) and "이 조건의 모든 이미지" in words_of(page)
    page.session_state["reviewer"] = "지영"
    page.button(key="select-all").click().run()
    assert "6장 선택" in words_of(page)
    page.text_input(key="select-comment").set_value("어두움").run()
    page.button(key="select-reject").click().run()
    page.button(key="select-agenda").click().run()
    assert not page.exception
    with reading(engine) as connection:
        picked = page.session_state["gallery-selected"]
        told = stored_verdicts(connection, picked)
        assert len(told) == 6 and {said.comment for one in told.values() for said in one} == {"어두움"}
        assert list(agenda.collected(connection, "지영")) == picked
    page.button(key="select-none").click().run()
    assert "이 조건의 모든 이미지" in words_of(page)
