"""``add-copy``: give a job the English ad copy that it lacks."""

from __future__ import annotations

from typing import Annotated

import typer

from dashboard.cli.session import session
from dashboard.output import say
from feedly_core.db.engine import reading
from feedly_core.db.job_lookup import find_job
from feedly_core.i18n import N_
from feedly_core.jobs.english_copy import add_english_copy, plan_english_copy


def register(app: typer.Typer) -> None:
    app.command("add-copy")(add_copy)


def add_copy(
    job: Annotated[str, typer.Argument(help="The job's id, or its first characters.")],
    text: Annotated[str, typer.Option(help="The English ad copy.")],
    yes: Annotated[
        bool, typer.Option("--yes", help="Write it. Without: only show what would change.")
    ] = False,
) -> None:
    """Add the English ad copy to a job at (iou_eval, done) that lacks one; its text steps then run."""
    with session(write=yes) as here:
        with reading(here.engine) as connection:
            job_id = find_job(connection, job)
            plan = plan_english_copy(connection, job_id)
        say(N_("a new row of txt_ad_copy_generations, stage {stage}", stage=plan.stage))
        for before, after in plan.changes:
            typer.echo(f"jobs {job_id}  ({', '.join(map(str, before))}) -> ({', '.join(map(str, after))})")
        for event in plan.events:
            say(event)
        if not plan.heard:
            say(N_("No service is seen listening: the text steps may not start."), error=True)
        if yes:
            add_english_copy(here.engine, here.settings, here.person, job_id, text)
            say(N_("The copy is added; the text steps are starting."))
