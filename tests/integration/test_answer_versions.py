"""ETags of the API: an answer that is the old one is not sent again, and never stands for another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine, TextClause, text

from dashboard.server import startup
from feedly_core.analytics.answer_version import answer_version
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import Order
from feedly_core.analytics.refresher import rebuild, refresh, sweep
from feedly_core.analytics.variant_source import variant_source
from feedly_core.db.engine import reading, writing
from feedly_core.documents import answers
from feedly_core.documents.answers import Asking
from feedly_core.documents.json_text import json_text
from feedly_core.jobs.cleanup import delete_jobs
from feedly_core.permissions import Person, Role
from feedly_core.reviews.verdicts import save
from feedly_core.settings import Settings
from tests.factories import make_job, verdict_on
from tests.integration.conftest import Ask
from tests.plan_guard import counted
from tests.tokens import OPERATOR


def test_what_a_program_has_already_is_not_sent_again(
    ask: Ask, known: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After any of these writes an answer has its old ETag only if it is the old answer."""
    monkeypatch.setattr("dashboard.server.api.callers.AT_ONCE", 1_000_000)
    jobs = [make_job(known, variants=1) for _ in range(3)]
    release = text("UPDATE jobs SET version = CASE WHEN job_id = :job THEN 'v2.0' ELSE 'v2.1' END")
    changed(known, release, {"job": jobs[0].job_id})
    rebuild(known, lambda done, total: None, now=datetime.now(UTC))
    retried = text("UPDATE jobs_variants SET retry_count = retry_count + 1")
    writes: dict[str, Callable[[], object]] = {
        "nothing": lambda: None,
        "rows": lambda: changed(known, retried, {}),
        "refresh": lambda: refresh(known, now=datetime.now(UTC)),
        "job": lambda: make_job(known),
        "refresh with it": lambda: refresh(known, now=datetime.now(UTC)),
        "removal": lambda: delete_jobs(
            known, [jobs[1].job_id], assets_dir=None, person=OPERATOR, settings=settings
        ),
        "sweep": lambda: sweep(known, None),
        "verdict": lambda: save(known, settings, Person("지영", Role.REVIEWER), [verdict_on(jobs[0])]),
    }
    of_facts = ["/variants", "/trends?by=release"]
    others = ["/jobs", f"/jobs/{jobs[0].job_id}", "/board", "/variants?words=x", "/reviews", "/campaigns"]
    others.append("/runs?before=v2.0&after=v2.1")
    news: dict[str, set[str]] = {}
    known_already = {address: ask(address) for address in of_facts + others}
    for name, write in writes.items():
        write()
        for address, old in known_already.items():
            again = ask(address, headers={"if-none-match": old.headers["etag"]})
            if again.status_code == 304:
                assert again.content == b""
                assert ask(address).content == old.content, (name, address)
            else:
                news.setdefault(name, set()).add(address)
                known_already[address] = again
    assert "nothing" not in news
    assert all(news[name] >= set(of_facts) for name in ("refresh", "refresh with it", "sweep"))
    assert "/jobs" in news["job"]
    assert "/reviews" in news["verdict"]
    assert not news["verdict"] & set(of_facts)


def changed(engine: Engine, statement: TextClause, values: dict[str, Any]) -> None:
    with writing(engine) as connection:
        connection.execute(statement, values)


@pytest.mark.parametrize("address", ["/variants?sort=overall", "/trends"])
def test_an_answer_of_the_read_model_that_is_known_already_costs_none_of_its_queries(
    ask: Ask, known: Engine, address: str
) -> None:
    make_job(known)
    rebuild(known, lambda done, total: None, now=datetime.now(UTC))
    etag = ask(address).headers["etag"]
    for headers, asked in (({}, True), ({"if-none-match": etag}, False)):
        with counted(startup.current().engine) as sent:
            ask(address, headers=headers)
        assert any("variant_facts.overall" in statement for statement, _values in sent.sent) is asked


@pytest.mark.parametrize("seed", range(3))
def test_time_alone_changes_the_version_with_the_answer(known: Engine, settings: Settings, seed: int) -> None:
    """Pictures leave the period, open jobs fall silent: no answer changes under its version."""
    rng, now = Random(seed), datetime.now(UTC)
    for _ in range(4):
        made = now - timedelta(minutes=rng.uniform(0, 100))
        states = rng.choice((1, [("img_gen", "running")], [("overlay", "done")]))
        step = rng.choice(("img_gen", "instagram_feed_gen", "vlm_analyze"))
        make_job(known, step=step, variants=states, created_at=made)
    rebuild(known, lambda done, total: None, now=now)
    told: dict[str | None, set[str]] = {}
    for moment in (now + timedelta(minutes=5 * step) for step in range(48)):
        asking, asked = Asking(settings, "en", moment), PictureFilters(since=moment - timedelta(hours=2))
        with reading(known) as connection:
            version = answer_version(connection, variant_source(connection, moment), asked)
            answer = json_text(answers.variants(connection, asking, asked, Order()))
            answer += json_text(answers.trends(connection, asking, asked))
        told.setdefault(version, set()).add(answer)
    assert None not in told
    assert {len(answers) for answers in told.values()} == {1}
    assert 3 < len(told) < 24
