"""Campaigns in a terminal: run one, or control others."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text as RichText
from sqlalchemy import Engine

from dashboard.cli.session import asking, session
from dashboard.output import language, print_json, say
from feedly_core.api import Feedly
from feedly_core.campaigns.campaigns import (
    campaign_members,
    find_campaign,
    list_campaigns,
    pause_campaign,
    resume_campaign,
    start_campaign,
    stop_campaign,
)
from feedly_core.campaigns.pace import statistics
from feedly_core.campaigns.runner import CampaignRunner, runner_name
from feedly_core.campaigns.schedule import State
from feedly_core.campaigns.store import STATE_LABELS, Campaign, CampaignJob, CampaignPlan
from feedly_core.db.engine import reading
from feedly_core.documents import answers
from feedly_core.i18n import N_, Message, translate
from feedly_core.jobs.storage import assets_folder
from feedly_core.live.hub import Hub
from feedly_core.permissions import Person, install_own_schema
from feedly_core.settings import Settings

campaign = typer.Typer(no_args_is_help=True, help="Campaigns of test jobs, wherever they are driven.")

REDRAW_S = 0.5
SHOWN = 15
"""Lines of the live table: the newest jobs."""

_GOING = (State.RUNNING, State.DRAINING, State.PAUSED)
Id = Annotated[str, typer.Argument(help="First characters of the campaign's id.")]
Turn = Callable[[Engine, UUID, Person, Settings], None]


def register(app: typer.Typer) -> None:
    app.add_typer(campaign, name="campaign")
    app.command("install-schema")(install_schema)


def install_schema() -> None:
    """Create the dashboard's own schema feedly_dashboard.

    FeedlyAI's tables stay as they are.
    """
    with session(write=True) as here:
        install_own_schema(here.engine, here.person, here.settings)
    say(N_("The schema feedly_dashboard is installed."))


@campaign.command("list")
def list_all(
    limit: Annotated[int, typer.Option(min=1, max=answers.MOST, help="Campaigns in the list.")] = 50,
    cursor: Annotated[str | None, typer.Option(help="With --json: next of the page before.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """The newest campaigns: state, jobs made, completed and failed."""
    if as_json:
        with session() as here, reading(here.engine) as connection:
            print_json(answers.campaigns(connection, asking(here), limit, cursor))
        return
    table = Table()
    for heading in (
        N_("Id"),
        N_("Name"),
        N_("State"),
        N_("Jobs"),
        N_("Completed"),
        N_("Failed"),
        N_("Tenant"),
        N_("Started by"),
    ):
        table.add_column(_word(heading))
    with session() as here, reading(here.engine) as connection:
        summaries = list_campaigns(connection, limit)
    for each in summaries:
        one = each.campaign
        cells = (
            str(one.campaign_id)[:8],
            one.title,
            _word(STATE_LABELS[one.state]),
            f"{each.made}/{one.schedule.max_jobs or '∞'}",
            str(each.completed),
            str(each.failed),
            one.template.tenant_id,
            one.created_by,
        )
        table.add_row(*(RichText(cell) for cell in cells))
    Console().print(table)


@campaign.command()
def pause(campaign_id: Id) -> None:
    """Make no further job until it is resumed."""
    _turn(campaign_id, pause_campaign, N_("Paused."))


@campaign.command()
def resume(campaign_id: Id) -> None:
    """Go on after the last job.

    A running dashboard takes it up within seconds.
    """
    _turn(campaign_id, resume_campaign, N_("Running again."))


@campaign.command()
def stop(campaign_id: Id) -> None:
    """Make no further job."""
    _turn(campaign_id, stop_campaign, N_("Stopped."))


def _turn(prefix: str, turn: Turn, done: Message) -> None:
    with session(write=True) as here:
        with reading(here.engine) as connection:
            found = find_campaign(connection, prefix)
        turn(here.engine, found.campaign_id, here.person, here.settings)
    say(done)


def drive(here: Feedly, plan: CampaignPlan) -> None:
    """Run a campaign and print its statistics. Ctrl+C stops it."""
    folder, name = assets_folder(here.settings), runner_name()
    campaign_id = start_campaign(here.engine, plan, here.person, here.settings, driver=name)
    say(N_("Campaign {campaign} is running. Ctrl+C stops it.", campaign=str(campaign_id)[:8]))
    hub = Hub(here.engine, here.settings)
    driver = CampaignRunner(here.engine, hub, assets_dir=folder, name=name, only=campaign_id)
    hub.start()
    driver.start()
    try:
        _watch(here.engine, campaign_id, here.settings.zone)
    except KeyboardInterrupt:
        stop_campaign(here.engine, campaign_id, here.person, here.settings)
    finally:
        driver.stop()
        hub.stop()
    _print_end(here.engine, campaign_id)


def _watch(engine: Engine, campaign_id: UUID, zone: ZoneInfo) -> None:
    """Redraw the table until the campaign has ended."""
    pause, console = threading.Event(), Console()
    try:
        with Live(console=console, auto_refresh=False) as screen:
            while True:
                found, jobs = _read(engine, campaign_id)
                screen.update(_table(found, jobs, zone), refresh=True)
                if found.state not in _GOING:
                    return
                pause.wait(REDRAW_S)
    finally:
        if not console.is_terminal:
            console.print()  # a file gets the last table without the end of its line


def _read(engine: Engine, campaign_id: UUID) -> tuple[Campaign, list[CampaignJob]]:
    with reading(engine) as connection:
        return find_campaign(connection, str(campaign_id)), campaign_members(connection, campaign_id)


def _table(found: Campaign, jobs: list[CampaignJob], zone: ZoneInfo) -> Table:
    limit, figures = found.schedule.max_jobs or "∞", statistics(jobs)
    ends = f"● {figures.completed} · ✕ {figures.failed}"
    table = Table(title=f"{_word(STATE_LABELS[found.state])} · {len(jobs)}/{limit} · {ends}")
    for heading in (N_("No."), N_("Job"), N_("Made"), N_("State"), N_("Seconds")):
        table.add_column(_word(heading), no_wrap=True)
    for job in jobs[-SHOWN:]:
        seconds = "–" if job.seconds is None else f"{job.seconds:.1f}"
        made = job.created_at.astimezone(zone).strftime("%H:%M:%S")
        table.add_row(str(job.sequence), str(job.job_id), made, _word(outcome_word(job)), seconds)
    return table


def outcome_word(job: CampaignJob) -> Message:
    """How a campaign's job ended, or where it is, as one word."""
    open_word = N_("◐ on its way") if job.started else N_("○ not started")
    return {"completed": N_("● complete"), "failed": N_("✕ failed")}.get(job.outcome or "", open_word)


def _print_end(engine: Engine, campaign_id: UUID) -> None:
    found, jobs = _read(engine, campaign_id)
    figures = statistics(jobs)
    say(
        N_(
            "Jobs: {created} made, {completed} completed, {failed} failed.",
            created=figures.created,
            completed=figures.completed,
            failed=figures.failed,
        )
    )
    if figures.mean_s is not None and figures.p95_s is not None:
        say(
            N_(
                "Completion time: mean {mean} s, p95 {p95} s.",
                mean=f"{figures.mean_s:.1f}",
                p95=f"{figures.p95_s:.1f}",
            )
        )
    for sentence in found.last_error:
        say(sentence, error=True)
    if found.state is State.FAILED:
        raise typer.Exit(1)


def _word(text: Message) -> str:
    return translate(text, language())
