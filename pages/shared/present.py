"""One job as it stands at this moment: from the hub where it follows the job, else from the rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from feedly_core.live.durations import History
from feedly_core.live.job_view import JobView, build_job_view
from feedly_core.live.snapshot import Followed
from pages.shared.ask import dashboard


def history() -> History:
    """Past durations; empty without a hub."""
    hub = dashboard().hub
    return hub.history if hub else History()


def view(job_id: UUID, from_rows: Callable[[], Followed]) -> JobView:
    """``from_rows`` is asked only when no hub follows the job; what it raises is raised."""
    hub = dashboard().hub
    followed = hub.snapshot.jobs.get(job_id) if hub else None
    return build_job_view(followed or from_rows(), datetime.now(UTC), history())
