"""Writes of jobs, and of what every page needs."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from feedly_core.jobs.cleanup import delete_jobs
from feedly_core.jobs.create import create_job
from feedly_core.jobs.english_copy import add_english_copy
from feedly_core.jobs.named_cleanup import delete_named_jobs
from feedly_core.jobs.request import JobKind, JobRequest
from feedly_core.jobs.rerun import rerun
from feedly_core.jobs.samples import sample_pictures
from feedly_core.live.problems import acknowledge
from feedly_core.permissions import Person, Role, install_own_schema
from feedly_core.settings import Settings
from tests.writes.team import BOTH, Team, Write


def _create(team: Team, person: Person, settings: Settings) -> object:
    request = JobRequest(
        JobKind.FULL, "audit_test_tenant", (sample_pictures()[0],), "국물", variants=1, start=False
    )
    assert settings.assets_dir is not None
    at = {"key": uuid4(), "assets_dir": settings.assets_dir, "now": datetime.now(UTC)}
    return create_job(team.engine, request, person=person, settings=settings, **at)  # type: ignore[arg-type]


WRITES = (
    Write(create_job, Role.OPERATOR, "create_job", ("after",), _create),
    Write(
        delete_jobs,
        Role.OPERATOR,
        "remove_job",
        ("before",),
        lambda team, person, settings: delete_jobs(
            team.engine,
            [team.failed.job_id],
            assets_dir=settings.assets_dir,
            person=person,
            settings=settings,
        ),
    ),
    Write(
        delete_named_jobs,
        Role.OPERATOR,
        "remove_named_job",
        ("before",),
        lambda team, person, settings: delete_named_jobs(
            team.engine, [team.done.job_id], assets_dir=settings.assets_dir, person=person, settings=settings
        ),
    ),
    Write(
        rerun,
        Role.OPERATOR,
        "rerun_step",
        BOTH,
        lambda team, person, settings: rerun(
            team.engine, settings, person, team.failed.variant_ids[0], "planner"
        ),
    ),
    Write(
        add_english_copy,
        Role.OPERATOR,
        "add_english_copy",
        BOTH,
        lambda team, person, settings: add_english_copy(
            team.engine, settings, person, team.without_copy.job_id, "A hearty pot."
        ),
    ),
    Write(
        install_own_schema,
        Role.OPERATOR,
        "install_schema",
        BOTH,
        lambda team, person, settings: install_own_schema(team.engine, person, settings),
    ),
    Write(
        acknowledge,
        Role.REVIEWER,
        "acknowledge_failure",
        BOTH,
        lambda team, person, settings: acknowledge(team.engine, settings, person, team.failed.job_id),
    ),
)
