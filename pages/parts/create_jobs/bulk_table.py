"""The lines of a table of jobs as they will be made, each with its problems beside it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from feedly_core.i18n import N_
from feedly_core.jobs.bulk import COLUMNS, BulkLine
from feedly_core.jobs.choices import ToneStyle
from feedly_core.jobs.request import JobOrder
from pages.parts.create_jobs.order_form import tone_name
from pages.shared.badges import BAD, GOOD, badge
from pages.shared.language import _

_LABELS = {
    "description": N_("Description"),
    "tone": N_("Tone"),
    "image": N_("Picture"),
    "variants": N_("Variants"),
}


def bulk_table(lines: Sequence[BulkLine], base: JobOrder, tones: Sequence[ToneStyle]) -> None:
    """A row a line. What an empty cell takes from ``base`` is paler."""
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
    if line.problems:
        state = "".join(f"<p>✕ {escape(_(problem), quote=True)}</p>" for problem in line.problems)
    else:
        state = badge(N_("good"), GOOD).html()
    tone = f' class="fd-{BAD[1]}"' if line.problems else ""
    return f"<tr{tone}><td>{line.number}</td>{cells}<td>{state}</td></tr>"


def _cell(said: str, usual: str) -> str:
    return f"<td>{escape(said, quote=True)}</td>" if said else f"<td><i>{escape(usual, quote=True)}</i></td>"
