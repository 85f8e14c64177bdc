"""``feedlyai board | variants``: the live monitor's board and the gallery as lists."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from dashboard.cli.export import Outcome
from dashboard.cli.session import asking, session
from dashboard.output import language, print_json, say
from feedly_core.analytics.choices import require_known
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import SORTS, Order
from feedly_core.analytics.page_walk import NEWEST
from feedly_core.db.engine import reading
from feedly_core.documents import answers
from feedly_core.domain.scores import SCORES, write_score
from feedly_core.i18n import N_, NN_, Message, translate
from feedly_core.live.board import STUCK, BoardFilters
from feedly_core.live.overview import board_without_hub
from feedly_core.reviews.limits import limits_in_force

Tenant = Annotated[str | None, typer.Option(help="Only this tenant.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Cursor = Annotated[str | None, typer.Option(help="Field next of the page before.")]
_SHOWN = ("overall", "ocr_accuracy", "contrast", "iou_with_food")


def register(app: typer.Typer) -> None:
    """Add the commands ``board`` and ``variants``."""
    app.command("board")(show_board)
    app.command("variants")(show_variants)


def show_board(
    tenant_id: Tenant = None,
    state: Annotated[str, typer.Option(help=f"Only jobs in this state, or {STUCK}: with a problem.")] = "",
    as_json: AsJson = False,
) -> None:
    """List the jobs in flight, those with a problem first."""
    with session() as here, reading(here.engine) as connection:
        require_known(connection, tenant=tenant_id)
        now = asking(here).now
        board = board_without_hub(connection, now, BoardFilters(tenant=tenant_id or "", state=state))
    lines = answers.board(board, language())
    if as_json:
        print_json(lines)
        return
    table = Table(_id(N_("Job")), *map(_word, (N_("Tenant"), N_("Progress"), N_("State"), N_("Problems"))))
    for line in lines:
        cells = (line["tenant_id"] or "–", f"{line['progress']:.0%}", line["status"])
        table.add_row(line["job_id"], *map(escape, cells), escape("\n".join(line["problems"])))
    Console().print(table)
    say(NN_("{n} job is in flight.", "{n} jobs are in flight.", board.total))


def show_variants(
    tenant_id: Tenant = None,
    days: Annotated[float, typer.Option(min=0.01, max=3650, help="The last so many days.")] = 30,
    outcome: Annotated[Outcome | None, typer.Option(help="Only jobs in this state.")] = None,
    version: Annotated[str | None, typer.Option(help="Only this release.")] = None,
    words: Annotated[str, typer.Option(help="Words of the copy.")] = "",
    sort: Annotated[str, typer.Option(help=", ".join(SORTS))] = NEWEST,
    ascending: Annotated[bool, typer.Option("--smallest-first", help="The other end first.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=answers.MOST, help="Variants in the list.")] = 60,
    cursor: Cursor = None,
    as_json: AsJson = False,
) -> None:
    """List variants with their scores, as the gallery shows them."""
    with session() as here, reading(here.engine) as connection:
        require_known(connection, tenant=tenant_id)
        asked = PictureFilters(
            tenant=tenant_id,
            since=asking(here).now - timedelta(days=days),
            outcome=outcome,
            version=version,
            words=words,
        )
        found = answers.variants(connection, asking(here), asked, Order(sort, ascending), limit, cursor)
        known = limits_in_force(connection, here.settings)
    if as_json:
        print_json(found)
        return
    titles = (N_("Variant"), N_("Release"), N_("Text"), *(SCORES[name].title for name in _SHOWN))
    table = Table(_id(N_("Job")), *map(_word, titles))
    for line in found["items"]:
        scores = (write_score(name, line["scores"].get(name), known) for name in _SHOWN)
        cells = (str(line["variant"]), line["version"] or "–", line["line"] or "–")
        table.add_row(line["job_id"], *map(escape, cells), *scores)
    Console().print(table)
    if found["next"]:
        say(N_("More with --cursor {cursor}", cursor=found["next"]))


def _id(title: Message) -> Column:
    """An id that wraps cannot be copied."""
    return Column(_word(title), no_wrap=True, min_width=36)


def _word(text: Message) -> str:
    return translate(text, language())
