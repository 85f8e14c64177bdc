"""Plans of comparisons: how many orders decide, fixed before, so that nobody stops when it looks good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, and_, insert, select

from feedly_core.db.engine import writing
from feedly_core.db.own_schema import installed, need, run_plans
from feedly_core.db.query_budget import query_budget
from feedly_core.errors import InvalidInput
from feedly_core.i18n import N_, Message
from feedly_core.permissions import Person, Role, audit, require
from feedly_core.settings import Settings

Run = tuple[str, str]
"""Kind (release, campaign, job) and name."""

MAX_ORDERS = 100_000


@dataclass(frozen=True)
class RunPlan:
    """``orders`` to add to the ``compared`` ones that there were."""

    orders: int
    compared: int
    person: str
    at: datetime

    def made(self, compared: int) -> int:
        """How many of the planned orders are there."""
        return min(self.orders, max(0, compared - self.compared))

    def open(self, compared: int) -> bool:
        """Whether planned orders are missing; until then no figure is the answer."""
        return self.made(compared) < self.orders


@query_budget(statements=1, rows=100)
def plan_of(connection: Connection, before: Run, after: Run) -> RunPlan | None:
    """The newest plan of two runs; None without one. One statement."""
    if not installed(connection, [run_plans]):
        return None
    newest = select(run_plans).where(_of(before, after)).order_by(run_plans.c.plan_id.desc()).limit(1)
    row = connection.execute(newest).one_or_none()
    return None if row is None else RunPlan(row.orders, row.compared, row.person, row.at)


def keep_plan(
    engine: Engine,
    settings: Settings,
    person: Person,
    before: Run,
    after: Run,
    *,
    orders: int,
    compared: int,
) -> None:
    """Fix how many more orders decide. A plan that is still open stays as it is.

    Needs the role operator. Raises :class:`InvalidInput`, :class:`MissingInSchema`.
    """
    require(person, Role.OPERATOR, settings)
    if not 1 <= orders <= MAX_ORDERS:
        raise InvalidInput(N_("A plan needs 1 to {n} orders.", n=MAX_ORDERS))
    with writing(engine) as connection:
        need(connection, [run_plans], N_("This database has no place for plans of comparisons yet."))
        before_plan = plan_of(connection, before, after)
        if before_plan is not None and before_plan.open(compared):
            return
        named = dict(zip(_NAMES, (*before, *after), strict=True))
        connection.execute(
            insert(run_plans).values(**named, orders=orders, compared=compared, person=person.name)
        )
        audit(connection, person, "plan_comparison", f"{before[1]} {after[1]}", after={"orders": orders})


def plan_sentence(plan: RunPlan, compared: int) -> Message:
    """How far an open plan is."""
    return N_(
        "{made} of {orders} planned orders are there ({person} fixed the number before). Until all of them"
        " are, the figures below are no answer.",
        made=plan.made(compared),
        orders=plan.orders,
        person=plan.person,
    )


_NAMES = ("before_kind", "before_run", "after_kind", "after_run")


def _of(before: Run, after: Run) -> ColumnElement[bool]:
    columns = (run_plans.c[name] for name in _NAMES)
    return and_(*(column == value for column, value in zip(columns, (*before, *after), strict=True)))
