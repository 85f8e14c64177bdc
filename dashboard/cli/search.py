"""``feedlyai search``: find jobs and everything else by words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text as Line

from dashboard.cli.session import session
from dashboard.output import language, print_json, say
from feedly_core.api import Feedly
from feedly_core.db.engine import reading
from feedly_core.domain.labels import label
from feedly_core.i18n import N_, NN_, Message, translate
from feedly_core.search.documents import FIELD_LABELS
from feedly_core.search.find import search as find
from feedly_core.search.hits import Found, Hit
from feedly_core.search.index import fill
from feedly_core.search.places import program_places

KIND_LABELS = {
    "page": N_("Page"),
    "term": N_("Term"),
    "tenant": N_("Tenant"),
    "campaign": N_("Campaign"),
    "meeting": N_("Meeting"),
    "check": N_("Check"),
    "job": N_("Job"),
    "comment": N_("Comment"),
}


def register(app: typer.Typer) -> None:
    """Add the command ``search``."""
    app.command("search")(search)


def search(
    words: Annotated[list[str], typer.Argument(help="Any part of a word, or its first consonants.")],
    limit: Annotated[int, typer.Option(min=1, max=100, help="Jobs in the list.")] = 20,
    index: Annotated[bool, typer.Option("--index", help="Fill the search index first.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Find jobs, comments, meetings, campaigns, tenants, checks and terms."""
    query = " ".join(words)
    with session(write=index) as here:
        if index:
            written = fill(here.engine, now=datetime.now(UTC))
            say(NN_("{n} text was indexed.", "{n} texts were indexed.", written), error=as_json)
        with reading(here.engine) as connection:
            now, places = datetime.now(UTC), program_places()
            found = find(connection, query, here.person.name, now=now, places=places, jobs=limit)
    if as_json:
        print_json(_document(here, found))
    else:
        _print(found)


def _print(found: Found) -> None:
    console = Console(highlight=False)
    table = Table(*(_say(head) for head in (N_("What"), N_("Name"), N_("Found in"), N_("Status"), N_("Id"))))
    for hit in found.hits:
        status = _say(label(hit.status)) if hit.status else ""
        cells = (_say(KIND_LABELS[hit.kind]), _say(hit.title)[:60], _passage(hit), status, hit.key)
        table.add_row(*(cell if isinstance(cell, Line) else Line(cell) for cell in cells))
    if found.hits:
        console.print(table)
    else:
        say(N_("Nothing was found."))
    if found.bounded_to is not None:
        say(N_("Only the newest {n} jobs were searched: the search index is missing.", n=found.bounded_to))
    elif not found.complete:
        say(N_("Older jobs are still being read in."))


def _passage(hit: Hit) -> Line:
    """The field, and its text with the matches in bold."""
    line = Line(hit.passage.text)
    for first, last in hit.passage.marks:
        line.stylize("bold", first, last)
    return Line.assemble((f"{_say(FIELD_LABELS[hit.field])}: ", "dim"), line)


def _document(here: Feedly, found: Found) -> dict[str, object]:
    bounds = {"bounded_to": found.bounded_to, "complete": found.complete}
    return {"words": list(found.words), **bounds, "hits": [_line(here, hit) for hit in found.hits]}


def _line(here: Feedly, hit: Hit) -> dict[str, object]:
    made = hit.created_at
    return {
        "kind": hit.kind.value,
        "key": hit.key,
        "title": _say(hit.title),
        "field": hit.field.value,
        "passage": hit.passage.text,
        "marks": [list(mark) for mark in hit.passage.marks],
        "job_id": str(hit.job_id) if hit.job_id else None,
        "tenant_id": hit.tenant_id,
        "created_at": made.astimezone(here.settings.zone).isoformat() if made else None,
        "state": hit.status.state.value if hit.status else None,
        "status": _say(label(hit.status)) if hit.status else None,
    }


def _say(text: Message) -> str:
    return translate(text, language())
