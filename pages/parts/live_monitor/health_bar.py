"""The health strip: how the page hears, what is in flight, how fast it ends, what fails."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape

from feedly_core.domain.status import State
from feedly_core.live.board import Board
from feedly_core.live.snapshot import HubKind
from pages.parts.live_monitor.marks import step_name
from pages.shared.ask import dashboard
from pages.shared.badges import BAD, GOOD, WARN, badge, state_badge
from pages.shared.formatting import duration, moment
from pages.shared.language import _, _n

_COUNTED = (State.WAITING, State.WORKING, State.STALLED, State.RETRYING, State.FAILED, State.COMPLETE)


def html(board: Board) -> str:
    """One line of figures; those of the last hour are at most half a minute old."""
    parts = [_connection(), _counts(board), *_vitals(board)]
    return f'<div class="fd-strip">{"".join(parts)}</div>'


def _connection() -> str:
    hub = dashboard().hub
    if hub is None:
        return _part(_("Updates"), badge(_("Asking every 2 s"), WARN).html(), _("No hub in this process"))
    state = hub.state
    look = {HubKind.LIVE: GOOD, HubKind.POLLING: WARN}.get(state.kind, BAD)
    if state.kind is HubKind.LIVE:
        note = _n("{n} event joined", "{n} events joined", hub.coalesced)
        if not hub.records:
            note += " · " + _("history is not recorded")
    else:
        note = " · ".join(filter(None, (_("since {time}", time=moment(state.since)), _reason(state.reason))))
    return _part(_("Updates"), badge(state.words, look).html(), note)


def _reason(reason: object) -> str:
    return _(reason) if reason else ""  # type: ignore[arg-type]


def _counts(board: Board) -> str:
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
    return _part(_("Jobs (variants)"), "".join(marks) or "–", "")


def _vitals(board: Board) -> list[str]:
    parts = []
    hub = dashboard().hub
    if board.oldest_waiting:
        waited = (datetime.now(UTC) - board.oldest_waiting).total_seconds()
        parts.append(_part(_("Waiting longest"), escape(duration(waited)), ""))
    vitals = hub.vitals if hub else None
    if vitals:
        done = escape(_n("{n} job", "{n} jobs", vitals.completed_per_hour))
        parts.append(_part(_("Completed in 1 h"), done, ""))
        parts.append(_part(_("Failures in 1 h"), *_failures(vitals.failures)))
        usage = f"{vitals.queue_usage:.0%}"
        parts.append(_part(_("Notify queue"), usage, _("in use")))
    return parts


def _failures(failures: dict[str, int] | None) -> tuple[str, str, str]:
    """How many, the two steps with the most, and all steps for the hover."""
    if failures is None:
        return "–", _("not recorded"), ""
    worst = sorted(failures.items(), key=lambda item: -item[1])
    steps = [f"{step_name(step)} {count}" for step, count in worst]
    more = ["…"] if len(steps) > 2 else []
    return str(sum(failures.values())), ", ".join([*steps[:2], *more]), ", ".join(steps)


def _part(label: str, value_html: str, note: str, hover: str = "") -> str:
    """``value_html`` is markup of ours; label, note and hover are escaped."""
    below = f'<small title="{escape(hover, quote=True)}">{escape(note)}</small>' if note else ""
    return f"<div><span>{escape(label)}</span><p>{value_html}</p>{below}</div>"
