"""``create full|ye|table``: one test job, a campaign, or one job per line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID, uuid4

import typer

from dashboard.cli import campaigns, cleanup, english_copy
from dashboard.cli.create_table import make_table
from dashboard.cli.monitor import watch_job
from dashboard.cli.session import session
from dashboard.output import say
from feedly_core.api import Feedly
from feedly_core.campaigns.schedule import Mode, OnFailure, Schedule
from feedly_core.campaigns.store import CampaignPlan
from feedly_core.db.engine import reading
from feedly_core.errors import InvalidInput
from feedly_core.i18n import N_, composed, verbatim
from feedly_core.jobs.choices import read_choices, tones_by_name
from feedly_core.jobs.create import create_job
from feedly_core.jobs.pictures import Picture, read_picture
from feedly_core.jobs.request import DEFAULT_DESCRIPTION, DEFAULT_TENANT, JobKind, JobRequest
from feedly_core.jobs.samples import sample_pictures, texts_for
from feedly_core.jobs.storage import assets_folder
from feedly_core.settings import Settings

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
    list[Path] | None,
    typer.Option("--image", help="Picture file, and more after it: they go round. Without: a sample."),
]
MoreImages = Annotated[
    list[Path] | None, typer.Argument(metavar="[IMAGE]...", show_default=False, hidden=True)
]
Descriptions = Annotated[
    list[str] | None, typer.Option("--desc-kor", help="Korean description; repeat it to go round.")
]
Tone = Annotated[str | None, typer.Option("--tone", help="Code or name of the tone and style.")]
Store = Annotated[UUID | None, typer.Option("--store-id", help="Store of the jobs.")]
MaxJobs = Annotated[int | None, typer.Option("--max-jobs", help="End after this many jobs.")]
MaxMinutes = Annotated[float | None, typer.Option("--max-minutes", help="End after this many minutes.")]
Failure = Annotated[
    OnFailure, typer.Option("--on-failure", help="When a job failed: stop, skip it, or retry it.")
]
Retries = Annotated[int, typer.Option("--max-retries", help="Retries of one job with --on-failure retry.")]
Name = Annotated[str, typer.Option("--name", help="What to call the campaign.")]
Start = Annotated[
    bool, typer.Option("--start/--no-start", help="Fire the trigger, or leave the jobs at rest.")
]
Announce = Annotated[
    bool, typer.Option("--announce", help="Make the UPDATE that the image generation hears.")
]


def register(app: typer.Typer) -> None:
    app.add_typer(create, name="create")
    campaigns.register(app)
    cleanup.register(app)
    english_copy.register(app)


@create.command()
def full(
    once: Once = False,
    wait_for_completion: WaitForCompletion = False,
    create_interval: Interval = 60.0,
    tenant_id: Tenant = DEFAULT_TENANT[JobKind.FULL],
    variants_count: Variants = 3,
    image: Images = None,
    more_images: MoreImages = None,
    desc_kor: Descriptions = None,
    tone: Tone = None,
    store_id: Store = None,
    kor_to_eng: Annotated[str | None, typer.Option(help="The description in English.")] = None,
    ad_copy_eng: Annotated[str | None, typer.Option(help="English ad copy.")] = None,
    ad_copy_kor: Annotated[str | None, typer.Option(help="Korean ad copy on the picture.")] = None,
    max_jobs: MaxJobs = None,
    max_minutes: MaxMinutes = None,
    on_failure: Failure = OnFailure.STOP,
    max_retries: Retries = 3,
    name: Name = "",
    start: Start = True,
) -> None:
    """Complete test jobs: pictures and ad copy are there, the pipeline does the rest."""
    copy = {"kor_to_eng": kor_to_eng, "ad_copy_eng": ad_copy_eng, "ad_copy_kor": ad_copy_kor}
    base = JobRequest(JobKind.FULL, tenant_id, (), "", variants_count, None, store_id, start=start)
    wanted = _Wanted(base, tone, (*(image or ()), *(more_images or ())), tuple(desc_kor or ()), copy)
    schedule = _schedule(wait_for_completion, create_interval, max_jobs, max_minutes, on_failure, max_retries)
    _make(wanted, schedule, once=once, watch=wait_for_completion, name=name)


@create.command()
def ye(
    once: Once = False,
    wait_for_completion: WaitForCompletion = False,
    create_interval: Interval = 60.0,
    tenant_id: Tenant = DEFAULT_TENANT[JobKind.YE],
    variants_count: Variants = 3,
    image: Images = None,
    more_images: MoreImages = None,
    desc_kor: Descriptions = None,
    tone: Tone = None,
    store_id: Store = None,
    max_jobs: MaxJobs = None,
    max_minutes: MaxMinutes = None,
    on_failure: Failure = OnFailure.STOP,
    max_retries: Retries = 3,
    name: Name = "",
    announce: Announce = False,
) -> None:
    """Test jobs that wait for the image generation part."""
    base = JobRequest(JobKind.YE, tenant_id, (), "", variants_count, None, store_id, start=announce)
    wanted = _Wanted(base, tone, (*(image or ()), *(more_images or ())), tuple(desc_kor or ()))
    schedule = _schedule(wait_for_completion, create_interval, max_jobs, max_minutes, on_failure, max_retries)
    _make(wanted, schedule, once=once, watch=wait_for_completion, name=name)


@create.command()
def table(
    file: Annotated[Path, typer.Argument(help="CSV or workbook: description, tone, image, variants.")],
    kind: Annotated[JobKind, typer.Option(help="Which test jobs.")] = JobKind.FULL,
    tenant_id: Annotated[str | None, typer.Option("--tenant-id", help="Tenant of the jobs.")] = None,
    image: Images = None,
    more_images: MoreImages = None,
    only_good: Annotated[bool, typer.Option("--only-good", help="Leave lines with a problem out.")] = False,
    with_marked: Annotated[
        bool, typer.Option("--with-marked", help="Make lines in which something is not used, too.")
    ] = False,
    start: Start = True,
) -> None:
    """One job per line.

    Nothing is written while a line has a problem or a mark, unless an option says so.
    """
    base = JobRequest(kind, tenant_id or DEFAULT_TENANT[kind], (), DEFAULT_DESCRIPTION[kind])
    base = replace(base, start=start and kind is JobKind.FULL)
    with session(write=True) as here:
        pictures = _pictures((*(image or ()), *(more_images or ())), here.settings)
        base = replace(base, pictures=pictures[:1])
        make_table(here, _content(file), base, pictures, only_good=only_good, with_marked=with_marked)


@dataclass(frozen=True)
class _Wanted:
    """What the flags say: ``base`` still lacks tone, pictures and texts."""

    base: JobRequest
    tone: str | None
    images: Sequence[Path]
    descriptions: tuple[str, ...]
    ad_copy: Mapping[str, str | None] = field(default_factory=dict)


def _schedule(
    wait_for_completion: bool,
    interval_s: float,
    max_jobs: int | None,
    max_minutes: float | None,
    on_failure: OnFailure,
    max_retries: int,
) -> Schedule:
    mode = Mode.COMPLETION if wait_for_completion else Mode.INTERVAL
    longest_s = None if max_minutes is None else 60.0 * max_minutes
    return Schedule(mode, interval_s, max_jobs, longest_s, on_failure, max_retries)


def _make(wanted: _Wanted, schedule: Schedule, *, once: bool, watch: bool, name: str) -> None:
    with session(write=True) as here:
        pictures = _pictures(wanted.images, here.settings)
        offered = texts_for(wanted.base.kind, pictures)
        texts = wanted.descriptions or (offered.description,)
        said = {name: text for name, text in wanted.ad_copy.items() if text is not None}
        base = replace(
            wanted.base,
            tone_style_id=_tone_style_id(here, wanted.tone),
            ad_copy=replace(offered.ad_copy, **said),
        )
        if not once:
            plan = CampaignPlan(base, texts, pictures, schedule, name=name)
            campaigns.drive(here, plan)
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


def _tone_style_id(here: Feedly, name: str | None) -> UUID | None:
    if name is None:
        return None
    with reading(here.engine) as connection:
        known = tones_by_name(read_choices(connection).tone_styles)
    found = known.get(composed(name).casefold(), [])
    if len(found) != 1:
        raise InvalidInput(
            N_("{n} tones and styles are called {name}; use a code.", n=len(found), name=verbatim(name))
            if found
            else N_("There is no tone and style called {name}.", name=verbatim(name)),
            detail=N_("Nothing was written."),
            hint=N_("Choose one of: {names}.", names=verbatim(", ".join(sorted(known)))),
        )
    return found[0].tone_style_id


def _pictures(paths: Sequence[Path], settings: Settings) -> tuple[Picture, ...]:
    if not paths:
        return sample_pictures()[:1]
    return tuple(read_picture(_content(path), path.name, settings) for path in paths)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput(
            N_("The file {path} cannot be read.", path=verbatim(path)),
            detail=verbatim(error.strerror or error),
            hint=N_("Check the path and the access rights."),
        ) from error
