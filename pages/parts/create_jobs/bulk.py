"""Many jobs from a file or a pasted table.

Problems and marks stand beside their lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from html import escape
from uuid import uuid4, uuid5

import streamlit as st

from feedly_core.errors import FeedlyError
from feedly_core.golden_sets.facts import Fact
from feedly_core.golden_sets.sources import orders_of_requests
from feedly_core.i18n import N_
from feedly_core.jobs.bulk import COLUMNS, Bulk, BulkLine, is_heading, read_bulk
from feedly_core.jobs.choices import ToneStyle, read_choices
from feedly_core.jobs.create import CreatedJob, Preview, preview_job
from feedly_core.jobs.request import JobRequest, request_key
from feedly_core.jobs.samples import sample_pictures
from feedly_core.jobs.table_rows import Rows, file_rows, pasted_rows
from pages.parts.create_jobs.picture_choice import choose_pictures, show_pictures
from pages.parts.create_jobs.preview import reasons, show_missing, write_job
from pages.parts.create_jobs.request_form import choose_kind, request_form, tone_name
from pages.shared.ask import ask, page_errors
from pages.shared.badges import BAD, GOOD, WARN, badge
from pages.shared.golden_form import Found, golden_form
from pages.shared.language import _, _n
from pages.shared.navigation import section
from pages.shared.placeholders import empty, error_card
from pages.shared.streamlit_workarounds.reliable_button import forget_click, pressed

_KEY, _MADE = "bulk-key", "bulk-made"
EXAMPLE = """설명,톤,사진,시안 수
진하게 끓인 부대찌개,,budae-jjigae.png,3
달콤한 딸기 케이크,,cake.png,2
"""


def bulk_jobs() -> None:
    """Table and common values on the left, the lines and their problems on the right."""
    form, lines = st.columns([2, 3], gap="large")
    with form, page_errors() as asked:
        kind = choose_kind("bulk")
        table = _table()
        pictures = choose_pictures(f"bulk-{kind}", several=True)
        show_pictures(pictures, 64, labels=[picture.name for picture in pictures])
        samples = sample_pictures()
        st.caption(
            _(
                "A line names a picture by its file name. Samples can always be named: {names}.",
                names=", ".join(picture.name for picture in samples),
            )
        )
        with st.expander(_("What empty cells mean"), icon=":material/tune:"):
            base = request_form("bulk", kind, pictures[:1])
    if asked.failed:
        return
    with lines, page_errors():
        if table is None:
            empty(_("No lines yet"), _("Paste a table or choose a file; each line becomes a job."))
            return
        tones = ask(read_choices).tone_styles
        _lines(read_bulk(table, base, pictures, tones, samples=samples), base, tones)


def _table() -> Rows | None:
    file = st.file_uploader(
        _("CSV file or workbook"),
        type=["csv", "tsv", "txt", "xlsx", "xls", "ods"],
        max_upload_size=1,
        key="bulk-file",
    )
    if file is not None:
        return file_rows(file.getvalue(), is_heading)
    pasted = st.text_area(
        _("or a pasted table"),
        placeholder=EXAMPLE,
        height=160,
        help=_("Columns: description, tone, image, variants. A picture is named by its file name."),
        key="bulk-text",
    )
    st.download_button(
        _("Example file"),
        "\ufeff" + EXAMPLE,  # the mark tells spreadsheets that it is UTF-8
        "jobs.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="bulk-example",
    )
    return pasted_rows(pasted, is_heading) if pasted.strip() else None


def _lines(bulk: Bulk, base: JobRequest, tones: Sequence[ToneStyle]) -> None:
    lines = bulk.lines
    marked = sum(line.request is not None and not line.ready for line in lines)
    bad = sum(line.request is None for line in lines)
    section(_n("{n} line", "{n} lines", len(lines)))
    marks = badge(N_("{n} good", n=len(lines) - bad - marked), GOOD).html()
    if marked:
        marks += " " + badge(N_("{n} with something unused", n=marked), WARN).html()
    if bad:
        marks += " " + badge(N_("{n} with a problem", n=bad), BAD).html()
    st.html(marks)
    for notice in bulk.notices:
        st.caption(f"▲ {_(notice)}")
    _bulk_table(lines, base, tones)
    made = st.session_state.get(_MADE)
    if made:
        _bulk_result(made, base)
        return
    if bad or marked:
        st.caption(_("Correct the lines on the left, or make only the good ones. Nothing is written yet."))
    with_marked = bool(marked) and st.checkbox(
        _n("Make the {n} marked line too", "Make the {n} marked lines too", marked), key="bulk-marked"
    )
    good = [
        (line.number, line.request)
        for line in lines
        if line.request is not None and (line.ready or with_marked)
    ]
    if good:
        show_missing(_preview(good[0][1]), starts=base.start)
        golden_form("bulk-golden", partial(_golden_orders, [request for _number, request in good]))
    label = (
        _n("Create only the good {n}", "Create only the good {n}", len(good))
        if len(good) < len(lines)
        else _n("Create {n} job", "Create {n} jobs", len(good))
    )
    if pressed(label, type="primary", disabled=not good, icon=":material/playlist_add:", key="bulk-create"):
        _create(good)


def _golden_orders(requests: Sequence[JobRequest], facts: Sequence[Fact], pinned: bool) -> Found:
    return orders_of_requests(requests, facts, pin_copy=pinned), ()


def _preview(request: JobRequest) -> Preview:
    """Of one line: what it lacks to run, all of them lack."""
    return ask(preview_job, request, key=uuid4(), now=datetime.now(UTC))


@dataclass(frozen=True)
class _Made:
    """The jobs that are made; ``line`` is where it stopped, with the ``error``."""

    jobs: Sequence[CreatedJob]
    line: int | None = None
    error: FeedlyError | None = None


def _create(lines: Sequence[tuple[int, JobRequest]]) -> None:
    """A line's key follows from the form's, its number and what it says.

    So a run that broke off, or that a second click began anew, makes no line twice.
    """
    key = st.session_state.setdefault(_KEY, uuid4())
    bar = st.progress(0.0, text=_("Writing the jobs"))
    made: list[CreatedJob] = []
    for count, (number, request) in enumerate(lines, 1):
        try:
            made.append(write_job(request, request_key(uuid5(key, str(number)), request)))
        except FeedlyError as error:
            st.session_state[_MADE] = _Made(made, number, error)
            break
        bar.progress(count / len(lines), text=_("{done} of {all}", done=count, all=len(lines)))
    else:
        st.session_state[_MADE] = _Made(made)
    st.rerun()


def _bulk_result(made: _Made, base: JobRequest) -> None:
    marks = badge(N_("{n} made", n=len(made.jobs)), GOOD).html()
    missing = list({str(reason): reason for job in made.jobs for reason in job.missing}.values())
    if base.start and missing:
        resting = sum(not job.started for job in made.jobs)
        marks += " " + badge(N_("{n} not started", n=resting), WARN).html() + reasons(missing)
    st.html(marks)
    if made.error is not None:
        st.caption(_("It stopped at line {line}; the lines before it are made.", line=made.line))
        error_card(made.error)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link(
            "pages/live_monitor.py",
            label=_("Watch them live"),
            icon=":material/monitor_heart:",
            query_params={"tenant": base.tenant_id},
        )
        if made.error is not None and st.button(_("Go on"), icon=":material/play_arrow:", key="bulk-on"):
            _forget()
            st.rerun()
        if st.button(_("Make more"), icon=":material/replay:", key="bulk-again"):
            _forget()
            st.session_state.pop(_KEY, None)
            st.rerun()


def _forget() -> None:
    st.session_state.pop(_MADE, None)
    forget_click("bulk-create")


_LABELS = {
    "description": N_("Description"),
    "tone": N_("Tone"),
    "image": N_("Picture"),
    "variants": N_("Variants"),
}


def _bulk_table(lines: Sequence[BulkLine], base: JobRequest, tones: Sequence[ToneStyle]) -> None:
    """One row per line. What an empty cell takes from ``base`` is paler."""
    tone = next((each for each in tones if each.tone_style_id == base.tone_style_id), None)
    usual = {
        "description": base.desc_kor,
        "tone": tone_name(tone) if tone else "–",
        "image": ", ".join(picture.name for picture in base.pictures),
        "variants": str(base.variants),
    }
    heads = (_("Line"), *(_(_LABELS[name]) for name in COLUMNS), _("State"))
    head = "".join(f"<th>{escape(word, quote=True)}</th>" for word in heads)
    body = "".join(_row(line, usual) for line in lines)
    st.html(
        f'<div class="fd-jobs-lines" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _row(line: BulkLine, usual: dict[str, str]) -> str:
    cells = "".join(_cell(line.cells[name], usual[name]) for name in COLUMNS)
    state = "".join(f"<p>✕ {escape(_(problem), quote=True)}</p>" for problem in line.problems)
    state += "".join(f"<p>▲ {escape(_(mark), quote=True)}</p>" for mark in line.marks)
    state = state or badge(N_("good"), GOOD).html()
    look = BAD if line.problems else WARN if line.marks else None
    tone = f' class="fd-{look[1]}"' if look else ""
    return f"<tr{tone}><td>{line.number}</td>{cells}<td>{state}</td></tr>"


def _cell(said: str, usual: str) -> str:
    return f"<td>{escape(said, quote=True)}</td>" if said else f"<td><i>{escape(usual, quote=True)}</i></td>"
