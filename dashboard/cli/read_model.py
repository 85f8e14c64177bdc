"""``python -m feedly_core facts status | rebuild``: the read model behind gallery and trends."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from dashboard.cli.session import session
from dashboard.output import language, say
from feedly_core.analytics.contrast_pass import forget_failures, measure_everything
from feedly_core.analytics.refresher import freshness, rebuild
from feedly_core.db.engine import reading
from feedly_core.i18n import N_, NN_, translate
from feedly_core.permissions import install_own_schema

facts = typer.Typer(no_args_is_help=True, help="Read model of the gallery and the trends.")


def register(app: typer.Typer) -> None:
    app.add_typer(facts, name="facts")


@facts.command()
def status() -> None:
    """How fresh the read model is."""
    with session() as here, reading(here.engine) as connection:
        known = freshness(connection)
    if known is None:
        say(N_("The read model is not filled. Fill it with `python -m feedly_core facts rebuild`."))
        raise typer.Exit(1)
    refreshed = known.refreshed_at.astimezone(here.settings.zone).strftime("%Y-%m-%d %H:%M:%S %Z")
    say(N_("Data as of {time}.", time=refreshed))
    if not known.complete:
        say(N_("Older jobs are still being read in."))
    if (drawn := known.contrast) is not None:
        say(
            N_(
                "Contrast as drawn: {n} pictures, {pending} still to do, {unreadable} not readable.",
                n=drawn.pictures,
                pending=drawn.pending,
                unreadable=drawn.unreadable,
            )
        )


@facts.command("rebuild")
def rebuild_facts(
    measure: Annotated[
        bool, typer.Option("--measure", help="Measure the contrast of every picture now, at full speed.")
    ] = False,
) -> None:
    """Fill the read model from FeedlyAI's rows, installing the dashboard's own schema if needed."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with session(write=True) as here, Progress(*columns, transient=True) as bar:
        task = bar.add_task(translate(N_("Reading the jobs"), language()), total=None)
        install_own_schema(here.engine, here.person, here.settings)
        written = rebuild(
            here.engine,
            lambda done, total: bar.update(task, completed=done, total=total),
            now=datetime.now(UTC),
        )
        forget_failures(here.engine)
        if measure:
            bar.update(task, description=translate(N_("Measuring the pictures"), language()), total=None)
            measure_everything(here.engine, here.settings, now=datetime.now(UTC))
    say(NN_("{n} variant is in the read model.", "{n} variants are in the read model.", written))
