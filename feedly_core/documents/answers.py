"""Questions and their answers as JSON documents."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Connection

from feedly_core.alerts.outbox import OutMessage, recent_messages
from feedly_core.alerts.rules import rule_words
from feedly_core.alerts.store import MOST_ALERTS, StoredAlert, recent_alerts
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import Card, Order, Page, gallery_page
from feedly_core.analytics.recent import MAX_JOBS, RecentJob, recent_jobs
from feedly_core.analytics.trends import By, Point, trend
from feedly_core.analytics.variant_source import variant_source
from feedly_core.campaigns.campaigns import list_campaigns
from feedly_core.campaigns.store import CampaignSummary
from feedly_core.db.job_lookup import find_job
from feedly_core.documents.cursors import read_cursor, write_cursor
from feedly_core.documents.kinds import (
    AlertLine,
    AlertMessageLine,
    Alerts,
    BoardLine,
    CampaignLine,
    Campaigns,
    JobLine,
    Jobs,
    ReviewLine,
    Reviews,
    RunsDocument,
    TrendPoint,
    VariantLine,
    Variants,
)
from feedly_core.domain.labels import label
from feedly_core.i18n import translate
from feedly_core.live.board import Board
from feedly_core.results.document import JobDocument, report_document
from feedly_core.results.legibility import measure_legibility
from feedly_core.results.report import job_report, plain
from feedly_core.reviews.decision import RunDecision, decide_runs
from feedly_core.reviews.decision_words import sentence
from feedly_core.reviews.limits import limits_in_force
from feedly_core.reviews.meetings import on_agendas
from feedly_core.reviews.queue import Item, items
from feedly_core.reviews.run_plans import RunPlan, plan_of
from feedly_core.reviews.verdicts import need_reviews
from feedly_core.reviews.visibility import visible_entries
from feedly_core.settings import Settings

MOST = 200
"""Lines of one answer."""


@dataclass(frozen=True)
class Asking:
    """Who asks when: the ``language`` of sentences, the settings' zone and limits, the moment.

    ``reader``: name of the person, or of the token's owner.
    """

    settings: Settings
    language: str
    now: datetime
    reader: str = ""


def jobs(
    connection: Connection,
    asking: Asking,
    tenant: str | None = None,
    size: int = 50,
    cursor: str | None = None,
) -> Jobs:
    """The newest jobs, newest first."""
    size = max(1, min(size, MOST))
    after = read_cursor(cursor)
    found = recent_jobs(connection, tenant, size, now=asking.now, after=after)
    last = found[-1] if len(found) == min(size, MAX_JOBS) else None
    return {
        "items": [job_line(job) for job in found],
        "next": write_cursor(*last.mark) if last else None,
    }


def job_line(job: RecentJob) -> JobLine:
    """One job of the list."""
    status = job.status
    return {
        "job_id": str(job.job_id),
        "tenant_id": job.tenant_id,
        "description": job.description,
        "created_at": plain(job.created_at),
        "pictures": [str(picture) for picture in job.pictures],
        "variants": job.variants,
        "scores": dict(job.scores),
        "state": status.state.value if status else None,
        "step": status.step if status else None,
    }


def job(connection: Connection, asking: Asking, id_or_prefix: str) -> JobDocument:
    """One job, explained.

    Raises :class:`NotFound` when none or several begin so.
    """
    report = job_report(connection, find_job(connection, id_or_prefix))
    known = limits_in_force(connection, asking.settings)
    measured = {variant.order: measure_legibility(variant, asking.settings) for variant in report.variants}
    return report_document(
        report, known, measured, asking.language, now=asking.now, zone=asking.settings.zone
    )


def board(found: Board, language: str) -> list[BoardLine]:
    """Jobs in flight, those with a problem first."""
    return [
        {
            "job_id": str(row.view.job_id),
            "created_at": plain(row.view.facts.created_at),
            "tenant_id": row.view.facts.tenant_id,
            "campaign": row.campaign or None,
            "state": row.view.status.state.value,
            "step": row.view.status.step,
            "status": translate(label(row.view.status), language),
            "progress": row.view.progress,
            "moved_at": plain(row.view.moved_at),
            "problems": [translate(problem.message, language) for problem in row.problems],
        }
        for row in found.rows
    ]


def variants(
    connection: Connection,
    asking: Asking,
    filters: PictureFilters,
    order: Order,
    size: int = 60,
    cursor: str | None = None,
) -> Variants:
    """Variants by the gallery's filters and order."""
    source = variant_source(connection, asking.now)
    page = gallery_page(connection, source, filters, order, cursor, max(1, min(size, MOST)))
    return {
        "items": [_variant_line(card) for card in page.cards],
        "next": page.after,
        "bounded_to": source.bounded_to,
    }


