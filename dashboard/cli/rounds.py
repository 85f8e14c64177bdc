"""``feedlyai round``: rounds of review in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, time
from getpass import getuser
from typing import Annotated
from uuid import uuid4

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Connection

from dashboard.cli.ids import one_id
from dashboard.cli.review import Campaign, Days, Tenant, Tone, picture_filters
from dashboard.cli.session import session
from dashboard.output import language, print_json, say
from feedly_core.analytics.gallery import Card
from feedly_core.analytics.variant_source import variant_source
from feedly_core.db.engine import reading
from feedly_core.i18n import N_, NN_, Message, translate
from feedly_core.permissions import Person, Role
from feedly_core.reviews import meetings
from feedly_core.reviews.figure_words import kappa, share
from feedly_core.reviews.queue import QueueOrder, candidates
from feedly_core.reviews.round_figures import RoundFigures, round_figures, round_opinions
from feedly_core.reviews.rounds import MOST_OPINIONS, MOST_PICTURES, Round, RoundPlan, rounds, start_round
from feedly_core.reviews.rounds import give as give_opinion
from feedly_core.reviews.rounds import take as take_picture
from feedly_core.reviews.verdicts import VERDICT_LABELS, Entry, Verdict

MOST_ROUNDS = 500
_As = Annotated[str, typer.Option("--as", help="Who judges.", default_factory=getuser)]
_Round = Annotated[str, typer.Argument(metavar="ROUND", help="First characters of its id.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Percent = Annotated[int, typer.Option(min=0, max=100)]
NOTHING_LEFT = N_("Nothing is left for you in this round.")


def register(app: typer.Typer) -> None:
    """Add the commands ``round …``."""
    commands = typer.Typer(help="Pictures that some people judge side by side.", no_args_is_help=True)
    for command in (list_all, start, take, give, agreement, meet):
        commands.command(command.__name__.replace("_all", ""))(command)
    app.add_typer(commands, name="round")


def list_all(limit: Annotated[int, typer.Option(min=1, max=MOST_ROUNDS)] = 20) -> None:
    """List rounds with their progress, the newest first."""
    with session() as here, reading(here.engine) as connection:
        found = rounds(connection, limit)
        zone = here.settings.zone
    heads = (N_("Round"), N_("Title"), N_("Pictures"), N_("Opinions"), N_("People"), N_("Due"))
    table = Table(*map(_word, heads))
    for each in found:
        due = f"{each.due_at.astimezone(zone):%Y-%m-%d %H:%M}" if each.due_at else "–"
        people = escape(", ".join(each.people) or "–")
        cells = (str(each.round_id)[:8], escape(each.title or "–"), str(each.pictures))
        table.add_row(*cells, f"{each.given}/{each.wanted}", people, due)
    Console().print(table)


def start(
    title: Annotated[str, typer.Argument(help="Title of the round.")],
    name: _As,
    person: Annotated[list[str] | None, typer.Option(help="Who is asked; without it everybody.")] = None,
    pictures: Annotated[int, typer.Option(min=1, max=MOST_PICTURES)] = 20,
    opinions: Annotated[int, typer.Option(min=1, max=MOST_OPINIONS, help="Per picture.")] = 1,
    overlap: _Percent = 20,
    repeats: _Percent = 10,
    due: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day.")] = None,
    instructions: Annotated[str, typer.Option(help="What people shall look at.")] = "",
    examples: Annotated[int, typer.Option(min=0, max=3, help="Pictures beside the instructions.")] = 0,
    tenant_id: Tenant = None,
    tone: Tone = None,
    campaign: Campaign = None,
    days: Days = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List the pictures; write nothing.")] = False,
) -> None:
    """Start a round over pictures left to chance among those that fit.

    --overlap: percent that everybody judges. --repeats: percent that are shown again, unmarked.
    """
    with session(write=not dry_run) as here:
        with reading(here.engine) as connection:
            filters = picture_filters(connection, tenant_id, tone, campaign, days)
            source, size = variant_source(connection, datetime.now(UTC)), pictures + examples
            page = candidates(connection, source, filters, QueueOrder.SHUFFLED, seed=title, size=size)
        shown, judged = page.cards[:examples], page.cards[examples:]
        if dry_run:
            _list(judged)
            return
        plan = RoundPlan(
            title,
            tuple(dict.fromkeys(person or ())),
            opinions,
            overlap / 100,
            repeats / 100,
            datetime.combine(due, time(23, 59), here.settings.zone) if due else None,
            instructions,
            tuple(card.finished_id for card in shown),
        )
        round_id = start_round(here.engine, here.settings, _reviewer(name), plan, judged)
    say(N_("Round {id} has started.", id=str(round_id)[:8]))


def take(which: _Round, name: _As) -> None:
    """Reserve the next picture for five minutes and name it."""
    with session(write=True) as here:
        with reading(here.engine) as connection:
            chosen = _named(connection, which)
        seat = take_picture(here.engine, here.settings, _reviewer(name), chosen.round_id)
    if seat is None:
        say(NOTHING_LEFT)
        return
    typer.echo(f"{seat.job_id}  {seat.variant_id}  /img/full/{seat.picture_id}")


def give(
    which: _Round,
    verdict: Annotated[Verdict, typer.Argument(help="What you say of the picture that you have open.")],
    name: _As,
    comment: Annotated[str, typer.Option(help="Goes with the verdict.")] = "",
    tag: Annotated[list[str] | None, typer.Option(help="Reason; may be given several times.")] = None,
) -> None:
    """Judge the picture that is reserved for you, or the next one."""
    with session(write=True) as here:
        with reading(here.engine) as connection:
            chosen = _named(connection, which)
        person = _reviewer(name)
        seat = take_picture(here.engine, here.settings, person, chosen.round_id)
        if seat is None:
            say(NOTHING_LEFT)
            return
        place = (seat.job_id, seat.variant_id, seat.picture_id)
        said = Entry(uuid4(), *place, verdict, tags=tuple(tag or ()), comment=comment, blind=True)
        give_opinion(here.engine, here.settings, person, seat, said)
    say(N_("Kept: {verdict}", verdict=VERDICT_LABELS[verdict]))


def agreement(which: _Round, as_json: _Json = False) -> None:
    """Say how well people agree, with intervals over jobs, and how strict they are."""
    with session() as here, reading(here.engine) as connection:
        chosen = _named(connection, which)
        found = round_figures(round_opinions(connection, chosen.round_id), here.person)
    if as_json:
        document = asdict(found) | {"disputed": [str(variant) for variant in found.disputed]}
        print_json({"round_id": str(chosen.round_id), "title": chosen.title, **document})
        return
    _print(found)


def meet(which: _Round, name: _As) -> None:
    """Start a meeting about the pictures that people disagree on."""
    with session(write=True) as here:
        person = _reviewer(name)
        with reading(here.engine) as connection:
            chosen = _named(connection, which)
            disputed = round_figures(round_opinions(connection, chosen.round_id), person).disputed
        if not disputed:
            say(N_("Nobody contradicts anybody."))
            return
        agenda = disputed[: meetings.MAX_AGENDA]
        meeting_id = meetings.start(here.engine, here.settings, person, chosen.title, agenda)
    say(N_("Meeting {id} has started.", id=str(meeting_id)[:8]))


def _print(found: RoundFigures) -> None:
    say(N_("Krippendorff's α of all: {figure}", figure=kappa(found.alpha)))
    for pair in found.kappas.pairs:
        say(
            N_(
                "κ of {one} and {other}: {figure}",
                one=pair.first,
                other=pair.second,
                figure=kappa(pair.kappa),
            )
        )
    for name, figures in found.people.items():
        told = N_(
            "{name}: refuses {strictness}, says the same of a hidden repeat in {consistency}",
            name=name,
            strictness=share(figures.strictness),
            consistency=share(figures.consistency),
        )
        say(told)
    say(
        NN_(
            "{n} picture that people disagree on",
            "{n} pictures that people disagree on",
            len(found.disputed),
        )
    )


def _list(cards: Sequence[Card]) -> None:
    for number, card in enumerate(cards, start=1):
        typer.echo(f"{number:3}  {card.variant_id}  {card.text or card.description or '–'}")
    say(NN_("A round of {n} picture would start.", "A round of {n} pictures would start.", len(cards)))


def _named(connection: Connection, prefix: str) -> Round:
    known = {each.round_id: each for each in rounds(connection, MOST_ROUNDS)}
    return known[one_id(prefix, known)]


def _reviewer(name: str) -> Person:
    return Person(name, Role.REVIEWER)


def _word(text: Message) -> str:
    return translate(text, language())
