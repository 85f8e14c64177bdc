"""Each line of the log says whose request it was, also where a fragment runs by itself."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.server.logs import JsonLines


def _app() -> None:
    import contextvars

    import streamlit as st

    from dashboard.server.logs import log_ids
    from feedly_core.errors import NotFound
    from feedly_core.i18n import N_
    from pages.shared.ask import name_run, page_errors

    def fail() -> None:
        with page_errors():
            raise NotFound(N_("There is no such job."))

    def alone() -> None:
        log_ids()  # as in the new thread of a fragment's own run
        fail()

    name_run(viewer="kim@feedly.example", job="j-1")
    fail()
    contextvars.copy_context().run(alone)
    st.text("drawn")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    written = io.StringIO()
    handler, logger = logging.StreamHandler(written), logging.getLogger("feedly.pages")
    handler.setFormatter(JsonLines())
    logger.addHandler(handler)
    yield written
    logger.removeHandler(handler)


def test_a_fragments_line_names_the_viewer_too(lines: io.StringIO) -> None:
    app = AppTest.from_function(_app).run()
    assert not app.exception
    first, second = (json.loads(line) for line in lines.getvalue().splitlines())
    for line in (first, second):
        assert (line["viewer"], line["job"], line["level"]) == ("kim@feedly.example", "j-1", "warning")
    assert first["request"] != second["request"]