def trends(
    connection: Connection, asking: Asking, filters: PictureFilters, by: By = By.DAY
) -> list[TrendPoint]:
    """Quality, speed and cost by day or release."""
    source = variant_source(connection, asking.now)
    return [trend_point(each) for each in trend(connection, source, filters, by, asking.settings.zone)]


def trend_point(point: Point) -> TrendPoint:
    """One point of the trends."""
    return {
        "key": str(point.key),
        "jobs": point.jobs,
        "complete": point.complete,
        "failed": point.failed,
        "wcag_aa": point.wcag_aa,
        "retries": point.retries,
        "tokens": point.tokens,
        "cost_usd": point.cost_usd,
        "priced": point.priced,
        "scores": {
            name: {"low": spread.low, "median": spread.median, "high": spread.high}
            for name, spread in point.scores.items()
        },
        "times": {step: {"p50_ms": p50, "p95_ms": p95} for step, (p50, p95) in point.times.items()},
    }


@dataclass(frozen=True)
class ReleasesCompared:
    """The later release against the earlier one; ``plan``: how many orders were fixed, while some miss."""

    before: str
    after: str
    found: RunDecision
    plan: RunPlan | None


def compared_releases(connection: Connection, asking: Asking, before: str, after: str) -> ReleasesCompared:
    """Compare all pictures of two releases, with the plan that is still open."""
    sides = PictureFilters(version=before), PictureFilters(version=after)
    known = limits_in_force(connection, asking.settings)
    plan = plan_of(connection, ("release", before), ("release", after))
    found = decide_runs(connection, variant_source(connection, asking.now), *sides, known)
    waits = plan is not None and plan.open(found.comparison.rates.difference.jobs)
    return ReleasesCompared(before, after, found, plan if waits else None)


def runs(connection: Connection, asking: Asking, before: str, after: str) -> RunsDocument:
    """Two releases compared: the decision, each figure with its n and interval."""
    return runs_document(compared_releases(connection, asking, before, after), asking.language)


def runs_document(compared: ReleasesCompared, language: str) -> RunsDocument:
    """Every figure with its n and interval, or why it has none."""
    before, after, found = compared.before, compared.after, compared.found
    figures: dict[str, Any] = asdict(found.comparison)
    del figures["rates"]["spread"]  # of use to a plan alone, and no number without a pair
    document = {
        "before": before,
        "after": after,
        "sentence": translate(sentence(found, before, after), language),
        **figures,
        "noise": {name: asdict(noise) for name, noise in found.noise.items()},
        "pairs": found.pairs,
        "by_people": found.by_people,
        "same_order": found.same_order,
        "only_before": found.only_before,
        "only_after": found.only_after,
        "missing": list(found.missing),
        "complete": found.complete,
        "planned_orders": compared.plan and compared.plan.orders,
    }
    return cast("RunsDocument", document)


def campaigns(
    connection: Connection, _asking: Asking, size: int = 50, cursor: str | None = None
) -> Campaigns:
    """The newest campaigns, newest first."""
    size = max(1, min(size, MOST))
    made, campaign_id = read_cursor(cursor) or (None, None)
    after = (made, campaign_id) if made is not None and campaign_id is not None else None
    found = list_campaigns(connection, size, after)
    last = found[-1].campaign if len(found) == size else None
    return {
        "items": [campaign_line(each) for each in found],
        "next": write_cursor(last.created_at, last.campaign_id) if last else None,
    }


