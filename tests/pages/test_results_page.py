"""The results page in every state of a job, without a browser."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import Engine, text
from streamlit.testing.v1 import AppTest

from feedly_core.db.engine import writing
from feedly_core.domain import tables as t
from feedly_core.errors import NotFound
from feedly_core.images.masks import mask_layer
from feedly_core.settings import Settings
from tests.factories import make_job
from tests.pages.conftest import words_of
from tests.stored_job import BEGAN, TEXT, Writer, write_job

OpenPage = Callable[..., AppTest]


def figure_of(app: AppTest) -> dict[str, Any]:
    spec: dict[str, Any] = json.loads(app.get("plotly_chart")[0].proto.spec)
    return spec


def hover_texts(app: AppTest) -> str:
    return "\n".join(str(trace.get("text", "")) for trace in figure_of(app)["data"])


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


def test_a_finished_job_shows_pictures_scores_and_texts(
    open_page: OpenPage, engine: Engine, assets: Path
) -> None:
    job = write_job(engine, assets)
    app = open_page("results", job=str(job.job_id)[:9])
    said = words_of(app)
    assert "The text covers" in said
    assert "Stored contrast" in said and "2.1:1" in said
    assert "A warm bowl of stew." in said and "warm scene" in said, "what the model said before drawing"
    assert "#" not in said.split("Recommended font")[1][:80], "a colour is shown, not spelt"
    assert "verdict of variant 3" in said
    assert "★ rule_top" in said
    assert "#따끈한저녁" in said
    assert "gpt-4o-mini" in said
    sources = [image["source"] for image in figure_of(app)["layout"]["images"]]
    assert len(sources) == 9
    assert all(source.startswith("/img/full/") for source in sources)
    assert f"/img/full/{job.finished[1]}" in sources
    assert "IoU 100%" in json.dumps(figure_of(app)["layout"]["annotations"])


def test_a_failed_check_draws_its_evidence(open_page: OpenPage, engine: Engine, assets: Path) -> None:
    def misread(writer: Writer) -> None:
        metrics = (
            """'{"ocr_accuracy": 0.1, "original_text": "국물 한 그릇", "recognized_text": "국물 한 그"}'"""
        )
        change = f"UPDATE evaluations SET metrics = metrics || {metrics}::jsonb WHERE evaluation_type = 'ocr'"
        writer.connection.exec_driver_sql(change)

    # Korean, because AppTest words the choice outside of a page run, where the language is the default.
    app = open_page("results", language="ko", job=write_job(engine, assets, change=misread).job_id)
    pictures = len(app.get("plotly_chart"))
    for check, drawn, said in (
        ("2.covered", "overlap", "31%"),
        ("2.contrast_worst", "patch", "글자색과 배경색"),
        ("1.ocr_accuracy", "text", "<del>릇</del>"),
    ):
        app.get_by_key("results-why").set_value(check).run()
        assert not app.exception
        assert len(app.get("plotly_chart")) == pictures + 1
        assert drawn in {trace.get("name") for trace in figure_of(app)["data"]}
        evidence = words_of(app).split("fd-results-note")[1]
        assert said in evidence
        assert "기준: " in evidence


def test_zoom_is_shared_by_all_pictures(open_page: OpenPage, engine: Engine, assets: Path) -> None:
    layout = figure_of(open_page("results", job=write_job(engine, assets).job_id))["layout"]
    axes = {name: axis for name, axis in layout.items() if name[1:].startswith("axis")}
    assert len(axes) == 18
    assert {axis["matches"] for name, axis in axes.items() if name.startswith("x")} == {"x"}
    assert {axis["matches"] for name, axis in axes.items() if name.startswith("y")} == {"y"}


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
    assert len(figure_of(app)["layout"]["images"]) == 3
    app.get_by_key("layers").set_value(["detections"]).run()
    assert "그릇" in hover_texts(app)
    assert "rule_bottom" not in hover_texts(app)
    assert app.query_params["layers"] in ("detections", ["detections"])


def test_a_link_may_say_nothing_and_is_not_believed_when_it_says_nonsense(
    open_page: OpenPage, engine: Engine, assets: Path
) -> None:
    job = write_job(engine, assets).job_id
    assert "Nothing is chosen" in words_of(open_page("results", job=job, rows=""))
    assert len(figure_of(open_page("results", job=job, rows="nonsense"))["layout"]["images"]) == 9


def test_the_forbidden_mask_is_a_layer_of_the_planner_row(
    open_page: OpenPage, engine: Engine, settings: Settings, assets: Path
) -> None:
    def masked(writer: Writer) -> None:
        writer.connection.execute(t.yolo_runs.update().values(forbidden_mask_url="/assets/mask.png"))

    Image.new("L", (54, 54), 255).save(assets / "mask.png")
    job = write_job(engine, assets, change=masked)
    app = open_page("results", job=job.job_id, layers="mask")
    sources = [image["source"] for image in figure_of(app)["layout"]["images"]]
    assert sources.count(f"/img/mask/{job.job_id}") == 3
    with Image.open(io.BytesIO(mask_layer(engine, settings, job.job_id).content)) as layer:
        assert layer.mode == "RGBA"
        assert 0 < layer.getpixel((5, 5))[3] < 255  # type: ignore[index]
    with pytest.raises(NotFound):
        mask_layer(engine, settings, write_job(engine, assets).job_id)


def test_the_worst_variant_comes_first(open_page: OpenPage, engine: Engine, assets: Path) -> None:
    said = words_of(open_page("results", job=write_job(engine, assets).job_id))
    eyes = said[said.index("fd-results-eyes") :]
    assert eyes.index("Variant 2") < eyes.index("Variant 1") < eyes.index("Variant 3")


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
    spoil(next(assets.rglob(f"{job.finished[0]}.png")))
    app = open_page("results", job=job.job_id)
    shown = " ".join(note["text"] for note in figure_of(app)["layout"]["annotations"])
    assert sentence in shown.replace("</b><br><b>", " ")
    assert str(assets.resolve())[:20] in shown.replace("<br>", ""), "the path that was tried, not the URL"
    assert sentence in words_of(app)
    assert len(figure_of(app)["layout"]["images"]) == 8


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
        writer = Writer(connection, assets, "demo_tenant", BEGAN)
        writer.begin(step, status)
        if status != "queued":
            for index in range(2):
                writer.variant(index + 1, step=step, status=status, own_picture=False)
                writer.analysed(index)
    app = open_page("results", job=writer.job.job_id)
    said = words_of(app)
    if status != "queued":
        said += json.dumps(figure_of(app)["layout"]["annotations"])
    assert sentence in said


@pytest.mark.parametrize("junk", ['"text"', '{"proposals": [{"xywh": [1, 2]}, 7], "text": {}, "render": []}'])
def test_malformed_documents_say_so_and_show_the_rest(
    open_page: OpenPage, engine: Engine, assets: Path, junk: str
) -> None:
    def spoil(writer: Writer) -> None:
        for place in ("planner_proposals.layout", "overlay_layouts.layout", "evaluations.metrics"):
            table, column = place.split(".")
            writer.connection.execute(
                text(f"UPDATE {table} SET {column} = CAST(:junk AS jsonb)"), {"junk": junk}
            )

    said = words_of(open_page("results", job=write_job(engine, assets, change=spoil).job_id))
    assert "stored values are unreadable" in said
    assert "verdict of variant 1" in said


@pytest.mark.parametrize("language", ["ko", "en"])
def test_foreign_text_is_never_markup(
    open_page: OpenPage, engine: Engine, assets: Path, language: str
) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)> **bold** :red[x] $x$"

    def inject(writer: Writer) -> None:
        writer.connection.execute(t.job_inputs.update().values(desc_kor=evil, desc_eng=evil))
        writer.connection.execute(t.stores.update().values(title=evil))
        writer.connection.execute(t.instagram_feeds.update().values(instagram_ad_copy=evil, hashtags=evil))
        writer.connection.execute(
            t.txt_ad_copy_generations.update().values(ad_copy_kor=evil, ad_copy_eng=evil)
        )
        writer.connection.execute(t.detections.update().values(label=evil[:40]))

    app = open_page("results", language=language, job=write_job(engine, assets, change=inject).job_id)
    html = "\n".join(str(element.proto.body) for element in app.get("html"))
    assert "<script" not in html and "<img src=x" not in html
    assert "&lt;script&gt;" in html
    assert "<script" not in json.dumps(figure_of(app))
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
    sources = [image["source"] for image in figure_of(app)["layout"]["images"]]
    assert sources == [f"/img/full/{asset}" for asset in job.finished[1:5]]


def test_korean_page_speaks_korean(open_page: OpenPage, engine: Engine, assets: Path) -> None:
    said = words_of(open_page("results", language="ko", job=write_job(engine, assets).job_id))
    for english in ("What needs attention first", "Pictures", "Scores", "Why this place", "not recorded"):
        assert english not in said
    assert TEXT.split(",")[0] in said
