"""``feedlyai runs``: is the later release better, worse, or is it not decided?"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated

import typer

from dashboard.cli.session import asking, session
from dashboard.output import language, print_json, say, say_error
from feedly_core.db.engine import reading
from feedly_core.documents.answers import compared_releases, runs_document
from feedly_core.errors import DatabaseUnreachable, FeedlyError, NotFeedlyDatabase, SettingsInvalid
from feedly_core.reviews.decision_words import RULE, counts, plan, sentence
from feedly_core.reviews.run_plans import plan_sentence
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
            compared = compared_releases(connection, asking(here), before, after)
    except FeedlyError as error:  # Never 1: that means worse.
        say_error(error)
        raise typer.Exit(
            ExitCode.NO_DATABASE if isinstance(error, _NO_DATABASE) else ExitCode.INCOMPLETE
        ) from None
    found, planned = compared.found, compared.plan
    if as_json:
        print_json(runs_document(compared, language()))
    else:
        words = [plan_sentence(planned, found.comparison.rates.difference.jobs)] if planned else []
        words.append(sentence(found, before, after))
        if more := plan(found):
            words.append(more)
        for line in (*words, counts(found), RULE):
            say(line)
    decided = found.complete and planned is None
    raise typer.Exit(_CODES[found.comparison.decision] if decided else ExitCode.INCOMPLETE)
