"""Links: every page takes its choices from the address, also after Back, and says what is strange in it."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from feedly_core.db.engine import make_engine
from feedly_core.permissions import Person, Role
from feedly_core.reviews import meetings
from feedly_core.saved_views.addresses import known_parameters
from feedly_core.settings import Settings
from pages.shared import url_state
from pages.shared.navigation import PAGES
from tests.factories import MadeJob, make_job
from tests.pages.conftest import PROJECT, OpenPage, words_of

READERS = {"one", "asked", "maybe", "switch", "flag", "several", "written", "restore", "keep", "get", "pop"}
OWN_READERS = {"_asked", "_maybe", "_known", "_pick", "one_order"}
"""Of a page's own, around one of the readers."""
WRITTEN_FREELY = {"q", "words", "version"}
ANSWERED_BY_THE_PAGE = {"job", "after", "meeting"}
"""What names nothing there is a card of the page itself; two of them are tested with their pages."""
STRANGE = (
    "nonsense",
    "<b>fett</b>",
    "**bold** :red[x] `code`",
    "부대찌개 {0} %s",
    "x" * 5_000,
    "-1",
    "None",
    "👩‍👩‍👧",
)
TOLD = "주소에서 알아볼 수 없는 값"

Address = Mapping[str, str]


def _sources(page: str) -> list[Path]:
    return [PROJECT / f"pages/{page}.py", *(PROJECT / f"pages/parts/{page}").rglob("*.py")]


def _read(page: str) -> Iterator[str]:
    """Names of parameters in the page's source."""
    for path in _sources(page):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                function = ast.unparse(node.func)
                door, _dot, name = function.rpartition(".")
                if (door in {"url_state", "st.query_params"} and name in READERS) or function in OWN_READERS:
                    yield str(node.args[0].value)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_what_its_address_may_say(page: str) -> None:
    named = any("chosen_job" in path.read_text(encoding="utf-8") for path in _sources(page))
    read = set(_read(page)) | ({"job"} if named else set())
    assert read - {"lang"} == known_parameters(page)


CASES: dict[str, tuple[str, Address, Address]] = {
    "one job or many": ("create_jobs", {}, {"part": "many"}),
    "jobs that go": ("create_jobs", {"part": "remove"}, {"remove_by": "named"}),
    "board": ("live_monitor", {}, {"state": "working", "step": "overlay", "age": "1h", "q": "우동"}),
    "gallery": (
        "results",
        {},
        {
            **{"tenant": "first_tenant", "outcome": "failed", "tone": "?", "days": "7", "sort": "overall"},
            **{"up": "True", "group": "tenant", "score": "overall:0.1~0.5", "words": "우동", "version": "1"},
        },
    ),
    "days and reviews": (
        "results",
        {},
        {"on": "2026-01-01~2026-01-31", "verdict": "reject", "campaign": "?", "compare": "?"},
    ),
    "one job's pictures": (
        "results",
        {"job": "first"},
        {"rows": "input", "layers": "chosen.text", "drawn": "stored"},
    ),
    "one job's parts": ("results", {"job": "first"}, {"tab": "cost"}),
    "queue": (
        "review",
        {"view": "judge"},
        {"days": "7", "order": "oldest", "tenant": "first_tenant", "tone": "?"},
    ),
    "winner": ("review", {"view": "winner"}, {"winner-job": "first", "campaign": "?"}),
    "meeting": ("review", {"view": "meeting"}, {"agenda-order": "oldest", "agenda": "?"}),
    "runs": ("review", {"view": "runs"}, {"kind": "job"}),
    "two jobs": (
        "review",
        {"view": "runs", "kind": "job"},
        {"before": "first", "after": "second", "change": "?", "pair": "?"},
    ),
    "minutes": ("review", {"view": "minutes"}, {"held": "held"}),
    "charts": (
        "trends",
        {},
        {
            "tenant": "first_tenant",
            "days": "7",
            "by": "release",
            "subject": "speed",
            "against": "second_tenant",
        },
    ),
    "help": ("help", {}, {"words": "overlay", "term": "?"}),
    "diagnostics": ("trigger_diagnostics", {"view": "waiting"}, {"view": "support"}),
}
"""Page, the address before, and what a person chose then. ``?``: no such choice is in the data."""

