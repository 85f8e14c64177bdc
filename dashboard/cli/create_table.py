"""``create table``: one job per valid line of a CSV file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

import typer
from rich.progress import track

from dashboard.output import language, say
from feedly_core.api import Feedly
from feedly_core.db.engine import reading
from feedly_core.i18n import N_, NN_, Message, translate
from feedly_core.jobs.bulk import BulkLine, is_heading, read_bulk
from feedly_core.jobs.choices import read_choices
from feedly_core.jobs.create import create_job
from feedly_core.jobs.pictures import Picture
from feedly_core.jobs.request import JobRequest
from feedly_core.jobs.samples import sample_pictures
from feedly_core.jobs.storage import assets_folder
from feedly_core.jobs.table_rows import file_rows


def make_table(
    here: Feedly,
    content: bytes,
    base: JobRequest,
    pictures: Sequence[Picture],
    *,
    only_good: bool,
    with_marked: bool,
) -> None:
    """Write one job per line, or name problems and marks.

    Exit code 1 when nothing was written for them.
    """
    with reading(here.engine) as connection:
        tones = read_choices(connection).tone_styles
    bulk = read_bulk(file_rows(content, is_heading), base, pictures, tones, samples=sample_pictures())
    good = [line.request for line in bulk.lines if line.request and (line.ready or with_marked)]
    _report(bulk.notices, bulk.lines)
    if len(good) < len(bulk.lines) and not only_good:
        say(
            N_(
                "Nothing was written. Correct the lines, or add --only-good to leave them out,"
                " --with-marked to make the marked ones."
            ),
            error=True,
        )
        raise typer.Exit(1)
    folder = assets_folder(here.settings)
    for request in track(good, translate(N_("Writing the jobs"), language())):
        create_job(
            here.engine,
            request,
            key=uuid4(),
            assets_dir=folder,
            person=here.person,
            settings=here.settings,
            now=datetime.now(UTC),
        )
    say(NN_("{n} job is made.", "{n} jobs are made.", len(good)))


def _report(notices: Sequence[Message], lines: Sequence[BulkLine]) -> None:
    for notice in notices:
        say(notice, error=True)
    for line in lines:
        for problem in (*line.problems, *line.marks):
            say(N_("Line {line}: {problem}", line=line.number, problem=problem), error=True)
