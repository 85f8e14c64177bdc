"""``stored`` and ``retention``: what the dashboard stores itself, and removal of what is old."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from dashboard.cli.session import session
from dashboard.output import language, print_json, say
from feedly_core.db.engine import reading
from feedly_core.i18n import N_, NN_, Message, translate
from feedly_core.retention.cleanup import OldRows, cutoffs, plan_removal, remove_stored
from feedly_core.retention.kinds import KINDS, UNASKED, RetentionKind
from feedly_core.retention.sizes import StoredTable, size_words, stored_tables


def register(app: typer.Typer) -> None:
    """Add the commands ``stored`` and ``retention``."""
    app.command("stored")(stored)
    app.command("retention")(retention)


def stored(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Show size and age of what the dashboard stores, per table."""
    with session() as here, reading(here.engine) as connection:
        found = stored_tables(connection)
    if as_json:
        print_json([_document(each) for each in found])
        return
    heads = (N_("Table"), N_("Part"), N_("Rows"), N_("Size"), N_("Oldest"), N_("Newest"))
    table = Table(*map(_word, heads))
    zone = here.settings.zone
    for each in found:
        times = (f"{at.astimezone(zone):%Y-%m-%d}" if at else "–" for at in (each.oldest, each.newest))
        rows = f"{'' if each.exact else '~'}{each.rows}"
        table.add_row(each.name, _word(each.title), rows, size_words(each.size), *times)
    Console(highlight=False).print(table)
    say(N_("{size} in {n} tables", size=size_words(sum(each.size for each in found)), n=len(found)))


def _document(stored: StoredTable) -> dict[str, object]:
    times = {
        name: at and at.isoformat() for name, at in (("oldest", stored.oldest), ("newest", stored.newest))
    }
    return asdict(stored) | times


def retention(
    kinds: Annotated[
        list[RetentionKind] | None,
        typer.Argument(metavar="KINDS", help=f"{', '.join(RetentionKind)}; without: all but verdicts."),
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=36_500, help="Older than this; without: as is usual for each.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would go; remove nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove old records of the dashboard itself, in one transaction. FeedlyAI's rows stay as they are."""
    chosen = cutoffs(kinds or UNASKED, days, datetime.now(UTC))
    with session(write=not dry_run) as here:
        with reading(here.engine) as connection:
            plan = plan_removal(connection, chosen)
        for each in plan:
            _print(each)
        if dry_run or not any(each.total for each in plan):
            return
        if not yes:
            typer.confirm(translate(N_("Remove them for good?"), language()), abort=True)
        done = remove_stored(here.engine, here.settings, here.person, chosen)
    total = sum(each.total for each in done)
    say(NN_("{n} row removed.", "{n} rows removed.", total))
    if any(each.more for each in done):
        say(N_("There is more: run it again."))


def _print(removal: OldRows) -> None:
    kind = KINDS[removal.cutoff.kind]
    line = N_(
        "{kind} ({name}), older than {day}: {n}{more}",
        kind=kind.title,
        name=removal.cutoff.kind.value,
        day=f"{removal.cutoff.before:%Y-%m-%d}",
        n=removal.total,
        more="+" if removal.more else "",
    )
    say(line)
    for name, count in removal.rows.items():
        if count:
            typer.echo(f"      {name}  {count}")
    say(Message("      {sentence}", {"sentence": kind.stays}))


def _word(text: Message) -> str:
    return translate(text, language())
