"""``feedlyai runs``: is the later release better, worse, or is it not decided?"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import IntEnum
from typing import Annotated

import typer

from dashboard.cli.session import session
from dashboard.output import language, say, say_error
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.variant_source import variant_source
from feedly_core.db.engine import reading
from feedly_core.documents.answers import runs_document
from feedly_core.errors import DatabaseUnreachable, FeedlyError, NotFeedlyDatabase, SettingsInvalid
from feedly_core.reviews.decision import decide_runs
from feedly_core.reviews.decision_words import RULE, counts, plan, sentence
from feedly_core.reviews.limits import limits_in_force
from feedly_core.reviews.run_plans import plan_of, plan_sentence
from feedly_core.statistics.comparison import Decision


class ExitCode(IntEnum):
    """What a script learns, as from the release gate."""

    BETTER = 0
    WORSE = 1
    NOT_DECIDED = 2
    INCOMPLETE = 3
    NO_DATABASE = 4


_CODES = {
    Decision.BETTER: ExitCode.BETTER,
    Decision.WORSE: ExitCode.WORSE,
    Decision.NOT_DECIDED: ExitCode.NOT_DECIDED,
}

_NO_DATABASE = (DatabaseUnreachable, NotFeedlyDatabase, SettingsInvalid)


def register(app: typer.Typer) -> None:
    """Add the command ``runs``."""
    app.command("runs")(runs)


def runs(
    before: Annotated[str, typer.Option(help="The earlier release.")],
    after: Annotated[str, typer.Option(help="The later release.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare two releases.

    Ends with 0 better, 1 worse, 2 not decided, 3 incomplete (also while planned orders are missing), 4 no
    database.
    """
    try:
        with session() as here, reading(here.engine) as connection:
            sides = PictureFilters(version=before), PictureFilters(version=after)
            source = variant_source(connection, datetime.now(UTC))
            plan_made = plan_of(connection, ("release", before), ("release", after))
            found = decide_runs(connection, source, *sides, limits_in_force(connection, here.settings))
    except FeedlyError as error:  # Never 1: that means worse.
        say_error(error)
        raise typer.Exit(
            ExitCode.NO_DATABASE if isinstance(error, _NO_DATABASE) else ExitCode.INCOMPLETE
        ) from None
    orders = found.comparison.rates.difference.jobs
    planned = plan_made if plan_made and plan_made.open(orders) else None
    if as_json:
        document = runs_document(found, before, after, language())
        document["planned_orders"] = planned and planned.orders
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
    elif planned:
        say(plan_sentence(planned, orders))
    if not as_json:
        more = plan(found)
        for line in (sentence(found, before, after), *([more] if more else []), counts(found), RULE):
            say(line)
    decided = found.complete and planned is None
    raise typer.Exit(_CODES[found.comparison.decision] if decided else ExitCode.INCOMPLETE)
