"""The diagnostics page: what a person reads, and that it opens quickly when everything is down."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import streamlit as st
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url
from streamlit.testing.v1 import AppTest

from dashboard.server import startup
from feedly_core.db.engine import writing
from feedly_core.diagnostics.context import open_context
from feedly_core.diagnostics.probe.run import probe_trigger
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings, load_settings
from tests.factories import make_job
from tests.faults.proxy import proxied
from tests.faults.stand_in import listening
from tests.pages.conftest import OpenPage, elements, words_of
from tests.waiting import wait_until

OpenApp = Callable[[Settings], OpenPage]
PAGE = "trigger_diagnostics"
OPENS_WITHIN_S = 2.0


def test_the_first_broken_link_comes_first_with_a_command_to_copy(open_page: OpenPage) -> None:
    app = open_page(PAGE)
    words = words_of(app)
    assert "The chain breaks at: Listeners" in words
    assert words.index("No service listens on job_variant_state_changed") < words.index("Nothing answers at")
    assert any("docker restart feedlyai-work-yh" in block.value for block in app.code)


def test_it_speaks_korean(open_page: OpenPage) -> None:
    words = words_of(open_page(PAGE, language="ko"))
    assert "끊긴 곳: 리스너" in words
    assert "The chain breaks" not in words


def test_a_missing_trigger_offers_its_sql_and_no_button_unless_allowed(
    open_page: OpenPage, engine: Engine
) -> None:
    drop_trigger(engine)
    app = open_page(PAGE)
    assert any("CREATE TRIGGER job_state_change_trigger" in block.value for block in app.code)
    assert "FEEDLY_ALLOW_REPAIR" in words_of(app)
    assert not [button for button in app.button if str(button.key).startswith("repair-")]


def test_an_allowed_repair_shows_the_sql_before_it_runs(
    open_app: OpenApp, settings: Settings, engine: Engine
) -> None:
    drop_trigger(engine)
    app = open_app(settings.model_copy(update={"allow_repair": True}))(PAGE)
    app.button(key="repair-triggers.job_notify").click().run()
    assert app.button(key="repair_confirmed").label == "Yes, run it"
    with writing(engine) as connection:
        there = connection.scalar(
            text("SELECT count(*) FROM pg_trigger WHERE tgname = 'job_state_change_trigger'")
        )
    assert there == 0, "nothing may run before the confirmation"


def test_a_viewer_reads_the_fix_and_has_no_buttons_that_write(
    open_app: OpenApp, settings: Settings, engine: Engine
) -> None:
    drop_trigger(engine)
    stalled_at_planner(engine)
    asks = {"allow_repair": True, "operators": ("kim@example.com",)}
    open_page = open_app(settings.model_copy(update=asks))
    viewer = {"is_logged_in": True, "email": "lee@example.com"}
    app = open_page(PAGE, user=viewer)
    assert any("CREATE TRIGGER job_state_change_trigger" in block.value for block in app.code)
    assert "An operator can run this SQL from here." in words_of(app)
    assert not [button for button in app.button if str(button.key).startswith("repair-")]
    assert open_page(PAGE, user=viewer, view="waiting").button(key="resend").disabled


def test_lost_work_leads_to_where_it_is_resent(open_page: OpenPage, engine: Engine) -> None:
    stalled_at_planner(engine)
    app = open_page(PAGE)
    app.button(key="go-waiting").click().run()
    assert app.button(key="resend").label == "Resend 1 notification…"
    assert app.query_params["view"] == "waiting"


def test_the_headline_says_what_it_means_for_the_work(open_page: OpenPage, engine: Engine) -> None:
    drop_trigger(engine)
    headline = next(
        block.proto.body for block in open_page(PAGE).get("html") if "fd-verdict" in block.proto.body
    )
    assert "There is no trigger job_state_change_trigger." in headline
    assert "image generation and the two text steps never start" in headline


def test_broken_tests_are_on_the_chart_too(open_page: OpenPage, settings: Settings, our_schema: None) -> None:
    with open_context(settings) as context:
        probe_trigger(context, Person("kim", Role.OPERATOR))
    app = open_page(PAGE, view="live")
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert [trace["name"] for trace in figure["data"]] == [
        "UPDATE to event",
        "Event to worker",
        "Broken link",
    ]
    assert figure["data"][2]["customdata"] == ["Listener"]


def test_the_trigger_probe_is_started_and_tells_its_verdict(
    open_page: OpenPage, database_url: str, our_schema: None
) -> None:
    with listening(database_url):
        app = open_page(PAGE, view="live")
        app.button(key="probe_start").click().run()
        wait_until(lambda: "All test rows are removed" in words_of(app.run()))
        assert "The chain works" in words_of(app)


def test_a_read_only_dashboard_says_why_there_is_no_trigger_probe(
    open_app: OpenApp, settings: Settings
) -> None:
    app = open_app(settings.model_copy(update={"read_only": True}))(PAGE, view="live")
    assert "read-only" in words_of(app)
    assert "probe_start" not in [button.key for button in app.button]


def test_lost_variants_are_listed_and_resent_only_after_confirmation(
    open_page: OpenPage, engine: Engine
) -> None:
    stalled_at_planner(engine)
    app = open_page(PAGE, view="waiting")
    assert app.dataframe[0].value["Waits for"].tolist() == ["Text overlay"]
    app.button(key="resend").click().run()
    assert app.button(key="resend_confirmed").label == "Yes, resend"
    assert "<td>Text overlay</td><td>1 hour</td>" in "".join(block.proto.body for block in app.get("html"))
    with writing(engine) as connection:
        assert connection.scalar(
            text("SELECT max(updated_at) < now() - interval '59 minutes' FROM jobs_variants")
        )


def test_what_is_broken_is_planned_before_anything_runs(
    open_page: OpenPage, engine: Engine, our_schema: None
) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=2)
    made = make_job(
        engine, step="overlay", status="failed", variants=[("overlay", "failed")] * 2, created_at=long_ago
    )
    app = open_page(PAGE, view="broken")
    drawn = "".join(block.proto.body for block in app.get("html"))
    assert "Text overlay · Failed" in drawn and "2 problems" in drawn and "New failure" in drawn
    assert str(made.picture_ids[0]) in drawn
    app.button(key="rerun-group-0").click().run()
    confirm = app.button(key="group-confirmed")
    assert confirm.label == "Yes, run it for 2 variants"
    plan = "".join(block.proto.body for block in app.get("html"))
    assert plan.count("(overlay, failed) → (planner, done)") == 2
    with writing(engine) as connection:
        assert connection.scalar(text("SELECT count(*) FROM feedly_dashboard.group_reruns")) == 0
        assert connection.scalar(text("SELECT count(*) FROM jobs_variants WHERE status = 'failed'")) == 2


def test_the_support_bundle_can_be_downloaded(open_page: OpenPage) -> None:
    app = open_page(PAGE, view="support")
    assert [button.label for button in elements(app, "download_button")] == ["Download the support bundle"]


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Accepts connections and never answers: the worst kind of down."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.timed
def test_it_opens_within_two_seconds_when_every_service_is_silent(
    open_app: OpenApp, database_url: str, silent_port: int
) -> None:
    silent = f"http://127.0.0.1:{silent_port}"
    open_page = open_app(
        load_settings(DATABASE_URL=database_url, YH_URL=silent, YE_URL=silent, JS_URL=silent)
    )
    open_page(PAGE)  # imports are paid once a process
    st.cache_resource.clear()
    took, app = timed(lambda: open_page(PAGE))
    assert "did not answer within" in words_of(app)
    assert took < OPENS_WITHIN_S, took


@pytest.mark.timed
def test_it_opens_within_two_seconds_when_the_database_hangs_too(
    open_app: OpenApp, database_url: str, silent_port: int
) -> None:
    url = make_url(database_url)
    socket_path = Path(str(url.query["host"])) / f".s.PGSQL.{url.query['port']}"
    with proxied(socket_path) as proxy:
        through = f"postgresql://{url.username}@127.0.0.1:{proxy.port}/{url.database}"
        open_page = open_app(all_silent(through, silent_port))
        open_page(PAGE)
        st.cache_resource.clear()
        proxy.stall()
        took, app = timed(lambda: open_page(PAGE))
        proxy.resume()
        startup.close()
    assert "No answer within" in words_of(app)
    assert took < OPENS_WITHIN_S, took


def all_silent(database_url: str, port: int) -> Settings:
    silent = f"http://127.0.0.1:{port}"
    return load_settings(DATABASE_URL=database_url, YH_URL=silent, YE_URL=silent, JS_URL=silent)


def timed(run: Callable[[], AppTest]) -> tuple[float, AppTest]:
    began = time.monotonic()
    result = run()
    return time.monotonic() - began, result


def drop_trigger(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(text("DROP TRIGGER job_state_change_trigger ON jobs"))


def stalled_at_planner(engine: Engine) -> None:
    make_job(engine, step="planner", status="running", variants=[("planner", "done")])
    with writing(engine) as connection:
        connection.execute(text("UPDATE jobs_variants SET updated_at = now() - interval '1 hour'"))
