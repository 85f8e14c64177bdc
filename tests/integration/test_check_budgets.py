"""What each check of the diagnostics asks of a database with 3,000 jobs."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from feedly_core.db.engine import writing
from feedly_core.diagnostics.check import Check
from feedly_core.diagnostics.checks import ALL_CHECKS
from feedly_core.diagnostics.context import open_context
from feedly_core.settings import load_settings
from tests.plan_guard import counted, rows_scanned

STATEMENTS = 5
"""Of one check, the catalogue's answer about tables and columns included."""

ROWS = 15_000
"""Of the dearest: 7 days of a job every five minutes are 2,016 jobs with three variants each."""


@pytest.mark.parametrize("check", ALL_CHECKS, ids=lambda check: check.key)
def test_a_check_asks_little(big_engine: Engine, check: Check, tmp_path: Path) -> None:
    url = big_engine.url.render_as_string(hide_password=False)
    settings = load_settings(DATABASE_URL=url, ASSETS_DIR=tmp_path)
    with open_context(settings) as context, counted(Engine) as sent:
        check.run(context)
    assert len(sent) <= STATEMENTS, [statement for statement, _ in sent.sent]
    with writing(big_engine) as connection:
        scanned = rows_scanned(connection, sent)
    assert max(scanned.values(), default=0) <= ROWS, scanned
