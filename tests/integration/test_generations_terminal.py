"""Every command of the terminal on every generation of the schema; a new command must join the story."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from click import Command
from click.testing import CliRunner
from sqlalchemy import func, select, text

from feedly_core.db.engine import reading, writing
from feedly_core.db.own_schema import campaigns
from feedly_core.domain.tables import jobs
from feedly_core.errors import FeedlyError, InvalidInput, MissingInSchema, NotFound
from feedly_core.jobs.request import JobKind
from feedly_core.jobs.samples import sample_pictures
from feedly_core.permissions import Person, Role
from feedly_core.reviews import meetings
from tests.database_url import database_url_of
from tests.faults.stand_in import listening
from tests.generations import CURRENT, OLDEST, STRANGE_STEP, Place, at_the_doors
from tests.terminal import program

ELSEWHERE = {"serve", "mcp", "demo start", "demo status", "demo simulate", "demo reset"}
"""What goes on until it is ended, as mcp (test_assistants.py), and the demo with a schema of its own."""


class Terminal:
    """Runs commands on a generation's database and remembers which ones."""

    def __init__(self) -> None:
        self.known = set(_paths(program()))
        self.driven: set[str] = set()

    def run(self, *arguments: str, code: int = 0) -> str:
        """The output; fails on any other exit code than ``code``."""
        self.driven |= {" ".join(arguments[:n]) for n in (1, 2)} & self.known
        result = CliRunner().invoke(program(), arguments, catch_exceptions=False)
        assert result.exit_code == code, (arguments, result.output)
        return result.output

    def lacks(self, *arguments: str) -> None:
        """The command names the column that this generation lacks."""
        with pytest.raises(MissingInSchema, match=r"need overlay_layouts\.job_variants_id"):
            self.run(*arguments)


def _paths(command: Command, before: str = "") -> Iterator[str]:
    inner: dict[str, Command] = getattr(command, "commands", {})
    for name, each in inner.items():
        if not each.hidden:  # another name of a command that is driven
            yield from _paths(each, f"{before} {name}".strip())
    if not inner:
        yield before


