"""``create full|ye``: one test job, or a campaign that this process drives."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer

from feedly_core.errors import InvalidInput
from feedly_core.jobs import terminal_campaigns, terminal_clearing
from feedly_core.jobs.campaign_rows import CampaignPlan
from feedly_core.jobs.create import create_job
from feedly_core.jobs.orders import DEFAULT_DESCRIPTION, DEFAULT_TENANT, JobOrder, Kind
from feedly_core.jobs.pacing import Mode, OnFailure, Rhythm
from feedly_core.jobs.pictures import Picture, read_picture
from feedly_core.jobs.samples import sample_pictures
from feedly_core.jobs.storage import assets_folder
from feedly_core.jobs.terminal_session import session
from feedly_core.monitor.terminal import watch_job
from feedly_core.settings import Settings
from feedly_core.terminal import say
from feedly_core.words import N_, verbatim

create = typer.Typer(no_args_is_help=True, help="Make test jobs: one, or one after the other.")

Once = Annotated[bool, typer.Option("--once", help="One job, then end.")]
WaitForCompletion = Annotated[
    bool,
    typer.Option(
        "--wait-for-completion", help="Next job when the previous is complete; with --once: watch it."
    ),
]
Interval = Annotated[float, typer.Option("--create-interval", help="Seconds between two jobs.")]
Tenant = Annotated[str, typer.Option("--tenant-id", help="Tenant of the jobs; made when it is new.")]
Variants = Annotated[int, typer.Option("--variants-count", help="Variants of each job, 1 to 10.")]
Images = Annotated[
    list[Path] | None, typer.Option("--image", help="Picture file; repeat it to go round. Without: a sample.")
]
Descriptions = Annotated[
    list[str] | None, typer.Option("--desc-kor", help="Korean description; repeat it to go round.")
]
MaxJobs = Annotated[int | None, typer.Option("--max-jobs", help="End after this many jobs.")]
Failure = Annotated[
    OnFailure, typer.Option("--on-failure", help="When a job failed: stop, skip it, or retry it.")
]
Retries = Annotated[int, typer.Option("--max-retries", help="Retries of one job with --on-failure retry.")]
Start = Annotated[
    bool, typer.Option("--start/--no-start", help="Fire the trigger, or leave the jobs at rest.")
]
Announce = Annotated[
    bool, typer.Option("--announce", help="Make the UPDATE that the image generation hears.")
]


def register(app: typer.Typer) -> None:
    app.add_typer(create, name="create")
    terminal_campaigns.register(app)
    terminal_clearing.register(app)


@create.command()
def full(
    once: Once = False,
    wait_for_completion: WaitForCompletion = False,
    create_interval: Interval = 60.0,
    tenant_id: Tenant = DEFAULT_TENANT[Kind.FULL],
    variants_count: Variants = 3,
    image: Images = None,
    desc_kor: Descriptions = None,
    max_jobs: MaxJobs = None,
    on_failure: Failure = OnFailure.STOP,
    max_retries: Retries = 3,
    start: Start = True,
) -> None:
    """Complete test jobs: pictures and ad copy are there, the pipeline does the rest."""
    base = JobOrder(Kind.FULL, tenant_id, (), "", variants_count, start=start)
    rhythm = _rhythm(wait_for_completion, create_interval, max_jobs, on_failure, max_retries)
    _make(base, rhythm, image, desc_kor, once=once, watch=wait_for_completion)


@create.command()
def ye(
    once: Once = False,
    wait_for_completion: WaitForCompletion = False,
    create_interval: Interval = 60.0,
    tenant_id: Tenant = DEFAULT_TENANT[Kind.YE],
    variants_count: Variants = 3,
    image: Images = None,
    desc_kor: Descriptions = None,
    max_jobs: MaxJobs = None,
    on_failure: Failure = OnFailure.STOP,
    max_retries: Retries = 3,
    announce: Announce = False,
) -> None:
    """Test jobs that wait for the image generation part."""
    base = JobOrder(Kind.YE, tenant_id, (), "", variants_count, start=announce)
    rhythm = _rhythm(wait_for_completion, create_interval, max_jobs, on_failure, max_retries)
    _make(base, rhythm, image, desc_kor, once=once, watch=wait_for_completion)


def _rhythm(
    wait_for_completion: bool,
    interval_s: float,
    max_jobs: int | None,
    on_failure: OnFailure,
    max_retries: int,
) -> Rhythm:
    mode = Mode.COMPLETION if wait_for_completion else Mode.INTERVAL
    return Rhythm(mode, interval_s, max_jobs, None, on_failure, max_retries)


def _make(
    base: JobOrder,
    rhythm: Rhythm,
    images: list[Path] | None,
    descriptions: list[str] | None,
    *,
    once: bool,
    watch: bool,
) -> None:
    texts = tuple(descriptions or [DEFAULT_DESCRIPTION[base.kind]])
    with session() as here:
        pictures = _pictures(images, here.settings)
        if not once:
            plan = CampaignPlan(base, texts, pictures, rhythm)
            terminal_campaigns.drive(here, plan)
            return
        made = create_job(
            here.engine,
            replace(base, pictures=pictures, desc_kor=texts[0]),
            key=uuid4(),
            assets_dir=assets_folder(here.settings),
            person=here.person,
            settings=here.settings,
            now=datetime.now(UTC),
        )
    say(N_("Job {job} is made.", job=made.job_id))
    for reason in made.missing if base.start else ():
        say(N_("Not started: {reason}", reason=reason))
    if watch:
        raise typer.Exit(watch_job(str(made.job_id), 120, 10.0))


def _pictures(paths: list[Path] | None, settings: Settings) -> tuple[Picture, ...]:
    if not paths:
        return sample_pictures()[:1]
    return tuple(read_picture(_content(path), path.name, settings) for path in paths)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput(
            N_("The picture {path} cannot be read.", path=verbatim(path)),
            meaning=verbatim(error.strerror or error),
            remedy=N_("Check the path and the access rights."),
        ) from error
