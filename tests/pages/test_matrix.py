"""One odd value in one row takes away no more than itself: hub, pages, files, commands.

``make test`` tries a sample with a seed; ``make matrix`` tries every cell. Several jobs are tried at once,
each with one odd cell, beside a job that is as it should be.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from feedly_core.analytics.refresher import rebuild
from feedly_core.api import connect
from feedly_core.db.engine import capabilities, reading, writing
from feedly_core.domain.scores import limits
from feedly_core.jobs.delete import delete_rows
from feedly_core.live.hub import Hub
from feedly_core.live.snapshot import HubKind
from feedly_core.results.archive import job_archive
from feedly_core.results.image_checks import gather
from feedly_core.results.report import job_report
from feedly_core.settings import Settings
from pages.shared.navigation import PAGES
from tests.factories import BEGAN, MadeJob, write_job
from tests.matrix import Cell, cells, document_cells, put, sample, together
from tests.page_parts import PARTS
from tests.pages.conftest import JOB_VIEWS, OpenPage, words_of
from tests.terminal import program
from tests.waiting import wait_until

SEED = int(os.environ.get("MATRIX_SEED", "20260712"))
AT_ONCE = 8
AT_ONCE_WHOLE = 24
"""Pages of all jobs cost the same for more of them."""
CELLS_OF_A_JOB = 5
"""In the whole matrix, where something fails, each cell of these jobs is tried again in a job of its own."""
FAILED = "could not be drawn"
COMMANDS = (
    ("doctor", "--json"),
    ("trends", "--days", "3650", "--json"),
    ("board",),
    ("board", "--json"),
    ("variants", "--days", "3650"),
    ("variants", "--days", "3650", "--json"),
    ("review", "list"),
    ("review", "list", "--json"),
    ("review", "queue", "--as", "kim"),
    ("judge",),
    ("limits",),
    ("broken",),
    ("targets",),
    ("views",),
    ("since",),
    ("resend-notifications", "--dry-run"),
    ("remove-jobs",),
    ("facts", "status"),
    ("campaign", "list"),
)
_ENDED_WELL = {0, 1, 2, 3}
"""Commands answer with codes; an unexpected error would be raised."""


@dataclass(frozen=True)
class Tried:
    """A job with its odd cells; ``healthy`` stands beside all of them."""

    job: MadeJob
    cells: Sequence[Cell]

    def __str__(self) -> str:
        return " and ".join(map(str, self.cells))


@pytest.fixture
def healthy(engine: Engine, our_schema: None, settings: Settings) -> MadeJob:
    return write_job(engine, settings.assets_dir, tenant="healthy_tenant")


def tried_jobs(engine: Engine, settings: Settings, odd: Sequence[Sequence[Cell]]) -> list[Tried]:
    """A job per group of cells, so that a page of one and a list of all are both tried."""
    made = []
    for number, group in enumerate(odd):
        job = write_job(engine, settings.assets_dir, tenant=f"odd {number}")
        with writing(engine) as connection:
            for cell in group:
                assert put(connection, job.job_id, cell), f"no row has {cell}"
        made.append(Tried(job, group))
    rebuild(engine, lambda done, total: None, now=datetime.now(UTC))
    return made


def everywhere(
    engine: Engine, settings: Settings, healthy: MadeJob, tried: Sequence[Tried], open_page: OpenPage
) -> Iterator[str]:
    """What failed, by door. The healthy job must be there, whole, at each of them."""
    _hub(engine, settings)
    _core(engine, settings, healthy, tried)
    for name in PAGES:
        parameter, parts = PARTS.get(name, ("", ()))
        for query in (dict[str, str](), *({parameter: part} for part in parts)):
            if FAILED in words_of(open_page(name, reviewer="kim", **query)):
                yield f"page {name} {query}"
    for each in tried:
        for name, part in JOB_VIEWS:
            if FAILED in words_of(open_page(name, job=each.job.job_id, **part)):
                yield f"page {name} {part} of {each}"


def _hub(engine: Engine, settings: Settings) -> None:
    hub = Hub(engine, settings, lambda: BEGAN + timedelta(seconds=30))
    hub.start()
    try:
        wait_until(lambda: hub.state.kind is HubKind.LIVE, timeout=30, what="the hub being live")
    finally:
        hub.stop()


def _core(engine: Engine, settings: Settings, healthy: MadeJob, tried: Sequence[Tried]) -> None:
    """The door of notebooks, and the files of a job's page."""
    assert settings.database_url is not None
    with connect(settings.database_url.get_secret_value()) as feedly:
        whole = feedly.variants(tenant="healthy_tenant", days=3650)
        assert len(whole) == len(healthy.variant_ids) and whole["ocr_accuracy"].notna().all()
        assert len(feedly.jobs()) and feedly.board() is not None and feedly.trends(days=3650) is not None
        for each in tried:
            job = feedly.job(str(each.job.job_id))
            assert len(job.scores_frame()) and len(job.calls_frame()), str(each)
    with reading(engine) as connection:
        for each in tried:
            report = job_report(connection, each.job.job_id)
            measured = gather(report, settings).legibility
            assert job_archive(report, settings, limits(settings), measured, datetime.now(UTC)), str(each)


