"""Every function that writes for a person: who may, what read-only stops, which line the audit log gets.

The functions are found in the source, so that a new one without its entry here fails.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, select, text

from feedly_core.access import Person, Role, install_own_schema
from feedly_core.dashboard_schema import audit_log, metadata
from feedly_core.database import reading, writing
from feedly_core.diagnostics.live_session import LiveSession
from feedly_core.diagnostics.live_test import complete_waiting, live_test
from feedly_core.diagnostics.repair import proposed, repair
from feedly_core.diagnostics.scene import Scene, open_scene
from feedly_core.diagnostics.thresholds import Thresholds
from feedly_core.diagnostics.touch_again import touch_again
from feedly_core.diagnostics.ye_completion import CompletionSession, complete_in_turn
from feedly_core.domain.tables.columns import metadata as feedly
from feedly_core.errors import PermissionDenied
from feedly_core.jobs.campaign_rows import CampaignPlan
from feedly_core.jobs.campaigns import pause_campaign, resume_campaign, start_campaign, stop_campaign
from feedly_core.jobs.clearing import clear_jobs
from feedly_core.jobs.create import create_job
from feedly_core.jobs.orders import JobOrder, Kind
from feedly_core.jobs.pacing import Mode, Rhythm
from feedly_core.jobs.rerun import rerun
from feedly_core.jobs.samples import sample_pictures
from feedly_core.monitor.acknowledge import acknowledge
from feedly_core.reviews import meetings
from feedly_core.reviews.tags import keep_tags
from feedly_core.reviews.verdicts import Entry, Verdict, save
from feedly_core.reviews.winners import choose
from feedly_core.settings import Settings
from tests.factories import MadeJob, make_job

CORE = Path(__file__).parents[2] / "feedly_core"
BOSS = Person("boss", Role.OPERATOR)
TRIGGER = "triggers.job_notify"
QUICK = Thresholds(live_notify=0.2, live_taken=0.2, live_taken_unheard=0.2, live_follow=0.2)


@dataclass(frozen=True)
class Team:
    """A database with our schema, four jobs, two campaigns, a meeting, and a trigger that is missing."""

    engine: Engine
    settings: Settings
    done: MadeJob
    failed: MadeJob
    waiting: MadeJob
    lost: MadeJob
    campaign: UUID
    paused: UUID
    meeting: UUID

    def scene(self, settings: Settings) -> Iterator[Scene]:
        with open_scene(settings.model_copy(update={"allow_repair": True}), QUICK) as scene:
            yield scene


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
    base = JobOrder(Kind.YE, "audit_test_tenant", (), "", start=False)
    return CampaignPlan(base, ("국",), sample_pictures()[:1], Rhythm(Mode.INTERVAL))


def _create(team: Team, person: Person, settings: Settings) -> object:
    order = JobOrder(Kind.FULL, "audit_test_tenant", (sample_pictures()[0],), "국물", variants=1, start=False)
    assert settings.assets_dir is not None
    at = {"key": uuid4(), "assets_dir": settings.assets_dir, "now": datetime.now(UTC)}
    return create_job(team.engine, order, person=person, settings=settings, **at)  # type: ignore[arg-type]


def _judge(team: Team, person: Person, settings: Settings) -> object:
    picture = team.done.overlaid_ids[0] or team.done.input_asset_id
    entry = Entry(uuid4(), team.done.job_id, team.done.variant_ids[0], picture, Verdict.APPROVE)
    return save(team.engine, settings, person, [entry])


def _repair(scene: Scene, person: Person) -> object:
    fix = proposed(scene, TRIGGER)[1].fix
    assert fix is not None
    return repair(scene, person, TRIGGER, fix.sql)


def _on_scene(do: Callable[[Team, Scene, Person], object]) -> Callable[[Team, Person, Settings], object]:
    def go(team: Team, person: Person, settings: Settings) -> object:
        return [do(team, scene, person) for scene in team.scene(settings)]

    return go


BOTH = ("before", "after")
WRITES = (
    Write(create_job, Role.OPERATOR, "create_job", ("after",), _create),
    Write(
        clear_jobs,
        Role.OPERATOR,
        "remove_job",
        ("before",),
        lambda team, person, settings: clear_jobs(
            team.engine,
            [team.failed.job_id],
            assets_dir=settings.assets_dir,
            person=person,
            settings=settings,
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
        meetings.end,
        Role.REVIEWER,
        "end_meeting",
        BOTH,
        lambda team, person, settings: meetings.end(team.engine, settings, person, team.meeting),
    ),
    Write(
        live_test,
        Role.OPERATOR,
        "live_test",
        ("after",),
        _on_scene(lambda team, scene, person: live_test(scene, person)),
    ),
    Write(
        complete_waiting,
        Role.OPERATOR,
        "complete_waiting",
        BOTH,
        _on_scene(lambda team, scene, person: complete_waiting(scene, person, team.waiting.variant_ids[0])),
    ),
    Write(
        touch_again,
        Role.OPERATOR,
        "touch_again",
        BOTH,
        _on_scene(lambda team, scene, person: touch_again(scene, person, team.lost.variant_ids)),
    ),
    Write(
        repair,
        Role.OPERATOR,
        "repair_trigger",
        BOTH,
        _on_scene(lambda team, scene, person: _repair(scene, person)),
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
    Write(LiveSession, Role.OPERATOR, "", (), lambda team, person, settings: LiveSession(settings, person)),
)


@pytest.fixture
def team(engine: Engine, settings: Settings, our_schema: None) -> Team:
    return gather(engine, settings)


def gather(engine: Engine, settings: Settings) -> Team:
    """The team's database, with our schema installed before."""
    done = make_job(engine, assets_dir=settings.assets_dir)
    campaign, paused = (start_campaign(engine, _plan(), BOSS, settings) for _ in range(2))
    pause_campaign(engine, paused, BOSS, settings)
    made = Team(
        engine,
        settings,
        done,
        failed=make_job(engine, step="planner", status="failed", variants=[("planner", "failed")]),
        waiting=make_job(engine, step="user_img_input", variants=[("user_img_input", "done")]),
        lost=make_job(engine, step="vlm_analyze", status="running", variants=[("img_gen", "done")]),
        campaign=campaign,
        paused=paused,
        meeting=meetings.start(engine, settings, BOSS, "월요일", done.variant_ids),
    )
    _judge(made, BOSS, settings)
    with writing(engine) as connection:
        connection.execute(text("DROP TRIGGER job_state_change_trigger ON jobs"))
    return made


