"""The trigger probe on a real database: which link it calls broken, and what it leaves behind."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from feedly_core.db.own_schema import install
from feedly_core.diagnostics.check import CheckOutcome
from feedly_core.diagnostics.probe.history import history
from feedly_core.diagnostics.probe.report import Link, Phase, Report
from feedly_core.diagnostics.probe.run import ProbeSession, probe_statements, probe_trigger
from feedly_core.domain.pipeline import VARIANT_STEP_NAMES
from feedly_core.errors import PermissionDenied
from feedly_core.permissions import Person, Role
from tests.factories import make_job
from tests.faults import breaking
from tests.faults.breaking import Break
from tests.faults.pooler import needs_pgbouncer
from tests.faults.stand_in import StandIn
from tests.faults.world import World
from tests.waiting import wait_until

OPERATOR = Person("operator", Role.OPERATOR)


def run(world: World, **options: object) -> Report:
    with world.context() as context:
        return probe_trigger(context, OPERATOR, **options)  # type: ignore[arg-type]


def listener_idle(world: World) -> None:
    world.stop_listener()
    world.listener = StandIn(world.url, works=False)


@pytest.mark.timed
def test_a_healthy_chain_is_confirmed_well_under_a_second(world: World) -> None:
    before = world.everything()
    report = run(world)
    assert report.broken is None
    assert report.finding is not None and report.finding.outcome is CheckOutcome.OK
    assert report.observed.notify_ms is not None and report.observed.taken_ms is not None
    assert report.observed.notify_ms + report.observed.taken_ms < 1000
    assert report.cleaned and world.everything() == before


def test_it_follows_all_eight_steps_when_asked(world: World) -> None:
    report = run(world, follow="iou_eval")
    done = [step.step for step in report.observed.steps if step.status == "done"]
    assert done == list(VARIANT_STEP_NAMES)
    assert [step.ms for step in report.observed.steps] == sorted(step.ms for step in report.observed.steps)
    assert world.everything() == []


def test_a_worker_is_seen_by_its_lock_while_the_row_says_nothing(world: World) -> None:
    """A model works for minutes: the row still says (img_gen, done), yet nobody raises an alarm."""
    assert world.listener is not None
    world.listener.hold = threading.Event()
    reports: list[Report] = []
    session = threading.Thread(target=lambda: reports.append(run(world, on_change=reports.append)))
    session.start()
    wait_until(lambda: reports and reports[-1].phase is Phase.CLEANING)
    assert (reports[-1].broken, reports[-1].observed.taken_by) == (None, "lock")
    assert world.everything(), "the worker's row cannot be removed under its hands"
    world.listener.hold.set()
    session.join(10)
    assert reports[-1].cleaned and world.everything() == []


LINKS: list[tuple[str, Break, Link, str]] = [
    (
        "trigger dropped",
        breaking.sql("DROP TRIGGER job_variant_state_change_trigger ON jobs_variants"),
        Link.TRIGGER,
        "trigger_missing",
    ),
    (
        "another channel",
        breaking.replaced("'job_variant_state_changed'", "'elsewhere'"),
        Link.CHANNEL,
        "wrong_channel",
    ),
    (
        "payload incomplete",
        breaking.replaced("'img_asset_id', NEW.img_asset_id::text,", ""),
        Link.TRIGGER,
        "payload_key_missing",
    ),
    (
        "the UPDATE itself fails",
        breaking.replaced("RETURN NEW;", "RAISE EXCEPTION 'broken inside';"),
        Link.DATABASE_WRITE,
        "write_failed",
    ),
    ("nobody listens", breaking.no_listener, Link.LISTENER, "listener_missing"),
    ("listens elsewhere", breaking.listener_elsewhere, Link.LISTENER, "listener_elsewhere"),
    ("behind a pooler", breaking.behind_a_pooler, Link.CHANNEL, "listen_lost"),
]


@pytest.mark.parametrize(
    ("breaks", "link", "cause"),
    [
        pytest.param(*row[1:], id=row[0], marks=needs_pgbouncer if row[0] == "behind a pooler" else ())
        for row in LINKS
    ],
)
def test_the_broken_link_is_named(world: World, breaks: Break, link: Link, cause: str) -> None:
    with breaks(world):
        report = run(world)
        assert report.finding is not None
        assert (report.broken, report.finding.cause) == (link, cause)
        assert report.finding.fix is not None or link is Link.DATABASE_WRITE
        assert report.cleaned and world.everything() == []


def test_a_listener_whose_service_is_down(world: World) -> None:
    listener_idle(world)
    world.services["yh"].close()
    report = run(world)
    assert report.finding is not None
    assert (report.broken, report.finding.cause) == (Link.SERVICE, "service_down")


def test_a_listener_whose_call_is_refused(world: World) -> None:
    listener_idle(world)
    report = run(world)
    assert report.finding is not None
    assert (report.broken, report.finding.cause) == (Link.SERVICE, "not_taken_on")


def test_a_step_that_fails_on_the_way_is_named(world: World) -> None:
    assert world.listener is not None
    world.listener.fails_at = "planner"
    report = run(world, follow="iou_eval")
    assert report.finding is not None
    assert (report.broken, report.finding.cause) == (Link.SERVICE, "step_failed")
    assert "Text-box planner" in str(report.finding.found) and report.finding.fix is not None
    assert report.cleaned and world.everything() == []


def test_who_stops_watching_has_seen_no_fault(world: World) -> None:
    assert world.listener is not None
    world.listener.hold = threading.Event()
    following = threading.Event()

    def on_change(report: Report) -> None:
        if report.phase is Phase.FOLLOWING:
            following.set()
        elif report.phase is Phase.CLEANING and world.listener is not None and world.listener.hold:
            world.listener.hold.set()

    report = run(world, follow="iou_eval", on_change=on_change, stopped=following.is_set)
    assert (report.broken, report.cleaned) == (None, True)


def as_reader(world: World) -> World:
    world.sql("DROP ROLE IF EXISTS live_reader; CREATE ROLE live_reader LOGIN")
    world.sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO live_reader")
    world.variables["DATABASE_URL"] = world.url.replace("postgres@", "live_reader@")
    return world


def read_only(world: World) -> World:
    world.variables["FEEDLY_READ_ONLY"] = True
    return world


@pytest.mark.parametrize("refused", [as_reader, read_only])
def test_it_refuses_with_the_reason_where_it_may_not_write(
    world: World, refused: Callable[[World], World]
) -> None:
    refused(world)
    with pytest.raises(PermissionDenied) as denied:
        run(world)
    assert denied.value.hint is not None
    assert world.everything() == []
    if refused is as_reader:
        assert "live_reader" in str(denied.value)
        world.sql("DROP OWNED BY live_reader; DROP ROLE live_reader")


def test_the_printed_grants_are_enough_for_the_live_test(world: World) -> None:
    as_reader(world)
    fix = world.run_checks()["database.rights"].finding.fix
    assert fix is not None
    world.sql(fix.sql)
    report = run(world, follow="iou_eval")
    assert report.broken is None and report.cleaned and world.everything() == []
    world.sql("DROP OWNED BY live_reader; DROP ROLE live_reader")


def test_it_needs_the_operator_role(world: World) -> None:
    with world.context() as context, pytest.raises(PermissionDenied):
        probe_trigger(context, Person("viewer", Role.REVIEWER))
    assert world.everything() == []


def test_it_never_touches_another_job(world: World) -> None:
    with world.context() as context:
        make_job(context.engine, step="iou_eval", status="done")
        make_job(context.engine, step="vlm_analyze", status="running")
    before = world.everything()
    run(world, follow="iou_eval")
    assert world.everything() == before


def test_without_a_folder_it_borrows_a_picture_and_leaves_it_alone(world: World) -> None:
    with world.context() as context:
        make_job(context.engine)
    before = world.everything()
    del world.variables["ASSETS_DIR"]
    with world.context() as context:
        report = probe_trigger(context, OPERATOR)
    assert report.borrowed_picture and report.broken is None
    world.variables["ASSETS_DIR"] = world.settings.home
    assert world.everything()[: len(before)] == before


def test_the_dry_run_shows_what_would_be_written_and_writes_nothing(world: World) -> None:
    with world.context() as context:
        shown = probe_statements(context)
    assert "INSERT INTO jobs_variants" in shown
    assert "UPDATE jobs_variants SET status='done', current_step='img_gen'" in shown
    assert world.everything() == []


def test_results_are_remembered_where_our_schema_is_installed(world: World) -> None:
    with world.context() as context:
        install(context.engine)
        probe_trigger(context, OPERATOR)
        world.stop_listener()
        probe_trigger(context, OPERATOR)
        with context.reading() as connection:
            past = history(connection)
    assert list(past["broken_link"]) == ["listener", ""]
    assert past["taken_ms"].notna().tolist() == [False, True]
    assert list(past["person"]) == ["operator", "operator"]


def test_a_test_goes_on_and_cleans_up_when_its_page_is_closed(world: World) -> None:
    with world.context() as context:
        install(context.engine)
    ProbeSession(world.settings, OPERATOR)  # nobody keeps it: the browser was closed

    def recorded() -> bool:
        with world.context() as context, context.reading() as connection:
            return len(history(connection)) == 1

    wait_until(recorded)
    assert world.everything() == []
