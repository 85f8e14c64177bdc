"""The way from a form to a written job."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from feedly_core.jobs.create import CreatedJob, create_job
from feedly_core.jobs.request import JobOrder
from feedly_core.jobs.storage import assets_folder
from pages.shared.ask import dashboard
from pages.shared.person import current_person


def write_job(order: JobOrder, key: UUID) -> CreatedJob:
    """Write it as the person who looks; raises what :func:`create_job` raises. One ``key`` makes one job."""
    here = dashboard()
    return create_job(
        here.engine,
        order,
        key=key,
        assets_dir=assets_folder(here.settings),
        person=current_person(),
        settings=here.settings,
        now=datetime.now(UTC),
    )
