"""Resends the notification of stalled variants that no worker holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, func, select, update

from feedly_core.db.engine import writing
from feedly_core.db.proof import read_proof
from feedly_core.diagnostics.checks import triggers
from feedly_core.diagnostics.context import CheckContext
from feedly_core.diagnostics.stalled_variants import not_finished, waits_for_a_step
from feedly_core.domain.contract import VARIANT_NOTIFY
from feedly_core.domain.job_rows import BLOCKING_STEP
from feedly_core.domain.pipeline import Status
from feedly_core.domain.tables import jobs, jobs_variants
from feedly_core.permissions import Person, Role, audit, require


@dataclass(frozen=True)
class Resent:
    """``left_alone``: moved on meanwhile, held by a worker, of a finished job, or without its overlay row."""

    resent: tuple[UUID, ...]
    left_alone: tuple[UUID, ...]


def resend_notifications(context: CheckContext, person: Person, job_variants_ids: Sequence[UUID]) -> Resent:
    """Fire ``job_variant_state_changed`` with the present (step, status) of each variant that still waits.

    Events: one per variant; the listener starts the step that follows; the roll-up runs and may correct the
    job's row. With edition 1.0.0 of the trigger, which ignores ``updated_at``, the status goes to running and
    back within the transaction, which announces both. Rows that a worker holds, that have moved on, or whose
    job is finished are skipped under the row's lock, so nothing changes between. One audit line per call.
    Raises :class:`PermissionDenied` for anybody but an operator.
    """
    require(person, Role.OPERATOR, context.settings)
    ignores_touch = triggers.function(context, VARIANT_NOTIFY).cause == "old_edition"
    wanted = list(dict.fromkeys(job_variants_ids))
    with writing(context.engine) as connection:
        waiting = _locked_waiting(connection, wanted)
        if ignores_touch:
            _update(connection, waiting, status=Status.RUNNING.value)
        for status in set(waiting.values()):
            _update(connection, [one for one, before in waiting.items() if before == status], status=status)
        left = tuple(one for one in wanted if one not in waiting)
        audit(
            connection,
            person,
            "touch_again",
            f"{len(waiting)} variants",
            before={"status": {str(one): status for one, status in waiting.items()}},
            after={"resent": [str(one) for one in waiting], "left_alone": [str(one) for one in left]},
        )
    return Resent(tuple(waiting), left)


def _locked_waiting(connection: Connection, wanted: Sequence[UUID]) -> dict[UUID, str]:
    """The variants that still wait, locked by us until commit; those that a worker holds are skipped."""
    query = (
        select(
            jobs_variants.c.job_variants_id,
            jobs_variants.c.job_id,
            jobs_variants.c.current_step,
            jobs_variants.c.status,
        )
        .join_from(jobs_variants, jobs, jobs.c.job_id == jobs_variants.c.job_id)
        .where(jobs_variants.c.job_variants_id.in_(wanted), waits_for_a_step(), not_finished())
        .with_for_update(of=jobs_variants, skip_locked=True, key_share=True)
    )
    found = connection.execute(query).all()
    proofs = read_proof(connection, {row.job_variants_id: row.job_id for row in found})
    return {
        row.job_variants_id: row.status
        for row in found
        if BLOCKING_STEP not in proofs[row.job_variants_id].missing(row.current_step, row.status)
    }


def _update(connection: Connection, variants: Iterable[UUID], *, status: str) -> None:
    connection.execute(
        update(jobs_variants)
        .where(jobs_variants.c.job_variants_id.in_(list(variants)))
        .values(status=status, updated_at=func.clock_timestamp())
    )
