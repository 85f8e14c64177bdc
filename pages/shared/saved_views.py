"""Saved views: in the sidebar with what is new there, and the popover that saves the open page as one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from uuid import UUID

import streamlit as st

from feedly_core.db.own_schema import SAVED_VIEWS, installed
from feedly_core.errors import FeedlyError
from feedly_core.permissions import Person, Role
from feedly_core.saved_views.addresses import kept_parameters
from feedly_core.saved_views.matches import look, new_matches
from feedly_core.saved_views.store import (
    list_views,
    remove_view,
    rename_view,
    save_view,
    share_view,
    start_with,
)
from feedly_core.saved_views.views import LONGEST_NAME, MOST_NEW, NewView, SavedView, may_change, may_share
from pages.shared.ask import ask, dashboard, page_errors
from pages.shared.formatting import clock
from pages.shared.language import _, _n
from pages.shared.navigation import PAGES, page_href
from pages.shared.own_schema import has_own_schema
from pages.shared.person import current_person
from pages.shared.reviewer import known_reviewer
from pages.shared.streamlit_workarounds.reliable_button import pressed

COUNTED_SECONDS = 60.0
"""So long one count of new matches is shown, with its age."""

_log = logging.getLogger("feedly.saved_views")
_OPEN, _KNOWN = "open saved view", "known saved views"


@dataclass
class Known:
    """What is known of one person's views: ``new`` matches by view, counted ``at``."""

    installed: bool
    views: tuple[SavedView, ...] = ()
    new: dict[UUID, int] = field(default_factory=dict)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


@st.cache_resource(ttl=COUNTED_SECONDS, show_spinner=False)
def _known(reader: str) -> Known:
    if not ask(installed, SAVED_VIEWS):
        return Known(installed=False)
    now = datetime.now(UTC)
    views = ask(list_views, reader)
    return Known(True, views, ask(new_matches, views, reader, now, dashboard().settings.zone), now)


def viewer() -> Person:
    """Whose views these are: the login's name, or the one that was typed to review."""
    return known_reviewer() or current_person()


def draw_saved_views(page: str, *, ask_database: bool) -> None:
    """In the sidebar: the views of this person and of the team. Nothing without one.

    Without ``ask_database`` those that this session knew last: a page that opens while the database hangs
    must not wait for them.
    """
    person = viewer()
    if ask_database:
        st.session_state[_KNOWN] = (person.name, _known(person.name))
    owner, known = st.session_state.get(_KNOWN, ("", None))
    if owner != person.name or known is None or not known.views:
        return
    current = _open_view(known, page)
    if current is not None:
        _note_look(known, person, current)
    else:
        st.session_state.pop(_OPEN, None)
    mine = [view for view in known.views if not view.team]
    team = [view for view in known.views if view.team]
    with st.container(key="saved-views"):
        st.html(
            _list(_("My views"), mine, known, current) + _list(_("Views of the team"), team, known, current)
        )
        if known.new:
            st.caption(_("New pictures counted at {time}", time=clock(known.at)))
        if not dashboard().settings.read_only:
            with st.popover(_("Change views"), icon=":material/tune:", type="tertiary"):
                _change_form(known, person, current)


def _open_view(known: Known, page: str) -> SavedView | None:
    here = kept_parameters(page, st.query_params.to_dict())
    return next((view for view in known.views if (view.page, dict(view.parameters)) == (page, here)), None)


def _note_look(known: Known, person: Person, view: SavedView) -> None:
    """Once per opening of the view, not per run of its page."""
    if st.session_state.get(_OPEN) == view.view_id or dashboard().settings.read_only:
        return
    st.session_state[_OPEN] = view.view_id
    if view.counts_matches:
        here = dashboard()
        try:
            look(here.engine, here.settings, person, view.view_id, datetime.now(UTC))
        except FeedlyError as error:  # a replica, or a role that may not write: the page itself was asked for
            _log.info("%s", error)
        else:
            known.new.pop(view.view_id, None)


