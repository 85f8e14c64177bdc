"""A job that cannot be made leaves nothing, and says why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Connection, Engine, event, text

from feedly_core.db.engine import reading, writing
from feedly_core.errors import FeedlyError, InvalidInput, PermissionDenied
from feedly_core.jobs.create import CreatedJob, preview_job
from feedly_core.jobs.pictures import Picture
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings
from tests.job_builder import NOTHING, NOW, drawn, files_in, full, rows_in

pytestmark = pytest.mark.usefixtures("warm_capabilities")


def test_a_failure_before_any_statement_leaves_no_row_and_no_file(
    engine: Engine, our_schema: None, settings: Settings, make: Callable[..., CreatedJob], picture: Picture
) -> None:
    """Counts the statements of a good run, then lets each of them fail in a run of its own."""
    with counted(engine, fail_at=None) as seen:
        make(full(picture))
    total = len(seen)
    clear(engine, settings)
    creating = next(number for number, statement in enumerate(seen, 1) if "INSERT INTO jobs" in statement)
    assert total > creating
    for number in range(1, creating + 1):
        with counted(engine, fail_at=number), pytest.raises(FeedlyError):
            make(full(picture))
        assert rows_in(engine) == NOTHING, f"statement {number}: {seen[number - 1]}"
        assert files_in(settings) == []


def test_a_failure_of_the_commit_leaves_no_row_and_no_file(
    engine: Engine, settings: Settings, make: Callable[..., CreatedJob], picture: Picture
) -> None:
    with writing(engine) as connection:  # a constraint that is only checked at COMMIT
        connection.execute(
            text(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RAISE 'disk full'; END $$;"
                "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON jobs DEFERRABLE INITIALLY DEFERRED"
                " FOR EACH ROW EXECUTE FUNCTION refuse()"
            )
        )
    with pytest.raises(FeedlyError, match="disk full"):
        make(full(picture))
    assert rows_in(engine) == NOTHING
    assert files_in(settings) == []


def test_a_picture_that_cannot_be_saved_leaves_no_row_and_none_of_its_siblings(
    engine: Engine, settings: Settings, make: Callable[..., CreatedJob], monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = (drawn("red"), Picture("broken", b"x", "PNG", 1, 1), drawn("blue"))
    real = Path.replace

    def replace_or_fail(path: Path, target: Path) -> Path:
        if path.read_bytes() == b"x":
            raise OSError(28, "No space left on device")
        return real(path, target)

    monkeypatch.setattr(Path, "replace", replace_or_fail)
    with pytest.raises(InvalidInput, match="No space left"):
        make(full(pictures[0], pictures=pictures))
    assert rows_in(engine) == NOTHING
    assert files_in(settings) == []


def test_a_start_that_fails_leaves_a_whole_job_that_can_be_started_again(
    engine: Engine, settings: Settings, make: Callable[..., CreatedJob], picture: Picture
) -> None:
    key = uuid4()
    with counted(engine, fail_on="UPDATE jobs_variants"), pytest.raises(FeedlyError):
        make(full(picture), key)
    assert rows_in(engine)["jobs_variants"] == 3
    assert len(files_in(settings)) == 1
    again = make(full(picture), key)
    assert (again.existed, again.started) == (True, True)


def test_only_operators_may_make_jobs_and_nobody_when_read_only(
    engine: Engine, settings: Settings, make: Callable[..., CreatedJob], picture: Picture
) -> None:
    with pytest.raises(PermissionDenied):
        make(full(picture), person=Person("viewer", Role.REVIEWER))
    assert rows_in(engine) == NOTHING
    assert files_in(settings) == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"tenant_id": "  "}, "tenant is empty"),
        ({"tenant_id": "x" * 256}, "longer than 255"),
        ({"desc_kor": ""}, "description is empty"),
        ({"desc_kor": "a\0b"}, "cannot be stored"),
        ({"desc_kor": "\ud800"}, "cannot be stored"),
        ({"variants": 0}, "between 1 and 10"),
        ({"variants": 11}, "between 1 and 10"),
        ({"pictures": ()}, "picture is missing"),
        ({"variants": 3, "pictures": (drawn("red"), drawn("blue"))}, "there are 2"),
    ],
)
def test_an_order_that_cannot_be_written_says_why(
    engine: Engine,
    settings: Settings,
    make: Callable[..., CreatedJob],
    picture: Picture,
    changes: dict[str, object],
    reason: str,
) -> None:
    with pytest.raises(InvalidInput, match=reason):
        make(full(picture, **changes))
    assert rows_in(engine) == NOTHING
    assert files_in(settings) == []


def test_choices_that_are_gone_are_named(engine: Engine, picture: Picture) -> None:
    with reading(engine) as connection, pytest.raises(InvalidInput, match="tone and style is no longer"):
        preview_job(connection, full(picture, tone_style_id=uuid4()), key=uuid4(), now=NOW)
    with reading(engine) as connection, pytest.raises(InvalidInput, match="store is no longer"):
        preview_job(connection, full(picture, store_id=uuid4()), key=uuid4(), now=NOW)


def clear(engine: Engine, settings: Settings) -> None:
    with writing(engine) as connection:
        connection.execute(text("TRUNCATE tenants, jobs, image_assets, job_inputs, jobs_variants CASCADE"))
    for file in files_in(settings):
        file.unlink()


class counted:
    """Counts the statements that go to the database, and breaks the one of that number or text."""

    def __init__(self, engine: Engine, fail_at: int | None = None, fail_on: str | None = None) -> None:
        self.engine, self.fail_at, self.fail_on = engine, fail_at, fail_on
        self.seen: list[str] = []

    def __enter__(self) -> list[str]:
        event.listen(self.engine, "before_cursor_execute", self._before, retval=True)
        return self.seen

    def __exit__(self, *error: object) -> None:
        event.remove(self.engine, "before_cursor_execute", self._before)

    def _before(
        self, connection: Connection, cursor: object, statement: str, parameters: object, *rest: object
    ) -> tuple[str, object]:
        self.seen.append(statement)
        broken = len(self.seen) == self.fail_at or (
            self.fail_on is not None and statement.startswith(self.fail_on)
        )
        return ("SELECT 1/0", None) if broken else (statement, parameters)
