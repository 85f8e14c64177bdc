"""``python -m feedly_core export | trends``: gallery tables and trends in a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Connection

from dashboard.cli.session import asking, session
from dashboard.output import language, print_json, say
from feedly_core.analytics.choices import require_known
from feedly_core.analytics.differences import change_words, measure_title, measure_words
from feedly_core.analytics.export import Format
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import SORTS, Order
from feedly_core.analytics.gallery_groups import tones_named
from feedly_core.analytics.trends import By, Difference, Point, compare, compared_with, trend
from feedly_core.analytics.variant_source import VariantSource, variant_source
from feedly_core.api import Feedly
from feedly_core.db.engine import reading
from feedly_core.db.own_schema.facts import CHARTED
from feedly_core.documents import answers
from feedly_core.domain import pipeline
from feedly_core.domain.scores import SCORES, Limits, Unit, write_score, written
from feedly_core.errors import InvalidInput
from feedly_core.i18n import N_, Message, translate
from feedly_core.reviews.deck import Audience
from feedly_core.reviews.limits import limits_in_force
from feedly_core.reviews.takeaway import FORMATS, Wanted, takeaway


class Outcome(StrEnum):
    """How a job ended, or that it has not."""

    COMPLETE = "complete"
    FAILED = "failed"
    OPEN = "open"


Tenant = Annotated[str | None, typer.Option(help="Only this tenant.")]
Days = Annotated[int, typer.Option(min=1, max=3650, help="The last so many days.")]


def register(app: typer.Typer) -> None:
    app.command("export")(export_variants)
    app.command("trends")(show_trends)


def export_variants(
    file: Annotated[Path, typer.Argument(help="Ends with .pptx, .pdf, .zip, .csv, .xlsx or .parquet.")],
    tenant_id: Tenant = None,
    days: Days = 30,
    outcome: Annotated[Outcome | None, typer.Option(help="Only jobs in this state.")] = None,
    tone: Annotated[str | None, typer.Option(help="Only this tone, by its Korean name.")] = None,
    words: Annotated[str, typer.Option(help="Words of the copy.")] = "",
    sort: Annotated[str, typer.Option(help=", ".join(SORTS))] = SORTS[0],
    dashboard: Annotated[
        str, typer.Option(help="Address of the dashboard, for the links in the file.")
    ] = "http://127.0.0.1:8501",
    per_page: Annotated[int, typer.Option(help="Pictures on each slide: 1 or 4.")] = 1,
    title: Annotated[str, typer.Option(help="Title of the slides.")] = "FeedlyAI",
    ascending: Annotated[bool, typer.Option("--smallest-first", help="The other end first.")] = False,
) -> None:
    """Write variants with their scores: slides, original pictures, or a table.

    Slides and originals hold the first hundred finished pictures.
    """
    form = _format(file)
    if sort not in SORTS:
        raise InvalidInput(
            N_("Pictures cannot be sorted by {name}.", name=sort),
            hint=N_("Known: {names}", names=", ".join(SORTS)),
        )
    with _source() as (connection, source, here):
        settings = here.settings
        require_known(connection, tenant=tenant_id, tone=tone)
        filters = PictureFilters(
            tenant=tenant_id,
            since=datetime.now(UTC) - timedelta(days=days),
            outcome=outcome,
            tones=tones_named(connection, tone) if tone else None,
            words=words,
        )
        known, engine = limits_in_force(connection, settings), connection.engine
    audience = Audience(language(), settings.zone, known, dashboard.rstrip("/"))
    wanted = Wanted(filters, Order(sort, ascending), title, 4 if per_page == 4 else 1)
    file.write_bytes(takeaway(engine, settings, source, wanted, form, audience, datetime.now(UTC)))
    say(N_("Written: {file}", file=file))


def show_trends(
    tenant_id: Tenant = None,
    days: Days = 30,
    by: Annotated[By, typer.Option(help="What a point stands for.")] = By.DAY,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    compared: Annotated[
        bool, typer.Option("--compare", help="Beside the same length of time before, or --against.")
    ] = False,
    against: Annotated[str | None, typer.Option(help="Compare with this tenant in the same period.")] = None,
) -> None:
    """Quality, speed and cost, per day or release; or one period beside another."""
    with _source() as (connection, source, here):
        require_known(connection, tenant=tenant_id)
        require_known(connection, tenant=against)
        since = datetime.now(UTC) - timedelta(days=days)
        filters = PictureFilters(tenant=tenant_id, since=since)
        known = limits_in_force(connection, here.settings)
        if compared or against:
            other = compared_with(tenant_id, since, days, against)
            found = compare(connection, source, filters, other)
            _print_compared(found, against, known, as_json)
            return
        if as_json:
            print_json(answers.trends(connection, asking(here), filters, by))
            return
        points = trend(connection, source, filters, by, here.settings.zone)
    _print(points, known)


def _print_compared(found: tuple[Difference, ...], against: str | None, known: Limits, as_json: bool) -> None:
    if as_json:
        print_json([asdict(item) for item in found])
        return
    other = against or _say(N_("The same time before"))
    table = Table(_say(N_("Measure")), _say(N_("This period")), escape(other), _say(N_("Change")))
    for item in found:
        values = (measure_words(item.name, value, known) for value in (item.first, item.second))
        table.add_row(_say(measure_title(item.name)), *map(_say, values), change_words(item))
    Console(highlight=False).print(table)


def _format(file: Path) -> Format:
    for form in FORMATS.values():
        if file.suffix.lower() == f".{form.ending}":
            return form
    raise InvalidInput(
        N_("The file's name must tell its format: {name}", name=file.name),
        hint=N_("Known: {names}", names=", ".join(f".{form.ending}" for form in FORMATS.values())),
    )


@contextmanager
def _source() -> Iterator[tuple[Connection, VariantSource, Feedly]]:
    """A connection and where the answers come from; says so when that is not everything."""
    with session() as here, reading(here.engine) as connection:
        source = variant_source(connection, datetime.now(UTC))
        if source.bounded_to is not None:
            limit = N_(
                "Only the newest {n} jobs that match: the read model is not filled.", n=source.bounded_to
            )
            say(limit, error=True)
        yield connection, source, here


def _print(points: tuple[Point, ...], known: Limits) -> None:
    console = Console(highlight=False)
    counts = (N_("Point"), N_("Jobs"), N_("Complete"), N_("Failed"))
    rest = (N_("Contrast passes WCAG AA"), N_("Automatic repeats"), N_("Cost (USD)"))
    heads = (*counts, *(SCORES[name].title for name in CHARTED), *rest)
    table = Table(*(_say(head) for head in heads))
    for point in points:
        table.add_row(
            str(point.key),
            str(point.jobs),
            written(point.complete, Unit.SHARE),
            written(point.failed, Unit.SHARE),
            *(write_score(name, point.scores[name].median, known) for name in CHARTED),
            written(point.wcag_aa, Unit.SHARE),
            str(point.retries),
            "–" if point.cost_usd is None else f"{point.cost_usd:.4f}",
        )
    console.print(table)
    slow = Table(_say(N_("Point")), *(_say(pipeline.title(step)) for step in pipeline.VARIANT_STEP_NAMES))
    for point in points:
        slow.add_row(str(point.key), *(_times(point, step) for step in pipeline.VARIANT_STEP_NAMES))
    console.print(_say(N_("Seconds a step: half of the runs / 95 of 100 runs are faster")))
    console.print(slow)


def _times(point: Point, step: str) -> str:
    known = point.times.get(step, (None, None))
    return " / ".join("–" if value is None else f"{value / 1000:.1f}" for value in known)


def _say(text: Message) -> str:
    return translate(text, language())