def run_commands(tried: Sequence[Tried], folder: Path) -> Iterator[str]:
    """Every command that reads; an unexpected error is raised by the runner."""
    files = (folder / f"variants.{ending}" for ending in ("csv", "xlsx", "parquet"))
    asked = [*COMMANDS, *(("export", str(file), "--days", "3650") for file in files)]
    for each in tried:
        asked += [
            ("analyze", "--job-id", str(each.job.job_id), "--json"),
            ("analyze", "--job-id", str(each.job.job_id)),
            ("monitor", str(each.job.job_id), "0.01", "0.01"),
        ]
    for arguments in asked:
        try:
            done = CliRunner().invoke(program(), arguments, catch_exceptions=False)
        except Exception as error:  # noqa: BLE001 - named, with the others
            yield f"command {' '.join(arguments)}: {type(error).__name__}: {error}"
            continue
        if done.exit_code not in _ENDED_WELL:
            yield f"command {' '.join(arguments)}: exit code {done.exit_code}"


@pytest.fixture
def terminal(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.database_url is not None
    monkeypatch.setenv("DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("ASSETS_DIR", str(settings.assets_dir))
    monkeypatch.setenv("FEEDLY_HOME", str(settings.home))


def _candidates(engine: Engine, healthy: MadeJob) -> list[Cell]:
    with reading(engine) as connection:
        return [*cells(), *document_cells(connection, healthy.job_id)]


def _holds(engine: Engine, healthy: MadeJob, cell: Cell) -> bool:
    """Whether a job like the healthy one has a row with this column (and PostgreSQL takes the value)."""
    with engine.connect() as connection, connection.begin() as trial:
        changed = put(connection, healthy.job_id, cell)
        trial.rollback()
        return bool(changed)


@pytest.mark.usefixtures("terminal")
def test_a_sample_of_odd_values_takes_away_no_more_than_itself(
    engine: Engine,
    settings: Settings,
    healthy: MadeJob,
    open_page: OpenPage,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    odd = [cell for cell in sample(_candidates(engine, healthy), SEED, 60) if _holds(engine, healthy, cell)]
    tried = tried_jobs(engine, settings, together(odd[:AT_ONCE], CELLS_OF_A_JOB))
    failures = [
        *everywhere(engine, settings, healthy, tried, open_page),
        *run_commands(tried, tmp_path),
    ]
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert not failures and not said, "\n".join([*map(str, tried), *failures, *said])


@pytest.mark.slow
@pytest.mark.usefixtures("terminal")
def test_every_odd_value_takes_away_no_more_than_itself(
    engine: Engine,
    settings: Settings,
    healthy: MadeJob,
    open_page: OpenPage,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """``make matrix``. MATRIX_PART=2/8 takes the second of eight parts."""

    def failures_of(odd: Sequence[Sequence[Cell]]) -> list[str]:
        tried = tried_jobs(engine, settings, odd)
        found = [*everywhere(engine, settings, healthy, tried, open_page), *run_commands(tried, tmp_path)]
        found += [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
        caplog.clear()
        with writing(engine) as connection:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            delete_rows(connection, [each.job.job_id for each in tried], capabilities(connection))
        return found

    def narrowed(odd: Sequence[Sequence[Cell]]) -> list[str]:
        """What fails, by the fewest cells that make it fail."""
        found = failures_of(odd)
        if not found:
            return []
        if len(odd) == len(odd[0]) == 1:
            return [f"{odd[0][0]}: {failure}" for failure in found]
        inner = [each for half in _halves(odd) for each in narrowed(half)]
        return inner or [f"only together: {found} of {odd}"]

    part, _, parts = os.environ.get("MATRIX_PART", "1/1").partition("/")
    mine = [cell for cell in _candidates(engine, healthy) if _holds(engine, healthy, cell)]
    groups = together(mine[int(part) - 1 :: int(parts)], CELLS_OF_A_JOB)
    failures: list[str] = []
    for start in range(0, len(groups), AT_ONCE_WHOLE):
        failures += narrowed(groups[start : start + AT_ONCE_WHOLE])
        print(f"{start + AT_ONCE_WHOLE} of {len(groups)} jobs with {len(mine)} odd values:", *failures)  # noqa: T201
    assert not failures, "\n".join(failures)


def _halves(odd: Sequence[Sequence[Cell]]) -> Iterator[Sequence[Sequence[Cell]]]:
    if len(odd) > 1:
        yield from (odd[: len(odd) // 2], odd[len(odd) // 2 :])
    else:
        yield from ([odd[0][: len(odd[0]) // 2]], [odd[0][len(odd[0]) // 2 :]])
