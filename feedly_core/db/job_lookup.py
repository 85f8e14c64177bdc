"""Finds a job by the first characters of its id."""

from __future__ import annotations

import re
from uuid import UUID

from sqlalchemy import Connection, select

from feedly_core.db.query_budget import query_budget
from feedly_core.domain.tables import jobs
from feedly_core.errors import NotFound
from feedly_core.i18n import N_

SHORTEST_PREFIX = 4
_HEX_DIGITS = 32


@query_budget(statements=1, rows=2)
def find_job(connection: Connection, prefix: str) -> UUID:
    """The one job whose id begins with ``prefix``.

    At least 4 hexadecimal digits; dashes are ignored.

    Raises :class:`NotFound` when the prefix is no id, names nothing, or names more than one job.
    """
    digits = prefix.strip().replace("-", "").lower()
    if not re.fullmatch(rf"[0-9a-f]{{{SHORTEST_PREFIX},{_HEX_DIGITS}}}", digits):
        raise NotFound(
            N_("“{prefix}” is no job id.", prefix=prefix.strip()[:80]),
            hint=N_("Give the id, or at least its first {n} characters (0-9, a-f).", n=SHORTEST_PREFIX),
        )
    first, last = UUID(digits.ljust(_HEX_DIGITS, "0")), UUID(digits.ljust(_HEX_DIGITS, "f"))
    query = select(jobs.c.job_id).where(jobs.c.job_id.between(first, last)).order_by(jobs.c.job_id).limit(2)
    found = connection.execute(query).scalars().all()
    if not found:
        raise NotFound(
            N_("There is no job {job}.", job=prefix.strip()),
            detail=N_("It was removed, or it belongs to another database."),
            hint=N_("Choose a job from the list, or check the id."),
        )
    if len(found) > 1:
        raise NotFound(
            N_("More than one job begins with {prefix}.", prefix=prefix.strip()),
            hint=N_("Give more characters of the id."),
        )
    job_id: UUID = found[0]
    return job_id
