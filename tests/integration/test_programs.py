"""Programs that ask over HTTP: documents, tokens, limits, and requests made from the description."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import hypothesis
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck
from sqlalchemy import Engine, text
from starlette.requests import HTTPConnection

from dashboard.server import startup
from dashboard.server.api.callers import AT_ONCE, Entrance, RateLimit, TooManyRequests
from dashboard.server.guard import Guard
from feedly_core.access.identity import Identity, Way
from feedly_core.access.tokens import (
    TokenRefused,
    caller_of,
    keep_groups,
    list_tokens,
    revoke_token,
)
from feedly_core.alerts import outbox
from feedly_core.alerts.rules import MAILBOX, NewRule, RuleKind
from feedly_core.alerts.store import make_rule
from feedly_core.analytics.refresher import rebuild
from feedly_core.db.engine import reading, writing
from feedly_core.diagnostics.checks import ALL_CHECKS
from feedly_core.errors import InvalidInput, PermissionDenied
from feedly_core.golden_sets.sets import save_version
from feedly_core.permissions import Person, Role
from feedly_core.reviews import meetings
from feedly_core.reviews.verdicts import save
from feedly_core.settings import Settings, load_settings
from tests.factories import make_job, verdict_on
from tests.golden_sets import BOSS, golden_orders, made_run
from tests.integration.conftest import Ask
from tests.terminal import program
from tests.tokens import OPERATOR, token


def printed(database_url: str, *arguments: str) -> Any:
    """What the command prints, whatever its answer ends with."""
    told = ["--language", "en", *arguments, "--json"]
    answer = CliRunner().invoke(program(), told, env={"DATABASE_URL": database_url})
    assert answer.stdout, answer.output
    return json.loads(answer.stdout)


SAME: dict[str, tuple[str, ...]] = {
    "/jobs?tenant=TENANT&size=2": ("analyze", "--tenant-id", "TENANT", "--limit", "2"),
    "/jobs/{job}": ("analyze", "--job-id", "JOB"),
    "/board": ("board",),
    "/variants?sort=overall&ascending=true&size=4": (
        *("variants", "--sort", "overall", "--smallest-first"),
        *("--limit", "4"),
    ),
    "/trends?by=release": ("trends", "--by", "release"),
    "/runs?before=v2.0&after=v2.1": ("runs", "--before", "v2.0", "--after", "v2.1"),
    "/campaigns": ("campaign", "list"),
    "/reviews": ("review", "list"),
    "/alerts": ("alerts", "list"),
    "/checks": ("doctor",),
}
"""Each route, and the command that prints the same document."""


def test_documents_are_those_of_the_terminal(
    ask: Ask, engine: Engine, settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSETS_DIR", str(settings.assets_dir))
    for door in ("dashboard.server.api.app", "dashboard.cli.diagnostics"):
        monkeypatch.setattr(f"{door}.ALL_CHECKS", ALL_CHECKS[:3])  # the others wait for services
    waiting = make_job(engine, step="img_gen", status="done", variants=[("overlay", "done")] * 2)
    made = make_job(engine, tenant_id=waiting.tenant_id, assets_dir=settings.assets_dir)
    golden = save_version(engine, settings, BOSS, "menu", golden_orders(1))
    for release in ("v2.0", "v2.1"):
        made_run(engine, settings, golden, release)
    save(engine, settings, Person("지영", Role.REVIEWER), [verdict_on(made)])
    outbox.send_test(engine, settings, OPERATOR, MAILBOX, "ko")
    rebuild(engine, lambda done, total: None, now=datetime.now(UTC))
    routes = set(ask("/openapi.json").json()["paths"])
    assert routes == {address.partition("?")[0] for address in SAME}
    names = {"TENANT": made.tenant_id, "JOB": str(made.job_id), "{job}": str(made.job_id)}
    for address, command in SAME.items():
        for name, value in names.items():
            address = address.replace(name, value)
            command = tuple(value if word == name else word for word in command)
        answer = ask(address)
        assert answer.status_code == 200, answer.text
        document, told = answer.json(), printed(database_url, *command)
        for line in (*document["checks"], *told["checks"]) if command == ("doctor",) else ():
            del line["milliseconds"], line["found"]  # free connections come and go
        assert document == told, address
        assert any(document.values()) if isinstance(document, dict) else document, address


def test_a_cursor_leads_through_everything_once(ask: Ask, engine: Engine) -> None:
    made = {str(make_job(engine).job_id) for _ in range(5)}
    with writing(engine) as connection:
        connection.execute(
            text("UPDATE jobs SET created_at = NULL WHERE job_id IN (SELECT job_id FROM jobs LIMIT 3)")
        )
    assert sorted(through(ask, "/jobs", "job_id")) == sorted(made)


def test_a_cursor_leads_through_the_alerts_open_ones_first(
    ask: Ask, known: Engine, settings: Settings
) -> None:
    rule = make_rule(known, settings, OPERATOR, NewRule(RuleKind.JOB_FAILED, channel=MAILBOX))
    made = text(
        "INSERT INTO feedly_dashboard.alerts"
        " (alert_id, rule_id, opened_at, size, sent_size, ended_at, version)"
        " SELECT gen_random_uuid(), :rule, timestamptz '2026-01-01' + n / 2 * interval '1 day', 1, 1,"
        " CASE WHEN n > 0 THEN now() END, 1 FROM generate_series(0, 4) AS n RETURNING alert_id::text"
    )
    with writing(known) as connection:
        ids = list(connection.scalars(made, {"rule": rule}))
    seen = through(ask, "/alerts", "alert_id")
    assert sorted(seen) == sorted(ids) and seen[0] == ids[0]


def through(ask: Ask, path: str, key: str) -> list[str]:
    """Ids of all pages of two."""
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = ask(path, params={"size": 2, **({"cursor": cursor} if cursor else {})}).json()
        seen += [line[key] for line in page["items"]]
        cursor = page["next"]
        if cursor is None:
            return seen


def test_an_error_is_a_problem_document(ask: Ask) -> None:
    missing = ask("/jobs/00000000", headers={"accept-language": "ko-KR"})
    assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
    assert set(missing.json()) >= {"type", "title", "status", "hint"}
    assert any("가" <= letter <= "힣" for letter in missing.json()["title"])
    assert ask("/jobs", params={"size": "many"}).status_code == 422
    assert ask("/jobs", params={"cursor": "x"}).status_code == 400
    assert ask("/variants", params={"sort": "x"}).status_code == 400
    assert ask("/nothing").status_code == 404
    written = ask("/jobs", method="POST")
    assert (written.status_code, written.headers["allow"]) == (405, "GET")
    assert "send GET" in written.json()["title"]


def test_only_a_token_opens_the_door(
    site: str, known: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = token(known, settings)
    address = f"{site}/api/v1/jobs"
    bearer = {"authorization": f"Bearer {secret}"}
    assert httpx.get(address).status_code == 401
    assert httpx.get(address, headers={"authorization": f"Basic {secret}"}).status_code == 401
    assert httpx.get(address, headers={"authorization": "Bearer feedly_guess"}).status_code == 401
    assert httpx.get(address, headers={**bearer, "origin": "https://evil.example"}).status_code == 403
    assert httpx.get(address, headers=bearer).status_code == 200
    foreign = httpx.post(f"{site}/mcp", headers={**bearer, "origin": "https://evil.example"}, json={})
    assert (foreign.status_code, httpx.post(f"{site}/mcp", json={}).status_code) == (403, 401)
    signed_in = Guard(lambda _asked: {"is_logged_in": True, "email": "kim@feedly.example"})
    scope = {"type": "http", "path": "/", "headers": [(b"cookie", b"_streamlit_user=kim")]}
    with pytest.raises(TokenRefused):
        Entrance(signed_in, RateLimit()).caller(HTTPConnection(scope))
    behind_proxy = settings.model_copy(update={"user_header": "X-User"})
    monkeypatch.setattr(startup.current(), "settings", behind_proxy)
    assert httpx.get(address, headers={"X-User": "kim@feedly.example"}).status_code == 401
    assert httpx.get(address, headers=bearer).status_code == 401  # made where nobody signed in
    with reading(known) as connection:
        kept = connection.execute(text("SELECT * FROM feedly_dashboard.api_tokens")).all()
        told = connection.execute(text("SELECT * FROM feedly_dashboard.audit_log")).all()
    assert secret not in repr(kept)
    assert secret not in repr(told)


TEAM = {"FEEDLY_OPERATORS": "kim@feedly.example,group:pipeline", "FEEDLY_REVIEWERS": "@feedly.example"}
KIM = Identity(Way.LOGIN, "kim@feedly.example", "kim@feedly.example")
LEE = Identity(Way.LOGIN, "lee@other.example", "lee@other.example", ("pipeline",))


def role_of(engine: Engine, settings: Settings, secret: str, days: int = 0) -> Role | None:
    now = datetime.now(UTC) + timedelta(days=days)
    try:
        return caller_of(engine, settings, secret, Way.LOGIN, now).person.role
    except PermissionDenied:
        return None


def test_a_token_never_exceeds_its_owners_present_role(known: Engine) -> None:
    team = load_settings(**TEAM)
    secret = token(known, team, Role.OPERATOR, owner=KIM)
    assert role_of(known, team, secret) is Role.OPERATOR
    assert role_of(known, load_settings(FEEDLY_REVIEWERS="@feedly.example"), secret) is Role.REVIEWER
    assert role_of(known, load_settings(FEEDLY_VIEWERS="@other.example"), secret) is None
    assert role_of(known, team, token(known, team, Role.VIEWER, owner=KIM)) is Role.VIEWER
    with pytest.raises(PermissionDenied):
        token(known, load_settings(), Role.OPERATOR, owner=KIM)
    of_group = token(known, team, Role.OPERATOR, owner=LEE)
    assert role_of(known, team, of_group) is Role.OPERATOR
    keep_groups(known, team, Identity(Way.LOGIN, LEE.name, LEE.email))
    assert role_of(known, team, of_group) is Role.VIEWER
    with reading(known) as connection:
        assert {each.owner for each in list_tokens(connection, Person(LEE.name, Role.VIEWER))} == {LEE.name}
        assert {each.owner for each in list_tokens(connection, Person("x", Role.OPERATOR))} > {LEE.name}


def test_a_token_ends(known: Engine) -> None:
    team = load_settings(**TEAM)
    secret = token(known, team, days=1, owner=KIM)
    assert role_of(known, team, secret) is Role.VIEWER
    assert role_of(known, team, secret, days=1) is None
    with reading(known) as connection:
        (kept,) = list_tokens(connection, Person(KIM.name, Role.VIEWER))
    assert kept.last_used_at is not None
    with pytest.raises(PermissionDenied):
        revoke_token(known, team, Person("somebody", Role.REVIEWER), kept.token_id)
    revoke_token(known, team, Person(KIM.name, Role.VIEWER), kept.token_id)
    assert role_of(known, team, secret) is None


@pytest.mark.parametrize(("label", "days"), [("", 7), ("x" * 81, 7), ("x", 0), ("x", 366), ("a\0b", 7)])
def test_a_token_that_cannot_be_made_is_refused_with_words(known: Engine, label: str, days: int) -> None:
    with pytest.raises(InvalidInput):
        token(known, load_settings(), label=label, days=days)


def test_who_asks_too_often_waits() -> None:
    now = [0.0]
    limit = RateLimit(lambda: now[0])
    for _ in range(AT_ONCE):
        limit.take("a")
    with pytest.raises(TooManyRequests) as refused:
        limit.take("a")
    limit.take("b")
    now[0] += refused.value.seconds
    limit.take("a")


def test_verdicts_of_a_meeting_that_goes_on_stay_there(ask: Ask, engine: Engine, settings: Settings) -> None:
    job, reviewer = make_job(engine), Person("지영", Role.REVIEWER)
    meeting = meetings.start(engine, settings, reviewer, "", job.variant_ids)
    save(engine, settings, reviewer, [verdict_on(job)])
    assert ask("/reviews").json() == {"items": [], "hidden": 1, "next": None}
    meetings.end(engine, settings, reviewer, meeting)
    assert [line["verdict"] for line in ask("/reviews").json()["items"]] == ["reject"]


def test_what_was_said_blind_is_shown_to_whoever_has_judged(
    ask: Ask, engine: Engine, settings: Settings
) -> None:
    job = make_job(engine)
    save(engine, settings, Person("지영", Role.REVIEWER), [verdict_on(job, blind=True)])
    assert ask("/reviews").json() == {"items": [], "hidden": 1, "next": None}
    save(engine, settings, OPERATOR, [verdict_on(job)])
    assert {line["reviewer"] for line in ask("/reviews").json()["items"]} == {"지영", "local"}


def generated_requests(site: str, engine: Engine, settings: Settings, monkeypatch: Any, number: int) -> None:
    """Ask every route with requests made from its own OpenAPI document: none ends with 500."""
    import schemathesis
    from schemathesis.core.result import Ok
    from schemathesis.specs.openapi.checks import (
        ignored_auth,
        positive_data_acceptance,
        unsupported_method,
    )

    monkeypatch.setattr("dashboard.server.api.callers.AT_ONCE", 1_000_000)
    make_job(engine)
    bearer = {"Authorization": f"Bearer {token(engine, settings)}"}
    schema = schemathesis.openapi.from_url(f"{site}/api/v1/openapi.json")
    assert schema.raw_schema["openapi"].startswith("3.1")
    operations = []
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operations.append(found.ok())
    assert {each.path for each in operations} == {address.partition("?")[0] for address in SAME}
    asked = Counter[str]()
    for operation in operations:
        most = 2 if operation.path == "/checks" else number

        @hypothesis.given(case=operation.as_strategy())
        @hypothesis.settings(max_examples=most, deadline=None, suppress_health_check=list(HealthCheck))
        def one(case: Any) -> None:
            answer = case.call(headers=bearer)
            asked[case.path] += 1
            assert answer.status_code < 500 or answer.status_code == 501, answer.text
            # No schema can say which cursors were given, or which words can be searched: others are refused.
            unsaid = [positive_data_acceptance] if {"cursor", "words"} & set(case.query or {}) else []
            case.validate_response(answer, excluded_checks=[ignored_auth, unsupported_method, *unsaid])

        one()
    assert sum(asked.values()) >= number * (len(operations) - 1)


def test_generated_requests_are_answered_as_the_document_says(
    site: str, known: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    generated_requests(site, known, settings, monkeypatch, 8)


@pytest.mark.slow
def test_a_thousand_generated_requests(
    site: str, known: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    generated_requests(site, known, settings, monkeypatch, 130)
