"""Removing jobs of any tenant by their whole ids: the plan, job by job, and the deletion.

The pattern of test tenants guards every other way. Here each id is written out, so that nobody removes
what he has not named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, Engine, select

from feedly_core.db.engine import capabilities
from feedly_core.db.query_budget import query_budget
from feedly_core.domain import tables as t
from feedly_core.errors import InvalidInput, NotFound
from feedly_core.i18n import N_, NN_, joined, verbatim
from feedly_core.jobs.cleanup import (
    MOVING,
    ChosenJob,
    DeletionPlan,
    DeletionResult,
    as_chosen,
    delete_each,
    deletion_of,
    job_query,
)
from feedly_core.permissions import Person
from feedly_core.settings import Settings

NAMED_AT_ONCE = 20
"""No more ids than this at once: each is shown with its rows and files."""

_SEPARATORS = re.compile(r"[\s,;]+")
_AROUND = "'\"`()[]{}<>"


@dataclass(frozen=True, slots=True)
class NamedJob:
    """One named job and how many rows and files would go with it alone.

    A picture that two named jobs share goes only with both: it counts in neither.
    """

    job: ChosenJob
    description: str
    rows: int
    files: int


@dataclass(frozen=True)
class NamedPlan:
    """The jobs one by one, and what would go with all of them."""

    jobs: tuple[NamedJob, ...]
    total: DeletionPlan

    @property
    def moving(self) -> int:
        """Jobs that would stay: they may be worked on."""
        return sum(named.job.moving for named in self.jobs)


def parse_job_ids(text: str) -> list[UUID]:
    """Whole job ids of a pasted text, each once, in their order.

    Spaces, commas, semicolons and line ends separate; quotes and brackets are passed over. Raises
    :class:`InvalidInput` naming the words that are no whole id, or when there are more than
    :data:`NAMED_AT_ONCE`.
    """
    ids, unread = dict[UUID, None](), list[str]()
    for word in filter(None, (part.strip(_AROUND) for part in _SEPARATORS.split(text))):
        try:
            ids[UUID(word)] = None
        except ValueError:
            unread.append(word)
    if unread:
        words = joined(", ", [verbatim(word[:60]) for word in unread[:10]])
        raise InvalidInput(
            NN_(
                "{n} word is no job id: {words}",
                "{n} words are no job ids: {words}",
                len(unread),
                words=words,
            ),
            hint=N_("Give whole ids, as the job's own page shows them; a beginning is not enough here."),
        )
    if len(ids) > NAMED_AT_ONCE:
        raise InvalidInput(
            N_("{n} jobs are too many at once.", n=len(ids)),
            hint=N_("Remove at most {n} at a time.", n=NAMED_AT_ONCE),
        )
    return list(ids)


@query_budget(statements=9 * (NAMED_AT_ONCE + 1) + 2, rows=90_000)
def plan_named_deletion(
    connection: Connection, job_ids: Sequence[UUID], assets_dir: Path | None
) -> NamedPlan:
    """The dry run, per job and together: nothing is deleted.

    Raises :class:`NotFound` naming every id that no job has.
    """
    if not job_ids:
        return NamedPlan((), DeletionPlan((), {}, (), 0))
    found = {
        row.job_id: as_chosen(row)
        for row in connection.execute(job_query().where(t.jobs.c.job_id.in_(job_ids)))
    }
    if unknown := [job_id for job_id in job_ids if job_id not in found]:
        ids = joined(", ", [verbatim(job_id) for job_id in unknown])
        raise NotFound(
            NN_("{n} id names no job: {ids}", "{n} ids name no job: {ids}", len(unknown), ids=ids),
            hint=N_("The job may be removed already: take its id out of the list."),
        )
    descriptions = _descriptions(connection, job_ids)
    named = list[NamedJob]()
    for job_id in job_ids:
        alone = deletion_of(connection, [found[job_id]], assets_dir)
        rows = sum(alone.rows.values())
        named.append(NamedJob(found[job_id], descriptions.get(job_id) or "", rows, len(alone.files)))
    return NamedPlan(tuple(named), deletion_of(connection, [found[each] for each in job_ids], assets_dir))


def _descriptions(connection: Connection, job_ids: Sequence[UUID]) -> dict[UUID, str | None]:
    """What each job was asked for, where this schema generation keeps it."""
    if not capabilities(connection).has("job_inputs", "desc_kor"):
        return {}
    inputs = t.job_inputs.c
    rows = connection.execute(select(inputs.job_id, inputs.desc_kor).where(inputs.job_id.in_(job_ids)))
    return {row.job_id: row.desc_kor for row in rows}


def delete_named_jobs(
    engine: Engine,
    job_ids: Sequence[UUID],
    *,
    assets_dir: Path | None,
    person: Person,
    settings: Settings,
    progress: Callable[[int], None] = lambda done: None,
) -> DeletionResult:
    """Delete the named jobs of any tenant, each in a transaction of its own, then its files.

    A job that a worker holds, that changed within :data:`MOVING` and is not finished, or that is gone, is
    kept and named; the others go on. Raises :class:`PermissionDenied` before anything is touched.
    """
    return delete_each(
        engine,
        job_ids,
        _refuse_moving,
        assets_dir=assets_dir,
        person=person,
        settings=settings,
        action="remove_named_job",
        progress=progress,
    )


def _refuse_moving(job: ChosenJob) -> None:
    if job.moving:
        minutes = int(MOVING.total_seconds() // 60)
        raise InvalidInput(
            N_("It changed less than {minutes} minutes ago and is not finished.", minutes=minutes)
        )
