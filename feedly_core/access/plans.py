"""Plans: what a program asks to be done, and a person confirms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, Row, func, insert, select, update

from feedly_core.access.tokens import Caller, need_access
from feedly_core.db.engine import writing
from feedly_core.db.own_schema import ACCESS, api_plans, installed
from feedly_core.db.query_budget import query_budget
from feedly_core.diagnostics.context import open_context
from feedly_core.diagnostics.probe.run import probe_trigger
from feedly_core.errors import FeedlyError, InvalidInput, NotFound
from feedly_core.i18n import N_, translate
from feedly_core.jobs.create import create_job
from feedly_core.jobs.request import DEFAULT_TENANT, JobKind, JobRequest, check_request
from feedly_core.jobs.samples import sample_pictures
from feedly_core.jobs.storage import assets_folder
from feedly_core.permissions import Person, Role, audit, require
from feedly_core.settings import Settings

WAITS = timedelta(minutes=15)
"""So long a person may confirm; then the plan is void."""
MOST_OPEN = 20
"""Plans that one token may have waiting."""
MOST_LISTED = 100


class Action(StrEnum):
    """What a program may propose."""

    TEST_JOB = "create_test_job"
    PROBE = "run_trigger_probe"


ACTION_TITLES = {
    Action.TEST_JOB: N_("Create a test job"),
    Action.PROBE: N_("Run the trigger probe"),
}


class Decision(StrEnum):
    """What a person said to a plan."""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Plan:
    """One plan as it was proposed. ``result`` and ``decision`` are None while it waits."""

    plan_id: UUID
    proposed_by: str
    action: Action
    arguments: Mapping[str, Any]
    created_at: datetime
    expires_at: datetime
    decision: Decision | None
    decided_by: str | None
    result: Mapping[str, Any] | None


def propose_test_job(
    engine: Engine, settings: Settings, caller: Caller, *, description: str, variants: int
) -> Plan:
    """Keep the plan of one full test job of the test tenant, with a built-in picture.

    Nothing else is written. Raises :class:`InvalidInput` as the form would, :class:`PermissionDenied`
    unless the token has the role operator.
    """
    arguments = {"description": description, "variants": variants}
    check_request(_request(arguments))
    return _propose(engine, settings, caller, Action.TEST_JOB, arguments)


def propose_probe(engine: Engine, settings: Settings, caller: Caller) -> Plan:
    """Keep the plan of one trigger probe on test rows."""
    return _propose(engine, settings, caller, Action.PROBE, {})


@query_budget(statements=1, rows=200)
def open_plans(connection: Connection) -> tuple[Plan, ...]:
    """Plans that wait for somebody, the oldest first."""
    if not installed(connection, ACCESS):
        return ()
    c = api_plans.c
    query = select(api_plans).where(c.decision.is_(None), c.expires_at > func.now())
    return tuple(map(_plan, connection.execute(query.order_by(c.created_at).limit(MOST_LISTED))))


@query_budget(statements=1, rows=2)
def find_plan(connection: Connection, plan_id: UUID, token_id: UUID | None = None) -> Plan:
    """One plan; of one token only where that is given. Raises :class:`NotFound`."""
    need_access(connection)
    query = select(api_plans).where(api_plans.c.plan_id == plan_id)
    if token_id is not None:
        query = query.where(api_plans.c.token_id == token_id)
    row = connection.execute(query).first()
    if row is None:
        raise NotFound(N_("There is no such plan."))
    return _plan(row)


def reject_plan(engine: Engine, settings: Settings, person: Person, plan_id: UUID) -> None:
    """The plan is void. Raises :class:`InvalidInput` when it waits no more."""
    _decide(engine, settings, person, plan_id, Decision.REJECTED)


def confirm_plan(engine: Engine, settings: Settings, person: Person, plan_id: UUID) -> Plan:
    """Do what the plan says, as ``person``, exactly once.

    The plan is taken first: of two who confirm one does it. A test job's id follows from the plan's, so
    that no second one can come of it. A failure is kept with the plan and raised. Raises
    :class:`InvalidInput` when the plan waits no more, :class:`PermissionDenied` unless operator.
    """
    plan = _decide(engine, settings, person, plan_id, Decision.CONFIRMED)
    try:
        result = _run(engine, settings, person, plan)
    except FeedlyError as error:
        _keep_result(engine, plan_id, {"failed": " ".join(error.sentences("en"))})
        raise
    return _keep_result(engine, plan_id, result)


def _propose(
    engine: Engine, settings: Settings, caller: Caller, action: Action, arguments: Mapping[str, Any]
) -> Plan:
    require(caller.person, Role.OPERATOR, settings)
    with writing(engine) as connection:
        need_access(connection)
        c = api_plans.c
        waiting = select(func.count()).select_from(api_plans)
        mine = (c.token_id == caller.token_id, c.decision.is_(None), c.expires_at > func.now())
        if (connection.scalar(waiting.where(*mine)) or 0) >= MOST_OPEN:
            raise InvalidInput(
                N_("{n} plans of this token wait already.", n=MOST_OPEN),
                hint=N_("Confirm or reject them on the page Connect."),
            )
        row = {
            "plan_id": uuid4(),
            "token_id": caller.token_id,
            "proposed_by": f"{caller.person.name} ({caller.label})",
            "action": action.value,
            "arguments": dict(arguments),
            "expires_at": func.now() + WAITS,
        }
        kept = connection.execute(insert(api_plans).values(row).returning(api_plans)).one()
        audit(connection, caller.person, "propose_plan", str(kept.plan_id), after={"action": action.value})
    return _plan(kept)


def _decide(engine: Engine, settings: Settings, person: Person, plan_id: UUID, decision: Decision) -> Plan:
    require(person, Role.OPERATOR, settings)
    with writing(engine) as connection:
        need_access(connection)
        c = api_plans.c
        row = connection.execute(
            update(api_plans)
            .where(c.plan_id == plan_id, c.decision.is_(None), c.expires_at > func.now())
            .values(decision=decision.value, decided_by=person.name, decided_at=func.now())
            .returning(api_plans)
        ).first()
        if row is None:
            raise InvalidInput(
                N_("This plan waits no more: it was decided, or its time is over."),
                detail=N_("Nothing was done."),
                hint=N_("Let the program propose it again."),
            )
        audit(connection, person, f"{decision.value}_plan", str(plan_id), after={"action": row.action})
    return _plan(row)


def _run(engine: Engine, settings: Settings, person: Person, plan: Plan) -> dict[str, Any]:
    if plan.action is Action.TEST_JOB:
        made = create_job(
            engine,
            _request(plan.arguments),
            key=plan.plan_id,
            assets_dir=assets_folder(settings),
            person=person,
            settings=settings,
            now=datetime.now(UTC),
        )
        return {"job_id": str(made.job_id), "started": made.started}
    with open_context(settings) as context:
        report = probe_trigger(context, person)
    finding = report.finding
    return {
        "outcome": finding and finding.outcome.value,
        "found": finding and translate(finding.found, "en"),
        "broken": report.broken and report.broken.value,
    }


def _request(arguments: Mapping[str, Any]) -> JobRequest:
    return JobRequest(
        kind=JobKind.FULL,
        tenant_id=DEFAULT_TENANT[JobKind.FULL],
        pictures=sample_pictures()[:1],
        desc_kor=arguments["description"],
        variants=arguments["variants"],
    )


def _keep_result(engine: Engine, plan_id: UUID, result: Mapping[str, Any]) -> Plan:
    with writing(engine) as connection:
        of_plan = update(api_plans).where(api_plans.c.plan_id == plan_id)
        return _plan(connection.execute(of_plan.values(result=dict(result)).returning(api_plans)).one())


def _plan(row: Row[tuple[object, ...]]) -> Plan:
    return Plan(
        row.plan_id,
        row.proposed_by,
        Action(row.action),
        row.arguments,
        row.created_at,
        row.expires_at,
        Decision(row.decision) if row.decision else None,
        row.decided_by,
        row.result,
    )
