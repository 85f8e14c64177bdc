"""``feedlyai gate``: may this release go out?"""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from dashboard.cli.session import asking, session
from dashboard.output import language, print_json, say, say_error
from feedly_core.analytics.contrast_pass import measure_job
from feedly_core.analytics.fact_writing import refresh_jobs
from feedly_core.api import Feedly
from feedly_core.campaigns.runner import CampaignRunner, runner_name
from feedly_core.db.engine import reading, writing
from feedly_core.documents.gate import gate_document, today
from feedly_core.errors import DatabaseUnreachable, FeedlyError, NotFeedlyDatabase, SettingsInvalid
from feedly_core.golden_sets.gate import MEANING_WORDS, GateAnswer, GateCode, Meaning, Policy, sentence
from feedly_core.golden_sets.release_check import ReleaseCheck, release_check
from feedly_core.golden_sets.report import Paper, as_html, as_junit
from feedly_core.golden_sets.report_pictures import input_pictures, result_pictures
from feedly_core.golden_sets.runs import RunRequest, run_set
from feedly_core.golden_sets.sets import find_set
from feedly_core.i18n import N_
from feedly_core.jobs.request import DEFAULT_TENANT, JobKind
from feedly_core.jobs.storage import assets_folder
from feedly_core.reviews.limits import current_limits

POLL_S = 2.0
_NO_DATABASE = (DatabaseUnreachable, NotFeedlyDatabase, SettingsInvalid)


def register(app: typer.Typer) -> None:
    """Add the command ``gate``."""
    app.command("gate")(gate)


def gate(
    golden_set: Annotated[str, typer.Argument(metavar="SET", help="Name of the golden set.")],
    release: Annotated[str, typer.Option(help="The release to judge.")],
    policy: Annotated[Policy, typer.Option(help="What it must show.")] = Policy.NO_REGRESSION,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the run has ended.")] = False,
    run: Annotated[bool, typer.Option("--run", help="Run the set first, and wait for it.")] = False,
    repeats: Annotated[int, typer.Option(help="With --run: how often each order is made, 1 to 5.")] = 1,
    tenant: Annotated[str, typer.Option(help="With --run: tenant of the jobs.")] = DEFAULT_TENANT[
        JobKind.FULL
    ],
    timeout: Annotated[float, typer.Option(min=0, help="Longest wait, minutes.")] = 120,
    report: Annotated[Path | None, typer.Option(help="Write a self-contained HTML report here.")] = None,
    junit: Annotated[Path | None, typer.Option(help="Write a JUnit document here.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Judge a release by a golden set.

    Ends with 0 pass, 1 regression, 2 not decided, 3 incomplete, 4 no database.
    """
    try:
        with session(write=wait or run) as here, ExitStack() as started:
            if run:
                _start(here, started, golden_set, RunRequest(release, repeats, tenant_id=tenant))
            found = _checked(here, golden_set, release, 60 * timeout if wait or run else 0.0)
            answer = found.answer(release, today(asking(here)), policy)
            if as_json:
                print_json(gate_document(found, answer, release, policy, language()))
            else:
                _tell(found, answer, release)
            _write(here, found, answer, release, report, junit)
            code = answer.code
    except FeedlyError as error:  # Never 1: that means a regression.
        say_error(error)
        code = GateCode.NO_DATABASE if isinstance(error, _NO_DATABASE) else GateCode.INCOMPLETE
    except OSError as error:
        say(N_("The report could not be written: {reason}", reason=str(error)), error=True)
        code = GateCode.INCOMPLETE
    raise typer.Exit(code)


def _start(here: Feedly, started: ExitStack, name: str, request: RunRequest) -> None:
    """Start a run that this process drives, so that no dashboard is needed."""
    folder, driver = assets_folder(here.settings), runner_name()
    with reading(here.engine) as connection:
        golden = find_set(connection, name)
    campaign_id = run_set(here.engine, here.settings, here.person, golden, request, driver=driver)
    runner = CampaignRunner(here.engine, None, assets_dir=folder, name=driver, only=campaign_id)
    started.callback(runner.stop)
    runner.start()
    say(N_("Campaign {campaign} runs the set.", campaign=str(campaign_id)[:8]), error=True)


def _checked(here: Feedly, name: str, release: str, longest_s: float) -> ReleaseCheck:
    """The check, asked again until no case is open or the time is over."""
    known, pause, began = current_limits(here.engine, here.settings), threading.Event(), time.monotonic()
    while True:
        now = datetime.now(UTC)
        with reading(here.engine) as connection:
            found = release_check(connection, name, known, now, [release])
        result = found.result(release)
        meanings = found.answer(release, today(asking(here))).meanings.values()
        if result is None or Meaning.RUNNING not in meanings or time.monotonic() - began >= longest_s:
            return found
        if not _measured(here, result.unmeasured, now):
            pause.wait(POLL_S)


def _measured(here: Feedly, jobs: tuple[UUID, ...], now: datetime) -> bool:
    """Measure the drawn letters of ended jobs, which else a running dashboard does. False: none waits."""
    for job_id in jobs:
        with writing(here.engine) as connection:
            refresh_jobs(connection, [job_id], now)
        measure_job(here.engine, here.settings, job_id, now=now)
    return bool(jobs)


def _tell(found: ReleaseCheck, answer: GateAnswer, release: str) -> None:
    say(sentence(answer, found.golden.name, release))
    for order in found.golden.orders:
        meaning = answer.meanings[order.case_id]
        if meaning is not Meaning.GOOD:
            line = N_(
                "{number}. {description}: {meaning}",
                number=order.position + 1,
                description=order.description,
                meaning=MEANING_WORDS[meaning],
            )
            say(line)


def _write(
    here: Feedly,
    found: ReleaseCheck,
    answer: GateAnswer,
    release: str,
    report: Path | None,
    junit: Path | None,
) -> None:
    if report is None and junit is None:
        return
    paper = Paper(
        found,
        release,
        answer,
        current_limits(here.engine, here.settings),
        today(asking(here)),
        _result_pictures(here, found, release) if report else {},
        input_pictures(here.engine, here.settings, found.golden) if report else {},
        language(),
    )
    for path, write in ((report, as_html), (junit, as_junit)):
        if path is not None:
            path.write_text(write(paper), encoding="utf-8")


def _result_pictures(here: Feedly, found: ReleaseCheck, release: str) -> dict[UUID, bytes]:
    cases = [found.case(release, order.case_id) for order in found.golden.orders]
    return result_pictures(here.engine, here.settings, cases)