def _list(title: str, views: list[SavedView], known: Known, current: SavedView | None) -> str:
    if not views:
        return ""
    links = "".join(_link(view, known.new.get(view.view_id, 0), current=view is current) for view in views)
    named = escape(title, quote=True)
    return f"<nav class='fd-views' aria-label='{named}'><b>{named}</b>{links}</nav>"


def _link(view: SavedView, new: int, *, current: bool) -> str:
    info = PAGES[view.page]
    icon = info.icon.removeprefix(":material/").removesuffix(":")
    href = escape(page_href(view.page, **view.parameters), quote=True)
    where = escape(" · ".join([_(info.title), view.owner]), quote=True)
    start = escape(_("Start page"), quote=True)
    star = f"<i title='{start}' aria-label='{start}'>star</i>" if view.start else ""
    count = ""
    if new:
        words = escape(_n("{n} new picture", "{n} new pictures", new), quote=True)
        shown = f"{MOST_NEW}+" if new > MOST_NEW else str(new)
        count = f"<em title='{words}' aria-label='{words}'>{shown}</em>"
    here = " aria-current='page'" if current else ""
    return (
        f"<a href='{href}' target='_self' title='{where}'{here}>"
        f"<i aria-hidden='true'>{icon}</i><span>{escape(view.name)}</span>{star}{count}</a>"
    )


def _shown(view: SavedView) -> str:
    """One of the team and one's own may have the same name; a list chooses by what it shows."""
    return _("{name} (team)", name=view.name) if view.team else view.name


def _change_form(known: Known, person: Person, current: SavedView | None) -> None:
    """Star, rename, share, remove: of the view that is chosen, first of all the open one."""
    views = {view.view_id: view for view in known.views}
    chosen = st.selectbox(
        _("Saved view"),
        list(views),
        index=list(views).index(current.view_id) if current else 0,
        format_func=lambda view_id: _shown(views[view_id]),
        key="changed-view",
    )
    view, here = views[chosen], dashboard()
    star = _("Start with the overview again") if view.start else _("Make it my start page")
    if pressed(star, key="view-start", icon=":material/star:"):
        _do(person, lambda: start_with(here.engine, here.settings, person, chosen, start=not view.start))
    if may_share(person, view):
        words = _("Take it back from the team") if view.team else _("Share with the team")
        if pressed(words, key="view-share", icon=":material/group:"):
            _do(person, lambda: share_view(here.engine, here.settings, person, chosen, team=not view.team))
    if not may_change(person, view):
        st.caption(_("This view belongs to {owner}.", owner=view.owner))
        return
    name = st.text_input(_("New name"), view.name, max_chars=LONGEST_NAME, key=f"view-name-{chosen}")
    if pressed(_("Rename"), key="view-rename", icon=":material/edit:"):
        _do(person, lambda: rename_view(here.engine, here.settings, person, chosen, name))
    if pressed(_("Remove this view"), key="view-remove", icon=":material/delete:"):
        _do(person, lambda: remove_view(here.engine, here.settings, person, chosen))


def offer_to_save(page: str) -> None:
    """Beside the filters: keep the page as it is now."""
    settings = dashboard().settings
    if settings.read_only:
        return
    person = viewer()
    with st.popover(_("Save this view"), icon=":material/bookmark_add:", type="tertiary"), page_errors():
        if not _known(person.name).installed:
            if not has_own_schema(_("Saved views are kept in the dashboard's own schema."), SAVED_VIEWS):
                return
            _forget(person)
        name = st.text_input(_("Name of the view"), max_chars=LONGEST_NAME, key="save-view-name")
        team = False
        if person.role >= Role.REVIEWER:
            team = st.toggle(_("Share with the team"), key="save-view-team")
        if pressed(_("Save"), type="primary", icon=":material/bookmark_add:", key="save-view"):
            new = NewView(name, page, kept_parameters(page, st.query_params.to_dict()), team)
            _do(person, lambda: save_view(dashboard().engine, settings, person, new))


def _do(person: Person, change: Callable[[], object]) -> None:
    with page_errors() as part:
        change()
    if not part.failed:
        _forget(person)
        st.rerun()


def _forget(person: Person) -> None:
    _known.clear(person.name)