MOST_NAMED = 6


@pytest.fixture
def settings(shared_settings: Settings) -> Settings:
    return shared_settings


@pytest.fixture(scope="module")
def world(shared_settings: Settings) -> dict[str, str]:
    """What the addresses name: two jobs of two tenants, two meetings that ended."""
    engine = make_engine(shared_settings)
    jobs = [make_job(engine, tenant_id=f"{name}_tenant", desc_kor="우동") for name in ("second", "first")]
    held = [_meeting(engine, shared_settings, job) for job in jobs]
    engine.dispose()
    return {"second": str(jobs[0].job_id), "first": str(jobs[1].job_id), "held": held[0]}


def _meeting(engine: Engine, settings: Settings, job: MadeJob) -> str:
    person = Person("지영", Role.OPERATOR)
    meeting = meetings.start(engine, settings, person, "", job.variant_ids)
    meetings.end(engine, settings, person, meeting)
    return str(meeting)


def _go(app: AppTest, address: Address) -> AppTest:
    app.query_params.clear()
    for name, value in address.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def _choices(app: AppTest, page: str) -> dict[str, object]:
    names = sorted({*known_parameters(page), "dates", "range-overall"})
    kept = app.session_state.to_dict()  # looked up one by one, each name asks every widget of the page
    return {name: kept[name] for name in names if name in kept}


def _in_address(value: object) -> str:
    return ".".join(map(str, value)) if isinstance(value, list) else str(value)


@pytest.mark.parametrize("case", CASES)
def test_back_is_followed_and_what_is_strange_is_said(
    case: str, open_page: OpenPage, world: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before, chosen, strange values, and back to the address before: the page shows each."""
    page, before, chosen = CASES[case]
    before, chosen = ({name: world.get(text, text) for name, text in to.items()} for to in (before, chosen))
    choice = {name: value for name, value in chosen.items() if value != "?"}
    monkeypatch.setattr(url_state, "went_through_history", lambda: True)
    app = open_page(page, **before, language="ko")
    if page == "review":
        app.session_state["reviewer"] = "지영"
        app.run()
    first = _choices(app, page)

    _go(app, {**before, **choice})
    assert TOLD not in words_of(app), case
    after = _choices(app, page)
    for name in choice.keys() - {"score", "on", "compare"}:
        assert _in_address(after[name]) == choice[name], name

    _say_strange(app, {**before, **choice}, [name for name in chosen if name not in WRITTEN_FREELY], case)
    _go(app, before)
    assert _choices(app, page) == first
    assert TOLD not in words_of(app)


def _say_strange(app: AppTest, address: Address, names: list[str], case: str) -> None:
    rng = random.Random(case)
    for start in range(0, len(names), MOST_NAMED - 1):
        some = names[start : start + MOST_NAMED - 1]
        strange = {name: rng.choice(STRANGE) for name in (*some, rng.choice(["tennant", "utm_source", "__"]))}
        told = [each.value for each in _go(app, {**address, **strange}).caption if TOLD in each.value]
        assert len(told) == 1, case
        words = told[0].replace("\\", "")
        for name, value in strange.items():
            assert f"{name}={value}"[:60] in words, (case, name, value)


def test_a_word_of_the_address_that_is_given_twice_is_said(open_page: OpenPage) -> None:
    app = open_page("trends", language="ko")
    app.query_params["subject"] = ["speed", "cost"]
    app.run()
    assert "“subject=speed”(대신 표시: cost)" in words_of(app).replace("\\", "")
    app.query_params.clear()
    app.query_params["lang"] = "fr"
    assert "“lang=fr”(대신 표시: 한국어)" in words_of(app.run()).replace("\\", "")
