"""The audit page: own lines for a viewer, filters in the address, a job's own history."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from sqlalchemy import Engine

from feedly_core.live.problems import acknowledge
from feedly_core.permissions import Person, Role
from feedly_core.reviews.verdicts import Entry, Verdict, save
from feedly_core.settings import Settings
from tests.factories import make_job
from tests.pages.conftest import OpenPage, words_of


def test_lines_filters_and_history(
    open_app: Callable[[Settings], OpenPage], engine: Engine, settings: Settings, our_schema: None
) -> None:
    made, lee = make_job(engine), Person("lee@example.com", Role.REVIEWER)
    acknowledge(engine, settings, lee, made.job_id)
    picture = made.overlaid_ids[0]
    assert picture is not None
    for verdict in (Verdict.REJECT, Verdict.APPROVE):
        entry = Entry(uuid4(), made.job_id, made.variant_ids[0], picture, verdict)
        save(engine, settings, Person("kim@example.com", Role.OPERATOR), [entry])
    asks = {"operators": ("kim@example.com",)}
    open_page = open_app(settings.model_copy(update=asks))
    kim, viewer = ({"is_logged_in": True, "email": f"{name}@example.com"} for name in ("kim", "lee"))
    told = words_of(open_page("audit", user=kim))
    assert "verdict: reject → approve" in told and "lee@example.com" in told
    assert f"Job {str(made.job_id)[:8]} · Variant 1" in told
    told = words_of(open_page("audit", user=kim, action="acknowledge_failure"))
    assert "reject" not in told and "Acknowledge a failure" in told
    told = words_of(open_page("audit", user=viewer, language="ko"))
    assert "kim@example.com" not in told and "실패 확인 처리" in told
    assert "kim@example.com" not in words_of(open_page("audit", user=viewer, who="kim@example.com"))
    told = words_of(open_page("live_monitor", user=kim, job=made.job_id))
    assert "What people did" in told and "verdict: reject → approve" in told
