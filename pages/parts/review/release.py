"""Release check: every order of a golden set under every release, and what broke."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, date, datetime
from functools import partial
from html import escape
from uuid import UUID

import streamlit as st

from feedly_core.analytics.gallery import Card
from feedly_core.db.own_schema import GOLDEN_TABLES
from feedly_core.golden_sets.gate import CASE_WORDS, GATE_WORDS, MEANING_WORDS, CaseState, GateCode, Meaning
from feedly_core.golden_sets.gate import sentence as gate_sentence
from feedly_core.golden_sets.release_check import ReleaseCheck, release_check
from feedly_core.golden_sets.report import Paper, as_html, as_junit, picture_lines
from feedly_core.golden_sets.report_pictures import input_pictures, result_pictures
from feedly_core.golden_sets.sets import GoldenOrder, list_sets
from feedly_core.i18n import translate
from feedly_core.permissions import Person
from pages.parts.results.compare import over_each_other
from pages.parts.review import golden_runs
from pages.shared import url_state
from pages.shared.app_links import link_here
from pages.shared.ask import ask, dashboard, sections
from pages.shared.badges import BAD, BUSY, GOOD, IDLE, WARN, badge
from pages.shared.formatting import age
from pages.shared.language import _, language
from pages.shared.navigation import page_href, picture_url, section
from pages.shared.own_schema import has_own_schema
from pages.shared.placeholders import empty
from pages.shared.scores import limits

_CASES = {
    CaseState.PASSED: GOOD,
    CaseState.FAILED: WARN,
    CaseState.UNDECIDED: IDLE,
    CaseState.RUNNING: BUSY,
    CaseState.MISSING: ("◇", "odd"),
}
_ANSWERS = {
    GateCode.PASS: GOOD,
    GateCode.REGRESSION: BAD,
    GateCode.NOT_DECIDED: IDLE,
    GateCode.INCOMPLETE: WARN,
}


def show_release(person: Person) -> None:
    """The set, the release, the gate's answer, the table of cases, and one case opened."""
    section(
        _("Release check"),
        _(
            "A golden set is a frozen list of orders. A release that breaks an approved one is a regression;"
            " a missing case never passes."
        ),
    )
    if not has_own_schema(_("This database has no place for golden sets yet."), GOLDEN_TABLES):
        return
    known = {one.name: one for one in ask(list_sets)}
    if not known:
        empty(
            _("No golden set yet"),
            _("Open a job in the results, or compare pictures in the gallery, then “Add to golden set”."),
        )
        return
    columns = st.columns(2)
    with columns[0]:
        name = url_state.one("set", _("Golden set"), known)
    check = ask(release_check, name, limits(), datetime.now(UTC))
    releases = {result.run.release: result for result in check.results}
    if not releases:
        empty(_("This set has not run yet"), _("Run it below: it makes a job of each order."))
        golden_runs.show_runs(person, check.golden)
        return
    with columns[1]:
        release = url_state.one("release", _("Version"), releases)
    opened = _opened(check)
    sections(
        partial(_answer, check, release),
        partial(_table, check, release),
        *([partial(_case, person, check, release, opened)] if opened else []),
        partial(_files, check, release),
        partial(golden_runs.approve_button, person, check, release),
        partial(golden_runs.show_runs, person, check.golden),
    )


def _answer(check: ReleaseCheck, release: str) -> None:
    found = check.answer(release, _today())
    st.html(badge(GATE_WORDS[found.code], _ANSWERS[found.code]).html())
    st.text(translate(gate_sentence(found, check.golden.name, release), language()))
    st.caption(
        _(
            "A picture passes by people's verdict, else by its scores, and must hold every expected fact."
            " A job passes when at least half of its pictures do,"
            " a case when more than half of its repeats do."
        )
    )


