"""Board table: one row per job, one cell per step, one mark per variant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from time import monotonic

import streamlit as st

from feedly_core.domain.labels import label
from feedly_core.domain.pipeline import TEXT_STEPS, VARIANT_STEP_NAMES
from feedly_core.domain.status import State
from feedly_core.live.board import Board, BoardFilters, BoardRow
from feedly_core.live.hub import Hub
from feedly_core.live.overview import board_without_hub
from feedly_core.live.snapshot import HubKind
from pages.parts.live_monitor.marks import (
    COLUMNS,
    column,
    heading,
    place,
    progress_bar,
    remark,
    step_name,
    variant_mark,
)
from pages.shared.app_links import link_here
from pages.shared.ask import ask, dashboard, sections
from pages.shared.badges import BAD, GOOD, WARN, badge, live_badge, state_badge, status_badge
from pages.shared.formatting import age, duration, moment, percent
from pages.shared.language import _, _n, language, speaking
from pages.shared.latest_cache import LatestCache
from pages.shared.live import live
from pages.shared.placeholders import empty, loading

_FOLDER = Path(__file__).parent
_STYLE = f"<style>{(_FOLDER / 'monitor.css').read_text(encoding='utf-8')}</style>"


def style() -> None:
    """The page's own CSS, once per page run."""
    st.html(_STYLE)


FRESH_SECONDS = 2.0
"""Ages on the board are this old at most."""
ROWS = 50
"""Rows drawn at most; the filters reach the others."""


def show_board(chosen: BoardFilters) -> None:
    """The health bar and the board, which redraw themselves."""

    @live("board", pulse=30)
    def board() -> None:
        hub = dashboard().hub
        if hub and not hub.snapshot.version:
            loading(height=420)
            return
        version = (hub and hub.version, int(monotonic() / FRESH_SECONDS))
        key = (hub or dashboard().engine, language(), chosen)
        with speaking(language()):
            drawn = _boards.get(key, version, lambda: _drawn(hub, chosen))
        _show_drawn(drawn)

    board()


@dataclass(frozen=True)
class _Drawn:
    """A board in one language, ready to be sent to any number of viewers. ``rows`` of ``total`` fit.

    A part that could not be made is its error: each viewer gets the card in its place.
    """

    health: str | Exception
    table: str | Exception
    rows: int
    total: int


_boards: LatestCache[tuple[object, str, BoardFilters], _Drawn] = LatestCache(32, seconds=10)
"""Drawn once per version and moment, for all viewers with the same language and filters."""


def _drawn(hub: Hub | None, chosen: BoardFilters) -> _Drawn:
    board = hub.board(chosen) if hub else ask(board_without_hub, datetime.now(UTC), chosen)
    health, table = (_made(lambda: _health_html(board)), _made(lambda: _table(board)))
    return _Drawn(health, table, len(board.rows), board.total)


def _made(make: Callable[[], str]) -> str | Exception:
    try:
        return make()
    except Exception as error:  # noqa: BLE001 - raised where it is drawn
        return error


def _draw_made(made: str | Exception) -> None:
    if isinstance(made, Exception):
        raise made
    st.html(made)


def _show_drawn(drawn: _Drawn) -> None:
    sections(lambda: _draw_made(drawn.health))
    if not drawn.rows and drawn.total:
        empty(_("No job matches the filters"), _("Clear a filter to see more."))
        return
    if not drawn.rows:
        empty(_("Nothing is in flight"), _("Make a job on the create page: it appears here at once."))
        return
    sections(lambda: _draw_made(drawn.table))
    more = drawn.rows - ROWS
    if more > 0:
        st.caption(_n("{n} more job is not shown.", "{n} more jobs are not shown.", more))


