"""What has happened since a moment, for one person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from feedly_core.alerts.store import MOST_ALERTS, StoredAlert, recent_alerts
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.trends import Point, period
from feedly_core.analytics.variant_source import filled_source
from feedly_core.db.query_budget import query_budget
from feedly_core.i18n import N_, NN_, Message
from feedly_core.reviews.others import Comment, Said, said_since

LONGEST = timedelta(days=30)
"""Who was away for longer hears of these days."""


@dataclass(frozen=True)
class News:
    """From ``since`` on. ``jobs``: those made since, None without any; ``alerts``: those that opened."""

    since: datetime
    jobs: Point | None
    said: Said
    alerts: tuple[StoredAlert, ...]


@dataclass(frozen=True)
class NewsLine:
    """One sentence, and the page with its parameters where it leads."""

    words: Message
    page: str
    parameters: Mapping[str, str] = field(default_factory=dict)


@query_budget(statements=8, rows=40_000)
def news_since(connection: Connection, reader: str, since: datetime, now: datetime) -> News:
    """What has happened after ``since``, of the last 30 days at most. Eight statements at most.

    Jobs are counted where the read model is filled.
    """
    since = max(since, now - LONGEST)
    source = filled_source(connection, now)
    made = period(connection, source, PictureFilters(since=since)) if source else None
    opened = tuple(each for each in recent_alerts(connection, MOST_ALERTS) if each.alert.opened_at > since)
    return News(since, made, said_since(connection, reader, since), opened)


def news_lines(news: News) -> tuple[NewsLine, ...]:
    """The news as sentences; none where nothing has happened."""
    lines = []
    if news.jobs is not None:
        lines += _of_jobs(news.jobs)
    if news.said.verdicts:
        words = NN_("{n} verdict by others", "{n} verdicts by others", news.said.verdicts)
        lines.append(NewsLine(words, "review", {"view": "minutes"}))
    if news.said.comments:
        words = NN_("{n} comment on your pictures", "{n} comments on your pictures", news.said.comments)
        lines.append(NewsLine(words, "results", {"job": str(news.said.newest[0].job_id)}))
    if news.alerts:
        unsolved = sum(each.alert.ended_at is None for each in news.alerts)
        count = len(news.alerts)
        words = NN_("{n} alert opened", "{n} alerts opened", count)
        if unsolved:
            words = NN_(
                "{n} alert opened, {open} unsolved",
                "{n} alerts opened, {open} unsolved",
                count,
                open=unsolved,
            )
        lines.append(NewsLine(words, "trigger_diagnostics", {"view": "alerts"}))
    return tuple(lines)


def comment_words(comment: Comment) -> Message:
    """Who wrote what, in one line."""
    return N_("{person}: {words}", person=comment.reviewer, words=" ".join(comment.words.split()))


def _of_jobs(made: Point) -> list[NewsLine]:
    complete, failed = (round(made.jobs * (share or 0.0)) for share in (made.complete, made.failed))
    words = NN_(
        "{n} job made: {complete} complete, {failed} failed",
        "{n} jobs made: {complete} complete, {failed} failed",
        made.jobs,
        complete=complete,
        failed=failed,
    )
    return [NewsLine(words, "results", {"outcome": "failed"} if failed else {})]
