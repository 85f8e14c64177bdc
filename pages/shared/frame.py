"""Frame of every page: menu, banner, language, missing database."""

from __future__ import annotations

from html import escape
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page as StreamlitPage

from dashboard.server.exposure import is_open_to_everybody
from dashboard.server.metrics import PAGE_SECONDS
from dashboard.server.site_files import font_faces
from feedly_core.access.identity import LOCAL
from feedly_core.access.tokens import keep_groups
from feedly_core.permissions import ROLE_NAMES, Person
from feedly_core.saved_views.addresses import known_parameters
from feedly_core.saved_views.store import start_view
from feedly_core.version import __version__
from pages.shared import end_notification, url_state
from pages.shared.actions import listen_for_actions
from pages.shared.after_sign_in import remember_address, return_to_address
from pages.shared.app_links import open_links_in_app
from pages.shared.ask import ask, dashboard, name_run, page_errors
from pages.shared.kept_choices import keep_cookie, keep_forms
from pages.shared.language import (
    LANGUAGE_COOKIE,
    _,
    chosen_language,
    keep_language,
    language,
    language_switch,
    switched_language,
)
from pages.shared.lightbox import mount_lightbox
from pages.shared.navigation import PAGES, base_path
from pages.shared.not_understood import whole_address
from pages.shared.one_run import one_run
from pages.shared.person import current_identity, signed_in
from pages.shared.placeholders import empty, error_card
from pages.shared.saved_views import draw_saved_views, viewer
from pages.shared.search import draw_search
from pages.shared.streamlit_workarounds.login import login_is_set_up
from pages.shared.streamlit_workarounds.scripts import (
    describe_document,
    guard_page_changes,
    keep_lists_open,
    keep_places,
)
from pages.shared.streamlit_workarounds.streamlit_words import translate_streamlit
from pages.shared.streamlit_workarounds.whole_run import carried_back
from pages.shared.tour import draw_guided_look
from pages.shared.visit import keep_visit

_HERE = Path(__file__).parent
RETURN_SECONDS = 20.0
"""A tab that comes back waits this long for the database: a page without its widgets loses their choices."""
_GROUPS_KEPT = "groups kept"
_NEEDS_NO_DATABASE = "trigger_diagnostics"
_STYLE = (_HERE / "style.css").read_text(encoding="utf-8")


def draw() -> None:
    """Run one page: frame, then page or error."""
    st.set_page_config(page_title="FeedlyAI", page_icon=_HERE / "icon.png", layout="wide")
    st.logo(_HERE / "logo.svg", size="large")
    st.html(f"<style>{font_faces(base_path())}{_STYLE}</style>")
    with page_errors():
        returned = _take_back()
        url_state.follow_history()
        with one_run():
            _draw_frame(returned=returned)


def _draw_frame(*, returned: bool) -> None:
    person = signed_in()
    page = _menu(hidden=person is None)
    _draw_sidebar(person, page.url_path)
    if person is None:
        _sign_in()
        return
    draw_search()
    if login_is_set_up():
        return_to_address()
    _keep_groups()
    name_run(viewer=person.name, job=st.query_params.get("job"))
    if page.url_path != _NEEDS_NO_DATABASE:
        with page_errors():
            keep_visit(viewer())
    with PAGE_SECONDS.labels(page.url_path).time():
        keep_forms(page.url_path, url_state.address_keys())
        if returned:
            dashboard().wait(RETURN_SECONDS)
        with whole_address(_parameters(page)):
            _draw_page(page)


def _draw_sidebar(person: Person | None, page: str) -> None:
    with st.sidebar:
        if person:
            if dashboard().ready:
                with page_errors():
                    draw_saved_views(page, ask_database=page != _NEEDS_NO_DATABASE)
            _connection_banner()
            _who(person)
        language_switch()
        describe_document(language(), base_path())
        guard_page_changes()
        keep_lists_open()
        open_links_in_app()
        mount_lightbox()
        translate_streamlit()
        keep_places([f"{base_path()}/{name}" for name in ("", *PAGES)])
        if chosen := chosen_language():
            keep_cookie(LANGUAGE_COOKIE, chosen)
        if person:
            listen_for_actions()
        st.caption(_("Version {version}", version=__version__))


def _keep_groups() -> None:
    """Once per session: the person's tokens lose what the person has lost since."""
    if _GROUPS_KEPT not in st.session_state and dashboard().ready:
        st.session_state[_GROUPS_KEPT] = True
        with page_errors():
            keep_groups(dashboard().engine, dashboard().settings, current_identity())


