"""What people said about the job's pictures: verdicts with their marks, winners, and every change of mind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import streamlit as st

from feedly_core.db import own_schema
from feedly_core.results.report_types import JobReport, VariantReport
from feedly_core.reviews import verdicts, winners
from feedly_core.reviews.verdicts import Mark, Standing
from feedly_core.reviews.winners import Choice
from pages.parts.results.widgets import note, variant_name
from pages.parts.review.figures import SHAPES, judgement_line, pins_html
from pages.shared.ask import ask
from pages.shared.formatting import moment
from pages.shared.language import _
from pages.shared.navigation import picture_url, section


def show(report: JobReport) -> None:
    """Nothing at all while nobody has judged: the review page is the place to begin."""
    if not ask(own_schema.installed):
        return
    said = ask(verdicts.history, report.job.job_id)
    chosen = ask(winners.history, report.job.job_id)
    if not said and not chosen:
        return
    section(_("What people said"), _("Verdicts and winners of the review page; nothing is ever overwritten."))
    columns = st.columns(max(3, min(4, len(report.variants))), gap="medium")
    for place, variant in enumerate(report.variants):
        with columns[place % len(columns)]:
            _variant(variant, said, chosen)
    with st.expander(_("Every change"), icon=":material/history:"):
        for line in _changes(report, said, chosen):
            st.text(line)


def _variant(variant: VariantReport, said: Sequence[Standing], chosen: Sequence[Choice]) -> None:
    mine = [one for one in verdicts.present(said) if one.variant_id == variant.variant_id]
    winner = winners.present(chosen)
    lines = []
    for choice in (*winner.people, *([winner.team] if winner.team else [])):
        if choice.variant_id == variant.variant_id:
            words = _("{name} chose it", name=_who(choice.person, team=choice.team))
            lines.append(f"<p>★ {escape(words)}</p>")
    marks: list[Mark] = []
    for one in mine:
        shape = escape(SHAPES[one.verdict])
        line = judgement_line(one, start=len(marks))
        lines.append(f"<p>{shape} {escape(f'{_who(one.reviewer, team=one.team)}: {line}')}</p>")
        marks += one.marks
    if marks:
        source = escape(picture_url(mine[-1].picture_id), quote=True)
        lines.insert(0, f"<figure class='fd-pinned'><img src='{source}' alt=''>{pins_html(marks)}</figure>")
    note(variant_name(variant), *(lines or [escape(_("No verdict"))]))


def _changes(report: JobReport, said: Iterable[Standing], chosen: Iterable[Choice]) -> list[str]:
    """Everything in the order of time, the newest first."""
    names = {variant.variant_id: variant_name(variant) for variant in report.variants}
    told = [
        (one.at, one.reviewer, one.team, f"{names.get(one.variant_id, '–')} · {judgement_line(one)}")
        for one in said
    ]
    for choice in chosen:
        what = names.get(choice.variant_id, "–") if choice.variant_id else _("Taken back")
        told.append((choice.at, choice.person, choice.team, "★ " + what))
    return [f"{moment(at)}  {_who(name, team=team)}: {what}" for at, name, team, what in sorted(told)[::-1]]


def _who(name: str, *, team: bool) -> str:
    return _("{name} for the team", name=name) if team else name
