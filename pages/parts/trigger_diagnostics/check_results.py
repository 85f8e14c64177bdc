"""Check results: headline, chain of links, cards with fixes, what is OK."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

import streamlit as st

from feedly_core.diagnostics.check import (
    GROUP_TITLES,
    OUTCOME_LABELS,
    CheckOutcome,
    CheckResult,
    Finding,
    Group,
    worst,
)
from feedly_core.diagnostics.check_report import CheckReport
from feedly_core.i18n import Message
from pages.shared.badges import BAD, GOOD, ODD, WARN, Badge, badge
from pages.shared.language import _, _n

LOOKS = {
    CheckOutcome.OK: GOOD,
    CheckOutcome.UNKNOWN: ODD,
    CheckOutcome.WARNING: WARN,
    CheckOutcome.FAILED: BAD,
}

_STYLE = Path(__file__).with_name("diagnostics.css").read_text(encoding="utf-8")

OfferHelp = Callable[[CheckResult], None]
"""Draws what the page itself can do about a result, below its card's text."""


def style() -> None:
    """The page's own styles; once per page run."""
    st.html(f"<style>{_STYLE}</style>")


def outcome_badge(outcome: CheckOutcome) -> Badge:
    return badge(OUTCOME_LABELS[outcome], LOOKS[outcome])


def headline(check_report: CheckReport) -> None:
    """The first broken link and its effect, or OK."""
    troubled = [result for result in check_report if result.outcome is not CheckOutcome.OK]
    broken = [result for result in troubled if result.outcome is CheckOutcome.FAILED]
    shape, tone = LOOKS[check_report.outcome]
    if not troubled:
        title = _("Every link of the chain is OK")
    elif broken:
        title = _(
            "The chain breaks at: {group}",
            group=GROUP_TITLES[broken[0].check.group],
        )
    else:
        title = _n(
            "Nothing is broken; {n} warning",
            "Nothing is broken; {n} warnings",
            len(troubled),
        )
    meaning = ""
    if troubled:
        first = (broken or troubled)[0].finding
        detail = _(first.found)
        meaning = _(first.why) if broken and first.why is not None else ""
    else:
        detail = _n("{n} check, OK.", "{n} checks, all OK.", len(check_report.results))
    st.html(
        f'<div class="fd-verdict fd-{tone}"><i aria-hidden="true">{shape}</i>'
        f"<div><strong>{escape(title, quote=True)}</strong>"
        f"<span>{escape(detail, quote=True)}</span>"
        f"{f'<small>{escape(meaning, quote=True)}</small>' if meaning else ''}</div></div>"
    )


def chain(check_report: CheckReport) -> None:
    """The groups in the order that an event passes them, each with its worst outcome."""
    links = []
    for group in Group:
        results = [result for result in check_report if result.check.group is group]
        outcome = worst([result.outcome for result in results])
        fine = sum(result.outcome is CheckOutcome.OK for result in results)
        shape, tone = LOOKS[outcome]
        links.append(
            f'<li class="fd-link fd-{tone}"><b>{escape(_(GROUP_TITLES[group]), quote=True)}</b>'
            f'<i aria-hidden="true">{shape}</i>'
            f"<span>{escape(_(OUTCOME_LABELS[outcome]), quote=True)} · {fine}/{len(results)}</span></li>"
        )
    st.html(f'<ol class="fd-chain">{"".join(links)}</ol>')


def troubles(check_report: CheckReport, offer_help: OfferHelp) -> None:
    """A card per result that needs doing something, the broken ones first."""
    for outcome in (CheckOutcome.FAILED, CheckOutcome.WARNING, CheckOutcome.UNKNOWN):
        for result in check_report:
            if result.outcome is outcome and needs_doing(result):
                _trouble(result, offer_help)


def needs_doing(result: CheckResult) -> bool:
    """Broken or doubtful, or not known with a way to find out."""
    if result.outcome is CheckOutcome.UNKNOWN:
        return result.finding.fix is not None
    return result.outcome is not CheckOutcome.OK


def in_short(results: Sequence[CheckResult]) -> None:
    """One line per check, grouped: what is OK, or what could not be checked."""
    for group in Group:
        rows = [result for result in results if result.check.group is group]
        if rows:
            st.html(
                f'<h3 class="fd-checks-title">{escape(_(GROUP_TITLES[group]), quote=True)}</h3>'
                f'<table class="fd-checks">{"".join(map(_row, rows))}</table>'
            )
        for result in rows:
            if result.finding.rows:
                with st.expander(_(result.check.name), key=f"evidence-{_slug(result.check.key)}"):
                    evidence(result.finding.rows)
            if result.finding.difference:
                _difference(result.finding, result.check.key)


def show_finding(finding: Finding, key: str) -> None:
    """Why, evidence, fix and difference of a finding.

    Its headline is drawn by the caller.
    """
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


def _trouble(result: CheckResult, offer_help: OfferHelp) -> None:
    with st.container(border=True, key=f"trouble-{result.check.key.replace('.', '-')}"):
        st.html(
            f'<div class="fd-trouble">{outcome_badge(result.outcome).html()}'
            f"<strong>{escape(_(result.check.name), quote=True)}</strong>"
            f"<small>{escape(_(result.check.question), quote=True)}</small></div>"
            f'<p class="fd-found">{escape(_(result.finding.found), quote=True)}</p>'
        )
        show_finding(result.finding, result.check.key)
        offer_help(result)


def _row(result: CheckResult) -> str:
    shape, tone = LOOKS[result.outcome]
    return (
        f'<tr><td class="fd-{tone}"><i aria-hidden="true">{shape}</i> '
        f"{escape(_(result.check.name), quote=True)}</td>"
        f"<td>{escape(_(result.finding.found), quote=True)}</td>"
        f"<td>{result.milliseconds:.0f} ms</td></tr>"
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
