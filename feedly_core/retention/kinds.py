"""Kinds of records that may go when they are old, and what of them stays whatever their age.

Nothing here names a row of FeedlyAI. Never removed: open alerts, messages that wait, verdicts of jobs that
exist, campaigns, golden sets, targets, meetings and rounds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Table, and_, exists, or_, select

from feedly_core.db.own_schema import (
    acknowledged_failures,
    alert_messages,
    alert_rules,
    alerts,
    api_plans,
    api_tokens,
    audit_log,
    group_reruns,
    live_test_runs,
    picture_contrast,
    rerun_items,
    review_taps,
    review_winners,
    reviews,
    search_documents,
    step_events,
)
from feedly_core.domain.tables import jobs, jobs_variants
from feedly_core.i18n import N_, Message


class RetentionKind(StrEnum):
    """What may go."""

    AUDIT = "audit"
    STEPS = "steps"
    ALERTS = "alerts"
    PROBES = "probes"
    RERUNS = "reruns"
    ACCESS = "access"
    LEFTOVERS = "leftovers"
    VERDICTS = "verdicts"


Rows = tuple[Table, ColumnElement[bool]]
"""A table, and which of its rows go."""


@dataclass(frozen=True)
class RecordKind:
    """``rows``: what goes of what is older than a moment, in the order of deletion.

    ``stays``: what is kept whatever its age. ``usual`` and ``least`` in days.
    """

    title: Message
    stays: Message
    rows: Callable[[datetime], tuple[Rows, ...]]
    usual: int = 90
    least: int = 30


def _audit(before: datetime) -> tuple[Rows, ...]:
    return ((audit_log, audit_log.c.at < before),)


def _steps(before: datetime) -> tuple[Rows, ...]:
    newer = step_events.alias("newer")
    still = select(newer.c.job_id).where(newer.c.seen_at >= before)
    return ((step_events, and_(step_events.c.seen_at < before, step_events.c.job_id.not_in(still))),)


def _alerts(before: datetime) -> tuple[Rows, ...]:
    message, rule = alert_messages.c, alert_rules.c
    old, other, sent = alerts.alias("old"), alerts.alias("other"), alert_messages.alias("sent")
    under_way = exists().where(sent.c.alert_id == old.c.alert_id, sent.c.state.in_(_UNDER_WAY)).correlate(old)
    ended = select(old.c.alert_id).where(old.c.ended_at < before, ~under_way)
    alone = and_(message.alert_id.is_(None), message.created_at < before, message.state.not_in(_UNDER_WAY))
    left = exists().where(other.c.rule_id == rule.rule_id, other.c.alert_id.not_in(ended))
    return (
        (alert_messages, or_(message.alert_id.in_(ended), alone)),
        (alerts, alerts.c.alert_id.in_(ended)),
        (alert_rules, and_(rule.removed_at < before, ~left.correlate(alert_rules))),
    )


_UNDER_WAY = ("waiting", "claimed")


def _probes(before: datetime) -> tuple[Rows, ...]:
    run = live_test_runs.c
    return ((live_test_runs, and_(run.started_at < before, run.cleaned)),)


def _reruns(before: datetime) -> tuple[Rows, ...]:
    ended = and_(group_reruns.c.finished_at < before, group_reruns.c.state == "finished")
    mine = rerun_items.c.run_id.in_(select(group_reruns.c.run_id).where(ended))
    return ((rerun_items, mine), (group_reruns, ended))


def _access(before: datetime) -> tuple[Rows, ...]:
    token, plan = api_tokens.c, api_plans.c
    return (
        (api_plans, or_(plan.decided_at < before, plan.expires_at < before)),
        (api_tokens, or_(token.revoked_at < before, token.expires_at < before)),
    )


def _leftovers(before: datetime) -> tuple[Rows, ...]:
    seen, document, measured = acknowledged_failures.c, search_documents.c, picture_contrast.c
    return (
        (acknowledged_failures, and_(seen.acknowledged_at < before, seen.job_id.not_in(_JOBS))),
        (search_documents, and_(document.created_at < before, document.job_id.not_in(_JOBS))),
        (
            picture_contrast,
            and_(
                measured.measured_at < before,
                measured.job_variants_id.not_in(select(jobs_variants.c.job_variants_id)),
            ),
        ),
    )


_JOBS = select(jobs.c.job_id)


def _verdicts(before: datetime) -> tuple[Rows, ...]:
    return tuple(
        (table, and_(table.c.at < before, table.c.job_id.not_in(_JOBS)))
        for table in (reviews, review_winners, review_taps)
    )


KINDS: Mapping[RetentionKind, RecordKind] = {
    RetentionKind.AUDIT: RecordKind(
        N_("Audit log"), N_("Younger lines, and the line about this removal, stay."), _audit, 730, 90
    ),
    RetentionKind.STEPS: RecordKind(
        N_("Step history"), N_("The history of a job stays whole while any of it is younger."), _steps
    ),
    RetentionKind.ALERTS: RecordKind(
        N_("Ended alerts and their messages"),
        N_("Open alerts, messages on their way and rules that are kept stay."),
        _alerts,
    ),
    RetentionKind.PROBES: RecordKind(
        N_("Trigger probes"), N_("A probe whose test rows are still in the database stays."), _probes
    ),
    RetentionKind.RERUNS: RecordKind(
        N_("Ended group reruns"), N_("Reruns that run or can be resumed stay."), _reruns
    ),
    RetentionKind.ACCESS: RecordKind(
        N_("Expired tokens and plans"), N_("Tokens that work and plans that wait stay."), _access
    ),
    RetentionKind.LEFTOVERS: RecordKind(
        N_("Leftovers of removed jobs"), N_("Everything about jobs that exist stays."), _leftovers, 30
    ),
    RetentionKind.VERDICTS: RecordKind(
        N_("Verdicts, winners and taps of removed jobs"),
        N_("What people said of jobs that exist stays."),
        _verdicts,
        365,
    ),
}

UNASKED = tuple(kind for kind in RetentionKind if kind is not RetentionKind.VERDICTS)
"""What is meant where no kind is named: what people said of pictures goes only when somebody names it."""
