"""Command ``since``: what has happened, in a terminal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from dashboard.cli.session import session
from dashboard.output import language, print_json, say
from feedly_core.db.engine import reading
from feedly_core.i18n import N_, translate
from feedly_core.visits.news import LONGEST, News, comment_words, news_lines, news_since


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("since")(since)


def since(
    hours: Annotated[float, typer.Option("--hours", min=0.1, max=LONGEST.days * 24)] = 24.0,
    person: Annotated[str, typer.Option("--person", help="Whose pictures; without it yours.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """News: jobs made, verdicts and comments of others, alerts."""
    now = datetime.now(UTC)
    with session() as here, reading(here.engine) as connection:
        news = news_since(connection, person or here.person.name, now - timedelta(hours=hours), now)
    if as_json:
        print_json(_document(news))
        return
    lines = news_lines(news)
    if not lines:
        say(N_("Nothing has happened"))
    for line in lines:
        say(line.words)
    for comment in news.said.newest:
        typer.echo(f"  {translate(comment_words(comment), language())}")


def _document(news: News) -> dict[str, object]:
    return {
        "since": news.since.isoformat(),
        "jobs": news.jobs.jobs if news.jobs else 0,
        "complete": news.jobs.complete if news.jobs else None,
        "failed": news.jobs.failed if news.jobs else None,
        "verdicts": news.said.verdicts,
        "comments": news.said.comments,
        "alerts": len(news.alerts),
    }
