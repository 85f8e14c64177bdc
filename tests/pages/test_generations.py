"""Each page opens on every generation of the schema, and shows strange words as they are."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from feedly_core import dashboard_schema
from feedly_core.database import make_engine
from feedly_core.settings import Settings
from tests.generations import (
    CURRENT,
    GENERATIONS,
    OLDEST,
    STRANGE_SOURCE,
    STRANGE_STAGE,
    STRANGE_STATUS,
    STRANGE_STEP,
    UNREADABLE,
    Residents,
)
from tests.pages.conftest import PROJECT, OpenPage, words_of

PAGES = sorted(path.stem for path in (PROJECT / "pages").glob("*.py") if path.stem != "__init__")
JOB_PAGES = ("live_monitor", "results")

Old = Callable[[str], tuple[Settings, Residents]]


@pytest.mark.parametrize("generation", GENERATIONS)
def test_every_page_opens(generation: str, old_database: Old, open_app: Callable[..., OpenPage]) -> None:
    settings, residents = old_database(generation)
    open_page = open_app(settings)
    for page in PAGES:
        app = open_page(page)
        assert not app.error, (page, [error.value for error in app.error])
    for page in JOB_PAGES:
        for name, job_id in residents.ids.items():
            app = open_page(page, job=job_id)
            assert not app.error, (page, name, [error.value for error in app.error])


@pytest.mark.parametrize("generation", [CURRENT, OLDEST])
def test_every_page_opens_with_our_own_schema_too(
    generation: str, old_database: Old, open_app: Callable[..., OpenPage]
) -> None:
    settings, residents = old_database(generation)
    engine = make_engine(settings)
    dashboard_schema.install(engine)
    engine.dispose()
    open_page = open_app(settings)
    for page in PAGES:
        app = open_page(page)
        assert not app.error, (page, [error.value for error in app.error])
    for page in JOB_PAGES:
        assert not open_page(page, job=residents.complete.job_id).error


@pytest.mark.parametrize("generation", [CURRENT, OLDEST])
def test_words_of_newer_services_are_shown_as_they_are(
    generation: str, old_database: Old, open_app: Callable[..., OpenPage]
) -> None:
    settings, residents = old_database(generation)
    open_page = open_app(settings)
    job_id = residents.strange.job_id
    assert STRANGE_STEP in words_of(open_page("live_monitor", job=job_id))
    told = words_of(open_page("results", job=job_id))
    shown = (STRANGE_STEP, STRANGE_STATUS)
    if generation == CURRENT:
        shown += (STRANGE_SOURCE, STRANGE_STAGE)
    assert [word for word in shown if word not in told] == []


@pytest.mark.parametrize("page", PAGES)
def test_a_schema_before_variants_had_steps_is_explained(
    page: str, old_database: Old, open_app: Callable[..., OpenPage]
) -> None:
    settings, _ = old_database(UNREADABLE)
    told = words_of(open_app(settings)(page))
    assert "or is older than the dashboard can read" in told
    assert "jobs_variants.status" in told
