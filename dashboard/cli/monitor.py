"""``python -m feedly_core monitor``: one job, watched in a terminal until it ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from enum import IntEnum
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.live import Live
from sqlalchemy import Engine

from dashboard.cli.job_table import job_summary, job_table
from dashboard.cli.session import session
from dashboard.output import say, say_error
from feedly_core.api import Feedly
from feedly_core.db.engine import reading
from feedly_core.db.job_lookup import find_job
from feedly_core.db.job_rows import read_statuses
from feedly_core.domain.labels import label
from feedly_core.domain.status import State
from feedly_core.errors import FeedlyError, InvalidInput, NotFound
from feedly_core.i18n import N_
from feedly_core.live.hub import Hub
from feedly_core.live.job_history import read_job_record
from feedly_core.live.job_view import JobView, build_job_view
from feedly_core.live.problems import acknowledge
from feedly_core.results.report import job_report


class Exit(IntEnum):
    """What the command's exit code says."""

    DONE = 0
    FAILED = 1
    TIMED_OUT = 2
    NOT_FOUND = 3
    NOT_WATCHED = 4
    """Nothing is known of the job: the database cannot be asked."""


def register(app: typer.Typer) -> None:
    """Add the commands ``monitor`` and ``acknowledge``."""

    @app.command("monitor")
    def monitor(
        job_id: Annotated[str, typer.Argument(help="The job's id, or its first characters.")],
        max_iterations: Annotated[int, typer.Argument(min=1, help="Checks before giving up.")] = 120,
        check_interval: Annotated[
            float, typer.Argument(min=0.1, help="Seconds between checks; changes show at once anyway.")
        ] = 10.0,
    ) -> None:
        """Watch one job until it ends.

        Exit: 0 done, 1 failed, 2 timed out, 3 not found, 4 no database.
        """
        raise typer.Exit(watch_job(job_id, max_iterations, check_interval))

    app.command("acknowledge")(acknowledge_jobs)


def acknowledge_jobs(
    jobs: Annotated[list[str], typer.Argument(help="Failed jobs: ids, or their first characters.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show them; write nothing.")] = False,
) -> None:
    """Acknowledge failed jobs: they leave the live monitor's board, their rows stay as they are."""
    with session(write=not dry_run) as here:
        with reading(here.engine) as connection:
            ids = list(dict.fromkeys(find_job(connection, job) for job in jobs))
            statuses = read_statuses(connection, ids, datetime.now(UTC))
        for job_id in ids:
            say(N_("{job}: {status}", job=job_id, status=label(statuses[job_id].job)))
        other = [job_id for job_id in ids if statuses[job_id].job.state is not State.FAILED]
        if other:
            raise InvalidInput(
                N_("{job} has not failed: there is nothing to acknowledge.", job=other[0]),
                detail=N_("Nothing was written."),
                hint=N_("feedlyai broken lists what failed."),
            )
        for job_id in ids if not dry_run else ():
            acknowledge(here.engine, here.settings, here.person, job_id)


def watch_job(prefix: str, max_iterations: int, check_interval: float) -> Exit:
    """Draw the job's table in place and at the end its summary."""
    try:
        return _watch(prefix, max_iterations, check_interval)
    except FeedlyError as error:
        say_error(error)
        return Exit.NOT_FOUND if isinstance(error, NotFound) else Exit.NOT_WATCHED


def _watch(prefix: str, max_iterations: int, check_interval: float) -> Exit:
    with session(write=True) as here:  # the hub records what it receives
        hub = Hub(here.engine, here.settings)
        try:
            with reading(here.engine) as connection:
                job_id = find_job(connection, prefix)
            hub.start()
            return _watch_job(here, hub, job_id, max_iterations, check_interval)
        except KeyboardInterrupt:
            say(N_("Stopped watching; the job goes on."))
            return Exit.TIMED_OUT
        finally:
            hub.stop()


def _watch_job(here: Feedly, hub: Hub, job_id: UUID, rounds: int, interval: float) -> Exit:
    console = Console()
    with Live(console=console, auto_refresh=False, transient=True) as screen:
        ended = follow(
            lambda: _stand(here.engine, hub, job_id),
            hub,
            job_id,
            rounds=rounds,
            interval=interval,
            show=lambda view: screen.update(job_table(view, hub.state), refresh=True),
        )
    with reading(here.engine) as connection:
        report = job_report(connection, job_id)
    for part in job_summary(_stand(here.engine, hub, job_id), report, here.settings.assets_dir):
        console.print(part, soft_wrap=True)
    return ended


def follow(
    look: Callable[[], JobView],
    hub: Hub,
    job_id: UUID,
    *,
    rounds: int,
    interval: float,
    show: Callable[[JobView], None],
    monotonic: Callable[[], float] = time.monotonic,
) -> Exit:
    """Show each change until the job ends.

    Refreshes at least every ``interval`` seconds.

    Gives up ``rounds`` × ``interval`` seconds after the start, as the old script did.
    """
    changed = threading.Event()
    unsubscribe = hub.subscribe(lambda version: changed.set(), job_id=job_id)
    end = monotonic() + rounds * interval
    try:
        while True:
            changed.clear()
            view = look()
            show(view)
            if view.over:
                return Exit.DONE if view.status.state is State.COMPLETE else Exit.FAILED
            left = end - monotonic()
            if left <= 0:
                return Exit.TIMED_OUT
            changed.wait(min(interval, left))
    finally:
        unsubscribe()


def _stand(engine: Engine, hub: Hub, job_id: UUID) -> JobView:
    """From the hub's snapshot when it follows the job, else from the rows."""
    tracked = hub.snapshot.jobs.get(job_id)
    if tracked is None:
        with reading(engine) as connection:
            tracked = read_job_record(connection, job_id).tracked
    return build_job_view(tracked, datetime.now(UTC), hub.history)
