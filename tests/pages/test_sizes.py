"""Every page at 1, 10 and 40 variants, with texts of up to 5,000 characters and names of 80."""

from __future__ import annotations

from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from feedly_core.settings import Settings
from tests.many_variants import NAME, make_jobs_of_every_size
from tests.pages.conftest import OpenPage, words_of

VIEWS = [
    ("overview", {}),
    ("live_monitor", {}),
    ("results", {}),
    ("results", {"group": "job", "sort": "overall"}),
    ("trends", {}),
    ("trends", {"subject": "cost"}),
    ("review", {}),
    ("review", {"view": "meeting"}),
    ("review", {"view": "agreement"}),
    ("review", {"view": "runs", "kind": "job"}),
    ("create_jobs", {}),
    ("create_jobs", {"part": "remove"}),
]


def test_no_page_fails(open_page: OpenPage, engine: Engine, settings: Settings) -> None:
    """``open_page`` fails where a page has logged an unexpected error."""
    assert settings.assets_dir is not None
    jobs = make_jobs_of_every_size(engine, settings.assets_dir)
    for page, query in VIEWS:
        assert_drawn(judging(open_page(page, **query)), f"{page} {query}")
    for job in jobs:
        for page in ("live_monitor", "results"):
            assert_drawn(open_page(page, job=job.made.job_id), f"{page} of {job.variants} variants")
    for job in (job for job in jobs if job.variants > 1):
        app = judging(open_page("review", view="winner", **{"winner-job": job.made.job_id}))
        choices = [button for button in app.button if button.label.startswith("Choose ")]
        assert len(choices) == job.variants


def judging(app: AppTest) -> AppTest:
    """Whoever judges has said their name."""
    app.session_state["reviewer"] = NAME
    return app.run()


def assert_drawn(app: AppTest, what: str) -> None:
    assert "could not be drawn" not in words_of(app), what