def _take_back() -> bool:
    """Take back language and watched jobs of a tab whose session is gone; whether it was."""
    carried = {"language": switched_language(), "watched": end_notification.carried_watches()}
    with st.sidebar:
        back = carried_back(carried)
    if back is None:
        return False
    keep_language(back.get("language"))
    end_notification.take_watches(back.get("watched"))
    return True


def _draw_page(page: StreamlitPage) -> None:
    if dashboard().ready or page.url_path == "":
        draw_guided_look()
        page.run()
        end_notification.keep_watch()
    elif dashboard().problem:
        _problem()
        if page.url_path == _NEEDS_NO_DATABASE and dashboard().settings.database_url:
            page.run()
    else:
        _opening()


def _parameters(page: StreamlitPage) -> frozenset[str]:
    """What the page's address may say; the address without a path hands everything on."""
    return known_parameters(page.url_path) if page.url_path in PAGES else frozenset(st.query_params)


def _menu(*, hidden: bool) -> StreamlitPage:
    """The pages in their order. The address without a path leads to the first, which keeps its own name."""
    start = st.Page(_go_to_first_page, url_path="start", default=True, visibility="hidden")
    return st.navigation([start, *map(_page, PAGES)], position="hidden" if hidden else "sidebar")


def _go_to_first_page() -> None:
    """The overview, or the view with which this person starts; what the address says goes before."""
    asked = st.query_params.to_dict()
    with page_errors():
        view = ask(start_view, viewer().name) if dashboard().ready and not asked.keys() - {"lang"} else None
        if view is not None:
            st.switch_page(f"pages/{view.page}.py", query_params={**view.parameters, **asked})
    st.switch_page("pages/overview.py", query_params=asked)


def _page(name: str) -> StreamlitPage:
    info = PAGES[name]
    return st.Page(
        f"pages/{name}.py",
        title=_(info.title),
        icon=info.icon,
        url_path=name,
        help=_(info.purpose),
    )


def _connection_banner() -> None:
    """Which database this is, always in sight: people must never mistake the real one for the demo."""
    here = dashboard()
    if here.demo:
        title, text = _("Demo"), _("Sample data and a simulated pipeline. No real service is touched.")
    else:
        title, text = _("Database"), here.database_name
    _banner("warn" if here.demo else "good" if here.ready else "bad", title, text)


def _banner(tone: str, title: str, text: str) -> None:
    st.html(
        f'<div class="fd-banner fd-{tone}"><strong>{escape(title, quote=True)}</strong>'
        f"<span>{escape(text, quote=True)}</span></div>"
    )


def _who(person: Person) -> None:
    """Name and role where people sign in, and a warning where everybody may do everything."""
    settings, has_login = dashboard().settings, login_is_set_up()
    if is_open_to_everybody(settings, st.get_option("server.address"), has_login):
        _banner("bad", _("No login"), _("Everybody who reaches this address may change everything."))
    if settings.read_only:
        _banner("idle", _("Read-only"), _("Nothing can be changed from here."))
    if person is LOCAL:
        return
    st.text(f"{person.name} · {_(ROLE_NAMES[person.role])}")
    if has_login and not settings.user_header:
        st.button(_("Sign out"), icon=":material/logout:", on_click=st.logout)


def _sign_in() -> None:
    st.title(_("FeedlyAI dashboard"), anchor=False)
    if login_is_set_up():
        remember_address()
        st.button(_("Sign in"), icon=":material/login:", type="primary", on_click=st.login)
    else:
        empty(
            _("You are not signed in."),
            _("The proxy in front of this dashboard did not say who you are. Open it through the proxy."),
        )


@st.fragment(run_every=1.0)
def _opening() -> None:
    """Progress of the start; becomes the dashboard by itself."""
    here = dashboard()
    if here.ready or here.problem:
        st.rerun()
    st.header(_("The dashboard is starting"), anchor=False)
    st.progress(here.progress.fraction, text=_(here.progress.sentence))
    if here.demo:
        st.caption(_("The first start makes a demo database with sample pictures; that takes a minute."))


@st.fragment(run_every=2.0)
def _problem() -> None:
    """Why there is no database; goes away by itself when there is one."""
    here = dashboard()
    if here.ready or here.problem is None:
        st.rerun()
    error_card(here.problem)
    st.button(_("Try again now"), icon=":material/refresh:", on_click=here.retry)
    st.caption(_("It is tried again every few seconds by itself."))
