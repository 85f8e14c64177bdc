"""Simulated end of the image generation for waiting variants."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select

from feedly_core.db.query_budget import query_budget
from feedly_core.diagnostics.background_run import BackgroundRun
from feedly_core.diagnostics.context import open_context
from feedly_core.diagnostics.probe.report import Report
from feedly_core.diagnostics.probe.run import complete_waiting
from feedly_core.diagnostics.stalled_variants import not_finished
from feedly_core.domain.pipeline import Status
from feedly_core.domain.tables import jobs, jobs_variants
from feedly_core.errors import FeedlyError
from feedly_core.i18n import N_
from feedly_core.permissions import Person
from feedly_core.settings import Settings

MOST = 200


@dataclass(frozen=True)
class WaitingVariant:
    """A variant at (user_img_input, done) of an unfinished job.

    ``number`` is its creation order.
    """

    job_id: UUID
    job_variants_id: UUID
    number: int
    tenant_id: str | None
    created_at: datetime | None


@query_budget(statements=1, rows=1_000)
def waiting_for_ye(
    connection: Connection, *, job_id: UUID | None = None, tenant_id: str | None = None, limit: int = MOST
) -> list[WaitingVariant]:
    """Variants that wait for the image generation, newest job first.

    One statement.
    """
    query = (
        select(
            jobs.c.job_id,
            jobs_variants.c.job_variants_id,
            jobs_variants.c.creation_order,
            jobs.c.tenant_id,
            jobs.c.created_at,
        )
        .join_from(jobs_variants, jobs, jobs.c.job_id == jobs_variants.c.job_id)
        .where(
            jobs_variants.c.current_step == "user_img_input",
            jobs_variants.c.status == Status.DONE.value,
            not_finished(),
        )
        .order_by(jobs.c.created_at.desc(), jobs.c.job_id, jobs_variants.c.creation_order)
        .limit(limit)
    )
    if job_id is not None:
        query = query.where(jobs.c.job_id == job_id)
    if tenant_id is not None:
        query = query.where(jobs.c.tenant_id == tenant_id)
    return [WaitingVariant(*row) for row in connection.execute(query)]


def complete_in_turn(
    settings: Settings,
    person: Person,
    variants: Sequence[UUID],
    *,
    on_change: Callable[[UUID, Report], None] = lambda variant, report: None,
    stopped: Callable[[], bool] = lambda: False,
) -> dict[UUID, Report]:
    """Complete the variants one after the other.

    Ends at the first that no worker takes on.

    Events as :func:`complete_waiting` says; raises what it raises. Variants after the broken one stay
    untouched, so they can still be used when the listener is back.
    """
    reports: dict[UUID, Report] = {}
    with open_context(settings) as context:
        for variant in variants:
            if stopped():
                break

            def keep_report(report: Report, variant: UUID = variant) -> None:
                on_change(variant, report)

            reports[variant] = complete_waiting(
                context, person, variant, on_change=keep_report, stopped=stopped
            )
            if reports[variant].broken is not None:
                break
    return reports


class CompletionSession(BackgroundRun):
    """``reports`` grows while the variants are completed.

    ``error`` says why it could not go on.
    """

    name = "ye completion"

    def __init__(self, settings: Settings, person: Person, variants: Sequence[UUID]) -> None:
        self.variants = tuple(variants)
        self.reports: dict[UUID, Report] = {}
        super().__init__(settings, person)

    def work(self) -> None:
        complete_in_turn(
            self.settings, self.person, self.variants, on_change=self._keep, stopped=self.stopped
        )

    def broke(self) -> FeedlyError:
        return FeedlyError(N_("The simulation itself broke; the server's log has the details."))

    def _keep(self, variant: UUID, report: Report) -> None:
        self.reports = {**self.reports, variant: report}
