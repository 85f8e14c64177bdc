"""What a deletion would take, its run, and what became of it: the same for every way to choose jobs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Protocol

import streamlit as st

from feedly_core.errors import FeedlyError
from feedly_core.i18n import N_, NN_
from feedly_core.jobs.cleanup import DeletionPlan, DeletionResult
from feedly_core.permissions import Person
from feedly_core.settings import Settings
from pages.parts.create_jobs.preview import table_rows
from pages.shared.ask import dashboard
from pages.shared.badges import BAD, GOOD, badge
from pages.shared.language import _, _n
from pages.shared.person import current_person
from pages.shared.placeholders import error_card
from pages.shared.when_open import when_open

LISTED = 500
"""No longer list of jobs or files is drawn."""


class Deleting(Protocol):
    """A deletion of the core that knows its jobs."""

    def __call__(
        self, *, assets_dir: Path | None, person: Person, settings: Settings, progress: Progress
    ) -> DeletionResult: ...


class Progress(Protocol):
    def __call__(self, done: int, /) -> None: ...


def totals(plan: DeletionPlan) -> None:
    """Rows by table, files with their size."""
    rows, files = st.columns([3, 1])
    with rows:
        table_rows({name: _n("{n} row", "{n} rows", count) for name, count in plan.rows.items()})
    with files:
        megabytes = f"{plan.bytes / 1_000_000:.1f}"
        st.metric(
            _("Files"),
            f"{len(plan.files):,}",
            _("{size} MB", size=megabytes),
            delta_color="off",
            delta_arrow="off",
        )
        st.metric(_("Rows"), f"{sum(plan.rows.values()):,}")


def which_files(plan: DeletionPlan) -> None:
    """Every file by name, folded."""
    if plan.files:
        when_open("files-that-go", _("Which files"), ":material/folder:", lambda: _file_list(plan.files))


def _file_list(files: Sequence[Path]) -> None:
    folder = dashboard().assets_dir
    st.dataframe(
        [{"file": os.path.relpath(path, folder) if folder else str(path)} for path in files[:LISTED]],
        hide_index=True,
        column_config={"file": _("File")},
    )
    if len(files) > LISTED:
        st.caption(_n("and {n} more", "and {n} more", len(files) - LISTED))


def run_deletion(deleting: Deleting, total: int) -> DeletionResult:
    """Delete as the person who looks, with a bar.

    The hub then reads anew what is left.
    """
    here = dashboard()
    bar = st.progress(0.0, text=_("Removing"))

    def progress(done: int, /) -> None:
        bar.progress(done / total, text=_("{done} of {all}", done=done, all=total))

    result = deleting(
        assets_dir=here.assets_dir, person=current_person(), settings=here.settings, progress=progress
    )
    if here.hub is not None:
        here.hub.reread()
    return result


def show_result(result: DeletionResult) -> None:
    """What went, what was kept and why, which files the system kept."""
    if result.files_left:
        left = len(result.files_left)
        problem = FeedlyError(
            NN_("{n} file could not be deleted.", "{n} files could not be deleted.", left),
            detail=N_("Its rows are gone; nothing shows the file any more."),
            hint=N_("Give the dashboard write access to the folder of pictures, or delete them by hand."),
        )
        error_card(problem)
        _file_list(result.files_left)
    marks = badge(N_("{n} removed", n=result.removed), GOOD).html()
    if result.removed:
        rows = _n("{n} row", "{n} rows", sum(result.rows.values()))
        marks += f" {escape(rows)} · " + escape(_n("{n} file", "{n} files", result.files))
    st.html(marks)
    if result.kept:
        st.html(badge(N_("{n} kept", n=len(result.kept)), BAD).html())
        st.dataframe(
            [{"job": str(job_id), "why": _(reason)} for job_id, reason in result.kept],
            hide_index=True,
            column_config={"job": _("Job"), "why": _("Why")},
        )
