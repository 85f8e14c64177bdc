"""A limit that an operator stored holds for every reader, in every process, without a restart."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text

from feedly_core.api import connect
from feedly_core.db.engine import make_engine, reading, writing
from feedly_core.db.own_schema import audit_log, installed
from feedly_core.domain.scores import DEFAULTS, Limit, limits
from feedly_core.errors import InvalidInput, MissingInSchema, PermissionDenied
from feedly_core.permissions import Person, Role
from feedly_core.reviews import limits as stored
from feedly_core.reviews.limits import current_limits, limited_scores, limits_in_force, use_limit
from feedly_core.settings import Settings
from tests.factories import make_job

BOSS, JIYOUNG = Person("수진", Role.OPERATOR), Person("지영", Role.REVIEWER)
PROJECT = Path(__file__).parents[2]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[float], None]]:
    """Moves the clock by which processes ask again."""
    at = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: at[0])
    yield lambda seconds: at.__setitem__(0, at[0] + seconds)


@pytest.mark.usefixtures("our_schema")
def test_every_process_reads_a_stored_limit(
    engine: Engine, settings: Settings, clock: Callable[[float], None]
) -> None:
    another = make_engine(settings)
    try:
        assert current_limits(another, settings)["ocr_accuracy"] == DEFAULTS["ocr_accuracy"]
        use_limit(engine, settings, BOSS, "ocr_accuracy", 0.7)
        assert current_limits(engine, settings)["ocr_accuracy"] == Limit(0.7, 0.6), "here at once"
        clock(stored.ASKED_EVERY + 0.1)
        with reading(another) as connection:
            assert limits_in_force(connection, settings)["ocr_accuracy"] == Limit(0.7, 0.6)
        job = make_job(engine)
        assert settings.database_url is not None
        with connect(settings.database_url.get_secret_value()) as feedly:
            frame = feedly.job(job.job_id).scores_frame()
        assert set(frame.query("score == 'ocr_accuracy'")["limit"]) == {0.7}
        use_limit(engine, settings, BOSS, "ocr_accuracy", None)
        assert current_limits(engine, settings) == limits(settings), "back to that of the settings"
    finally:
        another.dispose()


@pytest.mark.usefixtures("our_schema")
@pytest.mark.parametrize(
    ("score", "good", "expected"),
    [
        ("iou_with_food", 0.3, Limit(0.3, 0.3, higher_is_better=False)),
        ("iou_with_food", 0.01, Limit(0.01, 0.1, higher_is_better=False)),
        ("contrast_large_text", 2.5, Limit(2.5, 2.0)),
        ("readability", 0.5, Limit(0.5, 0.5)),
    ],
)
def test_warn_never_is_stricter_than_pass(
    engine: Engine, settings: Settings, score: str, good: float, expected: Limit
) -> None:
    assert use_limit(engine, settings, BOSS, score, good) == expected
    assert current_limits(engine, settings)[score] == expected
    with reading(engine) as connection:
        line = connection.execute(select(audit_log).where(audit_log.c.action == "use_limit")).one()
    assert (line.person, line.target, line.after["good"]) == ("수진", score, good)


@pytest.mark.usefixtures("our_schema")
def test_a_bad_limit_is_refused_and_nothing_is_written(engine: Engine, settings: Settings) -> None:
    for score, good in (("ocr_accuracy", 1.2), ("ocr_accuracy", float("nan")), ("nonsense", 0.5)):
        with pytest.raises(InvalidInput):
            use_limit(engine, settings, BOSS, score, good)
    with pytest.raises(PermissionDenied):
        use_limit(engine, settings, JIYOUNG, "ocr_accuracy", 0.5)
    assert current_limits(engine, settings) == limits(settings)
    assert "edit_distance" not in limited_scores()


@pytest.mark.usefixtures("our_schema")
def test_a_schema_without_the_table_has_the_limits_of_the_settings(
    engine: Engine, settings: Settings
) -> None:
    with writing(engine) as connection:
        connection.execute(text("DROP TABLE feedly_dashboard.score_limits"))
    with reading(engine) as connection:
        assert installed(connection), "everything else goes on"
        assert limits_in_force(connection, settings) == limits(settings)
    with pytest.raises(MissingInSchema):
        use_limit(engine, settings, BOSS, "ocr_accuracy", 0.5)


def test_nobody_reads_limits_past_the_stored_ones() -> None:
    readers = set()
    for folder in ("feedly_core", "dashboard", "pages"):
        for path in (PROJECT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and node.module == "feedly_core.domain.scores":
                    readers |= {path.relative_to(PROJECT) for name in node.names if name.name == "limits"}
    assert readers == {Path("feedly_core/reviews/limits.py")}
