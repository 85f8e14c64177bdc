"""A person has seen a failure: it leaves everybody's board."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql import insert

from feedly_core.db.engine import writing
from feedly_core.db.own_schema import acknowledged_failures, installed
from feedly_core.errors import InvalidInput
from feedly_core.i18n import N_
from feedly_core.permissions import Person, Role, audit, require
from feedly_core.settings import Settings


def acknowledge(engine: Engine, settings: Settings, person: Person, job_id: UUID) -> None:
    """Remember that ``person`` has seen the job's failure; the job's own rows stay untouched.

    Raises :class:`PermissionDenied` below a reviewer, :class:`InvalidInput` without our schema.
    """
    require(person, Role.REVIEWER, settings)
    with writing(engine) as connection:
        if not installed(connection):
            raise InvalidInput(
                N_("There is nowhere to remember this: the schema feedly_dashboard is not installed."),
                hint=N_("An operator can install it on the diagnostics page."),
            )
        row = insert(acknowledged_failures).values(job_id=job_id, person=person.name)
        first = connection.execute(row.on_conflict_do_nothing()).rowcount > 0
        seen = {"acknowledged": not first}
        audit(
            connection, person, "acknowledge_failure", str(job_id), before=seen, after={"acknowledged": True}
        )
