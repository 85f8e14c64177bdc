"""Saved views on a real database: whose they are, what counts as new there, and the alert about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, text

from dashboard.server.alert_sender import AlertSender
from feedly_core.alerts.outbox import recent_messages
from feedly_core.alerts.rules import NewRule, RuleKind
from feedly_core.alerts.store import list_rules, make_rule
from feedly_core.analytics.refresher import rebuild
from feedly_core.db.engine import reading, writing
from feedly_core.db.own_schema import NAME
from feedly_core.errors import FeedlyError, InvalidInput, MissingInSchema, NotFound, PermissionDenied
from feedly_core.live.hub import Hub
from feedly_core.permissions import Person, Role
from feedly_core.reviews.verdicts import Entry, Verdict, save
from feedly_core.saved_views import matches, store
from feedly_core.saved_views.matches import look, new_matches
from feedly_core.saved_views.store import (
    find_view,
    list_views,
    remove_view,
    rename_view,
    save_view,
    share_view,
    start_view,
    start_with,
)
from feedly_core.saved_views.views import NewView
from feedly_core.settings import Settings
from tests.factories import MadeJob, make_job
from tests.terminal import program

KIM, LEE = Person("kim", Role.REVIEWER), Person("lee", Role.REVIEWER)
BOSS, GUEST = Person("boss", Role.OPERATOR), Person("guest", Role.VIEWER)
pytestmark = pytest.mark.usefixtures("our_schema")
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "**굵게** [x](javascript:alert(1)) :red[x]",
    "'; DROP TABLE saved_views; --",
    "{0} %s {name}",
    "\u202eevil\u202c 👩‍👩‍👧",
)


def refresh(engine: Engine) -> None:
    rebuild(engine, lambda done, of: None, now=datetime.now(UTC))


def names(engine: Engine, person: Person) -> list[str]:
    with reading(engine) as connection:
        return [view.name for view in list_views(connection, person.name)]


def test_whose_a_view_is_and_who_may_change_it(engine: Engine, settings: Settings) -> None:
    address = {"tenant": "cafe", "days": "7"}
    mine = save_view(engine, settings, KIM, NewView("  찌개 \n 모음 ", "results", address))
    assert names(engine, KIM) == ["찌개 모음"] and names(engine, LEE) == []
    for person in (LEE, BOSS):  # nobody sees what is not shared, so nobody can change it
        with pytest.raises(NotFound):
            remove_view(engine, settings, person, mine)
        with pytest.raises(NotFound):
            start_with(engine, settings, person, mine, start=True)
    with pytest.raises(PermissionDenied, match="needs the role reviewer"):
        save_view(engine, settings, GUEST, NewView("x", "results", {}, team=True))
    theirs = save_view(engine, settings, GUEST, NewView("x", "results"))
    with pytest.raises(PermissionDenied, match="needs the role reviewer"):
        share_view(engine, settings, GUEST, theirs, team=True)

    share_view(engine, settings, KIM, mine, team=True)
    assert names(engine, LEE) == ["찌개 모음"] and names(engine, GUEST) == ["x", "찌개 모음"]
    changes: tuple[Callable[[], object], ...] = (
        lambda: rename_view(engine, settings, LEE, mine, "국"),
        lambda: share_view(engine, settings, LEE, mine, team=False),
        lambda: remove_view(engine, settings, LEE, mine),
    )
    for change in changes:
        with pytest.raises(PermissionDenied, match="belongs to kim"):
            change()
    for person in (LEE, GUEST):
        start_with(engine, settings, person, mine, start=True)
    start_with(engine, settings, GUEST, theirs, start=True)
    with reading(engine) as connection:
        found = [start_view(connection, person.name) for person in (KIM, LEE, GUEST)]
    assert [view and view.address for view in found] == [None, "results?days=7&tenant=cafe", "results"]
    share_view(engine, settings, BOSS, mine, team=False)  # an operator may; then lee sees it no more
    with reading(engine) as connection:
        assert start_view(connection, "lee") is None
    remove_view(engine, settings, KIM, mine)
    assert names(engine, KIM) == []


def test_names_are_kept_as_they_are_or_refused(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in HOSTILE:
        save_view(engine, settings, KIM, NewView(name, "results", {"words": name}))
    assert set(names(engine, KIM)) == set(HOSTILE)
    with reading(engine) as connection:
        assert {view.parameters["words"] for view in list_views(connection, "kim")} == set(HOSTILE)
    for wrong, why in (
        (NewView(" \n ", "results"), "empty"),
        (NewView("x" * 81, "results"), "longer than 80"),
        (NewView("a\0b", "results"), "cannot be stored"),
        (NewView("\ud800", "results"), "cannot be stored"),
        (NewView("x", "results", {"words": "x" * 3_000}), "longer than 2000"),
        (NewView("x", "admin"), "no page"),
        (NewView("x", "results", {"next": "http://evil"}), "no page"),
        (NewView(HOSTILE[0], "results"), "already"),
    ):
        with pytest.raises(InvalidInput, match=why):
            save_view(engine, settings, KIM, wrong)
    save_view(engine, settings, LEE, NewView(HOSTILE[0], "results", {}, team=True))
    with reading(engine) as connection:
        mine = next(view for view in list_views(connection, "kim") if view.name == HOSTILE[0])
    with pytest.raises(InvalidInput, match="already"):  # the team has one of that name
        share_view(engine, settings, KIM, mine.view_id, team=True)
    monkeypatch.setattr(store, "MOST_VIEWS", len(HOSTILE))
    with pytest.raises(InvalidInput, match="5 views already"):
        save_view(engine, settings, KIM, NewView("one more", "results"))
    rename_view(engine, settings, KIM, mine.view_id, "a new name for an old one")


class Watched:
    """One view, and how many new pictures each person has there."""

    def __init__(self, engine: Engine, settings: Settings, page: str = "results", **filters: str) -> None:
        self.engine, self.settings = engine, settings
        new = NewView(str(uuid4()), page, filters, team=True)
        self.view_id = save_view(engine, settings, KIM, new)

    def look(self, person: Person) -> None:
        look(self.engine, self.settings, person, self.view_id, datetime.now(UTC))

    def new(self, person: Person) -> int | None:
        refresh(self.engine)
        with reading(self.engine) as connection:
            views = list_views(connection, person.name)
            found = new_matches(connection, views, person.name, datetime.now(UTC), self.settings.zone)
        return found.get(self.view_id)


def fail(engine: Engine, job: MadeJob) -> None:
    with writing(engine) as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))  # the time of the row stays
        for table in ("jobs", "jobs_variants"):
            query = f"UPDATE {table} SET status = 'failed', updated_at = :at WHERE job_id = :job"
            connection.execute(text(query), {"job": job.job_id, "at": datetime.now(UTC) - timedelta(hours=1)})


def test_new_is_what_matches_now_and_did_not_at_the_last_look(engine: Engine, settings: Settings) -> None:
    ago = datetime.now(UTC) - timedelta(hours=2)
    broken = [("planner", "failed")]

    def failed(tenant: str, variants: int, created_at: datetime) -> None:
        states = variants * broken
        when: dict[str, Any] = {"tenant_id": tenant, "created_at": created_at}
        make_job(engine, step="planner", status="failed", variants=states, **when)

    failed("cafe", 3, ago)
    failed("cafe", 3, ago - timedelta(days=60))
    states = [("planner", "running")]
    running = make_job(
        engine, tenant_id="cafe", step="planner", status="running", variants=states, created_at=ago
    )
    refresh(engine)
    watched = Watched(engine, settings, tenant="cafe", outcome="failed")
    assert watched.new(KIM) is None, "nobody has looked yet"
    watched.look(KIM)
    assert watched.new(KIM) == 0 and watched.new(LEE) is None
    failed("cafe", 2, ago)
    failed("bakery", 3, ago)
    make_job(engine, tenant_id="cafe")
    fail(engine, running)  # it was there at the look, and matches only now
    assert watched.new(KIM) == 3
    watched.look(LEE)
    assert (watched.new(KIM), watched.new(LEE)) == (3, 0)
    watched.look(KIM)
    assert watched.new(KIM) == 0


def test_in_a_view_of_the_queue_new_pictures_to_judge_count(engine: Engine, settings: Settings) -> None:
    now = datetime.now(UTC)
    watched = Watched(engine, settings, "review", tenant="cafe", days="7", order="oldest")
    refresh(engine)
    watched.look(KIM)
    for tenant, days in (("cafe", 2), ("cafe", 8), ("bakery", 2)):
        make_job(engine, tenant_id=tenant, created_at=now - timedelta(days=days))
    make_job(engine, tenant_id="cafe", step="planner", status="running", variants=[("planner", "running")])
    assert watched.new(KIM) == 3, "finished ones of the tenant and of the last seven days"
    other = save_view(engine, settings, KIM, NewView("other", "review", {"view": "winner", "tenant": "cafe"}))
    with reading(engine) as connection:
        assert not find_view(connection, KIM, other).counts_matches


def test_a_verdict_makes_an_old_picture_a_new_match(engine: Engine, settings: Settings) -> None:
    job = make_job(engine, created_at=datetime.now(UTC) - timedelta(days=3))
    refresh(engine)
    watched = Watched(engine, settings, verdict="reject")
    watched.look(KIM)
    picture = job.overlaid_ids[0]
    assert picture is not None
    save(engine, settings, LEE, [Entry(uuid4(), job.job_id, job.variant_ids[0], picture, Verdict.REJECT)])
    assert watched.new(KIM) == 1


def test_a_look_remembers_the_newest_matches_and_what_is_older_is_never_new(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matches, "MOST_KNOWN", 3)
    monkeypatch.setattr(matches, "MOST_NEW", 4)
    now = datetime.now(UTC)
    for hours in range(1, 6):
        make_job(engine, created_at=now - timedelta(hours=hours), variants=1)
    refresh(engine)
    watched = Watched(engine, settings)
    watched.look(KIM)
    assert watched.new(KIM) == 0
    make_job(engine, variants=1)
    with writing(engine) as connection:  # a known one goes: the older one in its place is no new one
        connection.execute(text(f"DELETE FROM {NAME}.variant_facts WHERE created_at < :at"), {"at": now})
    assert watched.new(KIM) == 1
    make_job(engine, variants=6)
    assert watched.new(KIM) == 5, "one more than is counted"


def test_words_that_cannot_be_searched_for_cost_only_their_view(engine: Engine, settings: Settings) -> None:
    refresh(engine)
    strange, plain = Watched(engine, settings, words="!!!"), Watched(engine, settings)
    for watched in (strange, plain):
        watched.look(KIM)
    make_job(engine, variants=2)
    assert (plain.new(KIM), strange.new(KIM)) == (2, None)


def test_without_the_tables_nothing_is_listed_and_saving_says_what_to_do(
    engine: Engine, settings: Settings
) -> None:
    with writing(engine) as connection:
        connection.execute(text(f"DROP TABLE {NAME}.view_looks, {NAME}.start_views, {NAME}.saved_views"))
    assert names(engine, KIM) == []
    with reading(engine) as connection:
        assert start_view(connection, "kim") is None
        assert new_matches(connection, (), "kim", datetime.now(UTC), settings.zone) == {}
    with pytest.raises(MissingInSchema, match="install-schema"):
        save_view(engine, settings, KIM, NewView("x", "results"))


def test_an_alert_says_what_nobody_has_looked_at(
    engine: Engine, settings: Settings, start_hub: Callable[..., Hub]
) -> None:
    watched = Watched(engine, settings, tenant="cafe")
    rename_view(engine, settings, KIM, watched.view_id, "카페 <b>")
    refresh(engine)
    watched.look(KIM)
    rule = NewRule(RuleKind.VIEW_MATCHES, subject="카페 <b>", threshold=2, language="en")
    with pytest.raises(InvalidInput, match="what the rule is about"):
        make_rule(engine, settings, BOSS, NewRule(RuleKind.VIEW_MATCHES, threshold=2))
    make_rule(engine, settings, BOSS, rule)
    make_job(engine, tenant_id="cafe", variants=1)
    refresh(engine)
    clock = timedelta()
    sender = AlertSender(engine, settings, start_hub(), clock=lambda: datetime.now(UTC) + clock)
    sender.turn()
    with reading(engine) as connection:
        assert recent_messages(connection) == (), "one is fewer than two"
    make_job(engine, tenant_id="cafe", variants=2)
    refresh(engine)
    rename_view(engine, settings, KIM, watched.view_id, "카페")  # the rule follows
    sender = AlertSender(engine, settings, start_hub(), clock=lambda: datetime.now(UTC) + clock)
    sender.turn()
    with reading(engine) as connection:
        [message] = recent_messages(connection)
        [kept] = list_rules(connection)
    assert kept.new.subject == "카페"
    assert message.content.sentence == "카페 has 3 new pictures"
    assert message.content.path == "/results?tenant=cafe"
    watched.look(LEE)  # anybody's look is the team's
    sender = AlertSender(engine, settings, start_hub(), clock=lambda: datetime.now(UTC) + clock)
    clock = timedelta()
    sender.turn()
    clock = timedelta(minutes=3)
    sender.turn()
    with reading(engine) as connection:
        assert [each.event.value for each in recent_messages(connection)] == ["solved", "opened"]


def test_the_terminal_keeps_changes_and_removes_views(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.database_url is not None
    monkeypatch.setenv("DATABASE_URL", settings.database_url.get_secret_value())
    refresh(engine)
    run = CliRunner()

    def done(*command: str) -> str:
        ended = run.invoke(program(), ["--language", "en", *command])
        assert ended.exit_code == 0, ended.output
        return ended.output

    assert "no saved view" in done("views")
    done("save-view", "Cafe", "https://host/base/results?tenant=cafe&lang=ko&after=x_y", "--team")
    make_job(engine, tenant_id="cafe", variants=2)
    refresh(engine)
    [shown] = json.loads(done("views", "--json"))
    assert (shown["address"], shown["team"], shown["start"], shown["new"]) == (
        *("results?tenant=cafe", True, False, 2),
    )
    view_id = UUID(shown["view_id"])
    done("change-view", str(view_id)[:8], "--name", "Cafés", "--mine", "--start")
    assert "Cafés  results?tenant=cafe" in done("views") and "2 new pictures" in done("views")
    for wrong in (
        ("save-view", "x", "https://host/admin"),
        ("save-view", "x", "trends?word=1"),
        ("change-view", "0"),
    ):
        ended = run.invoke(program(), ["--language", "en", *wrong])
        assert isinstance(ended.exception, FeedlyError)
    done("remove-view", str(view_id)[:8])
    assert json.loads(done("views", "--json")) == []
