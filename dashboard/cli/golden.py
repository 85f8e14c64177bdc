"""``feedlyai golden``: golden sets, their runs, baselines and known failures in a terminal."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from dashboard.cli.ids import one_id
from dashboard.cli.session import session
from dashboard.output import language, say
from feedly_core.analytics.gallery import cards_of_jobs
from feedly_core.api import Feedly
from feedly_core.db.engine import reading
from feedly_core.db.job_lookup import find_job
from feedly_core.errors import InvalidInput, NotFound
from feedly_core.golden_sets import schedule as daily
from feedly_core.golden_sets.baselines import approve as approve_run
from feedly_core.golden_sets.baselines import keep_known_failure
from feedly_core.golden_sets.facts import fact_words, read_facts
from feedly_core.golden_sets.runs import RunRequest, newest_runs, run_set
from feedly_core.golden_sets.sets import GoldenSet, NewOrder, find_set, list_sets, save_version
from feedly_core.golden_sets.sources import orders_of_pictures, orders_of_requests, requests_of_table
from feedly_core.i18n import N_, NN_, Message, translate
from feedly_core.jobs.bulk import is_heading, read_bulk
from feedly_core.jobs.choices import read_choices
from feedly_core.jobs.pictures import read_picture
from feedly_core.jobs.request import DEFAULT_TENANT, JobKind, JobRequest
from feedly_core.jobs.samples import sample_pictures
from feedly_core.jobs.table_rows import file_rows

_Set = Annotated[str, typer.Argument(metavar="SET", help="Name of the golden set.")]
_Expect = Annotated[
    list[str] | None,
    typer.Option(
        "--expect", help="Expected fact: iou_with_food<=0.02, ocr_accuracy>=0.95, call_to_action, top_third."
    ),
]
_PinCopy = Annotated[bool, typer.Option("--pin-copy", help="Expect the copy as it is now.")]
_Release = Annotated[str, typer.Option(help="The release that the jobs are made under.")]
_Repeats = Annotated[int, typer.Option(help="How often each order is made, 1 to 5.")]
_Tenant = Annotated[str, typer.Option(help="Tenant of the jobs.")]
_Number = Annotated[int, typer.Argument(min=1, help="Number of the order, as golden show lists it.")]


def register(app: typer.Typer) -> None:
    """Add the commands ``golden …``."""
    commands = typer.Typer(
        help="Golden sets: frozen orders that every release must do.", no_args_is_help=True
    )
    for command in (
        *(list_all, show, add, add_table, remove, run, approve, known_failure),
        *(every_day, end_every_day),
    ):
        commands.command(command.__name__.replace("_all", "").replace("_", "-"))(command)
    app.add_typer(commands, name="golden")


def list_all() -> None:
    """List the golden sets and their daily runs."""
    with session() as here, reading(here.engine) as connection:
        sets, runs = list_sets(connection), daily.daily_runs(connection)
    table = Table(*(_word(word) for word in (N_("Name"), N_("Version"), N_("Orders"), N_("Saved by"))))
    for one in sets:
        table.add_row(escape(one.name), str(one.version), str(one.orders), escape(one.created_by))
    Console().print(table)
    for each in runs:
        line = N_(
            "{id}: {name} every day at {at} ({zone}) under {release}",
            id=str(each.schedule_id)[:8],
            name=each.set_name,
            at=f"{each.at:%H:%M}",
            zone=each.zone,
            release=each.request.release,
        )
        say(line)


def show(golden_set: _Set) -> None:
    """List the orders of a set with their expected facts."""
    golden = _find(golden_set)
    table = Table(*(_word(word) for word in (N_("No."), N_("Description"), N_("Expected facts"))))
    for order in golden.orders:
        facts = ", ".join(_word(fact_words(fact)) for fact in order.facts)
        table.add_row(str(order.position + 1), escape(order.description), escape(facts or "–"))
    Console().print(table)


def add(
    golden_set: _Set,
    jobs: Annotated[list[str], typer.Argument(help="Job ids, or their first characters.")],
    expect: _Expect = None,
    pin_copy: _PinCopy = False,
) -> None:
    """Add the orders of these jobs as the set's next version."""
    with session(write=True) as here:
        facts = read_facts(expect or ())
        with reading(here.engine) as connection:
            ids = [find_job(connection, job) for job in jobs]
            variants = [card.variant_id for card in cards_of_jobs(connection, ids, datetime.now(UTC))]
            found = orders_of_pictures(connection, here.settings, variants, facts, pin_copy=pin_copy)
        for reason in found.skipped:
            say(reason, error=True)
        _save(here, golden_set, found.orders)


