"""Every page at 1, 10 and 40 variants, with texts of up to 5,000 characters and names of 80."""

from __future__ import annotations

from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from feedly_core.i18n import LANGUAGES, translate
from feedly_core.settings import Settings
from tests.many_variants import NAME, make_jobs_of_every_size
from tests.pages.conftest import JOB_VIEWS, OpenPage, words_of

NOT_DRAWN = [translate("This part of the page could not be drawn", language) for language in LANGUAGES]
VIEWS = [
    ("overview", {}),
    ("live_monitor", {}),
    ("results", {}),
    ("results", {"group": "job", "sort": "overall"}),
    ("trends", {}),
    ("trends", {"subject": "cost"}),
    ("trends", {"subject": "targets"}),
    ("trigger_diagnostics", {"view": "broken"}),
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
        assert_drawn(open_page(page, language="ko", reviewer=NAME, **query), f"{page} {query}")
    for job in jobs:
        for page, part in JOB_VIEWS:
            app = open_page(page, job=job.made.job_id, **part)
            assert_drawn(app, f"{page} {part} of {job.variants} variants")
    for job in (job for job in jobs if job.variants > 1):
        app = open_page(
            "review", language="ko", reviewer=NAME, view="winner", **{"winner-job": job.made.job_id}
        )
        choices = [button for button in app.button if str(button.key).startswith("choose-")]
        assert len(choices) == job.variants


def assert_drawn(app: AppTest, what: str) -> None:
    words = words_of(app)
    assert not any(sentence in words for sentence in NOT_DRAWN), what
