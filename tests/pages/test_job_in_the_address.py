"""Which job an address means: the same on every page that shows one job."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from tests.factories import make_job
from tests.pages.conftest import OpenPage, words_of

PAGES = ("live_monitor", "results")


@pytest.mark.parametrize("page", PAGES)
def test_an_id_with_and_without_dashes_and_its_beginning_name_the_job(
    page: str, open_page: OpenPage, engine: Engine
) -> None:
    job = make_job(engine, desc_kor="따끈한 우동")
    for named in (str(job.job_id), job.job_id.hex.upper(), f" {str(job.job_id)[:9]}"):
        assert "따끈한 우동" in words_of(open_page(page, job=named)), named


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("0b6e0000-0000-4000-8000-000000000000", "There is no job"),
        ("ffff0000", "There is no job"),
        ("?", "is no job id"),
    ],
)
def test_what_names_no_job_is_said_above_what_there_is_to_choose(
    page: str, named: str, told: str, open_page: OpenPage, engine: Engine
) -> None:
    other = make_job(engine)
    words = words_of(open_page(page, job=named))
    assert told in words
    assert str(other.job_id) in words, "something to choose from"