def add_table(
    golden_set: _Set,
    table: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV file or workbook.")],
    image: Annotated[list[Path] | None, typer.Option(help="Picture that lines may name.")] = None,
    expect: _Expect = None,
    pin_copy: _PinCopy = False,
) -> None:
    """Add one order per line of a table (description, tone, image) as the set's next version."""
    with session(write=True) as here:
        facts = read_facts(expect or ())
        named = [read_picture(path.read_bytes(), path.name, here.settings) for path in image or ()]
        with reading(here.engine) as connection:
            tones = read_choices(connection).tone_styles
        base = JobRequest(JobKind.FULL, DEFAULT_TENANT[JobKind.FULL], tuple(named[:1]), "")
        rows = file_rows(table.read_bytes(), is_heading)
        bulk = read_bulk(rows, base, named, tones, samples=sample_pictures())
        orders = orders_of_requests(requests_of_table(bulk.lines), facts, pin_copy=pin_copy)
        _save(here, golden_set, orders)


def remove(golden_set: _Set, number: _Number) -> None:
    """Leave one order out of the set's next version."""
    with session(write=True) as here:
        case_id = _case(here, golden_set, number)
        golden = save_version(here.engine, here.settings, here.person, golden_set, (), without={case_id})
    _saved(golden)


def run(
    golden_set: _Set,
    release: _Release,
    repeats: _Repeats = 1,
    tenant: _Tenant = DEFAULT_TENANT[JobKind.FULL],
) -> None:
    """Run the set as a campaign; a running dashboard takes it up within seconds."""
    with session(write=True) as here:
        golden = _find_with(here, golden_set)
        request = RunRequest(release, repeats, tenant_id=tenant)
        campaign_id = run_set(here.engine, here.settings, here.person, golden, request)
    say(N_("Campaign {campaign} runs the set.", campaign=str(campaign_id)[:8]))


def approve(golden_set: _Set, release: _Release) -> None:
    """Approve what passed under a release as the baseline."""
    with session(write=True) as here:
        with reading(here.engine) as connection:
            golden = find_set(connection, golden_set)
            runs = {each.release: each for each in newest_runs(connection, golden_set, limit=500)}
        if release not in runs:
            raise NotFound(
                N_("The set has not run under {release}.", release=release),
                hint=N_("Run it with feedlyai golden run."),
            )
        now = datetime.now(UTC)
        count = approve_run(here.engine, here.settings, here.person, golden, runs[release], now)
    say(NN_("{n} case is approved as baseline.", "{n} cases are approved as baseline.", count))


def known_failure(
    golden_set: _Set,
    number: _Number,
    reason: Annotated[str, typer.Option(help="Why it may fail.")],
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The last day on which it may.")],
) -> None:
    """Accept the failure of one order until a day."""
    with session(write=True) as here:
        golden, today = _find_with(here, golden_set), _today(here)
        case_id = _case(here, golden_set, number)
        keep_known_failure(
            here.engine, here.settings, here.person, golden, case_id, reason, until.date(), today
        )
    say(N_("Kept until {day}.", day=until.date().isoformat()))


def every_day(
    golden_set: _Set,
    release: _Release,
    at: Annotated[str, typer.Option(help="Time of day, as 03:00.")],
    repeats: _Repeats = 1,
    tenant: _Tenant = DEFAULT_TENANT[JobKind.FULL],
) -> None:
    """Run the set every day."""
    with session(write=True) as here:
        request = RunRequest(release, repeats, tenant_id=tenant)
        moment, now = daily.read_time(at), datetime.now(UTC)
        found = daily.schedule_run(here.engine, here.settings, here.person, golden_set, request, moment, now)
    say(N_("Daily run {id} is kept.", id=str(found)[:8]))


def end_every_day(
    daily_run: Annotated[str, typer.Argument(help="First characters of its id, as golden list shows it.")],
) -> None:
    """End a daily run."""
    with session(write=True) as here:
        with reading(here.engine) as connection:
            ids = [each.schedule_id for each in daily.daily_runs(connection)]
        daily.end_schedule(here.engine, here.settings, here.person, one_id(daily_run, ids))
    say(N_("The daily run has ended."))


def _save(here: Feedly, name: str, orders: tuple[NewOrder, ...]) -> None:
    _saved(save_version(here.engine, here.settings, here.person, name, orders))


def _saved(golden: GoldenSet) -> None:
    words = N_(
        "{name}: version {version} with {n} orders is saved.",
        name=golden.name,
        version=golden.version,
        n=len(golden.orders),
    )
    say(words)


def _find(name: str) -> GoldenSet:
    with session() as here:
        return _find_with(here, name)


def _find_with(here: Feedly, name: str) -> GoldenSet:
    with reading(here.engine) as connection:
        return find_set(connection, name)


def _case(here: Feedly, name: str, number: int) -> UUID:
    orders = _find_with(here, name).orders
    if number > len(orders):
        raise InvalidInput(
            N_("The set has {n} orders.", n=len(orders)), hint=N_("feedlyai golden show lists them.")
        )
    return orders[number - 1].case_id


def _today(here: Feedly) -> date:
    return datetime.now(here.settings.zone).date()


def _word(text: Message) -> str:
    return translate(text, language())
