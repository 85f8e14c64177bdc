"""Every JSON document of a job, damaged in every way: the page opens, says so, and shows the rest."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from feedly_core.db.engine import reading, writing
from feedly_core.results.report import job_report
from feedly_core.settings import Settings
from tests.factories import MadeJob, write_job
from tests.pages.conftest import OpenPage, words_of

DOCUMENTS = (
    ("planner_proposals", "proposal_id", ("layout",)),
    ("overlay_layouts", "overlay_id", ("layout",)),
    ("detections", "detection_id", ("box",)),
    ("evaluations", "evaluation_id", ("metrics",)),
    ("vlm_traces", "vlm_trace_id", ("request", "response")),
    ("llm_traces", "llm_trace_id", ("request", "response", "token_usage")),
)
"""Every JSON column that a report reads: table, its key, columns."""

_words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
_numbers = st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)
_spelt = st.sampled_from(["", "0.9", "NaN", "Infinity", "true", "ffffff", "-1", "<b>", "unknown_source"])
_boxes = st.sampled_from(
    [[12, 30, 500, 460], [0.1, 0.2, 0.5, 0.3], [-0.2, 0.9, 1.4, 3], [0.1, 0.2], [], ["0.1", "0.2", 1, 1]]
)
odd: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | _numbers | _words | _spelt | _boxes,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_words, inner, max_size=4),
    max_leaves=12,
)
"""What PostgreSQL can store as JSON. NaN exists there only as a word."""


@st.composite
def damaged(draw: st.DrawFn, document: object) -> object:
    """The document with up to four of its values taken out or replaced, or another document altogether."""
    if not isinstance(document, dict | list) or draw(st.integers(0, 4)) == 0:
        return draw(odd)
    changed = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 4))):
        places = list(_places(changed))
        if not places:
            break
        inside, key = places[draw(st.integers(0, len(places) - 1))]
        if isinstance(inside, dict) and draw(st.booleans()):
            del inside[key]
        else:
            inside[key] = copy.deepcopy(draw(odd))
    return changed


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each container within a document with each of its keys."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


@dataclass(frozen=True)
class Stored:
    """One document of the job: where it lies, and what it says."""

    table: str
    column: str
    key: str
    id_: UUID
    value: Any


@pytest.fixture
def job(engine: Engine, settings: Settings) -> MadeJob:
    return write_job(engine, settings.assets_dir)


@pytest.fixture
def stored(engine: Engine, job: MadeJob) -> list[Stored]:
    """Every document of the job."""
    with reading(engine) as connection:
        return [
            Stored(table, column, key, row[0], row[1])
            for table, key, columns in DOCUMENTS
            for column in columns
            for row in connection.execute(text(f"SELECT {key}, {column} FROM {table}"))
        ]


def store(engine: Engine, places: list[Stored], values: tuple[object, ...]) -> None:
    with writing(engine) as connection:
        for place, value in zip(places, values, strict=True):
            change = f"UPDATE {place.table} SET {place.column} = CAST(:value AS jsonb)"
            connection.execute(
                text(f"{change} WHERE {place.key} = :id"), {"value": json.dumps(value), "id": place.id_}
            )


def test_the_page_opens_whatever_the_documents_hold(
    open_page: OpenPage, engine: Engine, job: MadeJob, stored: list[Stored]
) -> None:
    assert {place.column for place in stored} == {column for *_, columns in DOCUMENTS for column in columns}

    @settings(deadline=None, max_examples=12, suppress_health_check=list(HealthCheck))
    @given(
        st.tuples(*(st.just(place.value) | damaged(place.value) for place in stored)),
        st.sampled_from(("pictures", "scores", "texts")),
    )
    def opens(values: tuple[object, ...], tab: str) -> None:
        store(engine, stored, values)
        with reading(engine) as connection:
            report = job_report(connection, job.job_id)
        for part in (tab, "cost"):
            said = words_of(open_page("results", job=job.job_id, tab=part))
            assert "could not be drawn" not in said
            for always in ("class='fd-results-head'", "class='fd-ad-head'", "맛있는 부대찌개를 만나보세요"):
                assert always in said, always
        unreadable = sum(len(variant.unreadable) for variant in report.variants)
        assert (f"{unreadable} stored value" in said) == (unreadable > 0)

    opens()
