"""No row, however large, and no number of rows fills the dashboard's memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, insert, select, text

from feedly_core.db.engine import make_engine, reading, writing
from feedly_core.db.own_schema import audit_log
from feedly_core.domain.tables import evaluations, job_inputs, jobs, tenants, tone_styles, vlm_traces
from feedly_core.domain.tables.columns import DOCUMENT_BYTES, PROSE_BYTES, WORD_BYTES
from feedly_core.errors import QueryFailed
from feedly_core.permissions import Person, Role, audit
from feedly_core.results.report import job_report
from feedly_core.settings import Settings
from tests.factories import make_job

MEGABYTES = 200
"""Most that one answer may cost."""


@pytest.mark.parametrize("size", [10, DOCUMENT_BYTES - 100, DOCUMENT_BYTES + 100, 20_000_000])
def test_a_document_arrives_whole_or_not_at_all(engine: Engine, size: int) -> None:
    with writing(engine) as connection:
        connection.execute(
            insert(evaluations).values(evaluation_type="ocr", metrics={"text": "가" * (size // 3)})
        )
    with reading(engine) as connection:
        found = connection.scalar(select(evaluations.c.metrics))
    if size < DOCUMENT_BYTES:
        assert found == {"text": "가" * (size // 3)}
    else:
        assert found == "(document too large)"


def test_an_incompressible_document_is_measured_too(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(
            insert(evaluations).values(evaluation_type="ocr", metrics=os.urandom(100_000).hex())
        )
    with reading(engine) as connection:
        assert connection.scalar(select(evaluations.c.metrics)) == "(document too large)"


def test_of_an_endless_text_the_beginning_is_read(engine: Engine) -> None:
    made = make_job(engine, variants=0, desc_kor="국" * 5_000_000)
    with reading(engine) as connection:
        description = job_report(connection, made.job_id).job.desc_kor
        assert connection.scalar(select(func.count()).where(job_inputs.c.desc_kor.contains("국국"))) == 1
    assert description == "국" * (PROSE_BYTES // 3) + "…"


def test_a_nothing_stays_nothing(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(insert(vlm_traces).values(request=None, response={}))
    with reading(engine) as connection:
        assert connection.execute(select(vlm_traces.c.request, vlm_traces.c.response)).one() == (None, {})


def test_a_report_names_the_document_it_could_not_read(engine: Engine) -> None:
    made = make_job(engine, variants=1)
    with writing(engine) as connection:
        connection.execute(
            text(
                "UPDATE evaluations SET metrics = jsonb_build_object('recognized_text', repeat('x', 500000))"
                " WHERE evaluation_type = 'ocr'"
            )
        )
    with reading(engine) as connection:
        [variant] = job_report(connection, made.job_id).variants
    assert "evaluations ocr" in [name for name, _ in variant.unreadable]
    assert variant.iou is not None


def test_more_rows_than_anybody_reads_are_refused(settings: Settings) -> None:
    engine = make_engine(settings.model_copy(update={"read_max_rows": 10}))
    with writing(engine) as connection:
        connection.execute(
            text("INSERT INTO tenants (tenant_id) SELECT n::text FROM generate_series(1, 11) n")
        )
    with reading(engine) as connection:
        assert len(connection.execute(select(tenants).limit(10)).all()) == 10
    with pytest.raises(QueryFailed, match="more than 10 rows"), reading(engine) as connection:
        connection.execute(select(tenants)).all()
    engine.dispose()


@pytest.mark.parametrize("column", ["desc_kor", "metrics"])
def test_a_larger_answer_than_the_bound_is_refused(engine: Engine, settings: Settings, column: str) -> None:
    """400 values, each small enough to be read, together 20 MB."""
    with writing(engine) as connection:
        value = "repeat('x', 50000)"
        wide = f"INSERT INTO tone_styles (description) SELECT {value}"
        if column == "metrics":
            wide = f"INSERT INTO evaluations (evaluation_type, metrics) SELECT 'ocr', to_jsonb({value})"
        connection.execute(text(f"{wide} FROM generate_series(1, 400)"))
    read = evaluations.c.metrics if column == "metrics" else tone_styles.c.description
    small = make_engine(settings.model_copy(update={"read_memory_mb": 10}))
    with pytest.raises(QueryFailed, match="larger than 10 MB"), reading(small) as connection:
        connection.execute(select(read)).all()
    with pytest.raises(QueryFailed, match="larger than 10 MB"), reading(small) as connection:
        list(connection.execute(select(read)))
    with reading(small) as connection:
        assert len(connection.execute(select(read).limit(20)).all()) == 20, "the next answer is counted anew"
    small.dispose()
    with reading(engine) as connection:
        assert len(connection.execute(select(read)).all()) == 400


def test_a_word_or_a_name_of_ten_megabytes_is_cut(engine: Engine, our_schema: None) -> None:
    made = make_job(engine, variants=0)
    with writing(engine) as connection:
        connection.execute(text("UPDATE jobs SET version = repeat('x', 10000000)"))
        audit(connection, Person("y" * 10_000_000, Role.VIEWER), "look", "at")
    with reading(engine) as connection:
        version = connection.scalar(select(jobs.c.version).where(jobs.c.job_id == made.job_id))
        person = connection.scalar(select(audit_log.c.person))
    assert len(version or "") < WORD_BYTES
    assert len(person or "") < PROSE_BYTES


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from Linux's /proc")
def test_a_monstrous_job_stays_within_the_memory_bound(engine: Engine, database_url: str) -> None:
    """3,000 traces of two documents, each as large as is just read: 400 MB, were they all read."""
    made = make_job(engine, variants=1)
    with engine.begin() as connection:
        connection.execute(text("DROP INDEX vlm_traces_request_idx, vlm_traces_response_idx"))
        connection.execute(
            text(
                "INSERT INTO vlm_traces (job_id, job_variants_id, operation_type, request, response)"
                " SELECT :job, :variant, 'judge', d, d FROM generate_series(1, 3000),"
                " (SELECT jsonb_build_object('analysis', repeat('monster ', :size)) AS d) AS made"
            ),
            {"job": made.job_id, "variant": made.variant_ids[0], "size": (DOCUMENT_BYTES - 100) // 8},
        )
    script = (
        "import pathlib, re, sys, uuid\n"
        "from feedly_core.db.engine import make_engine, reading\n"
        "from feedly_core.results.report import job_report\n"
        "from feedly_core.settings import load_settings\n"
        "engine = make_engine(load_settings(DATABASE_URL=sys.argv[1]))\n"
        "status = pathlib.Path('/proc/self/status')\n"
        "def peak(): return int(re.search(r'VmHWM:\\s+(\\d+)', status.read_text())[1]) // 1024\n"
        "before = peak()\n"
        "with reading(engine) as connection: report = job_report(connection, uuid.UUID(sys.argv[2]))\n"
        "print(len(report.variants), peak() - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, database_url, str(made.job_id)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    variants, megabytes = map(int, done.stdout.split())
    assert variants == 1
    assert megabytes < MEGABYTES