def campaign_line(found: CampaignSummary) -> CampaignLine:
    """One campaign of the list."""
    campaign = found.campaign
    return {
        "campaign_id": str(campaign.campaign_id),
        "created_at": plain(campaign.created_at),
        "finished_at": plain(campaign.finished_at),
        "tenant_id": campaign.template.tenant_id,
        "state": campaign.state.value,
        "mode": campaign.schedule.mode.value,
        "created_by": campaign.created_by,
        "made": found.made,
        "completed": found.completed,
        "failed": found.failed,
    }


def alerts(connection: Connection, asking: Asking, size: int = 50, cursor: str | None = None) -> Alerts:
    """The newest alerts, unsolved ones first, and the newest messages of all."""
    size = max(1, min(size, MOST_ALERTS))
    after = read_cursor(cursor)
    found = recent_alerts(connection, size, after[1] if after else None)
    last = found[-1].alert if len(found) == size else None
    return {
        "items": [alert_line(each, asking.language) for each in found],
        "messages": [message_line(each) for each in recent_messages(connection, size)],
        "next": write_cursor(last.opened_at, last.alert_id) if last else None,
    }


def alert_line(found: StoredAlert, language: str) -> AlertLine:
    """One alert of the list."""
    alert, rule = found.alert, found.rule
    return {
        "alert_id": str(alert.alert_id),
        "rule_id": str(rule.rule_id),
        "kind": rule.kind.value,
        "rule": translate(rule_words(rule.new), language),
        "channel": rule.new.channel,
        "opened_at": plain(alert.opened_at),
        "ended_at": plain(alert.ended_at),
        "size": alert.size,
        "sent_at": plain(alert.sent_at),
    }


def message_line(found: OutMessage) -> AlertMessageLine:
    """One message of the list, in the language of its rule."""
    return {
        "message_id": str(found.message_id),
        "alert_id": str(found.alert_id) if found.alert_id else None,
        "event": found.event.value,
        "channel": found.channel,
        "state": found.state.value,
        "repeat": found.repeat,
        "created_at": plain(found.created_at),
        "sent_at": plain(found.sent_at),
        "sentence": found.content.sentence,
        "error": found.error,
    }


def reviews(
    connection: Connection,
    asking: Asking,
    tenant: str | None = None,
    size: int = 60,
    cursor: str | None = None,
) -> Reviews:
    """Verdicts that hold now, of ``size`` judged pictures.

    Left out and counted as ``hidden`` is what a page would not show to this reader: pictures of a meeting
    that still goes on, and what others said blind of a picture that the reader has not judged.
    """
    need_reviews(connection)
    source = variant_source(connection, asking.now)
    some = PictureFilters(tenant=tenant, finished=True, judged=True)
    page: Page = gallery_page(connection, source, some, Order(), cursor, max(1, min(size, MOST)))
    found = items(connection, page.cards)
    discussed = on_agendas(connection)
    given = {said.entry_id for item in found for said in item.said}
    visible = visible_entries(connection, asking.reader, given)
    shown = [
        line
        for item in found
        if item.picture.variant_id not in discussed
        for line in _review_lines(item, visible)
    ]
    return {"items": shown, "hidden": len(given) - len(shown), "next": page.after}


def _review_lines(item: Item, visible: Collection[UUID]) -> list[ReviewLine]:
    return [
        {
            "job_id": str(item.picture.job_id),
            "variant_id": str(item.picture.variant_id),
            "variant": item.picture.variant,
            "reviewer": said.reviewer,
            "team": said.team,
            "verdict": said.verdict.value,
            "tags": list(said.tags),
            "comment": said.comment,
            "at": said.at.isoformat(),
        }
        for said in item.said
        if said.entry_id in visible
    ]


def _variant_line(card: Card) -> VariantLine:
    return {
        "variant_id": str(card.variant_id),
        "job_id": str(card.job_id),
        "variant": card.variant,
        "tenant_id": card.tenant_id,
        "version": card.version,
        "tone": card.tone,
        "description": card.description,
        "state": card.state.value,
        "created_at": card.created_at.isoformat(),
        "line": card.line,
        "scores": dict(card.scores),
        "picture": f"/img/full/{card.picture_id}" if card.picture_id else None,
    }
