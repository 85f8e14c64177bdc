"""How each order of a golden set did under the releases that it ran under."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import distinct_on

from feedly_core.analytics.gallery import Card, cards_of_jobs
from feedly_core.campaigns.schedule import Outcome, State
from feedly_core.db.engine import among, capabilities
from feedly_core.db.own_schema import campaign_jobs, campaigns, golden_orders
from feedly_core.db.query_budget import query_budget
from feedly_core.domain import tables as t
from feedly_core.domain.payloads.overlay_layout import read_overlay_layout
from feedly_core.domain.payloads.vlm_traces import read_judgement
from feedly_core.domain.scores import COMPARED, ContrastState, Limits, passes
from feedly_core.golden_sets.facts import Evidence, Fact, holds
from feedly_core.golden_sets.gate import CaseState, case_state, job_passes
from feedly_core.golden_sets.runs import GoldenRun
from feedly_core.golden_sets.sets import GoldenSet
from feedly_core.reviews.agreement import people_verdict
from feedly_core.reviews.verdicts import StoredVerdict, stored_verdicts

_GOING_ON = {State.RUNNING.value, State.PAUSED.value, State.DRAINING.value}


@dataclass(frozen=True)
class CasePicture:
    """One picture of a case. ``passes`` None: neither people nor data say.

    ``broken`` facts are disproved by the data, of ``unproved`` ones the data say nothing.
    """

    card: Card
    passes: bool | None
    by_people: bool
    broken: tuple[Fact, ...]
    unproved: tuple[Fact, ...]

    @property
    def measured(self) -> bool:
        """Whether the drawn letters of the finished picture have been looked at."""
        return self.card.picture_id is None or self.card.contrast_state is not ContrastState.PENDING


@dataclass(frozen=True)
class CaseResult:
    """A case under one release. ``failed_jobs`` ended lacking pictures."""

    state: CaseState
    pictures: tuple[CasePicture, ...]
    failed_jobs: int

    @property
    def shown(self) -> CasePicture | None:
        """The picture that stands for the case: one that fails where one does."""
        finished = [one for one in self.pictures if one.card.picture_id is not None]
        return min(finished, key=lambda one: (one.passes is not False, one.passes is None), default=None)


@dataclass(frozen=True)
class RunResult:
    """A run and its cases by id. ``unmeasured``: jobs with a picture whose letters nobody has measured."""

    run: GoldenRun
    cases: Mapping[UUID, CaseResult]
    unmeasured: tuple[UUID, ...]

    def case(self, case_id: UUID) -> CaseResult:
        """The case; missing where the run's version lacks it."""
        return self.cases.get(case_id, NO_RESULT)


NO_RESULT = CaseResult(CaseState.MISSING, (), 0)


@query_budget(statements=16, rows=20_000)
def results_of_runs(
    connection: Connection, golden: GoldenSet, runs: Sequence[GoldenRun], known: Limits, now: datetime
) -> tuple[RunResult, ...]:
    """The cases of these runs, with the facts that the given version expects.

    As FeedlyAI's rows are now, without the read model. ``known``: the limits in force.
    """
    members = _members(connection, runs)
    cards: dict[UUID, list[Card]] = defaultdict(list)
    for card in cards_of_jobs(connection, {row.job_id for rows in members.values() for row in rows}, now):
        cards[card.job_id].append(card)
    shown = [card.variant_id for some in cards.values() for card in some]
    evidence = _evidence(connection, [card for some in cards.values() for card in some])
    said = stored_verdicts(connection, shown)
    facts = {order.case_id: order.facts for order in golden.orders}
    order_of = _order_of(connection, runs)
    going_on = _going_on(connection, runs)

    def looked_at(job_id: UUID, case_id: UUID) -> tuple[CasePicture, ...]:
        return tuple(
            _picture(card, said.get(card.variant_id, ()), evidence, facts.get(case_id, ()), known)
            for card in cards.get(job_id, ())
        )

    results = []
    for run in runs:
        by_case: dict[UUID, list[tuple[Any, tuple[CasePicture, ...]]]] = defaultdict(list)
        cases = order_of[run.set_id]
        for row in members[run.campaign_id]:
            case_id = cases[row.item % len(cases)]
            by_case[case_id].append((row, looked_at(row.job_id, case_id)))
        results.append(_result(run, cases, by_case, going_on=run.campaign_id in going_on))
    return tuple(results)


