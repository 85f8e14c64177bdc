"""A release against what was approved: everything that page, command and report say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection

from feedly_core.db.query_budget import query_budget
from feedly_core.domain.scores import Limits
from feedly_core.golden_sets.baselines import Baseline, baselines, known_failures
from feedly_core.golden_sets.cases import NO_RESULT, CaseResult, RunResult, results_of_runs
from feedly_core.golden_sets.gate import GateAnswer, KnownFailure, Policy, judge, meaning
from feedly_core.golden_sets.runs import newest_runs
from feedly_core.golden_sets.sets import GoldenSet, find_set

MOST_RELEASES = 4


@dataclass(frozen=True)
class ReleaseCheck:
    """``golden`` is the set's newest version; ``results`` its newest run per release, the newest first."""

    golden: GoldenSet
    results: tuple[RunResult, ...]
    approved: Mapping[UUID, Baseline]
    known: Mapping[UUID, KnownFailure]

    def result(self, release: str) -> RunResult | None:
        return next((one for one in self.results if one.run.release == release), None)

    def case(self, release: str, case_id: UUID) -> CaseResult:
        """The case's outcome; missing where the release has no run."""
        result = self.result(release)
        return result.case(case_id) if result else NO_RESULT

    def answer(self, release: str, today: date, policy: Policy = Policy.NO_REGRESSION) -> GateAnswer:
        """The gate's answer for one release."""
        meanings = {
            order.case_id: meaning(
                self.case(release, order.case_id).state,
                approved=order.case_id in self.approved,
                known=self.known.get(order.case_id),
                today=today,
                policy=policy,
            )
            for order in self.golden.orders
        }
        approved = sum(order.case_id in self.approved for order in self.golden.orders)
        return judge(meanings, approved=approved, policy=policy)


@query_budget(statements=22, rows=20_000)
def release_check(
    connection: Connection,
    name: str,
    known: Limits,
    now: datetime,
    releases: Sequence[str] = (),
) -> ReleaseCheck:
    """Check the set's newest version, under its newest releases or those named.

    Raises :class:`NotFound` for an unknown set.
    """
    golden = find_set(connection, name)
    runs = newest_runs(connection, name, limit=MOST_RELEASES if not releases else 500)
    if releases:
        runs = tuple(run for run in runs if run.release in releases)
    return ReleaseCheck(
        golden,
        results_of_runs(connection, golden, runs, known, now),
        baselines(connection, name),
        known_failures(connection, name),
    )
