"""Is everything fine, and what needs attention? The first page of a meeting."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape

import streamlit as st

from feedly_core.domain.status import State
from feedly_core.live.board import Board, BoardRow
from feedly_core.live.overview import (
    NewPicture,
    Throughput,
    newest_pictures,
    throughput,
)
from feedly_core.live.snapshot import HubKind
from pages.parts.overview.since import show_news
from pages.shared.ask import ask, dashboard, page_errors, sections
from pages.shared.badges import BAD, GOOD, WARN, badge, live_badge, state_badge
from pages.shared.board import SHARED_SECONDS, shared_board
from pages.shared.formatting import age, moment
from pages.shared.language import _, _n
from pages.shared.live import live
from pages.shared.navigation import page_href, page_title, picture_url, section
from pages.shared.placeholders import empty
from pages.shared.tour import offer_guided_look

EYES_SHOWN = 6
ON_THE_WAY = (State.WAITING, State.WORKING, State.RETRYING)


@st.cache_resource(ttl=SHARED_SECONDS, show_spinner=False)
def _throughput() -> Throughput:
    return ask(throughput, datetime.now(UTC))


@st.cache_resource(ttl=SHARED_SECONDS, show_spinner=False)
def _pictures() -> list[NewPicture]:
    return ask(newest_pictures)


@live("overview", delay=2 * SHARED_SECONDS, pulse=20)
def draw() -> None:
    sections(lambda: _verdict(shared_board()), lambda: _tiles(shared_board(), _throughput()))
    gallery, eyes = st.columns([2.1, 1], gap="large")
    with gallery, page_errors():
        section(_("Newest pictures"))
        _gallery(_pictures())
    with eyes, page_errors():
        section(_("Needs attention"))
        _needs_eyes(shared_board())


def _verdict(board: Board) -> None:
    """One sentence that a meeting can start with, and whether this page hears the pipeline."""
    if board.with_problems:
        tone, shape = "warn", WARN[0]
        title = _n("{n} job needs attention", "{n} jobs need attention", board.with_problems)
    else:
        tone, shape = "good", GOOD[0]
        title = _("Everything is fine")
    count = sum(board.counts.get(state, 0) for state in ON_THE_WAY)
    moving = _n("{n} job is on its way.", "{n} jobs are on their way.", count)
    if not count:
        moving = _("No job is on its way.")
    st.html(
        f'<div class="fd-verdict fd-{tone}"><i aria-hidden="true">{shape}</i>'
        f"<div><strong>{escape(title)}</strong><span>{escape(moving)}</span></div>"
        f"<div class='fd-verdict-hub'>{_hub_badge()}</div></div>"
    )


def _hub_badge() -> str:
    """How this page learns of changes, and since when."""
    hub = dashboard().hub
    if hub is None:
        return badge(_("Not live"), BAD).html()
    state = hub.state
    look = GOOD if state.kind == HubKind.LIVE else WARN
    since = escape(_("since {time}", time=moment(state.since)))
    return f"{live_badge(state.words, look)}<small>{since}</small>"


def _tiles(board: Board, hours: Throughput) -> None:
    states = [(state_badge(state), board.counts.get(state, 0)) for state in ON_THE_WAY]
    counts = [*states, (badge(_("Needs attention"), WARN), board.with_problems)]
    tiles = [_tile(mark.tone, mark.shape, _(mark.word), count) for mark, count in counts]
    tiles.append(_tile("busy", "＋", _("Created in 24 h"), sum(hours.made), hours.made))
    tiles.append(_tile("good", GOOD[0], _("Completed in 24 h"), sum(hours.completed), hours.completed))
    st.html(f'<div class="fd-tiles">{"".join(tiles)}</div>')


def _tile(tone: str, shape: str, label: str, count: int, hourly: Sequence[int] = ()) -> str:
    """A figure with its name; ``hourly`` adds one bar per hour, the latest on the right."""
    bars = ""
    if hourly:
        highest = max(*hourly, 1)
        heights = (f'<i style="height:{round(100 * value / highest)}%"></i>' for value in hourly)
        bars = f'<div class="fd-bars" aria-hidden="true">{"".join(heights)}</div>'
    return (
        f'<div class="fd-tile fd-{tone if count else "idle"}"><span><i aria-hidden="true">{shape}</i>'
        f"{escape(label)}</span><strong>{count:,}</strong>{bars}</div>"
    )


def _gallery(pictures: list[NewPicture]) -> None:
    if not pictures:
        empty(_("No finished picture yet"), _("They appear here as soon as a job's text is drawn."))
        return
    st.html(f'<div class="fd-gallery">{"".join(_picture_card(picture) for picture in pictures)}</div>')


def _picture_card(picture: NewPicture) -> str:
    words = picture.description or _("(no description)")
    number = picture.variant_number
    variant = _("Variant {number}", number=number) if number is not None else None
    facts = " · ".join(filter(None, (variant, picture.tenant)))
    body = (
        f'<img src="{picture_url(picture.asset_id)}" alt="{escape(words, quote=True)}" '
        'width="320" height="320" loading="lazy">'
        f"<p>{escape(words)}</p><small>{escape(facts)}</small><small>{escape(age(picture.made_at))}</small>"
    )
    if picture.job_id is None:
        return f'<div class="fd-card">{body}</div>'
    href = escape(page_href("results", job=picture.job_id), quote=True)
    return f'<a class="fd-card" href="{href}" target="_self">{body}</a>'


def _needs_eyes(board: Board) -> None:
    troubled = [row for row in board.rows if row.problems]
    if not troubled:
        empty(_("Nothing"), _("No job of the last 7 days has failed or stands still."))
        return
    st.html(f'<div class="fd-list">{"".join(map(_eyes_row, troubled[:EYES_SHOWN]))}</div>')
    more = len(troubled) - EYES_SHOWN
    if more > 0:
        st.page_link(
            "pages/live_monitor.py",
            label=_n("{n} more", "{n} more", more),
            icon=":material/arrow_forward:",
        )
    st.page_link(
        "pages/trigger_diagnostics.py",
        label=_("What is broken, in groups"),
        icon=":material/stacks:",
        query_params={"view": "broken"},
    )


def _eyes_row(row: BoardRow) -> str:
    facts, problem = row.view.facts, row.problems[0]
    href = escape(page_href("live_monitor", job=facts.job_id), quote=True)
    words = facts.description or _("(no description)")
    about = escape(" · ".join(filter(None, (facts.tenant_id, age(problem.since)))))
    return (
        f'<a class="fd-row" href="{href}" target="_self">{badge(problem.message, WARN).html()}'
        f"<p>{escape(words)}</p><small>{about}</small></a>"
    )


page_title("overview")
offer_guided_look()
with page_errors():
    show_news()
draw()