def _table(check: ReleaseCheck, release: str) -> None:
    """One row per order, one column per release, the chosen one first."""
    shown, first = sorted(check.results, key=lambda one: one.run.release != release), escape(_("Orders"))
    inputs = _inputs(check)
    heads = "".join(
        f"<th>{escape(result.run.release)}<br><small>{escape(age(result.run.started_at))}</small></th>"
        for result in shown
    )
    meanings = {one.run.release: check.answer(one.run.release, _today()).meanings for one in shown}
    rows = []
    for order in check.golden.orders:
        cells = "".join(
            _cell(check, order, one.run.release, meanings[one.run.release][order.case_id]) for one in shown
        )
        rows.append(f"<tr><th scope='row'>{_order(order, inputs)}</th>{cells}</tr>")
    st.html(
        f"<style>{_CSS}</style><div class='fd-golden' tabindex='0'><table><thead><tr>"
        f"<th>{first}</th>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _order(order: GoldenOrder, inputs: dict[str, str]) -> str:
    return (
        f"<a {link_here(case=order.position + 1)}><img src='{inputs.get(order.digest, '')}' alt='' width='64'"
        f" height='64'><span>{order.position + 1}. {escape(order.description)}</span></a>"
    )


def _cell(check: ReleaseCheck, order: GoldenOrder, release: str, meaning: Meaning) -> str:
    """The case's picture and state; red where an approved one broke."""
    case = check.case(release, order.case_id)
    words = CASE_WORDS[case.state]
    look = BAD if meaning is Meaning.BROKEN else _CASES[case.state]
    picture = ""
    if case.shown is not None:
        source = escape(picture_url(case.shown.card.finished_id), quote=True)
        href = escape(page_href("results", job=case.shown.card.job_id), quote=True)
        alt = escape(f"{order.description} · {release}", quote=True)
        picture = (
            f"<a href='{href}' target='_self'><img src='{source}' alt='{alt}' width='112' height='112'"
            " loading='lazy'></a>"
        )
    baseline = check.approved.get(order.case_id)
    approved = escape(_("Baseline"))
    star = f"<small>★ {approved}</small>" if baseline and baseline.release == release else ""
    known = f"<small>{escape(_(MEANING_WORDS[meaning]))}</small>" if meaning is Meaning.KNOWN else ""
    broken = " class='fd-golden-broken'" if meaning is Meaning.BROKEN else ""
    return f"<td{broken}>{picture}{badge(words, look).html()}{star}{known}</td>"


def _opened(check: ReleaseCheck) -> GoldenOrder | None:
    asked = st.query_params.get("case", "")
    orders = check.golden.orders
    return orders[int(asked) - 1] if asked.isdigit() and 0 < int(asked) <= len(orders) else None


def _case(person: Person, check: ReleaseCheck, release: str, order: GoldenOrder) -> None:
    """One case: the pictures over each other, what they do not hold, and the excuse."""
    section(f"{order.position + 1}. {order.description}")
    case = check.case(release, order.case_id)
    pictures = _pictures(check, release, order)
    left, right = st.columns([1.2, 1], gap="large")
    with left:
        if len(pictures) > 1:
            over_each_other("case-compare", pictures)
        elif not pictures:
            empty(_("No picture of this case can be shown."))
    with right:
        meaning = check.answer(release, _today()).meanings[order.case_id]
        lines = [_(MEANING_WORDS[meaning])]
        lines += [line for one in case.pictures for line in picture_lines(one, language())]
        for line in lines:
            st.text(line)
        baseline = check.approved.get(order.case_id)
        if baseline:
            told = _(
                "Approved under {release} by {name}", release=baseline.release, name=baseline.approved_by
            )
            if baseline.thumbnail:
                st.image(baseline.thumbnail, width=160)
            st.caption(told)
        golden_runs.known_failure_form(person, check, order)
    st.button(_("Close"), icon=":material/close:", on_click=_close, key="case-close")


def _close() -> None:
    st.query_params.pop("case", None)


def _pictures(check: ReleaseCheck, release: str, order: GoldenOrder) -> dict[str, UUID]:
    """Every picture of the case by a name: one of the baseline's release, one of the chosen, the others."""
    baseline = check.approved.get(order.case_id)
    by_release = {
        result.run.release: {
            _picture_name(result.run.release, one.card): one.card.picture_id
            for one in result.case(order.case_id).pictures
            if one.card.picture_id is not None
        }
        for result in check.results
    }
    named = dict.fromkeys((baseline.release, release) if baseline else (release,))
    sides = [by_release.get(name, {}) for name in named]
    first = {name: asset for side in sides for name, asset in list(side.items())[:1]}
    return first | {name: asset for side in by_release.values() for name, asset in side.items()}


def _picture_name(release: str, card: Card) -> str:
    return " · ".join((release, _("Variant {n}", n=card.variant or 0), str(card.job_id)[:8]))


def _files(check: ReleaseCheck, release: str) -> None:
    with st.container(horizontal=True):
        st.download_button(
            _("Report (HTML)"),
            data=partial(_written, check, release, html=True),
            file_name="release-check.html",
            mime="text/html",
            icon=":material/download:",
            on_click="ignore",
            key="gate-html",
        )
        st.download_button(
            _("JUnit (XML)"),
            data=partial(_written, check, release, html=False),
            file_name="release-check.xml",
            mime="application/xml",
            icon=":material/download:",
            on_click="ignore",
            key="gate-junit",
        )


def _written(check: ReleaseCheck, release: str, *, html: bool) -> str:
    here = dashboard()
    cases = [check.case(release, order.case_id) for order in check.golden.orders]
    paper = Paper(
        check,
        release,
        check.answer(release, _today()),
        limits(),
        _today(),
        result_pictures(here.engine, here.settings, cases) if html else {},
        input_pictures(here.engine, here.settings, check.golden) if html else {},
        language(),
    )
    return as_html(paper) if html else as_junit(paper)


def _inputs(check: ReleaseCheck) -> dict[str, str]:
    """The orders' own pictures as addresses of their content."""
    here = dashboard()
    return {
        digest: f"data:image/webp;base64,{b64encode(content).decode()}"
        for digest, content in input_pictures(here.engine, here.settings, check.golden).items()
    }


def _today() -> date:
    return datetime.now(dashboard().settings.zone).date()


_CSS = """
.fd-golden { overflow-x: auto; }
.fd-golden table { border-collapse: collapse; }
.fd-golden th, .fd-golden td { padding: .5rem .6rem; text-align: left; vertical-align: top;
  border-bottom: 1px solid color-mix(in srgb, currentColor 14%, transparent); }
.fd-golden th a { display: flex; gap: .6rem; align-items: center; color: inherit; max-width: 16rem; }
.fd-golden th span { font-weight: 500; overflow-wrap: anywhere; }
.fd-golden img { object-fit: contain; border-radius: .5rem; display: block; margin-bottom: .3rem;
  background: color-mix(in srgb, currentColor 6%, transparent); flex: none; }
.fd-golden small { display: block; opacity: .8; max-width: 9rem; }
.fd-golden-broken { background: color-mix(in srgb, #d64545 14%, transparent);
  box-shadow: inset 3px 0 #d64545; }
@media (max-width: 640px) { .fd-golden th a { max-width: 8rem; flex-direction: column; align-items: start; } }
"""