@pytest.fixture
def terminal(place: Place, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    for field, variable in (("assets_dir", "ASSETS_DIR"), ("home", "FEEDLY_HOME")):
        monkeypatch.setenv(variable, str(getattr(place.settings, field)))
    monkeypatch.setenv("DATABASE_URL", database_url_of(place.settings))
    monkeypatch.setenv("FEEDLY_ALLOW_REPAIR", "1")
    monkeypatch.setenv("LANG", "en")
    return Terminal()


def count_jobs(place: Place) -> int:
    with reading(place.engine) as connection:
        return connection.scalar(select(func.count()).select_from(jobs)) or 0


@pytest.mark.parametrize("place", at_the_doors(CURRENT, OLDEST), indirect=True)
def test_every_command(place: Place, terminal: Terminal, tmp_path: Path) -> None:
    look(place, terminal)
    make(place, terminal, tmp_path)
    keep_golden(place, terminal, tmp_path)
    remember(place, terminal, tmp_path)
    mend(place, terminal)
    warn(place, terminal)
    assert terminal.known - terminal.driven == ELSEWHERE


def look(place: Place, terminal: Terminal) -> None:
    """What only reads."""
    listed = terminal.run("analyze", "--tenant-id", place.jobs.complete.tenant_id, "--json")
    assert len(json.loads(listed)["items"]) == 5
    assert json.loads(terminal.run("board", "--json")), "jobs are in flight"
    variants = terminal.lacks if place.generation == OLDEST else terminal.run
    variants("variants", "--days", "3650", "--sort", "overall")
    for made in vars(place.jobs).values():
        told = terminal.run("analyze", "--job-id", str(made.job_id))
        assert str(made.job_id) in told
    assert STRANGE_STEP in told
    # Without retry_count nobody knows that retries are used up.
    ends = (0, 2, 2 if place.generation == OLDEST else 1, 2, 2)
    for made, code in zip(vars(place.jobs).values(), ends, strict=True):
        terminal.run("monitor", str(made.job_id), "1", "0.1", code=code)
    unfit = pytest.raises(InvalidInput) if place.generation == OLDEST else nullcontext()
    with unfit:
        terminal.run("acknowledge", str(place.jobs.failed.job_id), "--dry-run")
    assert json.loads(terminal.run("doctor", "--json", code=2)), "no service listens here"
    terminal.run("facts", "status", code=1)


def make(place: Place, terminal: Terminal, folder: Path) -> None:
    """Jobs and campaigns, and their removal."""
    before = count_jobs(place)
    for kind in JobKind:
        terminal.run("create", kind.value, "--once")
    terminal.run("install-schema")
    terminal.run("create", "ye", "--max-jobs", "2", "--create-interval", "0.1")
    assert count_jobs(place) - before == 4
    table = folder / "jobs.csv"
    table.write_text("description\n따끈한 국물\n", encoding="utf-8")
    terminal.run("create", "table", str(table), "--tenant-id", "table_test_tenant", "--no-start")
    assert count_jobs(place) - before == 5
    assert "Ended" in terminal.run("campaign", "list")
    with writing(place.engine) as connection:
        campaign = connection.scalar(select(campaigns.c.campaign_id))
        connection.execute(campaigns.update().values(state="running"))
    for turn in ("pause", "resume", "stop"):
        terminal.run("campaign", turn, str(campaign))
    assert "2 jobs fit" in terminal.run("remove-jobs", "--campaign", str(campaign))
    assert "2 jobs removed" in terminal.run("remove-jobs", "--campaign", str(campaign), "--yes")
    assert count_jobs(place) - before == 3


def keep_golden(place: Place, terminal: Terminal, folder: Path) -> None:
    """A golden set from a table, its runs, and what the gate says before any has ended."""
    table = folder / "golden.csv"
    table.write_text("description\n따끈한 국물\n시원한 냉면\n", encoding="utf-8")
    picture = sample_pictures()[0]
    (folder / picture.name).write_bytes(picture.content)
    added = (str(table), "--image", str(folder / picture.name))
    terminal.run("golden", "add-table", "menu", *added, "--expect", "ocr_accuracy>=0.95")
    terminal.run("golden", "remove", "menu", "2")
    until = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    assert "따끈한 국물" in terminal.run("golden", "show", "menu")
    if place.generation == OLDEST:
        terminal.lacks("golden", "add", "of jobs", str(place.jobs.complete.job_id))
    else:
        terminal.run("golden", "add", "of jobs", str(place.jobs.complete.job_id))
    terminal.run("golden", "known-failure", "menu", "1", "--reason", "the font is late", "--until", until)
    terminal.run("golden", "every-day", "menu", "--release", "2.0", "--at", "03:00")
    listed = terminal.run("golden", "list").splitlines()
    daily = next(line.split(":")[0] for line in listed if "03:00" in line)
    terminal.run("golden", "end-every-day", daily)
    terminal.run("golden", "run", "menu", "--release", "2.0")
    with pytest.raises((InvalidInput, MissingInSchema)):  # nothing has passed yet
        terminal.run("golden", "approve", "menu", "--release", "2.0")
    terminal.run("gate", "menu", "--release", "2.0", code=3)


def judge_in_a_round(terminal: Terminal) -> None:
    """A round from its start to its figures, by two people who contradict each other."""
    asked = ("--person", "kim", "--person", "lee", "--opinions", "2", "--pictures", "1", "--repeats", "0")
    assert "1 picture would start" in terminal.run(
        "round", "start", "이번 주", "--as", "kim", *asked, "--dry-run"
    )
    begun = terminal.run("round", "start", "이번 주", "--as", "kim", *asked).split()[1]
    assert "/img/full/" in terminal.run("round", "take", begun, "--as", "kim")
    terminal.run("round", "give", begun, "approve", "--as", "kim")
    terminal.run("round", "give", begun, "reject", "--as", "lee", "--tag", "low_contrast")
    assert "Nothing is left" in terminal.run("round", "give", begun, "reject", "--as", "lee")
    assert "2/2" in terminal.run("round", "list")
    figures = json.loads(terminal.run("round", "agreement", begun, "--json"))
    assert len(figures["disputed"]) == 1
    assert "1 picture that people disagree on" in terminal.run("round", "agreement", begun)
    assert "Meeting" in terminal.run("round", "meet", begun, "--as", "kim")


def remember(place: Place, terminal: Terminal, folder: Path) -> None:
    """What our own schema holds: the read model and what reviewers say."""
    judged = place.jobs.complete
    kim = Person("kim", Role.REVIEWER)
    held = str(meetings.start(place.engine, place.settings, kim, "monday", judged.variant_ids))[:8]
    meet(terminal, held, old=place.generation == OLDEST)
    terminal.run("runs", "--before", "1.0", "--after", "2.0", code=3)
    assert str(judged.job_id) in terminal.run("search", str(judged.job_id), "--index", "--json")
    terminal.run("use-limit", "ocr_accuracy", "0.9")
    if place.generation == OLDEST:
        terminal.lacks("facts", "rebuild")
        terminal.lacks("trends")
        terminal.lacks("export", str(folder / "variants.csv"))
        for words in (
            ("queue",),
            ("judge", str(judged.job_id), "1", "approve"),
            ("winner", str(judged.job_id), "1"),
        ):
            terminal.lacks("review", *words, "--as", "kim")
        terminal.lacks("review", "minutes", str(folder / "minutes.csv"))
        terminal.lacks("judge")
        terminal.lacks("limits")
        terminal.lacks("preference")
        terminal.lacks("review", "list")
        terminal.lacks("round", "start", "이번 주", "--as", "kim", "--person", "kim")
        terminal.run("round", "list")
        for asked in (("take",), ("give", "approve"), ("agreement",), ("meet",)):
            with pytest.raises(NotFound):
                terminal.run("round", asked[0], "1a2b3c", *asked[1:])
        return
    terminal.run("facts", "rebuild")
    assert "Data as of" in terminal.run("facts", "status")
    assert json.loads(terminal.run("trends", "--days", "3650", "--json"))
    terminal.run("export", str(folder / "variants.csv"), "--days", "3650", "--tone", "따뜻한")
    assert (folder / "variants.csv").read_text(encoding="utf-8-sig").startswith("Job (job_id),")
    finished = terminal.run("review", "queue", "--as", "kim")
    assert "0 of 0" not in finished
    assert str(judged.job_id) in finished
    terminal.run("review", "judge", str(judged.job_id), "1", "approve", "--as", "kim")
    terminal.run("review", "winner", str(judged.job_id), "1", "--as", "kim")
    assert "1 of" in terminal.run("review", "queue", "--as", "kim")
    assert "judge" in terminal.run("judge")
    terminal.run("limits", "--json")
    terminal.run("preference", "--by", "font", "--json")
    assert "1 verdict is hidden" in terminal.run("review", "list"), "a meeting talks about the picture"
    judge_in_a_round(terminal)
    # Each format is drawn from the same minutes, whatever the generation: a PDF takes a CPU second.
    for ending in ("html", "pdf", "csv") if place.generation == CURRENT else ("csv",):
        terminal.run("review", "minutes", str(folder / f"minutes.{ending}"))
        assert (folder / f"minutes.{ending}").stat().st_size > 500


def meet(terminal: Terminal, held: str, *, old: bool) -> None:
    """A meeting that is moved, ended and taken up again, and the reasons on offer."""
    assert held in terminal.run("meeting", "list")
    terminal.run("meeting", "turn-to", held, "2", "--as", "kim")
    for turn in ("end", "reopen"):
        terminal.run("meeting", turn, held, "--as", "kim")
    item = ("meeting", "add-item", held, "change the font", "--owner", "lee", "--due", "2030-01-02")
    item_id = terminal.run(*item, "--as", "kim").split()[2]
    terminal.run("meeting", "remove-item", held, item_id, "--as", "kim")
    terminal.run("review", "set-tags", "too dark", "bad_crop")
    assert "too dark" in terminal.run("review", "tags")
    if old:
        terminal.lacks("meeting", "decisions", held)
        terminal.lacks("meeting", "start", "tuesday", "--as", "kim")
    else:
        assert "no decision" in terminal.run("meeting", "decisions", held)
        terminal.run("meeting", "start", "tuesday", "--as", "kim")


def mend(place: Place, terminal: Terminal) -> None:
    """The trigger probe, waiting variants, a missing trigger and lost notifications."""
    before = count_jobs(place)
    with listening(database_url_of(place.settings)):
        terminal.run("trigger-probe")
        terminal.run("simulate-ye", "--job-id", str(place.jobs.waiting.job_id))
    assert count_jobs(place) == before, "the test's own rows are gone"
    refusal = "txt_ad_copy_generations is missing" if "v0.8" in place.generation else "job is finished"
    with pytest.raises(InvalidInput, match=refusal):
        terminal.run("add-copy", str(place.jobs.complete.job_id), "--text", "Warm broth", "--yes")
    failed = str(place.jobs.failed.variant_ids[0])
    assert "(planner, failed) -> " in terminal.run("rerun-step", failed, "planner", "--yes")
    with writing(place.engine) as connection:
        connection.execute(text("DROP TRIGGER job_state_change_trigger ON jobs"))
    assert "CREATE TRIGGER" in terminal.run("repair-trigger", "triggers.job_notify", "--yes")
    terminal.run("audit", "--json")
    assert "audit_log" in terminal.run("stored")
    assert "Audit log" in terminal.run("retention", "--dry-run")
    terminal.run("broken")
    terminal.run("mark-failure", "failed", "planner", "known", "--note", "a font is missing")
    with pytest.raises(NotFound):
        terminal.run("rerun-group", "drifted", "iou_eval", "--dry-run")
    assert "There is no target yet" in terminal.run("targets")
    assert "Failed jobs below 2%" in terminal.run("add-target", "not_failed", "98")
    terminal.run("remove-target", "1")
    terminal.run("since", "--hours", "1")
    terminal.run("save-view", "Cafe", "results?tenant=cafe")
    [view] = json.loads(terminal.run("views", "--json"))
    terminal.run("change-view", view["view_id"], "--team", "--start")
    terminal.run("remove-view", view["view_id"])
    with _unheard(place) as variant:
        assert str(variant) in terminal.run("resend-notifications", "--dry-run")
        assert "1 resent" in terminal.run("resend-notifications", "--yes")


def warn(place: Place, terminal: Terminal) -> None:
    """Rules of alerts, their messages, and the digest."""
    terminal.run("alerts", "preview", "job_failed")
    rule = terminal.run("alerts", "add", "job_failed").split()[1]
    for turn in ("pause", "resume"):
        terminal.run("alerts", turn, rule)
    assert rule in terminal.run("alerts", "list")
    terminal.run("alerts", "remove", rule)
    message = terminal.run("alerts", "send-test").split()[1]
    assert message in terminal.run("alerts", "messages")
    with pytest.raises(FeedlyError):  # it has not failed
        terminal.run("alerts", "send-again", message)
    if place.generation == OLDEST:
        terminal.lacks("digest", "--dry-run")
    else:
        terminal.run("digest", "--dry-run")


@contextmanager
def _unheard(place: Place) -> Iterator[UUID]:
    """A variant whose last event got lost an hour ago, before the service could hear it."""
    variant = place.jobs.waiting.variant_ids[0]
    with writing(place.engine) as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for table, state in (("jobs", "vlm_analyze"), ("jobs_variants", "img_gen")):
            connection.execute(
                text(
                    f"UPDATE {table} SET current_step = :step, status = :status,"
                    " updated_at = now() - interval '1 hour' WHERE job_id = :job"
                ),
                {
                    "step": state,
                    "status": "running" if table == "jobs" else "done",
                    "job": place.jobs.waiting.job_id,
                },
            )
    yield variant
