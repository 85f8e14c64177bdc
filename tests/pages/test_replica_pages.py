"""Pointed at a replica, every page and every part of one opens, our own schema beside FeedlyAI's."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from dashboard.demo.postgres import EmbeddedPostgres
from feedly_core.settings import Settings
from tests.factories import make_job
from tests.faults.replica import Replica, replica_of
from tests.page_parts import PARTS
from tests.pages.conftest import JOB_TABS, OpenPage
from tests.pages.test_generations import JOB_PAGES, KIM, PAGES


@pytest.fixture(scope="module")
def replica(postgres: EmbeddedPostgres) -> Iterator[Replica]:
    with replica_of(postgres) as standby:
        yield standby


def test_every_page_opens(
    engine: Engine,
    our_schema: None,
    settings: Settings,
    database_url: str,
    replica: Replica,
    open_app: Callable[..., OpenPage],
    caplog: pytest.LogCaptureFixture,
) -> None:
    made = make_job(engine, assets_dir=settings.assets_dir)
    make_job(engine, step="overlay", status="running", variants=[("overlay", "done"), ("planner", "failed")])
    replica.catch_up()
    url = SecretStr(replica.url(make_url(database_url).database or ""))
    open_page = open_app(settings.model_copy(update={"database_url": url, "operators": (KIM.name,)}))
    asked: list[tuple[str, dict[str, object]]] = [(page, {}) for page in PAGES]
    asked += [(page, {"job": made.job_id}) for page in JOB_PAGES]
    asked += [("results", {"job": made.job_id, "tab": tab}) for tab in JOB_TABS[1:]]
    asked += [(page, {name: part}) for page, (name, parts) in PARTS.items() for part in parts]
    for page, query in asked:
        app = open_page(page, user={"is_logged_in": True, "email": KIM.name}, **query)
        assert not app.error, (page, query, [error.value for error in app.error])
    assert not [record.getMessage() for record in caplog.records if record.name == "feedly.pages"]
