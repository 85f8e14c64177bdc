"""``feedlyai preference``: what people prefer, by the taps on two variants of one job."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from dashboard.cli.session import session
from dashboard.output import language, print_json, say
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.variant_source import variant_source
from feedly_core.db.engine import reading
from feedly_core.i18n import N_, Message, translate
from feedly_core.reviews.figure_words import of_ten, share
from feedly_core.reviews.preference import PreferenceReport, preference_report
from feedly_core.reviews.taps import Attribute, taps


def register(app: typer.Typer) -> None:
    """Add the command ``preference``."""
    app.command("preference")(show_preference)


def show_preference(
    by: Annotated[Attribute, typer.Option(help="What the pictures are told apart by.")] = Attribute.FONT,
    tenant_id: Annotated[str | None, typer.Option(help="Only this tenant's pictures.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Only jobs of the last so many days.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Rank fonts, places or colours of the text by what people tapped, beside the AI judge's ranking."""
    since = datetime.now(UTC) - timedelta(days=days) if days else None
    with session() as here, reading(here.engine) as connection:
        source = variant_source(connection, datetime.now(UTC))
        given = taps(connection, source, PictureFilters(tenant=tenant_id, since=since))
    found = preference_report(given, by)
    if as_json:
        print_json(asdict(found))
    else:
        _print(found)


def _print(found: PreferenceReport) -> None:
    titles = (N_("Level"), N_("Wins"), N_("Share of wins"), N_("AI judge"))
    table = Table(*(_word(title) for title in titles))
    for level in found.people.levels:
        judge = found.judge_wins(level.name)
        shown = _word(of_ten(level.wins)) if found.differs(level.name) else _word(N_("no difference shown"))
        table.add_row(
            escape(level.name), shown, _word(share(level.wins)), "–" if judge is None else _word(share(judge))
        )
    Console().print(table)
    say(N_("The left side wins {share}.", share=share(found.people.left_wins)))


def _word(text: Message) -> str:
    return translate(text, language())
