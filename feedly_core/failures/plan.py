"""Plan of running the step of a failure group again: rows before and after, who is left out, cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, func, select

from feedly_core.analytics.durations import read_durations
from feedly_core.db.own_schema import installed, variant_facts
from feedly_core.db.query_budget import query_budget
from feedly_core.domain.pipeline import VARIANT_STEP_NAMES
from feedly_core.failures.groups import FailureGroup, Member
from feedly_core.i18n import N_, Message
from feedly_core.jobs.rerun import RerunPlan, plan_reruns

MOST_AT_ONCE = 200
_PRICED = timedelta(days=28)


@dataclass(frozen=True)
class RerunCost:
    """What the steps cost that begin. ``steps``: runs of variant steps, those that follow included.

    ``seconds`` of work, by medians of past runs; None where a step has none. ``usd``: the texts of the
    ``jobs``, by the mean of four weeks; None where no price is known.
    """

    steps: int
    seconds: float | None
    jobs: int
    usd: float | None


@dataclass(frozen=True)
class GroupPlan:
    """``plans`` in the order in which they run, the oldest problem first. ``excluded`` with the reason."""

    plans: tuple[RerunPlan, ...]
    excluded: tuple[tuple[Member, Message], ...]
    cost: RerunCost

    @property
    def reasons(self) -> tuple[tuple[Message, int], ...]:
        """How many are excluded, by reason, the most frequent first."""
        sentences = {str(reason): reason for _, reason in self.excluded}
        counts = Counter(str(reason) for _, reason in self.excluded)
        return tuple((sentences[words], count) for words, count in counts.most_common())


@query_budget(statements=14, rows=60_000)
def plan_group(connection: Connection, group: FailureGroup, now: datetime) -> GroupPlan:
    """Plan to run the step of each variant of a group again. Writes nothing.

    Each variant is planned as :func:`feedly_core.jobs.rerun.plan_rerun` does it.
    """
    members: dict[UUID, Member] = {}
    excluded: list[tuple[Member, Message]] = []
    for one in group.members:
        if one.variant_id is None or one.rerun_step is None:
            excluded.append((one, N_("The whole job is concerned: no step of a variant helps.")))
        elif len(members) < MOST_AT_ONCE:
            members[one.variant_id] = one
        else:
            excluded.append((one, N_("At most {n} run at once: plan again afterwards.", n=MOST_AT_ONCE)))
    planned = plan_reruns(connection, {key: one.rerun_step or "" for key, one in members.items()})
    excluded += [(members[key], error.message) for key, error in planned.refused.items()]
    return GroupPlan(planned.plans, tuple(excluded), _cost(connection, planned.plans, now))


def _cost(connection: Connection, plans: tuple[RerunPlan, ...], now: datetime) -> RerunCost:
    runs = Counter(name for plan in plans for name in _steps_from(plan.step))
    known = read_durations(connection, now)
    medians: Mapping[str, float] = {name: spread.median for name, spread in known.items()}
    seconds = (
        sum(medians[name] * count for name, count in runs.items()) if runs.keys() <= medians.keys() else None
    )
    job_count = len({plan.job_id for plan in plans})
    price = _mean_price(connection, now)
    return RerunCost(runs.total(), seconds, job_count, None if price is None else price * job_count)


def _steps_from(step: str) -> tuple[str, ...]:
    """The step and those of the variant that follow it."""
    return VARIANT_STEP_NAMES[VARIANT_STEP_NAMES.index(step) :]


def _mean_price(connection: Connection, now: datetime) -> float | None:
    """Mean cost of a job's texts in USD over four weeks, from the read model."""
    if not installed(connection, [variant_facts]):
        return None
    facts = variant_facts.c
    return connection.scalar(
        select(func.avg(facts.cost_usd)).where(facts.leads, facts.created_at > now - _PRICED)
    )
