"""``python -m feedly_core review``: the queue, verdicts, winners and minutes in a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from getpass import getuser
from pathlib import Path
from typing import Annotated
from uuid import UUID, uuid4

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table
from sqlalchemy import Connection, Engine

from dashboard.cli.ids import meeting_named
from dashboard.cli.session import asking, session
from dashboard.output import language, print_json, say
from feedly_core.analytics.choices import require_known
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import Card, cards_of_jobs
from feedly_core.analytics.gallery_groups import tones_named
from feedly_core.analytics.variant_source import variant_source
from feedly_core.db.engine import reading
from feedly_core.db.job_lookup import find_job
from feedly_core.documents import answers
from feedly_core.domain.scores import SCORES, write_score
from feedly_core.errors import InvalidInput, NotFound
from feedly_core.i18n import N_, NN_, Message, translate
from feedly_core.permissions import Person, Role
from feedly_core.reviews import minutes_files
from feedly_core.reviews.limits import limits_in_force
from feedly_core.reviews.meetings import recent
from feedly_core.reviews.minutes import Minutes, minutes, small_pictures
from feedly_core.reviews.queue import QueueOrder, queue
from feedly_core.reviews.tags import BUILT_IN, checked_tags, keep_tags, tag_words, tags
from feedly_core.reviews.verdicts import VERDICT_LABELS, Entry, Verdict, need_reviews, save
from feedly_core.reviews.winners import choose
from feedly_core.settings import Settings

_As = Annotated[str, typer.Option("--as", help="Who judges.", default_factory=getuser)]
_Job = Annotated[str, typer.Argument(help="Job id, or its first characters.")]
_Variant = Annotated[int, typer.Argument(min=1, help="Number of the variant, 1 to 3.")]
Tenant = Annotated[str | None, typer.Option(help="Only this tenant's pictures.")]
Tone = Annotated[str | None, typer.Option(help="Only this tone, by its Korean name.")]
Campaign = Annotated[str | None, typer.Option(help="Only this campaign's pictures, by its id.")]
Days = Annotated[int | None, typer.Option(min=1, help="Only pictures of the last so many days.")]


def register(app: typer.Typer) -> None:
    """Add the commands ``review …``."""
    commands = typer.Typer(help="Judge pictures, choose winners, write minutes.", no_args_is_help=True)
    commands.command("list")(list_verdicts)
    for command in (show_queue, judge, winner, write_minutes, show_tags, set_tags):
        name = command.__name__.removeprefix("show_").removeprefix("write_").replace("_", "-")
        commands.command(name)(command)
    app.add_typer(commands, name="review")


def list_verdicts(
    tenant_id: Tenant = None,
    limit: Annotated[int, typer.Option(min=1, max=answers.MOST, help="Judged pictures.")] = 60,
    cursor: Annotated[str | None, typer.Option(help="Field next of the page before.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the verdicts that hold now, by picture, the newest picture first."""
    with session() as here, reading(here.engine) as connection:
        require_known(connection, tenant=tenant_id)
        found = answers.reviews(connection, asking(here), tenant_id, limit, cursor)
    if as_json:
        print_json(found)
        return
    job = Column(_word(N_("Job")), no_wrap=True, min_width=36)
    titles = (N_("Variant"), N_("Reviewer"), N_("Verdict"), N_("Reasons"), N_("Comment"))
    table = Table(job, *map(_word, titles))
    for line in found["items"]:
        verdict = _word(VERDICT_LABELS[Verdict(line["verdict"])])
        reasons = ", ".join(_word(tag_words(tag)) for tag in line["tags"])
        cells = (str(line["variant"]), line["reviewer"], verdict, reasons, line["comment"])
        table.add_row(line["job_id"], *map(escape, cells))
    Console().print(table)
    if found["hidden"]:
        say(NN_("{n} verdict is hidden.", "{n} verdicts are hidden.", found["hidden"]))
    if found["next"]:
        say(N_("More with --cursor {cursor}", cursor=found["next"]))


def show_queue(
    name: _As,
    tenant_id: Tenant = None,
    tone: Tone = None,
    campaign: Campaign = None,
    days: Days = None,
    order: Annotated[QueueOrder, typer.Option(help="Which picture comes first.")] = QueueOrder.WORST,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Lines.")] = 20,
) -> None:
    """List what still needs a verdict of yours."""
    with session() as here, reading(here.engine) as connection:
        known = limits_in_force(connection, here.settings)
        filters = picture_filters(connection, tenant_id, tone, campaign, days)
        found = queue(
            connection, variant_source(connection, datetime.now(UTC)), name, filters, order, size=limit
        )
    job = Column(_word(N_("Job")), no_wrap=True, min_width=36)  # an id that wraps cannot be copied
    table = Table(job, *(_word(word) for word in (N_("Variant"), N_("Text"), SCORES["overall"].title)))
    for item in found.items:
        shown = item.picture
        overall = write_score("overall", shown.overall, known)
        table.add_row(str(shown.job_id), str(shown.variant), escape(shown.text or "–"), overall)
    Console().print(table)
    total = f"{found.total.number}{'+' if found.total.more else ''}"
    say(N_("{judged} of {total} judged", judged=found.judged, total=total))


