"""``python -m feedly_core demo start | status | simulate | reset``."""

from __future__ import annotations

import threading
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.output import language, progress_bar, say
from feedly_core.errors import DemoRefused, FeedlyError
from feedly_core.i18n import N_, NN_, translate, verbatim
from feedly_core.settings import Settings, load_settings

if TYPE_CHECKING:  # the commands import it where they need it: it belongs to an extra
    from dashboard.demo.setup import DemoReady
    from dashboard.demo.simulator import Simulator

demo = typer.Typer(no_args_is_help=True, help="Embedded demo: database, sample data, simulated pipeline.")


def register(app: typer.Typer) -> None:
    app.add_typer(demo, name="demo")


@demo.command()
def start() -> None:
    """Open the embedded demo and simulate the pipeline until Ctrl+C."""
    settings = load_settings(DATABASE_URL=None)
    ready = _prepared(settings)
    try:
        _say_how_to_use(ready.url, ready.assets_dir)
        _simulate(ready.url, ready.assets_dir, settings, uploads=0)
    finally:
        ready.close()


@demo.command()
def status() -> None:
    """Whether the embedded demo runs, and who simulates it."""
    from dashboard.demo.setup import demo_status

    settings = load_settings(DATABASE_URL=None)
    found = demo_status(settings)
    if found is None or found.mark is None:
        say(N_("The demo is not running. Start it with `python -m feedly_core demo start`."))
        raise typer.Exit(1)
    _say_how_to_use(found.url, found.assets_dir)
    say(NN_("{n} job, seed {seed}", "{n} jobs, seed {seed}", found.jobs, seed=found.mark.seed))
    say(
        N_("Nobody simulates the pipeline.")
        if found.simulated_by is None
        else N_("The pipeline is simulated (database session {pid}).", pid=found.simulated_by)
    )


@demo.command()
def simulate(
    uploads: Annotated[int, typer.Option(help="Photos that customers upload, one every few seconds.")] = 0,
) -> None:
    """Simulate the pipeline on the demo database (DATABASE_URL, or the embedded one) until Ctrl+C."""
    settings = load_settings()
    if settings.database_url is None:
        ready = _prepared(settings)
        try:
            _simulate(ready.url, ready.assets_dir, settings, uploads)
        finally:
            ready.close()
    elif settings.assets_dir is None:
        raise DemoRefused(N_("ASSETS_DIR is not set."), hint=N_("Set it to the demo's folder of pictures."))
    else:
        _simulate(settings.database_url.get_secret_value(), settings.assets_dir, settings, uploads)


@demo.command()
def reset(yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Delete the embedded demo's data and create it again."""
    from dashboard.demo.setup import reset_demo

    settings = load_settings(DATABASE_URL=None)
    if not yes:
        typer.confirm(
            translate(N_("Delete every job, review and picture of the demo?"), language()), abort=True
        )
    reset_demo(settings)
    _prepared(settings).close()


def _say_how_to_use(url: str, assets_dir: Path) -> None:
    """A line for a shell: the folder may hold spaces, the URL holds an ampersand."""
    say(N_("For the other commands, enter this line first:"))
    say(verbatim(f"export DATABASE_URL={quote(url)} ASSETS_DIR={quote(str(assets_dir))}"))


def _prepared(settings: Settings) -> DemoReady:
    from dashboard.demo.setup import prepare_demo

    with progress_bar() as shown:
        ready = prepare_demo(settings, shown)
    say(N_("The demo is ready"))
    return ready


def _simulate(url: str, assets_dir: Path, settings: Settings, uploads: int) -> None:
    from dashboard.demo.simulator import Simulator
    from dashboard.demo.uploads import Uploads

    simulator = Simulator(url, assets_dir, settings)
    customers = Uploads(url, assets_dir, settings, uploads)
    simulator.start()
    customers.start()
    say(N_("Simulating the pipeline. Ctrl+C ends it."))
    try:
        _until_refused(simulator)
    except KeyboardInterrupt:
        say(N_("Stopping"))
    finally:
        customers.stop()
        simulator.stop()


def _until_refused(simulator: Simulator) -> None:
    never = threading.Event()
    while simulator.problem is None:
        never.wait(0.5)
    problem: FeedlyError = simulator.problem
    raise problem
