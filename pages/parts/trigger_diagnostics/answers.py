"""The answers of the checks: one verdict, the chain of links, what is wrong with its fix, what is fine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

import streamlit as st

from feedly_core.diagnostics.check import (
    GROUP_TITLES,
    VERDICT_LABELS,
    Answer,
    Finding,
    Group,
    Verdict,
    worst,
)
from feedly_core.diagnostics.check_report import Examination
from feedly_core.i18n import Message
from pages.shared.badges import BAD, GOOD, ODD, WARN, Badge, badge
from pages.shared.language import _, _n

LOOKS = {Verdict.OK: GOOD, Verdict.UNKNOWN: ODD, Verdict.WARNING: WARN, Verdict.FAILED: BAD}

_STYLE = Path(__file__).with_name("diagnostics.css").read_text(encoding="utf-8")

OfferHelp = Callable[[Answer], None]
"""Draws what the page itself can do about an answer, below its card's text."""


def style() -> None:
    """The page's own marks; once a page run."""
    st.html(f"<style>{_STYLE}</style>")


def verdict_badge(verdict: Verdict) -> Badge:
    return badge(VERDICT_LABELS[verdict], LOOKS[verdict])


def headline(examination: Examination) -> None:
    """The first broken link and what that means for the work, or that all is well."""
    troubled = [answer for answer in examination if answer.verdict is not Verdict.OK]
    broken = [answer for answer in troubled if answer.verdict is Verdict.FAILED]
    shape, tone = LOOKS[examination.verdict]
    if not troubled:
        title = _("Every link of the chain is in order")
    elif broken:
        title = _(
            "The chain breaks at: {group}",
            group=GROUP_TITLES[broken[0].check.group],
        )
    else:
        title = _n(
            "Nothing is broken; {n} thing to look at",
            "Nothing is broken; {n} things to look at",
            len(troubled),
        )
    meaning = ""
    if troubled:
        first = (broken or troubled)[0].finding
        detail = _(first.found)
        meaning = _(first.why) if broken and first.why is not None else ""
    else:
        detail = _n("{n} check, all fine.", "{n} checks, all fine.", len(examination.answers))
    st.html(
        f'<div class="fd-verdict fd-{tone}"><i aria-hidden="true">{shape}</i>'
        f"<div><strong>{escape(title, quote=True)}</strong>"
        f"<span>{escape(detail, quote=True)}</span>"
        f"{f'<small>{escape(meaning, quote=True)}</small>' if meaning else ''}</div></div>"
    )


def chain(examination: Examination) -> None:
    """The groups in the order that an event passes them, each with its worst verdict."""
    links = []
    for group in Group:
        answers = [answer for answer in examination if answer.check.group is group]
        verdict = worst([answer.verdict for answer in answers])
        fine = sum(answer.verdict is Verdict.OK for answer in answers)
        shape, tone = LOOKS[verdict]
        links.append(
            f'<li class="fd-link fd-{tone}"><b>{escape(_(GROUP_TITLES[group]), quote=True)}</b>'
            f'<i aria-hidden="true">{shape}</i>'
            f"<span>{escape(_(VERDICT_LABELS[verdict]), quote=True)} · {fine}/{len(answers)}</span></li>"
        )
    st.html(f'<ol class="fd-chain">{"".join(links)}</ol>')


def troubles(examination: Examination, offer_help: OfferHelp) -> None:
    """A card for each answer that asks for doing something, the broken ones first."""
    for verdict in (Verdict.FAILED, Verdict.WARNING, Verdict.UNKNOWN):
        for answer in examination:
            if answer.verdict is verdict and needs_doing(answer):
                _trouble(answer, offer_help)


def needs_doing(answer: Answer) -> bool:
    """Broken or doubtful, or not known with a way to find out."""
    if answer.verdict is Verdict.UNKNOWN:
        return answer.finding.fix is not None
    return answer.verdict is not Verdict.OK


def in_short(answers: Sequence[Answer]) -> None:
    """One line a check, group by group: what is fine, or what could not be asked."""
    for group in Group:
        rows = [answer for answer in answers if answer.check.group is group]
        if rows:
            st.html(
                f'<h4 class="fd-checks-title">{escape(_(GROUP_TITLES[group]), quote=True)}</h4>'
                f'<table class="fd-checks">{"".join(map(_row, rows))}</table>'
            )
        for answer in rows:
            if answer.finding.rows:
                with st.expander(_(answer.check.name), key=f"evidence-{_slug(answer.check.key)}"):
                    evidence(answer.finding.rows)
            if answer.finding.difference:
                _difference(answer.finding, answer.check.key)


def show_finding(finding: Finding, key: str) -> None:
    """Why, evidence, fix and difference of a finding; its headline is drawn by the caller."""
    if finding.why is not None:
        st.html(f'<p class="fd-why">{escape(_(finding.why), quote=True)}</p>')
    if finding.rows:
        evidence(finding.rows)
    if finding.fix is not None:
        lead = _("How to fix it")
        st.html(
            f'<p class="fd-fix"><b>{escape(lead, quote=True)}</b>'
            f"{escape(_(finding.fix.advice), quote=True)}</p>"
        )
        if finding.fix.command:
            st.code(finding.fix.command, language="bash")
        if finding.fix.sql:
            _sql(finding.fix.sql, key)
    if finding.difference:
        _difference(finding, key)


def evidence(rows: Sequence[Sequence[Message | str]]) -> None:
    """A small table; the first row is its heading."""
    heading, *lines = rows
    head = "".join(f"<th>{_cell(cell)}</th>" for cell in heading)
    body = "".join("<tr>" + "".join(f"<td>{_cell(cell)}</td>" for cell in line) + "</tr>" for line in lines)
    st.html(
        f'<div class="fd-evidence"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _trouble(answer: Answer, offer_help: OfferHelp) -> None:
    with st.container(border=True, key=f"trouble-{answer.check.key.replace('.', '-')}"):
        st.html(
            f'<div class="fd-trouble">{verdict_badge(answer.verdict).html()}'
            f"<strong>{escape(_(answer.check.name), quote=True)}</strong>"
            f"<small>{escape(_(answer.check.question), quote=True)}</small></div>"
            f'<p class="fd-found">{escape(_(answer.finding.found), quote=True)}</p>'
        )
        show_finding(answer.finding, answer.check.key)
        offer_help(answer)


def _row(answer: Answer) -> str:
    shape, tone = LOOKS[answer.verdict]
    return (
        f'<tr><td class="fd-{tone}"><i aria-hidden="true">{shape}</i> '
        f"{escape(_(answer.check.name), quote=True)}</td>"
        f"<td>{escape(_(answer.finding.found), quote=True)}</td>"
        f"<td>{answer.milliseconds:.0f} ms</td></tr>"
    )


def _sql(sql: str, key: str) -> None:
    if sql.count("\n") < 12:
        st.code(sql, language="sql")
        return
    with st.expander(_("SQL to copy ({lines} lines)", lines=sql.count("\n") + 1), key=f"sql-{_slug(key)}"):
        st.code(sql, language="sql")


def _difference(finding: Finding, key: str) -> None:
    with st.expander(_("Difference to what the listener needs"), key=f"difference-{_slug(key)}"):
        st.code(finding.difference, language="diff")


def _cell(cell: Message | str) -> str:
    return escape(_(cell) if isinstance(cell, Message) else cell, quote=True)


def _slug(key: str) -> str:
    return key.replace(".", "-").replace("_", "-")