def judge(
    job: _Job,
    variant: _Variant,
    verdict: Verdict,
    name: _As,
    comment: Annotated[str, typer.Option(help="Goes with the verdict.")] = "",
    tag: Annotated[list[str] | None, typer.Option(help="Reason; may be given several times.")] = None,
    team: Annotated[bool, typer.Option("--team", help="Record the team's decision.")] = False,
    meeting: Annotated[str | None, typer.Option(help="Given in this meeting (first characters).")] = None,
) -> None:
    """Give a verdict on a job's variant."""
    with session(write=True) as here:
        shown = _picture(here.engine, job, variant)
        with reading(here.engine) as connection:
            meeting_id = meeting_named(connection, meeting) if meeting else None
        entry = Entry(
            uuid4(),
            shown.job_id,
            shown.variant_id,
            shown.picture_id or UUID(int=0),
            verdict,
            tags=tuple(tag or ()),
            comment=comment,
            team=team,
            meeting_id=meeting_id,
        )
        save(here.engine, here.settings, Person(name, Role.REVIEWER), [entry])
    say(N_("Kept: {verdict}", verdict=VERDICT_LABELS[verdict]))


def winner(
    job: _Job,
    variant: _Variant,
    name: _As,
    team: Annotated[bool, typer.Option("--team", help="Record the team's decision.")] = False,
) -> None:
    """Choose a job's best variant.

    Only our own schema is written, never jobs_variants.selected.
    """
    with session(write=True) as here:
        shown = _picture(here.engine, job, variant)
        person = Person(name, Role.REVIEWER)
        choose(here.engine, here.settings, person, shown.job_id, shown.variant_id, team=team)
    say(N_("Kept: {verdict}", verdict=N_("Variant {n}", n=variant)))


def write_minutes(
    out: Annotated[Path, typer.Argument(help="File to write: .html, .pdf or .csv.")],
    meeting: Annotated[
        str | None, typer.Option(help="Meeting (first characters); the newest one without it.")
    ] = None,
    dashboard: Annotated[
        str, typer.Option(help="Address of the dashboard, for the links back.")
    ] = "http://127.0.0.1:8501",
) -> None:
    """Write the minutes of a meeting into a file."""
    with session() as here:
        with reading(here.engine) as connection:
            need_reviews(connection)
            held = recent(connection, 1)
            if meeting is None and not held:
                raise NotFound(N_("No meeting was held yet."), hint=N_("Start one in the view for meetings."))
            chosen = meeting_named(connection, meeting) if meeting else held[0].meeting_id
            told = minutes(connection, variant_source(connection, datetime.now(UTC)), chosen)
        out.write_bytes(_file(out.suffix, here.engine, here.settings, told, dashboard))
    say(N_("Written: {path}", path=out))


def show_tags() -> None:
    """List the reasons on offer."""
    with session() as here, reading(here.engine) as connection:
        _print_tags(tags(connection))


def set_tags(
    wanted: Annotated[list[str] | None, typer.Argument(metavar="TAGS", help="In their order.")] = None,
    built_in: Annotated[bool, typer.Option("--built-in", help="The built-in list again.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the change; write nothing.")] = False,
) -> None:
    """Replace the reasons on offer. Stored verdicts keep the reasons that they named."""
    if bool(wanted) == built_in:
        raise InvalidInput(
            N_("Name the reasons, or give --built-in."), hint=N_("feedlyai review tags lists those of now.")
        )
    new = checked_tags(wanted or ())
    with session(write=not dry_run) as here:
        with reading(here.engine) as connection:
            need_reviews(connection)
            before = tags(connection)
        for tag in (tag for tag in before if tag not in (new or BUILT_IN)):
            typer.echo(f"- {tag}")
        for tag in (tag for tag in new or BUILT_IN if tag not in before):
            typer.echo(f"+ {tag}")
        if not dry_run:
            _print_tags(keep_tags(here.engine, here.settings, here.person, new))


def _print_tags(listed: Iterable[str]) -> None:
    for tag in listed:
        words = _word(tag_words(tag))
        typer.echo(tag if tag == words else f"{tag}  {words}")


def _file(suffix: str, engine: Engine, settings: Settings, told: Minutes, address: str) -> bytes:
    base = address.rstrip("/")

    def link(job_id: UUID) -> str:
        return f"{base}/results?job={job_id}"

    def image(asset_id: UUID) -> str:
        return f"{base}/img/full/{asset_id}"

    zone, spoken = settings.zone, language()
    if suffix == ".csv":
        return minutes_files.as_csv(told, link, image, spoken, zone)
    shown = small_pictures(engine, settings, told)
    if suffix == ".pdf":
        return minutes_files.as_pdf(told, shown, link, spoken, zone)
    if suffix == ".html":
        return minutes_files.as_html(told, shown, link, spoken, zone).encode()
    raise InvalidInput(
        N_("Minutes can be .html, .pdf or .csv, not {suffix}.", suffix=suffix or "–"),
        hint=N_("Give the file another ending."),
    )


def _picture(engine: Engine, job: str, variant: int) -> Card:
    with reading(engine) as connection:
        shown = cards_of_jobs(connection, [find_job(connection, job)], datetime.now(UTC))
    for picture in shown:
        if picture.variant == variant and picture.picture_id is not None:
            return picture
    raise NotFound(
        N_("Variant {n} has no finished picture.", n=variant),
        hint=N_("Look at the job first: its results show how far it is."),
    )


def picture_filters(
    connection: Connection, tenant_id: str | None, tone: str | None, campaign: str | None, days: int | None
) -> PictureFilters:
    """The filters that options name; refuses tenants and tones that nobody has."""
    require_known(connection, tenant=tenant_id, tone=tone)
    return PictureFilters(
        tenant=tenant_id,
        tones=tones_named(connection, tone) if tone else None,
        campaign=_uuid(campaign) if campaign else None,
        since=datetime.now(UTC) - timedelta(days=days) if days else None,
    )


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


def _word(text: Message) -> str:
    return translate(text, language())
