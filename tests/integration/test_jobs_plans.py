"""What the page that makes jobs costs on 3,000 jobs: bounded by what it shows, never by the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, Engine

from feedly_core.dashboard_schema import install
from feedly_core.database import capabilities, reading
from feedly_core.diagnostics.ye_completion import waiting_for_ye
from feedly_core.jobs.campaigns import list_campaigns
from feedly_core.jobs.choices import known_pictures, read_choices
from feedly_core.jobs.clearing import Choice, plan_clearing
from feedly_core.jobs.create import preview_job
from feedly_core.jobs.orders import JobOrder, Kind
from feedly_core.jobs.samples import sample_pictures
from feedly_core.settings import load_settings
from tests.factories import make_job
from tests.plan_guard import counted, rows_scanned

ORDER = JobOrder(Kind.FULL, "test", sample_pictures()[:1], "국")

QUESTIONS: dict[str, tuple[Callable[[Connection], Any], int, int]] = {
    "choices of the form": (read_choices, 3, 600),
    "pictures to choose from": (known_pictures, 1, 400),
    "preview of a job": (lambda conn: preview_job(conn, ORDER, key=uuid4(), now=datetime.now(UTC)), 1, 200),
    "campaigns": (list_campaigns, 2, 300),
    "variants that wait for YE": (waiting_for_ye, 1, 1000),
}
"""Question, its statements, and the rows that its dearest statement may read."""


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_page_of_the_form_reads_what_it_shows(big_engine: Engine, question: str) -> None:
    ask, statements, rows = QUESTIONS[question]
    install(big_engine)
    with reading(big_engine) as conn:
        capabilities(conn)
        with counted(big_engine) as sent:
            ask(conn)
        assert len(sent) == statements
        scanned = rows_scanned(conn, sent)
    assert max(scanned.values()) <= rows, scanned


def test_a_dry_run_reads_the_chosen_jobs_only(big_engine: Engine) -> None:
    make_job(big_engine, tenant_id="one_test")
    settings = load_settings(FEEDLY_TEST_TENANTS="^one_test$")
    with reading(big_engine) as conn:
        capabilities(conn)
        with counted(big_engine) as sent:
            plan = plan_clearing(conn, Choice(), None, settings)
        assert len(plan.jobs) == 1 and len(sent) <= 11
        scanned = rows_scanned(conn, sent)
    assert max(scanned.values()) <= 500, scanned
