"""The results page in every state of a job, without a browser."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import Engine, text
from streamlit.testing.v1 import AppTest

from feedly_core.db.engine import writing
from feedly_core.domain import tables as t
from feedly_core.errors import NotFound
from feedly_core.images.masks import mask_layer
from feedly_core.settings import Settings
from tests.factories import BEGAN, TEXT, ReportWriter, make_job, write_job
from tests.pages.conftest import JOB_TABS, element, words_of

OpenPage = Callable[..., AppTest]


def html_of(app: AppTest) -> str:
    return "\n".join(str(element.proto.body) for element in app.get("html"))


def beside(app: AppTest) -> str:
    """The pictures that stand beside each other."""
    return next((part for part in html_of(app).split("<div class='fd-zoomable'")[1:]), "")


def sources(app: AppTest) -> list[str]:
    return re.findall(r"<img src='(/img/[^']+)'", beside(app))


def hover_texts(app: AppTest) -> str:
    return "\n".join(unescape(words) for words in re.findall(r"title='([^']*)'", beside(app)))


def ads(app: AppTest) -> list[str]:
    """The cards of the finished ads in their order."""
    return [rest.split("</article>")[0] for rest in html_of(app).split("<article class='fd-ad'>")[1:]]


@pytest.fixture
def assets(settings: Settings) -> Path:
    assert settings.assets_dir is not None
    return settings.assets_dir


def test_without_a_job_the_newest_are_offered(open_page: OpenPage, engine: Engine) -> None:
    assert "No picture matches" in words_of(open_page("results"))
    job = write_job(engine)
    said = words_of(open_page("results"))
    assert str(job.job_id) in said
    assert TEXT in said
    with writing(engine) as connection:
        connection.execute(t.tenants.insert().values(tenant_id="nobody"))
    assert "조건에 맞는 시안이 없습니다" in words_of(open_page("results", language="ko", tenant="nobody"))


def test_a_tenant_s_newest_jobs_come_with_their_scores_and_how_they_moved(
    open_page: OpenPage, engine: Engine
) -> None:
    jobs = [write_job(engine, tenant="shop") for _ in range(4)]
    other = write_job(engine, tenant="other_shop")
    app = open_page("results", language="en", tenant="shop")
    shown = words_of(app)
    assert all(str(job.job_id) in shown for job in jobs)
    moved = {metric.label: metric.value for metric in app.metric}
    assert list(moved) == ["OCR accuracy", "Overlap with food or people"], "no drawn contrast yet"
    assert str(other.job_id) not in shown


def test_a_finished_job_opens_with_its_ads_and_one_part_at_a_time(
    open_page: OpenPage, engine: Engine, assets: Path
) -> None:
    job = write_job(engine, assets)
    app = open_page("results", job=str(job.job_id)[:9])
    said = html_of(app)
    order = [said.index(part) for part in ("<h1>", "<div class='fd-ads'>", "<div class='fd-zoomable'")]
    assert order == sorted(order), "the ads come first"
    assert all(f"/img/view/{asset}" in said[order[1] : order[2]] for asset in job.overlaid_ids)
    assert not app.get("plotly_chart")
    assert len(sources(app)) == 9
    assert f"/img/view/{job.overlaid_ids[1]}" in sources(app)
    assert "IoU 100%" in beside(app)
    assert "★ rule_top" in beside(app)
    assert "Stored contrast" not in said and "gpt-4o-mini" not in said, "only the open part is drawn"


@pytest.mark.parametrize(
    ("tab", "shown"),
    [
        (
            "scores",
            ("Stored contrast", "2.1:1", "A warm bowl of stew.", "warm scene", "verdict of variant 3"),
        ),
        ("texts", ("#따끈한저녁", "As drawn")),
        ("cost", ("gpt-4o-mini", "Tokens in / out")),
        ("nonsense", ("fd-zoomable",)),
    ],
)
def test_the_address_names_the_open_part(
    open_page: OpenPage, engine: Engine, assets: Path, tab: str, shown: tuple[str, ...]
) -> None:
    app = open_page("results", job=write_job(engine, assets).job_id, tab=tab)
    said = words_of(app)
    assert [words for words in shown if words not in said] == []
    assert "The text covers" in said, "the findings stand with the pictures, whatever is open"
    if tab == "scores":
        assert "#" not in said.split("Recommended font")[1][:80], "a colour is shown, not spelt"


def test_a_part_that_is_chosen_goes_into_the_address(
    open_page: OpenPage, engine: Engine, assets: Path
) -> None:
    # Korean, because AppTest words the choice outside of a page run, where the language is the default.
    app = open_page("results", language="ko", job=write_job(engine, assets).job_id)
    element(app, "tab").set_value("cost").run()
    assert app.query_params["tab"] in ("cost", ["cost"])
    assert "gpt-4o-mini" in words_of(app) and not sources(app)


def test_a_failed_check_holds_its_evidence(open_page: OpenPage, engine: Engine, assets: Path) -> None:
    def misread(writer: ReportWriter) -> None:
        metrics = (
            """'{"ocr_accuracy": 0.1, "original_text": "국물 한 그릇", "recognized_text": "국물 한 그"}'"""
        )
        change = f"UPDATE evaluations SET metrics = metrics || {metrics}::jsonb WHERE evaluation_type = 'ocr'"
        writer.connection.exec_driver_sql(change)

    app = open_page("results", language="ko", job=write_job(engine, assets, change=misread).job_id)
    cards = {number: ad for ad in ads(app) for number in (1, 2, 3) if f"<strong>시안 {number}<" in ad}
    for number, check, drawn, words in (
        (2, "covered", "overlap", "31%"),
        (2, "contrast_worst", "patch", "글자색과 배경색"),
        (1, "ocr_accuracy", "text", "<del>릇</del>"),
    ):
        opened = cards[number].split(f"<details data-score='{check}'>")[1].split("</details>")[0]
        assert words in opened
        assert "기준: " in opened
        assert re.search(f"class='fd-box fd-box-{drawn}[^']* fd-of-{check}", cards[number])


def test_layers_and_rows_come_from_the_address_and_go_there(
    open_page: OpenPage, engine: Engine, assets: Path
) -> None:
    job = write_job(engine, assets)
    # Korean, because AppTest words the choice outside of a page run, where the language is the default.
    app = open_page(
        "results", language="ko", job=job.job_id, rows="planner", layers="proposals.mask.nonsense"
    )
    assert "rule_bottom" in hover_texts(app)
    assert "그릇" not in hover_texts(app)
    assert len(sources(app)) == 3
    element(app, "layers").set_value(["detections"]).run()
    assert "그릇" in hover_texts(app)
    assert "rule_bottom" not in hover_texts(app)
    assert app.query_params["layers"] in ("detections", ["detections"])


def test_a_link_may_say_nothing_and_is_not_believed_when_it_says_nonsense(
    open_page: OpenPage, engine: Engine, assets: Path
) -> None:
    job = write_job(engine, assets).job_id
    assert "Nothing is chosen" in words_of(open_page("results", job=job, rows=""))
    assert len(sources(open_page("results", job=job, rows="nonsense"))) == 9


def test_the_forbidden_mask_is_a_layer_of_the_planner_row(
    open_page: OpenPage, engine: Engine, settings: Settings, assets: Path
) -> None:
    def masked(writer: ReportWriter) -> None:
        writer.connection.execute(t.yolo_runs.update().values(forbidden_mask_url="/assets/mask.png"))

    Image.new("L", (54, 54), 255).save(assets / "mask.png")
    job = write_job(engine, assets, change=masked)
    app = open_page("results", job=job.job_id, layers="mask")
    assert sources(app).count(f"/img/mask/{job.job_id}") == 3
    with Image.open(io.BytesIO(mask_layer(engine, settings, job.job_id).content)) as layer:
        assert layer.mode == "RGBA"
        assert 0 < layer.getpixel((5, 5))[3] < 255  # type: ignore[index]
    with pytest.raises(NotFound):
        mask_layer(engine, settings, write_job(engine, assets).job_id)


def test_the_worst_variant_comes_first(open_page: OpenPage, engine: Engine, assets: Path) -> None:
    cards = ads(open_page("results", job=write_job(engine, assets).job_id))
    assert [re.findall(r"<strong>Variant (.)<", card)[0] for card in cards] == ["2", "1", "3"]


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda path: path.unlink(), "The file is missing"),
        (lambda path: path.write_bytes(path.read_bytes()[:900]), "damaged or cut off"),
        (lambda path: path.write_text("<html>"), "no picture that can be shown"),
    ],
)
def test_a_bad_file_is_a_labelled_placeholder(
    open_page: OpenPage, engine: Engine, assets: Path, spoil: Callable[[Path], None], sentence: str
) -> None:
    job = write_job(engine, assets)
    spoil(next(assets.rglob(f"{job.overlaid_ids[0]}.png")))
    app = open_page("results", job=job.job_id)
    for part in (beside(app), "".join(ads(app))):
        assert sentence in part
        assert str(assets.resolve())[:20] in part, "the path that was tried, not the URL"
    assert len(sources(app)) == 8


@pytest.mark.parametrize(
    ("step", "status", "sentence"),
    [
        ("user_img_input", "queued", "This job has no variants yet"),
        ("planner", "running", "The text is not drawn yet"),
        ("overlay", "failed", "Failed at Text overlay"),
    ],
)
def test_an_unfinished_job_shows_what_there_is(
    open_page: OpenPage, engine: Engine, assets: Path, step: str, status: str, sentence: str
) -> None:
    with writing(engine) as connection:
        writer = ReportWriter(connection, "demo_tenant", BEGAN, assets)
        writer.begin(step, status)
        if status != "queued":
            for index in range(2):
                writer.variant(step, status, own_picture=False)
                writer.analysed(index)
    app = open_page("results", job=writer.job_id)
    assert sentence in words_of(app)


@pytest.mark.parametrize("junk", ['"text"', '{"proposals": [{"xywh": [1, 2]}, 7], "text": {}, "render": []}'])
def test_malformed_documents_say_so_and_show_the_rest(
    open_page: OpenPage, engine: Engine, assets: Path, junk: str
) -> None:
    def spoil(writer: ReportWriter) -> None:
        for place in ("planner_proposals.layout", "overlay_layouts.layout", "evaluations.metrics"):
            table, column = place.split(".")
            writer.connection.execute(
                text(f"UPDATE {table} SET {column} = CAST(:junk AS jsonb)"), {"junk": junk}
            )

    job = write_job(engine, assets, change=spoil).job_id
    assert "stored values are unreadable" in words_of(open_page("results", job=job, tab="cost"))
    assert "verdict of variant 1" in words_of(open_page("results", job=job, tab="scores"))


@pytest.mark.parametrize("language", ["ko", "en"])
def test_foreign_text_is_never_markup(
    open_page: OpenPage, engine: Engine, assets: Path, language: str
) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)> **bold** :red[x] $x$"

    def inject(writer: ReportWriter) -> None:
        writer.connection.execute(t.job_inputs.update().values(desc_kor=evil, desc_eng=evil))
        writer.connection.execute(t.stores.update().values(title=evil))
        writer.connection.execute(t.instagram_feeds.update().values(instagram_ad_copy=evil, hashtags=evil))
        writer.connection.execute(
            t.txt_ad_copy_generations.update().values(ad_copy_kor=evil, ad_copy_eng=evil)
        )
        writer.connection.execute(t.detections.update().values(label=evil[:40]))

    job = write_job(engine, assets, change=inject).job_id
    for tab in ("pictures", "scores", "texts"):
        app = open_page("results", language=language, job=job, tab=tab)
        assert "<script" not in html_of(app) and "<img src=x" not in html_of(app)
        assert "&lt;script&gt;" in html_of(app)
        assert not any(evil in markdown.value for markdown in app.markdown)


def test_an_unknown_job_is_a_sentence_above_the_others(open_page: OpenPage, engine: Engine) -> None:
    made = make_job(engine)
    words = words_of(open_page("results", job="12345678"))
    assert "There is no job" in words
    assert f"/results?job={made.job_id}" in words
    assert "no job id" in words_of(open_page("results", job="not-an-id"))


def test_thirty_variants_show_four_columns_at_most(open_page: OpenPage, engine: Engine, assets: Path) -> None:
    job = write_job(engine, assets, variants=6)
    app = open_page("results", job=job.job_id, rows="overlay", variants="2.3.4.5.6")
    assert sources(app) == [f"/img/view/{asset}" for asset in job.overlaid_ids[1:5]]


def test_korean_page_speaks_korean(open_page: OpenPage, engine: Engine, assets: Path) -> None:
    job = write_job(engine, assets).job_id
    for tab in JOB_TABS:
        said = words_of(open_page("results", language="ko", job=job, tab=tab))
        for english in ("Pictures", "Scores", "Why this place", "not recorded", "Nothing stands out"):
            assert english not in said
