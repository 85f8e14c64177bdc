"""Over a network of 1 ms each way a job's report keeps its accepted ratio to the old tool's way."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import Engine

from benchmarks.comparisons import report_beside_old
from benchmarks.figures import ACCEPTED, WORSE_BY
from benchmarks.measuring import linked
from tests.factories import write_job


# Slow until the accepted ratios come from an idle machine: 0.9 to 1.05 is measured where 0.8 was accepted.
@pytest.mark.slow
def test_a_report_is_no_slower_beside_the_old_tool_than_accepted(engine: Engine) -> None:
    job_id = write_job(engine, variants=3, own_pictures=True).job_id
    url = engine.url.render_as_string(hide_password=False)
    with linked(url, 1.0) as link:
        measured = report_beside_old(link, url, 1_000, 3, job_id)
    accepted = json.loads(ACCEPTED.read_text(encoding="utf-8"))[measured.name]
    assert measured.ratio_to_old_tool is not None
    assert measured.ratio_to_old_tool <= accepted * WORSE_BY
