"""One job from its head to its raw rows, section by section."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from feedly_core.domain.scores import Limit, limits
from feedly_core.results.image_checks import Evidence, fingerprint, gather
from feedly_core.results.report import job_report
from feedly_core.results.report_types import JobReport
from feedly_core.settings import Settings
from pages.parts.results import (
    attention,
    compare,
    cost,
    failures,
    head,
    pictures,
    planner,
    reviews,
    scores,
    texts,
)
from pages.shared.ask import ask, dashboard, page_errors
from pages.shared.live import live

_MINUTES_REMEMBERED = 10


def show(job_id: UUID) -> None:
    """The page of one job; redrawn by itself while the job moves."""
    live("results", job=job_id, delay=1.0)(_draw)(job_id)


def _draw(job_id: UUID) -> None:
    report = ask(job_report, job_id)
    known = limits(dashboard().settings)
    evidence = _evidence(fingerprint(report), report, dashboard().settings)
    head.show(report, evidence, known)
    _sections(report, evidence, known)


def _sections(report: JobReport, evidence: Evidence, known: dict[str, Limit]) -> None:
    for draw in (
        lambda: attention.show(report, evidence, known),
        lambda: failures.show(report, evidence, known),
        lambda: pictures.show(report, evidence),
        lambda: compare.show(report, evidence),
        lambda: scores.show(report, evidence, known),
        lambda: reviews.show(report),
        lambda: planner.show(report),
        lambda: texts.show(report, evidence),
        lambda: cost.show(report),
    ):
        with page_errors():
            draw()


@st.cache_resource(ttl=60 * _MINUTES_REMEMBERED, max_entries=50, show_spinner=False)
def _evidence(key: tuple[object, ...], _report: JobReport, _settings: Settings) -> Evidence:
    """Files are read again when the report's pictures change, or after ten minutes."""
    return gather(_report, _settings)