def _table(board: Board) -> str:
    head = "".join(heading(step) for step in COLUMNS)
    first = "".join(map(column, (_("Job"), _("State"), _("Preparation"))))
    rows = "".join(_row(row) for row in board.rows[:ROWS])
    return (
        '<div class="fd-board-frame"><table class="fd-board"><thead><tr>'
        f"{first}{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(row: BoardRow) -> str:
    view = row.view
    facts = view.facts
    link = link_here(job=facts.job_id, lang=language())  # the way back keeps the filter
    known = f"{str(facts.job_id)[:8]} · {age(facts.created_at)}"
    name = escape(facts.description or _("(no description)"))
    tone = "fd-board-trouble" if row.problems else ""
    return (
        f'<tr class="{tone}"><th scope="row"><a {link} data-job="{facts.job_id}">'
        f"{name}</a><small>{escape(facts.tenant_id or '–')}</small><small>{escape(known)}</small></th>"
        f"<td class='fd-board-state'>{_state(row)}</td>{_cells(row)}</tr>"
    )


def _cells(row: BoardRow) -> str:
    view = row.view
    marks: dict[str | None, list[str]] = {}
    for variant in view.variants:
        mark = variant_mark(variant.facts.number, variant.status)
        marks.setdefault(place(variant.status), []).append(mark)
    if not view.variants or view.status.step in _TEXT_NAMES:
        marks.setdefault(place(view.status), []).append(_job_mark(row))
    passed = [variant.status.finished for variant in view.variants]
    cells = [_cell(_("Preparation"), marks.get(None, []), bool(view.variants))]
    for index, name in enumerate(VARIANT_STEP_NAMES):
        cells.append(_cell(step_name(name), marks.get(name, []), bool(passed) and min(passed) > index))
    texts = view.status.finished if view.status.step in _TEXT_NAMES else 0
    for index, name in enumerate(_TEXT_NAMES):
        cells.append(_cell(step_name(name), marks.get(name, []), texts > index))
    return "".join(cells)


_TEXT_NAMES = tuple(step.name for step in TEXT_STEPS)


def _job_mark(row: BoardRow) -> str:
    """The job itself, where one of its own steps is the place."""
    look = status_badge(row.view.status)
    words = escape(_(label(row.view.status)), quote=True)
    return (
        f'<b class="fd-mark fd-{look.tone}" role="img" title="{words}" aria-label="{words}">'
        f'<i aria-hidden="true">{look.shape}</i></b>'
    )


def _cell(step: str, marks: list[str], passed: bool) -> str:
    """On a phone, where a row is a card, each cell says its ``step`` itself."""
    name = escape(step, quote=True)
    return f'<td data-step="{name}" class="{"fd-passed" if passed else ""}">{"".join(marks)}</td>'


def _state(row: BoardRow) -> str:
    view = row.view
    mark = badge(row.problems[0].message, WARN) if row.problems else status_badge(view.status)
    left = ""
    if view.time_left and view.status.state is not State.COMPLETE:
        left = " · " + _("about {time} left", time=duration(view.time_left.median))
    return (
        f"{mark.html()}{remark(view.status)}"
        f"{progress_bar(view.progress)}<small>{percent(view.progress)}{escape(left)}</small>"
    )


_COUNTED = (State.WAITING, State.WORKING, State.STALLED, State.RETRYING, State.FAILED, State.COMPLETE)


def _health_html(board: Board) -> str:
    """One line of figures; those of the last hour are at most half a minute old."""
    parts = [_connection(), _status_counts(board), *_metrics(board)]
    return f'<div class="fd-strip">{"".join(parts)}</div>'


def _connection() -> str:
    hub = dashboard().hub
    if hub is None:
        return _figure(_("Updates"), badge(_("Asking every 2 s"), WARN).html(), _("No hub in this process"))
    state = hub.state
    look = {HubKind.LIVE: GOOD, HubKind.POLLING: WARN}.get(state.kind, BAD)
    if state.kind is HubKind.LIVE:
        note = _n("{n} duplicate event merged", "{n} duplicate events merged", hub.coalesced)
        if not hub.records:
            note += " · " + _("history is not recorded")
    else:
        note = " · ".join(filter(None, (_("since {time}", time=moment(state.since)), _reason(state.reason))))
    return _figure(_("Updates"), live_badge(state.words, look), note)


def _reason(reason: object) -> str:
    return _(reason) if reason else ""  # type: ignore[arg-type]


def _status_counts(board: Board) -> str:
    """Jobs, and variants in brackets, by what to believe of them now."""
    marks = []
    for state in _COUNTED:
        jobs, variants = board.counts.get(state, 0), board.variant_counts.get(state, 0)
        if jobs or variants:
            look = state_badge(state)
            marks.append(
                f'<span class="fd-count fd-{look.tone}"><i aria-hidden="true">{look.shape}</i>'
                f"{escape(_(look.word))} <b>{jobs}</b><small>({variants})</small></span>"
            )
    return _figure(_("Jobs (variants)"), "".join(marks) or "–", "")


def _metrics(board: Board) -> list[str]:
    parts = []
    hub = dashboard().hub
    if board.oldest_waiting:
        waited = (datetime.now(UTC) - board.oldest_waiting).total_seconds()
        parts.append(_figure(_("Waiting longest"), escape(duration(waited)), ""))
    metrics = hub.metrics if hub else None
    if metrics:
        done = escape(_n("{n} job", "{n} jobs", metrics.completed_per_hour))
        parts.append(_figure(_("Completed in 1 h"), done, ""))
        parts.append(_figure(_("Failures in 1 h"), *_failures(metrics.failures)))
        usage = f"{metrics.queue_usage:.0%}"
        parts.append(_figure(_("Notify queue"), usage, _("in use")))
    return parts


def _failures(failures: Mapping[str, int] | None) -> tuple[str, str, str]:
    """How many, the two steps with the most, and all steps for the hover."""
    if failures is None:
        return "–", _("not recorded"), ""
    worst = sorted(failures.items(), key=lambda item: -item[1])
    steps = [f"{step_name(step)} {count}" for step, count in worst]
    more = ["…"] if len(steps) > 2 else []
    return str(sum(failures.values())), ", ".join([*steps[:2], *more]), ", ".join(steps)


def _figure(label: str, value_html: str, note: str, hover: str = "") -> str:
    """``value_html`` is markup of ours; label, note and hover are escaped."""
    below = f'<small title="{escape(hover, quote=True)}">{escape(note)}</small>' if note else ""
    return f"<div><span>{escape(label)}</span><p>{value_html}</p>{below}</div>"
