"""The factory is a tool of every other test: its jobs must look like real ones."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, Table, func, select

from feedly_core.db.engine import reading
from feedly_core.domain import tables as t
from tests.factories import make_job


def _rows(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def test_a_finished_job_has_left_everything(engine: Engine, tmp_path: Path) -> None:
    made = make_job(engine, assets_dir=tmp_path / "assets")
    with reading(engine) as connection:
        assert [
            _rows(connection, table) for table in (t.jobs_variants, t.evaluations, t.vlm_traces, t.detections)
        ] == [3, 9, 6, 6]
        assert _rows(connection, t.yolo_runs) == 1
        assert _rows(connection, t.instagram_feeds) == 1
        urls = connection.scalars(select(t.image_assets.c.image_url)).all()
    assert None not in made.overlay_ids
    assert all((tmp_path / url.removeprefix("/")).is_file() for url in urls)


def test_a_step_leaves_rows_only_when_finished(engine: Engine) -> None:
    states = [("overlay", "failed"), ("overlay", "done")]
    made = make_job(engine, step="overlay", status="failed", variants=states)
    with reading(engine) as connection:
        assert _rows(connection, t.planner_proposals) == 2
        assert _rows(connection, t.overlay_layouts) == 1
        assert _rows(connection, t.instagram_feeds) == 0
    assert made.overlay_ids[0] is None
