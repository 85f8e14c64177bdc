"""Each page opens on every generation of the schema, and shows strange words as they are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from feedly_core.analytics.refresher import rebuild
from feedly_core.db import own_schema
from feedly_core.db.engine import make_engine
from feedly_core.permissions import Person, Role
from feedly_core.reviews import meetings
from feedly_core.reviews.verdicts import Entry, Verdict, save
from feedly_core.settings import Settings
from tests.generations import (
    CURRENT,
    LATE,
    OLDEST,
    STRANGE_SOURCE,
    STRANGE_STAGE,
    STRANGE_STATUS,
    STRANGE_STEP,
    UNREADABLE,
    Residents,
    at_the_doors,
)
from tests.page_parts import PARTS
from tests.pages.conftest import JOB_TABS, PROJECT, OpenPage, words_of

PAGES = sorted(path.stem for path in (PROJECT / "pages").glob("*.py") if path.stem != "__init__")
JOB_PAGES = ("live_monitor", "results")
NEED_OVERLAYS_OF_VARIANTS = (("results", None), ("trends", None), ("review", "judge"), ("review", "winner"))
KIM = Person("kim@feedly.example", Role.OPERATOR)

Old = Callable[[str], tuple[Settings, Residents]]


@pytest.mark.parametrize("generation", at_the_doors(LATE, OLDEST))
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


@pytest.mark.parametrize("generation", at_the_doors(LATE, OLDEST))
def test_every_part_opens_with_our_own_schema_too(
    generation: str,
    old_database: Old,
    open_app: Callable[..., OpenPage],
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings, residents = old_database(generation)
    engine = make_engine(settings)
    own_schema.install(engine)
    made = residents.complete
    meeting = meetings.start(engine, settings, KIM, "monday", made.variant_ids)
    save(engine, settings, KIM, [Entry(uuid4(), made.job_id, made.variant_ids[0], uuid4(), Verdict.APPROVE)])
    if generation != OLDEST:
        rebuild(engine, lambda done, total: None, now=datetime.now(UTC))
    engine.dispose()
    open_page = open_app(settings.model_copy(update={"operators": (KIM.name,)}))
    asked: list[tuple[str, dict[str, object]]] = [(page, {}) for page in PAGES]
    asked += [(page, {"job": made.job_id}) for page in JOB_PAGES]
    asked += [("results", {"job": made.job_id, "tab": tab}) for tab in JOB_TABS[1:]]
    asked += [(page, {name: part}) for page, (name, parts) in PARTS.items() for part in parts]
    asked.append(("review", {"view": "meeting", "meeting": meeting}))
    for page, query in asked:
        app = open_page(page, user={"is_logged_in": True, "email": KIM.name}, **query)
        assert not app.error, (page, query, [error.value for error in app.error])
        if "job" in query or (page, query.get("view")) not in NEED_OVERLAYS_OF_VARIANTS:
            continue
        if generation == OLDEST:
            assert "does not record which variant an overlay belongs to" in words_of(app), (page, query)
    refused = {record.getMessage() for record in caplog.records if record.name == "feedly.pages"}
    assert len(refused) == (1 if generation == OLDEST else 0), refused


@pytest.mark.parametrize("generation", [CURRENT, OLDEST])
def test_words_of_newer_services_are_shown_as_they_are(
    generation: str, old_database: Old, open_app: Callable[..., OpenPage]
) -> None:
    settings, residents = old_database(generation)
    open_page = open_app(settings)
    job_id = residents.strange.job_id
    assert STRANGE_STEP in words_of(open_page("live_monitor", job=job_id))
    told = "".join(words_of(open_page("results", job=job_id, tab=tab)) for tab in ("pictures", "texts"))
    shown: tuple[str, ...] = (STRANGE_STEP, STRANGE_STATUS)
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
