"""Names, icons and purposes of the pages, for menu and links."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote_plus, urlencode, urlsplit

import streamlit as st

from dashboard.server.pictures import Size, picture_path
from feedly_core.i18n import N_, Message
from pages.shared.language import _, language
from pages.shared.one_run import once


@dataclass(frozen=True)
class PageInfo:
    """``icon`` is a Material symbol.

    ``purpose`` one sentence below the title.
    """

    title: Message
    icon: str
    purpose: Message


PAGES = {
    "overview": PageInfo(
        N_("Overview"), ":material/space_dashboard:", N_("Is everything fine, and what needs attention?")
    ),
    "create_jobs": PageInfo(
        N_("Create jobs"),
        ":material/add_photo_alternate:",
        N_("One test job, or a campaign of many"),
    ),
    "live_monitor": PageInfo(
        N_("Live monitor"),
        ":material/monitor_heart:",
        N_("Every job in flight, as it moves"),
    ),
    "results": PageInfo(
        N_("Results"),
        ":material/photo_library:",
        N_("One job's whole story: pictures, scores, texts"),
    ),
    "review": PageInfo(N_("Review"), ":material/rate_review:", N_("Judge the pictures together")),
    "trends": PageInfo(
        N_("Trends"),
        ":material/trending_up:",
        N_("Quality, speed and cost over time"),
    ),
    "trigger_diagnostics": PageInfo(
        N_("Diagnostics"),
        ":material/troubleshoot:",
        N_("Why does it not move? Checks, trigger probe, fixes"),
    ),
    "audit": PageInfo(
        N_("Audit"),
        ":material/history:",
        N_("Who did what and when"),
    ),
    "connect": PageInfo(
        N_("Connect"),
        ":material/cable:",
        N_("Tokens and lines for programs and assistants"),
    ),
    "help": PageInfo(
        N_("Help"),
        ":material/help:",
        N_("What the words mean, what each step does, keys and roles"),
    ),
}
"""By module name, which is the address too, in the order of the menu."""


def page_title(page: str) -> None:
    """The head of a page: its name and what it is for."""
    info = PAGES[page]
    name_tab(_(info.title))
    st.title(_(info.title), anchor=False)
    st.caption(_(info.purpose))


def name_tab(*parts: str | None) -> None:
    """The browser tab's title: the open thing, then its page."""
    st.set_page_config(page_title=" · ".join([*filter(None, parts), "FeedlyAI"]))


def section(title: str, caption: str = "") -> None:
    """The head of a part of a page.

    ``caption`` is ours, not data: Markdown is read in it.
    """
    st.header(title, anchor=False)
    if caption:
        st.caption(caption)


def page_href(page: str, **parameters: object) -> str:
    """Address of a page for a link in HTML, in the viewer's language, under the base path."""
    query = urlencode({**parameters, "lang": language()}, quote_via=_quoted)
    return f"{base_path()}/{page}?{query}"


_quoted = lru_cache(maxsize=4_096)(quote_plus)
"""A page of cards has the same few names and ids in hundreds of addresses."""


def picture_url(asset_id: object, size: Size = "thumb") -> str:
    """Address of an asset's picture: ``thumb`` 320 px wide, ``view`` 800 or ``full``.

    ``mask`` takes a job's id.
    """
    return base_path() + picture_path(str(asset_id), size)


def site_address() -> str:
    """Absolute address of the dashboard as this viewer reaches it, so that a file leads back."""
    here = urlsplit(st.context.url or "")
    return f"{here.scheme}://{here.netloc}{base_path()}" if here.netloc else base_path()


@once
def base_path() -> str:
    """Empty, or ``/dash`` when the dashboard lives below a path of another server."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}" if base else ""
