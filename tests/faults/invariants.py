"""Whether a hub's snapshot is what the database says, row by row."""

from __future__ import annotations

from sqlalchemy import Engine, select

from feedly_core.domain.tables import jobs, jobs_variants
from feedly_core.live.hub import Hub
from tests.waiting import wait_until


def is_true(hub: Hub, engine: Engine) -> bool:
    """Whether the snapshot shows exactly the rows of the database."""
    with engine.connect() as connection:
        rows = set(connection.execute(select(jobs.c.job_id, jobs.c.current_step, jobs.c.status)))
        columns = (jobs_variants.c.job_variants_id, jobs_variants.c.current_step, jobs_variants.c.status)
        rows |= set(connection.execute(select(*columns)))
    shown = set()
    for tracked in hub.snapshot.jobs.values():
        facts = tracked.facts
        shown.add((facts.job_id, facts.step, facts.status))
        shown |= {(variant.variant_id, variant.step, variant.status) for variant in facts.variants}
    return rows == shown


def shows_the_truth(hub: Hub, engine: Engine, timeout: float = 40) -> None:
    """Wait for it. The time is less than the hub's safety reading, which would hide a lost change."""
    wait_until(lambda: is_true(hub, engine), timeout, what="the board showing every row as it is")
