"""The frame around every page: menu, banner, language, and what to show while there is no database."""

from __future__ import annotations

from html import escape
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page as StreamlitPage

from pages.components.app import dashboard, page_errors
from pages.components.navigation import PAGES
from pages.components.states import error_card
from pages.components.words import _, language_switch

_HERE = Path(__file__).parent
_NEEDS_NO_DATABASE = "trigger_diagnostics"
_STYLE = f"<style>{(_HERE / 'style.css').read_text(encoding='utf-8')}</style>"


def draw() -> None:
    """One page run: the frame, then the chosen page, or why there is none."""
    st.set_page_config(page_title="FeedlyAI", page_icon=_HERE / "icon.png", layout="wide")
    st.logo(_HERE / "logo.svg", size="large")
    st.html(_STYLE)
    page = _menu()
    with st.sidebar:
        _connection_banner()
        language_switch()
    with page_errors():
        if dashboard().ready or page.url_path == "":
            page.run()
        elif dashboard().problem:
            _problem()
            if page.url_path == _NEEDS_NO_DATABASE:
                page.run()
        else:
            _opening()


def _menu() -> StreamlitPage:
    """The pages in their order. The address without a path leads to the first, which keeps its own name."""
    start = st.Page(_go_to_first_page, url_path="start", default=True, visibility="hidden")
    return st.navigation([start, *(_page(name) for name in PAGES if (_HERE.parent / f"{name}.py").exists())])


def _go_to_first_page() -> None:
    st.switch_page("pages/overview.py", query_params=st.query_params.to_dict())


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
    tone = "warn" if here.demo else "good" if here.ready else "bad"
    st.html(
        f'<div class="fd-banner fd-{tone}"><strong>{escape(title)}</strong>'
        f"<span>{escape(text, quote=True)}</span></div>"
    )


@st.fragment(run_every=1.0)
def _opening() -> None:
    """Progress of the start; becomes the dashboard by itself."""
    here = dashboard()
    if here.ready or here.problem:
        st.rerun()
    st.subheader(_("The dashboard is starting"), anchor=False)
    st.progress(here.progress.fraction, text=_(here.progress.sentence))
    if here.demo:
        st.caption(_("The first start makes a demo database with sample pictures; that takes a minute."))


@st.fragment(run_every=2.0)
def _problem() -> None:
    """Why there is no database; goes away by itself when there is one."""
    here = dashboard()
    if here.ready or here.problem is None:
        st.rerun()
        return
    error_card(here.problem)
    st.button(_("Try again now"), icon=":material/refresh:", on_click=here.retry)
    st.caption(_("It is tried again every few seconds by itself."))
