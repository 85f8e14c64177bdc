"""A team's database, and what one write is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4

from sqlalchemy import Engine, insert, text

from feedly_core.access.identity import NOBODY_SIGNS_IN
from feedly_core.access.plans import propose_test_job
from feedly_core.access.tokens import Caller, make_token
from feedly_core.alerts.outbox import claim, not_sent, send_test
from feedly_core.alerts.rules import MAILBOX, NewRule, RuleKind
from feedly_core.alerts.store import make_rule
from feedly_core.campaigns.campaigns import pause_campaign, start_campaign
from feedly_core.campaigns.schedule import Mode, Schedule
from feedly_core.campaigns.store import CampaignPlan
from feedly_core.db.engine import writing
from feedly_core.db.own_schema import audit_log
from feedly_core.diagnostics.context import CheckContext, open_context
from feedly_core.diagnostics.thresholds import Thresholds
from feedly_core.golden_sets.baselines import keep_known_failure
from feedly_core.golden_sets.runs import GoldenRun, RunRequest
from feedly_core.golden_sets.schedule import schedule_run
from feedly_core.golden_sets.sets import GoldenSet, save_version
from feedly_core.jobs.request import JobKind, JobRequest
from feedly_core.jobs.samples import sample_pictures
from feedly_core.permissions import Person, Role
from feedly_core.reviews import meetings
from feedly_core.reviews.verdicts import Entry, Verdict, save
from feedly_core.settings import Settings
from tests.factories import MadeJob, make_job
from tests.golden_sets import golden_orders, made_run

BOSS = Person("boss", Role.OPERATOR)
QUICK = Thresholds(probe_notify=0.2, probe_taken=0.2, probe_taken_without_listener=0.2, probe_follow=0.2)
BOTH = ("before", "after")


@dataclass(frozen=True)
class Team:
    """A database with our schema, four jobs, two campaigns, a meeting, a golden set; a trigger is missing."""

    engine: Engine
    settings: Settings
    done: MadeJob
    failed: MadeJob
    waiting: MadeJob
    stalled: MadeJob
    without_copy: MadeJob
    campaign: UUID
    paused: UUID
    meeting: UUID
    golden: GoldenSet
    golden_run: GoldenRun
    daily_run: UUID
    token: UUID
    plan: UUID
    alert_rule: UUID
    message: UUID

    def context(self, settings: Settings) -> Iterator[CheckContext]:
        with open_context(settings.model_copy(update={"allow_repair": True}), QUICK) as context:
            yield context


@dataclass(frozen=True)
class Write:
    """``do(team, person, settings)``. ``keeps`` are the halves of the audit line that must be filled;
    empty where the function only passes on to another one of the list."""

    function: Callable[..., object]
    least: Role
    action: str
    keeps: tuple[str, ...]
    do: Callable[[Team, Person, Settings], object]


def campaign_plan() -> CampaignPlan:
    base = JobRequest(JobKind.YE, "audit_test_tenant", (), "", start=False)
    return CampaignPlan(base, ("국",), sample_pictures()[:1], Schedule(Mode.INTERVAL))


def judge(team: Team, person: Person, settings: Settings) -> object:
    picture = team.done.overlaid_ids[0] or team.done.input_asset_id
    entry = Entry(uuid4(), team.done.job_id, team.done.variant_ids[0], picture, Verdict.APPROVE)
    return save(team.engine, settings, person, [entry])


def _undelivered(engine: Engine, settings: Settings) -> UUID:
    message_id = send_test(engine, settings, BOSS, MAILBOX, "ko")
    message = claim(engine, "sender")
    assert message is not None and message.message_id == message_id
    not_sent(engine, "sender", message, "refused", hopeless=True)
    return message_id


def gather(engine: Engine, settings: Settings) -> Team:
    """The team's database, with our schema installed before."""
    done = make_job(engine, assets_dir=settings.assets_dir)
    campaign, paused = (start_campaign(engine, campaign_plan(), BOSS, settings) for _ in range(2))
    pause_campaign(engine, paused, BOSS, settings)
    golden, now = save_version(engine, settings, BOSS, "메뉴", golden_orders(1)), datetime.now(UTC)
    token = make_token(
        engine, settings, NOBODY_SIGNS_IN, label="report", role=Role.OPERATOR, days=7, now=now
    ).token_id
    caller = Caller(token, "report", BOSS)
    made = Team(
        engine,
        settings,
        done,
        failed=make_job(engine, step="planner", status="failed", variants=[("planner", "failed")]),
        waiting=make_job(engine, step="user_img_input", variants=[("user_img_input", "done")]),
        without_copy=make_job(engine, copies=False, step="iou_eval"),
        stalled=make_job(engine, step="vlm_analyze", status="running", variants=[("img_gen", "done")]),
        campaign=campaign,
        paused=paused,
        meeting=meetings.start(engine, settings, BOSS, "월요일", done.variant_ids),
        golden=golden,
        golden_run=made_run(engine, settings, golden, "2.0"),
        daily_run=schedule_run(engine, settings, BOSS, golden.name, RunRequest("2.0"), time(3), now),
        token=token,
        plan=propose_test_job(engine, settings, caller, description="국", variants=1).plan_id,
        alert_rule=make_rule(engine, settings, BOSS, NewRule(RuleKind.JOB_FAILED)),
        message=_undelivered(engine, settings),
    )
    keep_known_failure(
        *(engine, settings, BOSS, golden, golden.orders[0].case_id, "the font is late"),
        *(date(2029, 12, 24), date(2029, 12, 1)),
    )
    judge(made, BOSS, settings)
    with writing(engine) as connection:
        connection.execute(text("DROP TRIGGER job_state_change_trigger ON jobs"))
        connection.execute(
            insert(audit_log).values(
                at=now - timedelta(days=1000),
                person="lee",
                role="operator",
                action="a",
                target="b",
                result="done",
            )
        )
    return made
