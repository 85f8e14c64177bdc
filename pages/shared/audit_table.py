"""Lines of the audit log as a table: who, what, when, on what, and the change in words."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from feedly_core.audit.lines import AuditLine, AuditObject, ObjectKind
from feedly_core.audit.words import action_words, difference_words, differences
from pages.shared.formatting import moment
from pages.shared.language import _
from pages.shared.navigation import page_href

_SHOWN_CHANGES = 6
_STYLE = (
    ".fd-audit{overflow-x:auto}.fd-audit table{border-collapse:collapse;font-size:.85rem;width:100%}"
    ".fd-audit th{text-align:left;font-weight:500;opacity:.75;padding:.2rem 1rem .2rem 0;white-space:nowrap}"
    ".fd-audit td{padding:.4rem 1rem .4rem 0;vertical-align:top;overflow-wrap:anywhere;"
    "border-top:1px solid color-mix(in srgb,currentColor 12%,transparent)}"
    ".fd-audit td:first-child{white-space:nowrap}.fd-audit li{list-style:none;margin:0;font-size:.85rem}"
    ".fd-audit ul{margin:0;padding:0}.fd-audit td>small{opacity:.75}"
    "@media(max-width:640px){.fd-audit thead{display:none}"
    ".fd-audit tr{display:block;padding:.5rem 0;"
    "border-top:1px solid color-mix(in srgb,currentColor 12%,transparent)}"
    ".fd-audit td{display:block;border:0;padding:.1rem 0}}"
)


def audit_table(lines: Sequence[AuditLine], *, targets: bool = True) -> None:
    """``targets`` False: all lines are of the thing that the page shows."""
    heads = [_("When"), _("Who"), _("Action"), *([_("On what")] if targets else []), _("Change")]
    head = "".join(f"<th>{escape(word)}</th>" for word in heads)
    body = "".join(_row(line, targets) for line in lines)
    st.html(
        f"<style>{_STYLE}</style><div class='fd-audit'><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def _row(line: AuditLine, targets: bool) -> str:
    cells = [
        escape(moment(line.at)),
        escape(line.person),
        escape(_(action_words(line.action))),
        *([_target(line)] if targets else []),
        _changes(line),
    ]
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _target(line: AuditLine) -> str:
    if line.leads_to is None:
        return escape(line.target)
    words, href = _led(line.leads_to)
    return f"<a href='{escape(href, quote=True)}' target='_self'>{escape(words)}</a>"


def _led(target: AuditObject) -> tuple[str, str]:
    short = str(target.key)[:8]
    if target.kind is ObjectKind.CAMPAIGN:
        address = page_href("create_jobs", part="campaigns", run=target.key)
        return _("Campaign {id}", id=short), address
    if target.kind is ObjectKind.MEETING:
        return _("Meeting {id}", id=short), page_href("review", view="meeting", meeting=target.key)
    words = _("Job {job}", job=short)
    if target.variant is not None:
        variant = _("Variant {number}", number=target.variant)
        words = f"{words} · {variant}"
    return words, page_href("live_monitor", job=target.key)


def _changes(line: AuditLine) -> str:
    found = differences(line)
    shown = "".join(f"<li>{escape(difference_words(one))}</li>" for one in found[:_SHOWN_CHANGES])
    more = len(found) - _SHOWN_CHANGES
    rest = _("{n} more", n=more) if more > 0 else ""
    failed = line.result if line.result != "done" else ""
    notes = "".join(f"<small>{escape(note)}</small>" for note in (rest, failed) if note)
    return f"<ul>{shown}</ul>{notes}"
