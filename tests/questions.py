"""The questions that pages ask, found in the pages' source, and what each may be asked."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

import pages
from feedly_core.alerts.preview import DAYS
from feedly_core.alerts.rules import NewRule, RuleKind
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import Card, Order
from feedly_core.analytics.trends import By
from feedly_core.analytics.variant_source import VariantSource
from feedly_core.audit.lines import AuditFilters
from feedly_core.db.engine import reading
from feedly_core.domain.scores import limits
from feedly_core.failures.broken import what_is_broken
from feedly_core.failures.groups import FailureGroup
from feedly_core.jobs.cleanup import JobSelection
from feedly_core.jobs.request import JobKind, JobRequest
from feedly_core.jobs.samples import sample_pictures
from feedly_core.live.board import Board
from feedly_core.live.overview import board_without_hub
from feedly_core.permissions import Person, Role
from feedly_core.retention.cleanup import cutoffs
from feedly_core.retention.kinds import RetentionKind
from feedly_core.reviews.judged_pictures import JudgedPictures, judged_pictures
from feedly_core.reviews.queue import QueueOrder
from feedly_core.reviews.runs import Change, PairKey
from feedly_core.saved_views.matches import look
from feedly_core.saved_views.store import list_views, save_view
from feedly_core.saved_views.views import NewView, SavedView
from feedly_core.search.find import search
from feedly_core.settings import Settings
from feedly_core.targets.budget import USUAL

PAGES = Path(next(iter(pages.__path__)))
ORDER = JobRequest(JobKind.FULL, "test", sample_pictures()[:1], "국")


@dataclass(frozen=True)
class World:
    """The 3,000 jobs, what people and the dashboard remember of them, and one of each to ask about."""

    engine: Engine
    settings: Settings
    now: datetime
    complete_job: UUID
    failed_variant: UUID
    resting_job: UUID
    tenant: str
    campaign: UUID
    meeting: UUID
    source: VariantSource
    shown: tuple[Card, ...]
    cards: tuple[Card, ...]

    @property
    def variants(self) -> list[UUID]:
        return [picture.variant_id for picture in self.shown[:40]]

    @property
    def jobs(self) -> set[UUID]:
        return {picture.job_id for picture in self.shown[:40]}


Given = tuple[tuple[Any, ...], dict[str, Any]]


def given(*args: Any, **named: Any) -> Given:
    return args, named


def _board(world: World) -> Board:
    with reading(world.engine, 20_000) as connection:
        return board_without_hub(connection, world.now)


def _looked_at(world: World) -> tuple[SavedView, ...]:
    """Views of the gallery that this person looked at before anything was made."""
    person = Person("지영", Role.REVIEWER)
    for number, filters in enumerate(({}, {"outcome": "complete"}, {"tenant": world.tenant})):
        view_id = save_view(world.engine, world.settings, person, NewView(str(number), "results", filters))
        look(world.engine, world.settings, person, view_id, world.now)
    with reading(world.engine) as connection:
        return list_views(connection, person.name)


def _judged(world: World) -> JudgedPictures:
    with reading(world.engine, 200_000) as connection:
        return judged_pictures(connection, world.source, PictureFilters())


def _largest_group(world: World) -> FailureGroup:
    with reading(world.engine, 20_000) as connection:
        return max(
            what_is_broken(connection, _board(world), world.now), key=lambda group: len(group.runnable)
        )


EXAMPLES: dict[str, Callable[[World], Given]] = {
    "feedly_core.retention.sizes.stored_tables": lambda w: given(),
    "feedly_core.retention.cleanup.plan_removal": lambda w: given(cutoffs(RetentionKind, None, w.now)),
    "feedly_core.audit.lines.audit_lines": lambda w: given(
        Person("local", Role.OPERATOR), AuditFilters(since=w.now - timedelta(days=30))
    ),
    "feedly_core.audit.lines.audit_choices": lambda w: given(Person("지영", Role.REVIEWER)),
    "feedly_core.audit.lines.history_of_job": lambda w: given(Person("local", Role.OPERATOR), w.complete_job),
    "feedly_core.db.own_schema.installed": lambda w: given(),
    "feedly_core.diagnostics.ye_completion.waiting_for_ye": lambda w: given(),
    "feedly_core.db.job_lookup.find_job": lambda w: given(str(w.complete_job)[:8]),
    "feedly_core.db.job_rows.read_statuses": lambda w: given([w.complete_job], w.now),
    "feedly_core.campaigns.campaigns.campaign_members": lambda w: given(w.campaign),
    "feedly_core.alerts.outbox.recent_messages": lambda w: given(),
    # Two of the fourteen days are recorded: what is read counts here, not the replay of 19,000 events.
    "feedly_core.alerts.preview.preview": lambda w: given(
        NewRule(RuleKind.JOB_FAILED), "Asia/Seoul", w.now + timedelta(days=DAYS - 2)
    ),
    "feedly_core.alerts.store.list_rules": lambda w: given(),
    "feedly_core.alerts.store.recent_alerts": lambda w: given(),
    "feedly_core.access.plans.open_plans": lambda w: given(),
    "feedly_core.access.tokens.list_tokens": lambda w: given(Person("local", Role.OPERATOR)),
    "feedly_core.campaigns.campaigns.list_campaigns": lambda w: given(),
    "feedly_core.jobs.choices.known_pictures": lambda w: given(),
    "feedly_core.jobs.choices.read_choices": lambda w: given(),
    "feedly_core.jobs.cleanup.plan_deletion": lambda w: given(JobSelection(), None, w.settings),
    "feedly_core.jobs.cleanup.removable_tenants": lambda w: given(w.settings),
    "feedly_core.jobs.create.preview_job": lambda w: given(ORDER, key=uuid4(), now=w.now),
    "feedly_core.jobs.english_copy.plan_english_copy": lambda w: given(w.resting_job),
    "feedly_core.jobs.named_cleanup.plan_named_deletion": lambda w: given(sorted(w.jobs)[:20], None),
    "feedly_core.jobs.rerun.plan_rerun": lambda w: given(w.failed_variant, "planner"),
    "feedly_core.live.overview.board_without_hub": lambda w: given(w.now),
    "feedly_core.failures.broken.what_is_broken": lambda w: given(_board(w), w.now),
    "feedly_core.failures.plan.plan_group": lambda w: given(_largest_group(w), w.now),
    "feedly_core.failures.runs.recent_reruns": lambda w: given(),
    "feedly_core.live.overview.newest_pictures": lambda w: given(),
    "feedly_core.live.overview.throughput": lambda w: given(w.now),
    "feedly_core.live.job_history.read_job_record": lambda w: given(w.complete_job),
    "feedly_core.analytics.variant_source.named_source": lambda w: given(w.now),
    "feedly_core.analytics.variant_source.variant_source": lambda w: given(w.now),
    "feedly_core.analytics.gallery.cards_of_jobs": lambda w: given([w.complete_job], w.now),
    "feedly_core.analytics.gallery.cards_of": lambda w: given(w.source, w.variants),
    "feedly_core.analytics.gallery.count_matches": lambda w: given(w.source, PictureFilters()),
    "feedly_core.analytics.gallery.gallery_page": lambda w: given(w.source, PictureFilters(), Order()),
    "feedly_core.analytics.gallery.histogram": lambda w: given(w.source, PictureFilters(), "ocr_accuracy"),
    "feedly_core.analytics.gallery.picture_urls": lambda w: given(w.cards[:4]),
    "feedly_core.analytics.gallery_groups.tones": lambda w: given(w.cards),
    "feedly_core.analytics.gallery_groups.tones_named": lambda w: given("대표 메뉴"),
    "feedly_core.db.job_rows.read_stall_timeouts": lambda w: given(),
    "feedly_core.analytics.recent.recent_jobs": lambda w: given(w.tenant, now=w.now),
    "feedly_core.analytics.recent.recent_scores": lambda w: given(w.tenant),
    "feedly_core.results.report.job_report": lambda w: given(w.complete_job),
    "feedly_core.analytics.trends.compare": lambda w: given(
        w.source, PictureFilters(), PictureFilters(tenant=w.tenant)
    ),
    "feedly_core.analytics.trends.trend": lambda w: given(
        w.source,
        PictureFilters(),
        By.DAY,
        ZoneInfo("Asia/Seoul"),
    ),
    "feedly_core.targets.figures.budgets": lambda w: given(w.source, dict(enumerate(USUAL))),
    "feedly_core.targets.figures.spenders": lambda w: given(w.source, USUAL[0]),
    "feedly_core.targets.figures.end_to_end": lambda w: given(w.source, None),
    "feedly_core.targets.figures.time_by_day": lambda w: given(
        w.source, PictureFilters(), ZoneInfo("Asia/Seoul")
    ),
    "feedly_core.targets.store.list_targets": lambda w: given(),
    "feedly_core.visits.news.news_since": lambda w: given("지영", w.now - timedelta(days=3), w.now),
    "feedly_core.saved_views.store.list_views": lambda w: given("지영"),
    "feedly_core.saved_views.store.start_view": lambda w: given("지영"),
    "feedly_core.saved_views.matches.new_matches": lambda w: given(
        _looked_at(w), "지영", w.now, ZoneInfo("Asia/Seoul")
    ),
    "feedly_core.reviews.judged_pictures.judged_pictures": lambda w: given(w.source, PictureFilters()),
    "feedly_core.reviews.judged_pictures.judgement_of": lambda w: given(w.variants[0]),
    "feedly_core.reviews.judged_pictures.verdicts_on": lambda w: given(
        w.shown[0].variant_id, w.shown[0].picture_id
    ),
    "feedly_core.reviews.questions.reasons_by_question": lambda w: given(),
    "feedly_core.reviews.rulings.rulings": lambda w: given(_judged(w)),
    "feedly_core.reviews.telling_pictures.telling_pictures": lambda w: given(
        w.source, PictureFilters(), limits(w.settings), 30
    ),
    "feedly_core.reviews.agenda.collected": lambda w: given("지영"),
    "feedly_core.reviews.meetings.find": lambda w: given(w.meeting),
    "feedly_core.reviews.meetings.recent": lambda w: given(),
    "feedly_core.reviews.minutes.minutes": lambda w: given(w.source, w.meeting),
    "feedly_core.analytics.choices.choices": lambda w: given(),
    "feedly_core.analytics.choices.releases": lambda w: given(),
    "feedly_core.reviews.queue.agenda_for": lambda w: given(w.source, PictureFilters(), 20),
    "feedly_core.reviews.queue.candidates": lambda w: given(w.source, PictureFilters(), QueueOrder.DISPUTED),
    "feedly_core.reviews.presence.attendance": lambda w: given(w.meeting),
    "feedly_core.reviews.queue.items": lambda w: given(w.shown),
    "feedly_core.reviews.queue.queue": lambda w: given(w.source, "지영", PictureFilters()),
    "feedly_core.reviews.decision.decide_runs": lambda w: given(
        w.source, PictureFilters(campaign=w.campaign), PictureFilters(job=w.complete_job), limits(w.settings)
    ),
    "feedly_core.reviews.runs.shown_pairs": lambda w: given(
        w.source,
        [PairKey(str(one), str(one), Change.SAME, False, None) for one in w.variants],
    ),
    "feedly_core.search.find.search": lambda w: given("국물", "지영", now=w.now),
    "feedly_core.reviews.rounds.rounds": lambda w: given(),
    "feedly_core.reviews.round_figures.round_opinions": lambda w: given(w.meeting),
    "feedly_core.reviews.taps.taps": lambda w: given(w.source, PictureFilters()),
    "feedly_core.reviews.run_plans.plan_of": lambda w: given(("release", "2.0"), ("release", "2.1")),
    "feedly_core.golden_sets.sets.list_sets": lambda w: given(),
    "feedly_core.golden_sets.release_check.release_check": lambda w: given("menu", limits(w.settings), w.now),
    "feedly_core.golden_sets.schedule.daily_runs": lambda w: given("menu"),
    "feedly_core.reviews.tags.tags": lambda w: given(),
    "feedly_core.reviews.verdicts.history": lambda w: given(w.complete_job),
    "feedly_core.reviews.winners.history": lambda w: given(w.complete_job),
    "feedly_core.reviews.winners.winners": lambda w: given(w.jobs),
}
"""By the question's full name, what a page may ask it."""


def asked() -> dict[str, Callable[..., Any]]:
    """Every function that pages hand to ``ask``, by its full name; and what the search's address asks."""
    found: dict[str, Callable[..., Any]] = {f"{search.__module__}.{search.__qualname__}": search}
    for file in sorted(PAGES.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        names = {
            alias.asname or alias.name: (node.module, alias.name)
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module
            for alias in node.names
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _is_ask(node.func) and node.args:
                question = _imported(names, node.args[0])
                found[f"{question.__module__}.{question.__qualname__}"] = question
    return found


def _is_ask(called: ast.expr) -> bool:
    return isinstance(called, ast.Name) and called.id == "ask"


def _imported(names: dict[str, tuple[str, str]], node: ast.expr) -> Callable[..., Any]:
    first, *rest = ast.unparse(node).split(".")
    if first not in names:
        raise AssertionError(f"ask a named question of feedly_core, not {ast.unparse(node)}")
    module, name = names[first]
    value: Any
    try:
        value = importlib.import_module(f"{module}.{name}")
    except ModuleNotFoundError:
        value = getattr(importlib.import_module(module), name)
    for attribute in rest:
        value = getattr(value, attribute)
    question: Callable[..., Any] = value
    return question
