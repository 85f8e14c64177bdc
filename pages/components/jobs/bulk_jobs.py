"""Many jobs from a CSV file or a pasted table; problems stand beside their lines."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4, uuid5

import streamlit as st

from feedly_core.errors import FeedlyError
from feedly_core.jobs.bulk import COLUMNS, BulkLine, decode_table, read_bulk
from feedly_core.jobs.choices import read_choices
from feedly_core.jobs.orders import JobOrder
from feedly_core.words import N_
from pages.components.app import ask, page_errors
from pages.components.badges import BAD, GOOD, badge
from pages.components.jobs.order_form import choose_kind, order_form
from pages.components.jobs.picture_choice import choose_pictures, show_pictures
from pages.components.jobs.writing import write_job
from pages.components.navigation import section
from pages.components.pressed import pressed
from pages.components.states import empty, error_card
from pages.components.words import _, _n

_KEY, _MADE = "bulk-key", "bulk-made"
EXAMPLE = """description\ttone\timage\tvariants
진하게 끓인 부대찌개\t\tbudae-jjigae.png\t3
달콤한 딸기 케이크\t\tcake.png\t2"""
_COLUMN_WORDS = {
    "description": N_("Description"),
    "tone": N_("Tone"),
    "image": N_("Picture"),
    "variants": N_("Variants"),
}


def bulk_jobs() -> None:
    """Table and common values on the left, the lines and their problems on the right."""
    form, lines = st.columns([2, 3], gap="large")
    with form, page_errors():
        kind = choose_kind("bulk")
        text = _table_text()
        pictures = choose_pictures(f"bulk-{kind}", several=True)
        show_pictures(pictures, 64)
        with st.expander(_("What empty cells mean"), icon=":material/tune:"):
            base = order_form("bulk", kind, pictures[:1])
    with lines, page_errors():
        if not text.strip():
            empty(_("No lines yet"), _("Paste a table or choose a CSV file; each line becomes a job."))
            return
        tones = ask(read_choices).tone_styles
        _lines(read_bulk(text, base, {picture.name: picture for picture in pictures}, tones))


def _table_text() -> str:
    file = st.file_uploader(_("CSV file"), type=["csv", "tsv", "txt"], max_upload_size=1, key="bulk-file")
    if file is not None:
        return decode_table(file.getvalue())
    return st.text_area(
        _("or a pasted table"),
        placeholder=EXAMPLE,
        height=160,
        help=_("Columns: description, tone, image, variants. A picture is named by its file name."),
        key="bulk-text",
    )


def _lines(lines: Sequence[BulkLine]) -> None:
    good = [(line.number, line.order) for line in lines if line.order is not None]
    bad = len(lines) - len(good)
    section(_n("{n} line", "{n} lines", len(lines)))
    marks = badge(N_("{n} good", n=len(good)), GOOD).html()
    if bad:
        marks += " " + badge(N_("{n} with a problem", n=bad), BAD).html()
    st.html(marks)
    st.dataframe(
        [_row(line) for line in lines],
        hide_index=True,
        column_config={name: _(word) for name, word in _COLUMN_WORDS.items()}
        | {
            "line": st.column_config.NumberColumn(_("Line"), width=50),
            "problem": st.column_config.TextColumn(_("Problem"), width="large"),
        },
        column_order=("line", "description", "problem", "tone", "image", "variants"),
    )
    made = st.session_state.get(_MADE)
    if made:
        _result(made)
        return
    if bad:
        st.caption(_("Correct the lines on the left, or make only the good ones. Nothing is written yet."))
    label = (
        _n("Create only the good {n}", "Create only the good {n}", len(good))
        if bad
        else _n("Create {n} job", "Create {n} jobs", len(good))
    )
    if pressed(label, type="primary", disabled=not good, icon=":material/playlist_add:", key="bulk-create"):
        _create(good)


def _row(line: BulkLine) -> dict[str, object]:
    problem = " ".join(_(each) for each in line.problems)
    return {"line": line.number, "problem": problem or "●", **{name: line.cells[name] for name in COLUMNS}}


def _create(lines: Sequence[tuple[int, JobOrder]]) -> None:
    """A line's key follows from the form's and its number: repeating a broken run makes no line twice."""
    key = st.session_state.setdefault(_KEY, uuid4())
    bar = st.progress(0.0, text=_("Writing the jobs"))
    made: list[UUID] = []
    for count, (number, order) in enumerate(lines, 1):
        try:
            made.append(write_job(order, uuid5(key, str(number))).job_id)
        except FeedlyError as error:
            st.session_state[_MADE] = (made, number, error)
            break
        bar.progress(count / len(lines), text=_("{done} of {all}", done=count, all=len(lines)))
    else:
        st.session_state[_MADE] = (made, None, None)
    st.rerun()


def _result(made: tuple[list[UUID], int | None, FeedlyError | None]) -> None:
    jobs, line, error = made
    st.html(badge(N_("{n} made", n=len(jobs)), GOOD).html())
    if error is not None:
        st.caption(_("It stopped at line {line}; the lines before it are made.", line=line))
        error_card(error)
    with st.container(horizontal=True):
        st.page_link("pages/live_monitor.py", label=_("Watch them live"), icon=":material/monitor_heart:")
        if error is not None and st.button(_("Go on"), icon=":material/play_arrow:", key="bulk-on"):
            st.session_state.pop(_MADE, None)
            st.rerun()
        if st.button(_("Make more"), icon=":material/replay:", key="bulk-again"):
            st.session_state.pop(_MADE, None)
            st.session_state.pop(_KEY, None)
            st.rerun()
