"""What a team leaves in the dashboard's own schema about one job: a row in each table that pages read."""

from __future__ import annotations

from uuid import UUID, uuid4

from sqlalchemy import Engine, insert

from feedly_core.alerts.outbox import send_test
from feedly_core.alerts.rules import MAILBOX, NewRule, RuleKind
from feedly_core.alerts.store import make_rule
from feedly_core.campaigns.campaigns import start_campaign, stop_campaign
from feedly_core.campaigns.schedule import Mode, Schedule
from feedly_core.campaigns.store import CampaignPlan
from feedly_core.db.engine import writing
from feedly_core.db.own_schema import live_test_runs, review_tags, step_events
from feedly_core.failures.broken import mark_fault
from feedly_core.failures.groups import Fault, FaultState
from feedly_core.jobs.request import JobKind, JobRequest
from feedly_core.jobs.samples import sample_pictures
from feedly_core.live.problems import ProblemKind, acknowledge
from feedly_core.permissions import Person, Role
from feedly_core.reviews.meetings import start as start_meeting
from feedly_core.reviews.verdicts import Entry, Mark, Verdict, save
from feedly_core.reviews.winners import choose
from feedly_core.settings import Settings
from tests.factories import MadeJob

PERSON = Person("kim", Role.OPERATOR)


def leave_memories(engine: Engine, settings: Settings, made: MadeJob, tag: str) -> UUID:
    """A row or more in each room of our schema. Returns the meeting."""
    meeting = start_meeting(engine, settings, PERSON, "monday", made.variant_ids)
    said = [
        Entry(
            entry_id=uuid4(),
            job_id=made.job_id,
            variant_id=variant,
            picture_id=picture or made.input_asset_id,
            verdict=Verdict.REJECT,
            tags=("other",),
            comment="too dark",
            marks=(Mark(0.1, 0.1, 0.2, 0.2, "here"),),
            team=team,
            meeting_id=meeting,
        )
        for variant, picture in zip(made.variant_ids, made.overlaid_ids, strict=True)
        for team in (False, True)
    ]
    save(engine, settings, PERSON, said)
    choose(engine, settings, PERSON, made.job_id, made.variant_ids[0])
    acknowledge(engine, settings, PERSON, made.job_id)
    base = JobRequest(JobKind.YE, made.tenant_id, (), "", start=False)
    plan = CampaignPlan(base, ("국",), sample_pictures()[:1], Schedule(Mode.INTERVAL))
    make_rule(engine, settings, PERSON, NewRule(RuleKind.JOB_FAILED))
    send_test(engine, settings, PERSON, MAILBOX, "en")
    fault = Fault(ProblemKind.FAILED, "planner")
    mark_fault(engine, settings, PERSON, fault, FaultState.KNOWN, note="the font is missing")
    stop_campaign(engine, start_campaign(engine, plan, PERSON, settings), PERSON, settings)
    with writing(engine) as connection:
        connection.execute(insert(review_tags).values(tag=tag[:80], position=0))
        connection.execute(
            insert(live_test_runs).values(
                run_id=uuid4(),
                person="kim",
                verdict="failed",
                broken_link="trigger",
                taken_by="yh",
                steps=[{"step": "planner", "ms": 3.0}],
                detail={"note": "none"},
                cleaned=True,
            )
        )
        connection.execute(
            insert(step_events).values(
                job_id=made.job_id,
                job_variants_id=made.variant_ids[0],
                step="planner",
                status="done",
                row_updated_at="2026-01-01T00:00:00Z",
                seen_at="2026-01-01T00:00:00Z",
                source="notify",
            )
        )
    return meeting