def _result(
    run: GoldenRun,
    cases: Sequence[UUID],
    by_case: Mapping[UUID, Sequence[tuple[Any, tuple[CasePicture, ...]]]],
    *,
    going_on: bool,
) -> RunResult:
    found, unmeasured = {}, []
    for case_id in cases:
        jobs = by_case.get(case_id, ())
        ended: list[bool | None] = []
        running = failed = 0
        for row, pictures in jobs:
            waits = not all(picture.measured for picture in pictures)
            if row.outcome is None or waits:
                running += 1
                unmeasured += [row.job_id] if row.outcome is not None else []
            elif row.outcome == Outcome.FAILED:
                failed += 1
                ended.append(False)
            elif pictures:  # else the job was removed
                ended.append(job_passes([picture.passes for picture in pictures]))
        if going_on:
            running += max(0, run.repeats - len(jobs))
        found[case_id] = CaseResult(
            case_state(ended, running=running, repeats=run.repeats),
            tuple(picture for _row, pictures in jobs for picture in pictures),
            failed,
        )
    return RunResult(run, found, tuple(unmeasured))


def _picture(
    card: Card,
    said: Iterable[StoredVerdict],
    evidence: Mapping[UUID, Evidence],
    facts: Sequence[Fact],
    known: Limits,
) -> CasePicture:
    if card.picture_id is None:
        return CasePicture(card, False, False, (), ())
    told = people_verdict(one for one in said if one.picture_id == card.picture_id)
    scores = {name: card.scores.get(name) for name in COMPARED}
    good = passes(known, scores, large_text=card.large_text) if told is None else told
    proved = {fact: holds(fact, evidence[card.variant_id]) for fact in facts}
    broken = tuple(fact for fact, held in proved.items() if held is False)
    unproved = tuple(fact for fact, held in proved.items() if held is None)
    if broken:
        good = False
    elif unproved and good:
        good = None
    return CasePicture(card, good, told is not None, broken, unproved)


def _members(connection: Connection, runs: Sequence[GoldenRun]) -> dict[UUID, list[Any]]:
    members = campaign_jobs.c
    found: dict[UUID, list[Any]] = {run.campaign_id: [] for run in runs}
    query = (
        select(members.campaign_id, members.item, members.job_id, members.outcome)
        .where(among(members.campaign_id, list(found)))
        .order_by(members.campaign_id, members.sequence)
    )
    for row in connection.execute(query):
        found[row.campaign_id].append(row)
    return found


def _order_of(connection: Connection, runs: Sequence[GoldenRun]) -> dict[UUID, list[UUID]]:
    """The cases of each version in their order."""
    orders = golden_orders.c
    found: dict[UUID, list[UUID]] = {run.set_id: [] for run in runs}
    query = select(orders.set_id, orders.case_id).where(among(orders.set_id, list(found)))
    for row in connection.execute(query.order_by(orders.set_id, orders.position)):
        found[row.set_id].append(row.case_id)
    return found


def _going_on(connection: Connection, runs: Sequence[GoldenRun]) -> set[UUID]:
    ids = [run.campaign_id for run in runs]
    query = select(campaigns.c.campaign_id).where(
        among(campaigns.c.campaign_id, ids), campaigns.c.state.in_(_GOING_ON)
    )
    return set(connection.scalars(query))


def _evidence(connection: Connection, cards: Sequence[Card]) -> dict[UUID, Evidence]:
    ids, caps = [card.variant_id for card in cards], capabilities(connection)
    overlays, traces = t.overlay_layouts, t.vlm_traces
    centres, calls = {}, {}
    if caps.has("overlay_layouts", "job_variants_id"):
        newest = (
            select(overlays)
            .with_only_columns(
                overlays.c.job_variants_id,
                overlays.c.layout,
                *(overlays.c[name] for name in ("x_ratio", "y_ratio", "width_ratio", "height_ratio")),
            )
            .ext(distinct_on(overlays.c.job_variants_id))
            .where(among(overlays.c.job_variants_id, ids))
            .order_by(overlays.c.job_variants_id, overlays.c.created_at.desc().nulls_last())
        )
        for row in connection.execute(newest).mappings():
            box = read_overlay_layout(row["layout"], dict(row)).box
            if box is not None:
                centres[row["job_variants_id"]] = box.y + box.height / 2
    if caps.has("vlm_traces", "job_variants_id"):
        judged = (
            select(traces.c.job_variants_id, traces.c.request, traces.c.response)
            .ext(distinct_on(traces.c.job_variants_id))
            .where(among(traces.c.job_variants_id, ids), traces.c.operation_type == "judge")
            .order_by(traces.c.job_variants_id, traces.c.created_at.desc().nulls_last())
        )
        for said in connection.execute(judged):
            calls[said.job_variants_id] = read_judgement(said.request, said.response).cta_present
    return {
        card.variant_id: Evidence(
            card.scores, card.text, calls.get(card.variant_id), centres.get(card.variant_id)
        )
        for card in cards
    }


def states(result: RunResult, golden: GoldenSet) -> Counter[CaseState]:
    """How many cases of the version are in which state."""
    return Counter(result.case(order.case_id).state for order in golden.orders)