def everything(engine: Engine) -> list[tuple[str, str]]:
    """Each table with a sum over all its rows, and the triggers."""
    tables = [table.fullname for table in (*feedly.sorted_tables, *metadata.sorted_tables)]
    rows = "SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM {} t"
    with reading(engine) as connection:
        sums = [(name, str(connection.scalar(text(rows.format(name))))) for name in tables]
        return [*sums, ("triggers", str(connection.scalar(text("SELECT count(*) FROM pg_trigger"))))]


@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.function.__qualname__)
def test_nobody_writes_without_the_right(write: Write, team: Team) -> None:
    before = everything(team.engine)
    lesser = Person("lee", Role(write.least - 1))
    with pytest.raises(PermissionDenied, match="This needs the role"):
        write.do(team, lesser, team.settings)
    with pytest.raises(PermissionDenied, match="read-only"):
        write.do(team, BOSS, team.settings.model_copy(update={"read_only": True}))
    assert everything(team.engine) == before


@pytest.mark.parametrize(
    "write", [each for each in WRITES if each.keeps], ids=lambda write: write.function.__qualname__
)
def test_each_write_leaves_who_what_before_and_after(write: Write, team: Team) -> None:
    with reading(team.engine) as connection:
        known = set(connection.scalars(select(audit_log.c.entry_id)))
    write.do(team, BOSS, team.settings)
    with reading(team.engine) as connection:
        lines = [line for line in connection.execute(select(audit_log)) if line.entry_id not in known]
    [line] = [line for line in lines if line.action == write.action]
    assert (line.person, line.role, bool(line.target)) == ("boss", "operator", True)
    assert [half for half in BOTH if getattr(line, half)] == list(write.keeps)


# What the source says

WITHOUT_A_PERSON = {
    "jobs.driver:CampaignDriver": "drives campaigns that an operator has started",
    "jobs.driving": "the same; every job stands in campaign_jobs",
    "jobs.leases": "which process drives a campaign",
    "jobs.starting": "the second half of create_job and of a campaign's step",
    "dashboard_schema": "behind install_own_schema",
    "results.fact_keeper": "the read model, made from FeedlyAI's rows alone",
    "monitor.recorder": "the step history, heard from the database itself",
    "diagnostics.live_rows": "the rows of a live test, behind live_test",
}
"""Functions that write what no person asked for at this moment, or behind one that has asked."""


def _functions() -> Iterator[tuple[str, str, ast.FunctionDef, list[str]]]:
    """Module, qualified name, function, and the classes around it; the demo plays the services."""
    for path in sorted(CORE.rglob("*.py")):
        module = ".".join(path.relative_to(CORE).with_suffix("").parts).removesuffix(".__init__")
        if module.startswith("demo"):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                yield module, node.name, node, []
            elif isinstance(node, ast.ClassDef):
                for inner in node.body:
                    if isinstance(inner, ast.FunctionDef):
                        yield module, f"{node.name}.{inner.name}", inner, [node.name]


def _calls(function: ast.FunctionDef, name: str) -> bool:
    called = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    return any(isinstance(each, ast.Name) and each.id == name for each in called)


def _takes_person(function: ast.FunctionDef) -> bool:
    arguments = [*function.args.args, *function.args.kwonlyargs]
    return any(argument.arg == "person" for argument in arguments)


def test_every_function_for_a_person_is_in_the_list() -> None:
    found = {
        f"feedly_core.{module}.{(around or [name])[0]}"
        for module, name, function, around in _functions()
        if _takes_person(function) and not name.removesuffix(".__init__").startswith("_")
    }
    found -= {f"feedly_core.access.{name}" for name in ("require", "audit", "audit_line")}
    found -= {
        "feedly_core.diagnostics.background_run.BackgroundRun",  # of LiveSession and CompletionSession
        "feedly_core.diagnostics.live_history.remember",  # the last act of live_test
    }
    listed = {f"{each.function.__module__}.{each.function.__qualname__}" for each in WRITES}
    assert found == listed


def test_nothing_else_writes() -> None:
    personal = {
        (module, around[0])
        for module, _, function, around in _functions()
        if around and _takes_person(function)
    }
    strays = [
        f"{module}:{name}"
        for module, name, function, around in _functions()
        if _calls(function, "writing")
        and not _takes_person(function)
        and not (around and (module, around[0]) in personal)
        and module not in WITHOUT_A_PERSON
        and f"{module}:{(around or [name])[0]}" not in WITHOUT_A_PERSON
    ]
    assert strays == []


def test_one_way_leads_to_writing() -> None:
    """``writing`` knows FEEDLY_READ_ONLY; a transaction begun past it would not."""
    past = [
        str(path.relative_to(CORE))
        for path in sorted(CORE.rglob("*.py"))
        if "demo" not in path.parts
        and path.name != "database.py"
        and ".begin()" in path.read_text(encoding="utf-8")
    ]
    assert past == []
