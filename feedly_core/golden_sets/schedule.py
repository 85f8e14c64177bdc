"""Daily runs of golden sets, started by whichever campaign runner sees first that one is due.

The run and the time of the next one are written in one transaction that locks the schedule's row: several
processes start it once, and one that is killed meanwhile has started nothing.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, Row, func, insert, select, update

from feedly_core.db.engine import writing
from feedly_core.db.own_schema import GOLDEN_TABLES, golden_schedules, installed
from feedly_core.db.query_budget import query_budget
from feedly_core.errors import FeedlyError, InvalidInput, NotFound
from feedly_core.golden_sets.runs import RunRequest, check_run, write_run
from feedly_core.golden_sets.sets import find_set, need_golden_sets
from feedly_core.i18n import N_, translate, verbatim
from feedly_core.permissions import Person, Role, audit, require
from feedly_core.settings import Settings

MOST_SCHEDULES = 20
_AT_ONCE = 20


@dataclass(frozen=True)
class DailyRun:
    """A set that runs every day at ``at`` in ``zone``. ``problem``: why the last one could not start."""

    schedule_id: UUID
    set_name: str
    request: RunRequest
    at: time
    zone: str
    created_by: str
    next_at: datetime
    problem: str | None


def read_time(written: str) -> time:
    """``03:00``. Raises :class:`InvalidInput`."""
    try:
        found = datetime.strptime(written.strip(), "%H:%M").time()  # noqa: DTZ007 - a time of day, no moment
    except ValueError:
        raise InvalidInput(
            N_("{text} is no time of day.", text=verbatim(written)), hint=N_("Write it as 03:00.")
        ) from None
    return found


def next_after(now: datetime, at: time, zone: ZoneInfo) -> datetime:
    """The next moment after ``now`` when clocks of the zone show ``at``.

    Where clocks skip it, the moment that they would have shown it at.
    """
    today = now.astimezone(zone).date()
    for day in range(3):
        wanted = datetime.combine(today + timedelta(days=day), at, zone)
        moment = wanted.astimezone(ZoneInfo("UTC"))
        if moment > now:
            return moment
    raise AssertionError("a day has at most 25 hours")


def schedule_run(
    engine: Engine,
    settings: Settings,
    person: Person,
    name: str,
    request: RunRequest,
    at: time,
    now: datetime,
) -> UUID:
    """Run the newest version of the set every day. Needs the role operator.

    Raises :class:`InvalidInput` and :class:`NotFound`; then nothing is written.
    """
    require(person, Role.OPERATOR, settings)
    check_run(request)
    schedule_id = uuid4()
    with writing(engine) as connection:
        need_golden_sets(connection)
        find_set(connection, name)
        active = golden_schedules.c.active
        count = select(func.count()).select_from(golden_schedules).where(active)
        if (connection.scalar(count) or 0) >= MOST_SCHEDULES:
            raise InvalidInput(
                N_("There are {n} daily runs already.", n=MOST_SCHEDULES),
                detail=N_("Nothing was written."),
                hint=N_("End one of them first."),
            )
        row = {
            "schedule_id": schedule_id,
            "set_name": name,
            **asdict(request),
            "minute_of_day": 60 * at.hour + at.minute,
            "zone": settings.zone.key,
            "active": True,
            "created_by": person.name,
            "next_at": next_after(now, at, settings.zone),
        }
        connection.execute(insert(golden_schedules).values(row))
        after = {"release": request.release, "at": f"{at:%H:%M}", "zone": settings.zone.key}
        audit(connection, person, "schedule_golden_set", name, after=after)
    return schedule_id


def end_schedule(engine: Engine, settings: Settings, person: Person, schedule_id: UUID) -> None:
    """Run it no more; runs on their way go on. Needs the role operator. Raises :class:`NotFound`."""
    require(person, Role.OPERATOR, settings)
    schedules = golden_schedules.c
    with writing(engine) as connection:
        need_golden_sets(connection)
        row = connection.execute(
            update(golden_schedules)
            .where(schedules.schedule_id == schedule_id, schedules.active)
            .values(active=False)
            .returning(schedules.set_name, schedules.release)
        ).one_or_none()
        if row is None:
            raise NotFound(N_("This daily run does not exist."), hint=N_("Choose one from the list."))
        before = {"schedule": str(schedule_id), "release": row.release}
        audit(connection, person, "end_golden_schedule", row.set_name, before=before, after={"active": False})


@query_budget(statements=1, rows=50)
def daily_runs(connection: Connection, name: str | None = None) -> tuple[DailyRun, ...]:
    """The daily runs of a set, or of all sets. One statement."""
    if not installed(connection, GOLDEN_TABLES):
        return ()
    schedules = golden_schedules.c
    query = select(golden_schedules).where(schedules.active).order_by(schedules.next_at)
    if name is not None:
        query = query.where(schedules.set_name == name)
    return tuple(_daily(row) for row in connection.execute(query))


def start_due(engine: Engine) -> None:
    """Start what is due, each once however many processes ask. Raises database errors.

    Days on which no process ran are not made up for: one run stands for them.
    """
    for _turn in range(_AT_ONCE):
        with writing(engine) as connection:
            if not installed(connection, GOLDEN_TABLES) or not _start_one(connection):
                return


def _start_one(connection: Connection) -> bool:
    """Start one due run; False when none is, or others are busy with those that are."""
    schedules = golden_schedules.c
    row = connection.execute(
        select(golden_schedules, func.now().label("now"))
        .where(schedules.active, schedules.next_at <= func.now())
        .order_by(schedules.next_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None:
        return False
    daily, problem = _daily(row), None
    person = Person(daily.created_by, Role.OPERATOR)
    try:
        golden = find_set(connection, daily.set_name)
        campaign_id = uuid5(daily.schedule_id, daily.next_at.isoformat())
        write_run(connection, campaign_id, golden, daily.request, person)
    except NotFound as error:
        problem = error
    connection.execute(
        update(golden_schedules)
        .where(schedules.schedule_id == daily.schedule_id)
        .values(next_at=next_after(row.now, daily.at, ZoneInfo(daily.zone)), problem=_written(problem))
    )
    return True


def _written(problem: FeedlyError | None) -> str | None:
    return None if problem is None else translate(problem.message, "en")


def _daily(row: Row[Any]) -> DailyRun:
    request = RunRequest(row.release, row.repeats, row.variants, row.tenant_id, row.interval_s)
    at = time(row.minute_of_day // 60, row.minute_of_day % 60)
    return DailyRun(
        row.schedule_id, row.set_name, request, at, row.zone, row.created_by, row.next_at, row.problem
    )
