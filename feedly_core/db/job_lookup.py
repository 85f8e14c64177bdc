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
    digits = id_digits(prefix)
    if digits is None:
        raise NotFound(
            N_("“{prefix}” is no job id.", prefix=prefix.strip()[:80]),
            hint=N_("Give the id, or at least its first {n} characters (0-9, a-f).", n=SHORTEST_PREFIX),
        )
    found = jobs_beginning(connection, digits, limit=2)
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
    return found[0]


def id_digits(prefix: str) -> str | None:
    """The hexadecimal digits of the beginning of an id; None when it can be none."""
    digits = prefix.strip().replace("-", "").lower()
    return digits if re.fullmatch(rf"[0-9a-f]{{{SHORTEST_PREFIX},{_HEX_DIGITS}}}", digits) else None


def jobs_beginning(connection: Connection, digits: str, limit: int) -> list[UUID]:
    """The jobs whose ids begin with the digits, by id. One statement."""
    first, last = UUID(digits.ljust(_HEX_DIGITS, "0")), UUID(digits.ljust(_HEX_DIGITS, "f"))
    query = select(jobs.c.job_id).where(jobs.c.job_id.between(first, last)).order_by(jobs.c.job_id)
    return list(connection.scalars(query.limit(limit)))
