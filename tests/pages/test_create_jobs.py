"""The page that makes jobs: what a person sees before and after each button."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import Engine, insert, select, text
from streamlit.testing.v1 import AppTest

from feedly_core.campaigns.campaigns import list_campaigns
from feedly_core.db.engine import reading, writing
from feedly_core.domain import tables as t
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings
from tests.factories import make_job
from tests.pages.conftest import OpenPage, elements, words_of
from tests.waiting import wait_until


@pytest.fixture(autouse=True)
def styles(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(insert(t.tone_styles).values(code="retro", kor_name="레트로", eng_name="Retro"))


def png(colour: str = "red") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(file, "PNG")
    return file.getvalue()


def jobs(engine: Engine) -> list[tuple[str, str, str]]:
    with reading(engine) as connection:
        return [
            (row.tenant_id, row.current_step, row.desc_kor)
            for row in connection.execute(
                select(t.jobs.c.tenant_id, t.jobs.c.current_step, t.job_inputs.c.desc_kor)
                .join(t.job_inputs)
                .order_by(t.jobs.c.created_at)
            )
        ]


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception, app.exception
    return app


def test_a_full_job_is_previewed_made_once_and_linked(open_page: OpenPage, engine: Engine) -> None:
    app = open_page("create_jobs")
    assert "What will be written" in words_of(app)
    assert "jobs_variants" in words_of(app) and "3 rows" in words_of(app)
    assert "No service is seen listening" in words_of(app)
    assert jobs(engine) == []
    app.text_input(key="one-full-description").set_value("겨울 국밥").run()
    press(app, "one-create")
    assert jobs(engine) == [("pipeline_test_tenant_v2", "img_gen", "겨울 국밥")]
    assert "The job is made and started" in words_of(app)
    app.run()
    assert len(jobs(engine)) == 1, "a page run more makes no second job"
    press(app, "one-again")
    assert len(jobs(engine)) == 1
    press(app, "one-create")
    assert len(jobs(engine)) == 2


def test_the_second_half_of_a_double_click_is_not_kept_for_the_next_job(
    open_page: OpenPage, engine: Engine
) -> None:
    """It reaches the page after the job was made: "make another" must show the form, not make one at once."""
    app = open_page("create_jobs")
    press(app, "one-create")
    app.session_state["pressed one-create"] = time.monotonic()
    press(app, "one-again")
    assert "What will be written" in words_of(app)
    assert len(jobs(engine)) == 1


def test_a_job_at_rest_is_started_from_its_result(open_page: OpenPage, engine: Engine) -> None:
    app = open_page("create_jobs")
    app.toggle(key="one-full-start").set_value(False).run()
    press(app, "one-create")
    assert "The job is made and rests" in words_of(app)
    press(app, "one-start")
    assert "The job is made and started" in words_of(app)
    assert len(jobs(engine)) == 1


def test_each_picture_is_shown_with_the_variant_that_gets_it(open_page: OpenPage, engine: Engine) -> None:
    app = open_page("create_jobs")
    app.number_input(key="one-full-variants").set_value(2).run()
    app.segmented_control(key="one-full-source").set_value("upload").run()
    app.file_uploader(key="one-full-files").set_value(
        [("a.png", png("red"), "image/png"), ("b.png", png("blue"), "image/png")]
    ).run()
    chosen = next(html.value for html in elements(app, "html") if "fd-chosen" in html.value)
    assert "Variant 1" in chosen and "Variant 2" in chosen
    press(app, "one-create")
    with reading(engine) as connection:
        assert len(connection.scalars(select(t.jobs_variants.c.img_asset_id).distinct()).all()) == 2


def test_a_ye_job_rests_and_the_page_says_what_announcing_it_leads_to(
    open_page: OpenPage, engine: Engine
) -> None:
    app = open_page("create_jobs")
    app.segmented_control(key="one-kind").set_value("ye").run()
    assert "an inserted row wakes no service" in words_of(app)
    app.toggle(key="one-ye-start").set_value(True).run()
    assert "adds three variants of its own" in words_of(app)
    app.toggle(key="one-ye-start").set_value(False).run()
    press(app, "one-create")
    assert [job[:2] for job in jobs(engine)] == [("ye_test_tenant", "user_img_input")]
    assert "The job is made and rests" in words_of(app)


def test_a_new_tenant_is_typed_and_a_bad_one_disables_the_button(open_page: OpenPage, engine: Engine) -> None:
    app = open_page("create_jobs")
    app.text_input(key="one-full-description").set_value("  ").run()
    assert "The description is empty." in words_of(app)
    assert not [button for button in app.button if button.key == "one-create"]
    assert jobs(engine) == []


def test_an_uploaded_file_that_is_no_picture_gets_its_reason_and_the_good_one_is_used(
    open_page: OpenPage, engine: Engine
) -> None:
    app = open_page("create_jobs")
    app.segmented_control(key="one-full-source").set_value("upload").run()
    app.file_uploader(key="one-full-files").set_value(
        [("bad.png", b"not a picture", "image/png"), ("good.png", png(), "image/png")]
    ).run()
    assert "bad.png" in words_of(app) and "not a PNG, JPEG, WebP" in words_of(app)
    press(app, "one-create")
    with reading(engine) as connection:
        assert connection.execute(select(t.image_assets.c.width, t.image_assets.c.height)).one() == (64, 48)


def test_a_picture_from_the_system_is_copied_to_the_new_jobs_tenant(
    open_page: OpenPage, engine: Engine, settings: Settings
) -> None:
    """Services refuse a picture of another tenant."""
    known = make_job(engine, tenant_id="customer", assets_dir=settings.assets_dir)
    app = open_page("create_jobs")
    app.segmented_control(key="one-full-source").set_value("system").run()
    assert next(iter(app.dataframe[0].value["tenant"])) == "customer"
    app.session_state["one-full-known"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.run()
    press(app, "one-create")
    with reading(engine) as connection:
        mine = t.image_assets.c.tenant_id == "pipeline_test_tenant_v2"
        (url,) = connection.scalars(select(t.image_assets.c.image_url).where(mine))
    assert settings.assets_dir is not None
    assert (settings.assets_dir / url.removeprefix("/assets/")).is_file()
    assert "/pipeline_test_tenant_v2/" in url and known.tenant_id not in url


def test_what_is_missing_is_named_before_and_after(open_page: OpenPage, engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(text("DROP TRIGGER job_variant_state_change_trigger ON jobs_variants"))
    app = open_page("create_jobs")
    assert "job_variant_state_change_trigger" in words_of(app)
    assert "See what is broken" in [link.proto.label for link in app.get("page_link")]
    press(app, "one-create")
    assert "The job is made and rests" in words_of(app)


def test_a_table_shows_problems_beside_the_lines_and_makes_only_the_good_ones(
    open_page: OpenPage, engine: Engine
) -> None:
    app = open_page("create_jobs", part="many")
    app.text_area(key="bulk-text").set_value(
        "description,tone,variants\n국밥,retro,2\n냉면,unknown,2\n\n만두,,1\n"
    ).run()
    assert "2 good" in words_of(app) and "1 with a problem" in words_of(app)
    table = next(html.value for html in elements(app, "html") if "fd-jobs-lines" in html.value)
    lines = [line for line in table.split("<tr") if "<td>" in line]
    assert ["There is no tone and style called unknown." in line for line in lines] == [False, True, False]
    assert jobs(engine) == []
    press(app, "bulk-create")
    assert [job[2] for job in jobs(engine)] == ["국밥", "만두"]
    assert "2 made" in words_of(app)


def test_campaigns_ask_for_the_schema_then_start_pause_and_show_up(
    open_page: OpenPage, engine: Engine, settings: Settings
) -> None:
    app = open_page("create_jobs", part="campaigns")
    assert "survive a restart" in words_of(app)
    press(app, "install-own-schema")
    app.radio(key="campaign-mode").set_value("interval").run()
    app.text_area(key="campaign-full-descriptions").set_value("국\n찌개").run()
    press(app, "campaign-start")
    with reading(engine) as connection:
        (summary,) = list_campaigns(connection)
    assert summary.campaign.descriptions == ("국", "찌개")
    assert (summary.campaign.schedule.interval_s, summary.campaign.schedule.max_jobs) == (60.0, 10)
    assert "Running" in words_of(app) and "The campaign is started" in words_of(app)
    app.session_state["pressed campaign-start"] = time.monotonic()  # the second half of a double click
    app.run()
    with reading(engine) as connection:
        assert len(list_campaigns(connection)) == 1
    press(app, "campaign-pause")
    assert "Paused" in words_of(app)


def test_waiting_variants_are_listed_with_their_dry_run(open_page: OpenPage, engine: Engine) -> None:
    app = open_page("create_jobs", part="ye")
    assert "No variant waits" in words_of(app)
    make_job(engine, step="user_img_input", variants=[("user_img_input", "done")] * 2)
    make_job(engine, step="user_img_input", variants=[("user_img_input", "done")])
    app.run()
    assert "Dry run: 1 variant" in words_of(app), "the newest job comes first"
    app.selectbox(key="ye-job").select_index(1).run()
    assert len(app.dataframe[0].value) == 2 and "Dry run: 2 variants" in words_of(app)
    assert words_of(app).count("UPDATE jobs_variants") == 4


def test_what_is_missing_to_take_a_variant_on_is_said_with_the_way_to_the_diagnostics(
    open_page: OpenPage, engine: Engine
) -> None:
    """Nobody listens here: the time-out names that, what to do and where to look next."""
    make_job(engine, step="user_img_input", variants=[("user_img_input", "done")] * 2)
    app = open_page("create_jobs", part="ye")
    press(app, "ye-go")
    wait_until(lambda: not app.session_state["ye-completion"].running, timeout=60, what="the time-out")
    app.run()
    assert "No service listens" in words_of(app)
    assert "How to fix it" in words_of(app)
    assert "not touched yet" in words_of(app), "the second variant stays usable"
    links = [link.proto.page for link in app.get("page_link")]
    assert any("trigger_diagnostics" in page for page in links), links


def test_removal_shows_what_would_go_asks_and_removes(
    open_page: OpenPage, engine: Engine, settings: Settings
) -> None:
    make_job(engine, tenant_id="pipeline_test_tenant", assets_dir=settings.assets_dir)
    make_job(engine, tenant_id="customer")
    app = open_page("create_jobs", part="remove")
    assert "1 job would go" in words_of(app)
    assert app.button(key="clear-go").disabled
    assert "clearing-plan" not in app.session_state, "hundreds of jobs for everybody who only looks"
    app.checkbox[0].check().run()
    make_job(engine, tenant_id="pipeline_test_tenant")
    press(app, "clear-go")
    assert "1 removed" in words_of(app), "what was shown, and not what came meanwhile"
    assert not app.checkbox[0].value, "each removal asks anew"
    with reading(engine) as connection:
        assert sorted(connection.scalars(select(t.jobs.c.tenant_id))) == ["customer", "pipeline_test_tenant"]
    assert settings.assets_dir is not None
    assert not list(settings.assets_dir.rglob("*.png"))


@pytest.mark.parametrize("opened", [False, True])
def test_jobs_and_files_that_would_go_are_listed_once_somebody_opens_the_lists(
    open_page: OpenPage, engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch, opened: bool
) -> None:
    monkeypatch.setattr("pages.shared.when_open._is_open", lambda _box: opened)
    made = make_job(engine, tenant_id="pipeline_test_tenant", assets_dir=settings.assets_dir)
    app = open_page("create_jobs", part="remove")
    assert len(app.dataframe) == (2 if opened else 0)
    if opened:
        assert list(app.dataframe[0].value["job"]) == [str(made.job_id)]


def test_a_file_that_cannot_be_deleted_is_named(
    open_page: OpenPage, engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_job(engine, tenant_id="one_test", assets_dir=settings.assets_dir)

    def refuse(path: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("feedly_core.jobs.cleanup.remove", refuse)
    app = open_page("create_jobs", part="remove")
    app.checkbox[0].check().run()
    press(app, "clear-go")
    assert "1 removed" in words_of(app) and "could not be deleted" in words_of(app)
    assert any(str(file).endswith(".png") for file in app.dataframe[0].value["file"])


def test_being_sure_of_one_choice_is_not_being_sure_of_another(open_page: OpenPage, engine: Engine) -> None:
    make_job(engine, tenant_id="one_test")
    make_job(engine, tenant_id="other_test")
    app = open_page("create_jobs", part="remove")
    app.selectbox(key="clear-tenant").set_value("one_test").run()
    app.checkbox[0].check().run()
    assert not app.button(key="clear-go").disabled
    app.selectbox(key="clear-tenant").set_value("").run()
    assert "2 jobs would go" in words_of(app)
    assert app.button(key="clear-go").disabled


def test_named_jobs_of_any_tenant_go_after_the_number_and_the_tick(
    open_page: OpenPage, engine: Engine, settings: Settings
) -> None:
    named, other = (
        make_job(engine, tenant_id="customer", assets_dir=settings.assets_dir).job_id for _ in range(2)
    )
    app = open_page("create_jobs", part="remove", remove_by="named")
    app.text_area(key="named-ids-0").set_value(f"{named}\n{str(other)[:8]}").run()
    assert "1 word is no job id" in words_of(app) and not app.checkbox, "nothing goes of a list with a slip"
    app.text_area(key="named-ids-0").set_value(f"{named}").run()
    assert "1 job would go" in words_of(app) and app.dataframe[0].value["tenant"][0] == "customer"
    assert app.checkbox[0].disabled and app.button(key="named-go").disabled
    app.text_input[0].set_value("2").run()
    assert app.checkbox[0].disabled and "The list names 1 job" in words_of(app)
    app.text_input[0].set_value("1").run()
    app.checkbox[0].check().run()
    press(app, "named-go")
    assert "1 removed" in words_of(app) and "No job named" in words_of(app)
    with reading(engine) as connection:
        assert connection.scalars(select(t.jobs.c.job_id)).all() == [other]


def test_a_viewer_is_told_why_nothing_is_made(
    open_page: OpenPage, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "pages.parts.create_jobs.preview.current_person", lambda: Person("visitor", Role.VIEWER)
    )
    monkeypatch.setattr("pages.shared.person.current_person", lambda: Person("visitor", Role.VIEWER))
    app = open_page("create_jobs")
    before = words_of(app).count("This needs the role operator")
    press(app, "one-create")
    assert words_of(app).count("This needs the role operator") > before > 0, "told before and after the click"
    assert jobs(engine) == []


@pytest.mark.parametrize("part", ["one", "many", "campaigns", "ye", "remove"])
def test_every_part_speaks_korean(open_page: OpenPage, our_schema: None, part: str) -> None:
    app = open_page("create_jobs", language="ko", part=part)
    assert "작업" in words_of(app)


def test_a_tenant_of_markup_stays_text(open_page: OpenPage, engine: Engine) -> None:
    tenant = "<script>alert(1)</script> test **bold**"
    make_job(engine, tenant_id=tenant)
    app = open_page("create_jobs", part="remove")
    assert "<script>" not in "".join(str(html.value) for html in elements(app, "html"))
    assert tenant in app.selectbox(key="clear-tenant").options


def test_the_texts_follow_the_picture_until_somebody_writes(open_page: OpenPage, engine: Engine) -> None:
    app = open_page("create_jobs")
    assert "부대찌개" in str(app.text_input(key="one-full-description").value)
    app.text_input(key="one-full-copy-kor").set_value("내 문구").run()
    app.segmented_control(key="one-full-source").set_value("upload").run()
    app.file_uploader(key="one-full-files").set_value([("bowl.png", png(), "image/png")]).run()
    press(app, "one-create")
    with reading(engine) as connection:
        texts = connection.scalars(select(t.txt_ad_copy_generations.c.ad_copy_kor)).all()
    assert "부대찌개" not in jobs(engine)[0][2] and "내 문구" in texts, "a photo of our own is no stew"


def test_what_was_typed_survives_a_look_at_another_page(open_page: OpenPage) -> None:
    app = open_page("create_jobs", language="ko")
    app.text_input(key="one-full-description").set_value("겨울 국밥").run()
    app.switch_page("pages/trends.py").run()
    app.switch_page("pages/create_jobs.py").run()
    assert app.text_input(key="one-full-description").value == "겨울 국밥"
