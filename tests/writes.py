"""Every function that writes for a person, and a team's database to call it on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4

from sqlalchemy import Engine, text

from feedly_core.access.identity import NOBODY_SIGNS_IN
from feedly_core.access.plans import confirm_plan, propose_test_job, reject_plan
from feedly_core.access.tokens import Caller, make_token, revoke_token
from feedly_core.alerts.outbox import claim, not_sent, send_again, send_test
from feedly_core.alerts.rules import MAILBOX, NewRule, RuleKind
from feedly_core.alerts.store import make_rule, remove_rule, set_active
from feedly_core.analytics.gallery import cards_of_jobs
from feedly_core.campaigns.campaigns import pause_campaign, resume_campaign, start_campaign, stop_campaign
from feedly_core.campaigns.schedule import Mode, Schedule
from feedly_core.campaigns.store import CampaignPlan
from feedly_core.db.engine import reading, writing
from feedly_core.diagnostics.context import CheckContext, open_context
from feedly_core.diagnostics.probe.run import ProbeSession, complete_waiting, probe_trigger
from feedly_core.diagnostics.repair import proposed, repair
from feedly_core.diagnostics.resend import resend_notifications
from feedly_core.diagnostics.thresholds import Thresholds
from feedly_core.diagnostics.ye_completion import CompletionSession, complete_in_turn
from feedly_core.errors import PermissionDenied
from feedly_core.failures.broken import mark_fault, what_is_broken
from feedly_core.failures.groups import Fault, FaultState
from feedly_core.failures.plan import plan_group
from feedly_core.failures.runs import resume_group_rerun, start_group_rerun, stop_group_rerun
from feedly_core.golden_sets.baselines import approve, keep_known_failure
from feedly_core.golden_sets.runs import GoldenRun, RunRequest, run_set
from feedly_core.golden_sets.schedule import end_schedule, schedule_run
from feedly_core.golden_sets.sets import GoldenSet, save_version
from feedly_core.jobs.cleanup import delete_jobs
from feedly_core.jobs.create import create_job
from feedly_core.jobs.english_copy import add_english_copy
from feedly_core.jobs.named_cleanup import delete_named_jobs
from feedly_core.jobs.request import JobKind, JobRequest
from feedly_core.jobs.rerun import rerun
from feedly_core.jobs.samples import sample_pictures
from feedly_core.live.overview import board_without_hub
from feedly_core.live.problems import ProblemKind, acknowledge
from feedly_core.permissions import Person, Role, install_own_schema
from feedly_core.reviews import agenda, meetings
from feedly_core.reviews.action_items import add_action, remove_action
from feedly_core.reviews.judged_pictures import JudgedPicture, Question
from feedly_core.reviews.limits import use_limit
from feedly_core.reviews.presence import attend
from feedly_core.reviews.questions import keep_reasons
from feedly_core.reviews.rounds import RoundPlan, Seat, give, start_round, take
from feedly_core.reviews.rulings import Right, rule
from feedly_core.reviews.run_plans import keep_plan
from feedly_core.reviews.tags import keep_tags
from feedly_core.reviews.taps import keep_tap
from feedly_core.reviews.verdicts import Entry, Verdict, save
from feedly_core.reviews.winners import choose
from feedly_core.settings import Settings
from tests.factories import MadeJob, make_job
from tests.golden_sets import golden_orders, made_run

BOSS = Person("boss", Role.OPERATOR)
TRIGGER = "triggers.job_notify"
QUICK = Thresholds(probe_notify=0.2, probe_taken=0.2, probe_taken_without_listener=0.2, probe_follow=0.2)


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


def _plan() -> CampaignPlan:
    base = JobRequest(JobKind.YE, "audit_test_tenant", (), "", start=False)
    return CampaignPlan(base, ("국",), sample_pictures()[:1], Schedule(Mode.INTERVAL))


def _create(team: Team, person: Person, settings: Settings) -> object:
    request = JobRequest(
        JobKind.FULL, "audit_test_tenant", (sample_pictures()[0],), "국물", variants=1, start=False
    )
    assert settings.assets_dir is not None
    at = {"key": uuid4(), "assets_dir": settings.assets_dir, "now": datetime.now(UTC)}
    return create_job(team.engine, request, person=person, settings=settings, **at)  # type: ignore[arg-type]


def _judge(team: Team, person: Person, settings: Settings) -> object:
    picture = team.done.overlaid_ids[0] or team.done.input_asset_id
    entry = Entry(uuid4(), team.done.job_id, team.done.variant_ids[0], picture, Verdict.APPROVE)
    return save(team.engine, settings, person, [entry])


def _start_round(team: Team, person: Person, settings: Settings) -> object:
    with reading(team.engine) as connection:
        shown = cards_of_jobs(connection, [team.done.job_id], datetime.now(UTC))
    return start_round(team.engine, settings, person, RoundPlan("라운드", (), 1), shown[:1])


def _give(team: Team, person: Person, settings: Settings) -> object:
    picture = team.done.overlaid_ids[0] or team.done.input_asset_id
    ids = (team.done.variant_ids[0], 0, team.done.job_id, picture)
    entry = Entry(uuid4(), team.done.job_id, team.done.variant_ids[0], picture, Verdict.APPROVE)
    return give(team.engine, settings, person, Seat(uuid4(), *ids, datetime.now(UTC)), entry)


def _rule(team: Team, person: Person, settings: Settings) -> object:
    picture = team.done.overlaid_ids[0] or team.done.input_asset_id
    nothing = (None, None, None, None, {}, (), {}, None, None, None)
    return rule(
        team.engine,
        settings,
        person,
        JudgedPicture(team.done.variant_ids[0], team.done.job_id, picture, *nothing),  # type: ignore[arg-type]
        Right.JUDGE,
    )


def _repair(context: CheckContext, person: Person) -> object:
    fix = proposed(context, TRIGGER)[1].fix
    assert fix is not None
    return repair(context, person, TRIGGER, fix.sql)


def _in_context(
    do: Callable[[Team, CheckContext, Person], object],
) -> Callable[[Team, Person, Settings], object]:
    def go(team: Team, person: Person, settings: Settings) -> object:
        return [do(team, context, person) for context in team.context(settings)]

    return go


def _reopen(team: Team, person: Person, settings: Settings) -> object:
    with suppress(PermissionDenied):  # who may not end it may not take the end back either
        meetings.end(team.engine, settings, person, team.meeting)
    return meetings.reopen(team.engine, settings, person, team.meeting)


def _add_action(team: Team, person: Person, settings: Settings) -> UUID:
    return add_action(team.engine, settings, person, team.meeting, "글자 색 바꾸기", "하나")


def _remove_action(team: Team, person: Person, settings: Settings) -> object:
    action_id = uuid4()
    with suppress(PermissionDenied):  # who may not add one may not remove one either
        action_id = _add_action(team, person, settings)
    return remove_action(team.engine, settings, person, action_id)


def _undelivered(engine: Engine, settings: Settings) -> UUID:
    message_id = send_test(engine, settings, BOSS, MAILBOX, "ko")
    message = claim(engine, "sender")
    assert message is not None and message.message_id == message_id
    not_sent(engine, "sender", message, "refused", hopeless=True)
    return message_id


def _start_rerun(team: Team, person: Person, settings: Settings) -> UUID:
    now = datetime.now(UTC) + timedelta(hours=1)  # when no repair is awaited any more
    with reading(team.engine) as connection:
        groups = what_is_broken(connection, board_without_hub(connection, now), now)
        group = next(each for each in groups if each.fault == Fault(ProblemKind.FAILED, "planner"))
        plan = plan_group(connection, group, now)
    return start_group_rerun(team.engine, settings, person, group, plan)


def _stop_rerun(team: Team, person: Person, settings: Settings) -> UUID:
    run_id = uuid4()
    with suppress(PermissionDenied):  # who may not start one may not stop one either
        run_id = _start_rerun(team, person, settings)
    stop_group_rerun(team.engine, settings, person, run_id)
    return run_id


def _resume_rerun(team: Team, person: Person, settings: Settings) -> object:
    run_id = uuid4()
    with suppress(PermissionDenied):
        run_id = _stop_rerun(team, person, settings)
    return resume_group_rerun(team.engine, settings, person, run_id)


BOTH = ("before", "after")
WRITES = (
    Write(
        make_rule,
        Role.OPERATOR,
        "make_alert_rule",
        ("after",),
        lambda team, person, settings: make_rule(
            team.engine, settings, person, NewRule(RuleKind.HUB_DOWN, threshold=2)
        ),
    ),
    Write(
        set_active,
        Role.OPERATOR,
        "pause_alert_rule",
        BOTH,
        lambda team, person, settings: set_active(team.engine, settings, person, team.alert_rule, False),
    ),
    Write(
        remove_rule,
        Role.OPERATOR,
        "remove_alert_rule",
        BOTH,
        lambda team, person, settings: remove_rule(team.engine, settings, person, team.alert_rule),
    ),
    Write(
        send_test,
        Role.OPERATOR,
        "send_test_alert",
        ("after",),
        lambda team, person, settings: send_test(team.engine, settings, person, MAILBOX, "ko"),
    ),
    Write(
        send_again,
        Role.OPERATOR,
        "send_alert_again",
        BOTH,
        lambda team, person, settings: send_again(team.engine, settings, person, team.message),
    ),
    Write(create_job, Role.OPERATOR, "create_job", ("after",), _create),
    Write(
        delete_jobs,
        Role.OPERATOR,
        "remove_job",
        ("before",),
        lambda team, person, settings: delete_jobs(
            team.engine,
            [team.failed.job_id],
            assets_dir=settings.assets_dir,
            person=person,
            settings=settings,
        ),
    ),
    Write(
        delete_named_jobs,
        Role.OPERATOR,
        "remove_named_job",
        ("before",),
        lambda team, person, settings: delete_named_jobs(
            team.engine, [team.done.job_id], assets_dir=settings.assets_dir, person=person, settings=settings
        ),
    ),
    Write(
        start_campaign,
        Role.OPERATOR,
        "start_campaign",
        ("after",),
        lambda team, person, settings: start_campaign(team.engine, _plan(), person, settings),
    ),
    Write(
        pause_campaign,
        Role.OPERATOR,
        "paused_campaign",
        BOTH,
        lambda team, person, settings: pause_campaign(team.engine, team.campaign, person, settings),
    ),
    Write(
        resume_campaign,
        Role.OPERATOR,
        "running_campaign",
        BOTH,
        lambda team, person, settings: resume_campaign(team.engine, team.paused, person, settings),
    ),
    Write(
        stop_campaign,
        Role.OPERATOR,
        "stopped_campaign",
        BOTH,
        lambda team, person, settings: stop_campaign(team.engine, team.campaign, person, settings),
    ),
    Write(
        rerun,
        Role.OPERATOR,
        "rerun_step",
        BOTH,
        lambda team, person, settings: rerun(
            team.engine, settings, person, team.failed.variant_ids[0], "planner"
        ),
    ),
    Write(
        mark_fault,
        Role.REVIEWER,
        "mark_failure",
        BOTH,
        lambda team, person, settings: mark_fault(
            *(team.engine, settings, person, Fault(ProblemKind.FAILED, "planner"), FaultState.KNOWN),
            note="the model is down",
        ),
    ),
    Write(start_group_rerun, Role.OPERATOR, "rerun_group", ("after",), _start_rerun),
    Write(stop_group_rerun, Role.OPERATOR, "stopped_rerun", BOTH, _stop_rerun),
    Write(resume_group_rerun, Role.OPERATOR, "running_rerun", BOTH, _resume_rerun),
    Write(
        add_english_copy,
        Role.OPERATOR,
        "add_english_copy",
        BOTH,
        lambda team, person, settings: add_english_copy(
            team.engine, settings, person, team.without_copy.job_id, "A hearty pot."
        ),
    ),
    Write(
        install_own_schema,
        Role.OPERATOR,
        "install_schema",
        BOTH,
        lambda team, person, settings: install_own_schema(team.engine, person, settings),
    ),
    Write(
        acknowledge,
        Role.REVIEWER,
        "acknowledge_failure",
        BOTH,
        lambda team, person, settings: acknowledge(team.engine, settings, person, team.failed.job_id),
    ),
    Write(save, Role.REVIEWER, "verdict", BOTH, _judge),
    Write(
        choose,
        Role.REVIEWER,
        "winner",
        BOTH,
        lambda team, person, settings: choose(
            team.engine, settings, person, team.done.job_id, team.done.variant_ids[1]
        ),
    ),
    Write(
        use_limit,
        Role.OPERATOR,
        "use_limit",
        BOTH,
        lambda team, person, settings: use_limit(team.engine, settings, person, "ocr_accuracy", 0.8),
    ),
    Write(
        keep_reasons,
        Role.OPERATOR,
        "keep_reasons",
        BOTH,
        lambda team, person, settings: keep_reasons(
            team.engine, settings, person, Question.OCCLUSION, ["bad_crop"]
        ),
    ),
    Write(
        keep_tap,
        Role.REVIEWER,
        "tap",
        ("after",),
        lambda team, person, settings: keep_tap(
            team.engine,
            settings,
            person,
            team.done.job_id,
            *team.done.variant_ids[:2],
            left=True,
            blind=False,
        ),
    ),
    Write(start_round, Role.REVIEWER, "start_round", ("after",), _start_round),
    Write(
        take,
        Role.REVIEWER,
        "",
        (),
        lambda team, person, settings: take(team.engine, settings, person, uuid4()),
    ),
    Write(give, Role.REVIEWER, "", (), _give),
    Write(rule, Role.REVIEWER, "rule", ("after",), _rule),
    Write(
        keep_tags,
        Role.OPERATOR,
        "keep_tags",
        BOTH,
        lambda team, person, settings: keep_tags(team.engine, settings, person, ["로고"]),
    ),
    Write(
        meetings.start,
        Role.REVIEWER,
        "start_meeting",
        ("after",),
        lambda team, person, settings: meetings.start(
            team.engine, settings, person, "월요일", team.done.variant_ids
        ),
    ),
    Write(
        revoke_token,
        Role.OPERATOR,  # somebody else's
        "revoke_token",
        ("after",),
        lambda team, person, settings: revoke_token(team.engine, settings, person, team.token),
    ),
    Write(
        confirm_plan,
        Role.OPERATOR,
        "confirmed_plan",
        ("after",),
        lambda team, person, settings: confirm_plan(team.engine, settings, person, team.plan),
    ),
    Write(
        reject_plan,
        Role.OPERATOR,
        "rejected_plan",
        ("after",),
        lambda team, person, settings: reject_plan(team.engine, settings, person, team.plan),
    ),
    Write(
        attend,
        Role.VIEWER,
        "attend_meeting",
        ("after",),
        lambda team, person, settings: attend(team.engine, settings, person, team.meeting),
    ),
    Write(
        meetings.show,
        Role.REVIEWER,
        "show_in_meeting",
        BOTH,
        lambda team, person, settings: meetings.show(team.engine, settings, person, team.meeting, 1),
    ),
    Write(
        meetings.arrange,
        Role.REVIEWER,
        "arrange_meeting",
        BOTH,
        lambda team, person, settings: meetings.arrange(
            team.engine, settings, person, team.meeting, team.done.variant_ids[:2]
        ),
    ),
    Write(
        agenda.collect,
        Role.REVIEWER,
        "arrange_meeting",
        BOTH,
        lambda team, person, settings: agenda.collect(
            team.engine, settings, person, team.stalled.variant_ids
        ),
    ),
    Write(
        agenda.keep,
        Role.REVIEWER,
        "collect_agenda",
        BOTH,
        lambda team, person, settings: agenda.keep(team.engine, settings, person, team.done.variant_ids),
    ),
    Write(add_action, Role.REVIEWER, "add_action", ("after",), _add_action),
    Write(remove_action, Role.REVIEWER, "remove_action", ("before",), _remove_action),
    Write(meetings.reopen, Role.REVIEWER, "reopen_meeting", BOTH, _reopen),
    Write(
        meetings.end,
        Role.REVIEWER,
        "end_meeting",
        BOTH,
        lambda team, person, settings: meetings.end(team.engine, settings, person, team.meeting),
    ),
    Write(
        probe_trigger,
        Role.OPERATOR,
        "live_test",
        ("after",),
        _in_context(lambda team, context, person: probe_trigger(context, person)),
    ),
    Write(
        complete_waiting,
        Role.OPERATOR,
        "complete_waiting",
        BOTH,
        _in_context(
            lambda team, context, person: complete_waiting(context, person, team.waiting.variant_ids[0])
        ),
    ),
    Write(
        resend_notifications,
        Role.OPERATOR,
        "touch_again",
        BOTH,
        _in_context(
            lambda team, context, person: resend_notifications(context, person, team.stalled.variant_ids)
        ),
    ),
    Write(
        repair,
        Role.OPERATOR,
        "repair_trigger",
        BOTH,
        _in_context(lambda team, context, person: _repair(context, person)),
    ),
    Write(
        complete_in_turn,
        Role.OPERATOR,
        "",
        (),
        lambda team, person, settings: complete_in_turn(settings, person, team.waiting.variant_ids),
    ),
    Write(
        CompletionSession,
        Role.OPERATOR,
        "",
        (),
        lambda team, person, settings: CompletionSession(settings, person, team.waiting.variant_ids),
    ),
    Write(
        save_version,
        Role.REVIEWER,
        "save_golden_set",
        BOTH,
        lambda team, person, settings: save_version(
            team.engine, settings, person, team.golden.name, golden_orders(2)
        ),
    ),
    Write(
        run_set,
        Role.OPERATOR,
        "run_golden_set",
        ("after",),
        lambda team, person, settings: run_set(team.engine, settings, person, team.golden, RunRequest("2.1")),
    ),
    Write(
        approve,
        Role.REVIEWER,
        "approve_baseline",
        ("after",),
        lambda team, person, settings: approve(
            team.engine, settings, person, team.golden, team.golden_run, datetime.now(UTC)
        ),
    ),
    Write(
        keep_known_failure,
        Role.REVIEWER,
        "known_failure",
        BOTH,
        lambda team, person, settings: keep_known_failure(
            *(team.engine, settings, person, team.golden, team.golden.orders[0].case_id),
            *("the font is late", date(2030, 1, 1), date(2029, 12, 1)),
        ),
    ),
    Write(
        schedule_run,
        Role.OPERATOR,
        "schedule_golden_set",
        ("after",),
        lambda team, person, settings: schedule_run(
            *(team.engine, settings, person, team.golden.name, RunRequest("2.1"), time(3)), datetime.now(UTC)
        ),
    ),
    Write(
        end_schedule,
        Role.OPERATOR,
        "end_golden_schedule",
        BOTH,
        lambda team, person, settings: end_schedule(team.engine, settings, person, team.daily_run),
    ),
    Write(
        keep_plan,
        Role.OPERATOR,
        "plan_comparison",
        ("after",),
        lambda team, person, settings: keep_plan(
            *(team.engine, settings, person, ("release", "2.0"), ("release", "2.1")), orders=60, compared=20
        ),
    ),
    Write(ProbeSession, Role.OPERATOR, "", (), lambda team, person, settings: ProbeSession(settings, person)),
)


def gather(engine: Engine, settings: Settings) -> Team:
    """The team's database, with our schema installed before."""
    done = make_job(engine, assets_dir=settings.assets_dir)
    campaign, paused = (start_campaign(engine, _plan(), BOSS, settings) for _ in range(2))
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
    _judge(made, BOSS, settings)
    with writing(engine) as connection:
        connection.execute(text("DROP TRIGGER job_state_change_trigger ON jobs"))
    return made
