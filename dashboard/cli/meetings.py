"""``feedlyai meeting``: meetings and their action items in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from getpass import getuser
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Connection

from dashboard.cli.ids import MOST_MEETINGS, meeting_named, one_id
from dashboard.cli.review import Campaign, Days, Tenant, Tone, picture_filters
from dashboard.cli.session import session
from dashboard.output import language, say
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import Card, cards_of
from feedly_core.analytics.variant_source import VariantSource, variant_source
from feedly_core.db.engine import reading
from feedly_core.errors import InvalidInput
from feedly_core.i18n import N_, NN_, Message, translate
from feedly_core.permissions import Person, Role
from feedly_core.reviews import agenda, meetings
from feedly_core.reviews.action_items import action_items, add_action, remove_action
from feedly_core.reviews.meetings import MAX_AGENDA
from feedly_core.reviews.minutes import minutes
from feedly_core.reviews.queue import QueueOrder, agenda_for, candidates
from feedly_core.reviews.verdicts import need_reviews

_MEETING_ORDER = "meeting"
_ORDERS = (_MEETING_ORDER, *(order.value for order in QueueOrder if order is not QueueOrder.SHUFFLED))

_As = Annotated[str, typer.Option("--as", help="Who presents.", default_factory=getuser)]
_Meeting = Annotated[str, typer.Argument(help="First characters of its id, as meeting list shows it.")]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be written; write nothing.")]


def register(app: typer.Typer) -> None:
    """Add the commands ``meeting …``."""
    commands = typer.Typer(help="Review meetings and their action items.", no_args_is_help=True)
    for command in (list_all, start, turn_to, end, reopen, decisions, add_item, remove_item):
        commands.command(command.__name__.replace("_all", "").replace("_", "-"))(command)
    app.add_typer(commands, name="meeting")


def list_all(limit: Annotated[int, typer.Option(min=1, max=MOST_MEETINGS, help="Lines.")] = 20) -> None:
    """List meetings, the newest first."""
    with session() as here, reading(here.engine) as connection:
        need_reviews(connection)
        found = meetings.recent(connection, limit)
    heads = (N_("Meeting"), N_("Title"), N_("Presenter"), N_("Started"), N_("Ended"), N_("Pictures"))
    table = Table(*map(_word, heads))
    for meeting in found:
        started, ended = (
            f"{at.astimezone(here.settings.zone):%Y-%m-%d %H:%M}" if at else "–"
            for at in (meeting.started_at, meeting.ended_at)
        )
        words = (str(meeting.meeting_id)[:8], escape(meeting.title or "–"), escape(meeting.presenter))
        table.add_row(*words, started, ended, str(len(meeting.agenda)))
    Console().print(table)


def start(
    title: Annotated[str, typer.Argument(help="Title of the meeting.")],
    name: _As,
    order: Annotated[str, typer.Option(help=", ".join(_ORDERS))] = _MEETING_ORDER,
    size: Annotated[int, typer.Option(min=1, max=MAX_AGENDA, help="Most pictures on the agenda.")] = 20,
    tenant_id: Tenant = None,
    tone: Tone = None,
    campaign: Campaign = None,
    days: Days = None,
    dry_run: _DryRun = False,
) -> None:
    """Start a meeting: with the agenda that was collected, else with what the filters choose."""
    if order not in _ORDERS:
        raise InvalidInput(
            N_("Pictures cannot be sorted by {name}.", name=order),
            hint=N_("Known: {names}", names=", ".join(_ORDERS)),
        )
    with session(write=not dry_run) as here:
        with reading(here.engine) as connection:
            need_reviews(connection)
            source = variant_source(connection, datetime.now(UTC))
            collected = agenda.collected(connection, name)
            if collected:
                cards: Sequence[Card] = list(cards_of(connection, source, collected))
            else:
                filters = picture_filters(connection, tenant_id, tone, campaign, days)
                cards = _offered(connection, source, filters, order, size)
        for number, card in enumerate(cards, start=1):
            words = card.text or card.description or "–"
            typer.echo(f"{number:3}  {card.variant_id}  {words}")
        if dry_run:
            say(
                NN_(
                    "A meeting of {n} picture would start.",
                    "A meeting of {n} pictures would start.",
                    len(cards),
                )
            )
            return
        chosen = list(collected) or [card.variant_id for card in cards]
        meeting_id = meetings.start(here.engine, here.settings, _reviewer(name), title, chosen)
        if collected:
            agenda.keep(here.engine, here.settings, _reviewer(name), [])
    say(N_("Meeting {id} has started.", id=str(meeting_id)[:8]))


def turn_to(
    meeting: _Meeting,
    number: Annotated[int, typer.Argument(min=1, help="Number of the picture on the agenda.")],
    name: _As,
) -> None:
    """Bring a picture of the agenda to every screen."""
    with session(write=True) as here:
        with reading(here.engine) as connection:
            meeting_id = meeting_named(connection, meeting)
        meetings.show(here.engine, here.settings, _reviewer(name), meeting_id, number - 1)
        with reading(here.engine) as connection:
            shown = meetings.find(connection, meeting_id)
    say(N_("Picture {n} of {all} is shown.", n=shown.position + 1, all=len(shown.agenda)))


def end(meeting: _Meeting, name: _As, dry_run: _DryRun = False) -> None:
    """End a meeting for everybody."""
    with session(write=not dry_run) as here:
        with reading(here.engine) as connection:
            meeting_id = meeting_named(connection, meeting)
            if dry_run:
                told = minutes(connection, variant_source(connection, datetime.now(UTC)), meeting_id)
                decided = sum(point.decision is not None for point in told.points)
                say(N_("{done} of {all} pictures are decided.", done=decided, all=len(told.points)))
                return
        meetings.end(here.engine, here.settings, _reviewer(name), meeting_id)
    say(N_("Meeting {id} has ended.", id=str(meeting_id)[:8]))


def reopen(meeting: _Meeting, name: _As) -> None:
    """Take the end of a meeting back, within ten minutes."""
    with session(write=True) as here:
        with reading(here.engine) as connection:
            meeting_id = meeting_named(connection, meeting)
        meetings.reopen(here.engine, here.settings, _reviewer(name), meeting_id)
    say(N_("Meeting {id} goes on.", id=str(meeting_id)[:8]))


def decisions(meeting: _Meeting) -> None:
    """Show what was decided on each picture, and the action items."""
    with session() as here, reading(here.engine) as connection:
        meeting_id = meeting_named(connection, meeting)
        told = minutes(connection, variant_source(connection, datetime.now(UTC)), meeting_id)
    for point in told.points:
        decided = point.line(point.decision, language()) if point.decision else _word(N_("no decision"))
        typer.echo(f"{point.number:3}  {point.variant_id}  {decided}")
    for item in told.actions:
        due = item.due.isoformat() if item.due else _word(N_("no date"))
        typer.echo(f"{str(item.action_id)[:8]}  {item.owner} · {due}: {item.words}")


def add_item(
    meeting: _Meeting,
    words: Annotated[str, typer.Argument(help="What is to do.")],
    owner: Annotated[str, typer.Option(help="Who does it.")],
    name: _As,
    due: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Until this day.")] = None,
) -> None:
    """Add an action item, during the meeting or after it."""
    with session(write=True) as here:
        with reading(here.engine) as connection:
            meeting_id = meeting_named(connection, meeting)
        day = due.date() if due else None
        action_id = add_action(here.engine, here.settings, _reviewer(name), meeting_id, words, owner, day)
    say(N_("Action item {id} is written down.", id=str(action_id)[:8]))


def remove_item(
    meeting: _Meeting,
    item: Annotated[str, typer.Argument(help="First characters of its id, as meeting decisions shows it.")],
    name: _As,
) -> None:
    """Remove an action item."""
    with session(write=True) as here:
        with reading(here.engine) as connection:
            known = action_items(connection, meeting_named(connection, meeting))
        action_id = one_id(item, (each.action_id for each in known))
        remove_action(here.engine, here.settings, _reviewer(name), action_id)
    say(N_("Action item {id} is removed.", id=str(action_id)[:8]))


def _offered(
    connection: Connection, source: VariantSource, filters: PictureFilters, order: str, size: int
) -> list[Card]:
    if order == _MEETING_ORDER:
        return [item.picture for item in agenda_for(connection, source, filters, size)]
    return list(candidates(connection, source, filters, QueueOrder(order), size=size).cards)


def _reviewer(name: str) -> Person:
    return Person(name, Role.REVIEWER)


def _word(text: Message) -> str:
    return translate(text, language())
