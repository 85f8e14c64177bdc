"""What has happened since this person was here."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape

import streamlit as st

from feedly_core.reviews.others import Comment
from feedly_core.visits.news import News, comment_words, news_lines, news_since
from pages.shared.ask import ask
from pages.shared.formatting import age, moment, shortened
from pages.shared.language import _
from pages.shared.navigation import PAGES, page_href
from pages.shared.saved_views import viewer
from pages.shared.visit import last_here

KEPT_SECONDS = 60.0


@st.cache_resource(ttl=KEPT_SECONDS, show_spinner=False)
def _news(reader: str, since: datetime) -> News:
    return ask(news_since, reader, since, datetime.now(UTC))


def show_news() -> None:
    """One line per kind with its link, then the newest comments. Nothing on a first visit."""
    before = last_here()
    if before is None:
        return
    news = _news(viewer().name, before)
    lines = news_lines(news)
    if not lines:
        return
    title = escape(_("Since you were here"))
    when = escape(_("last time {time} ({age})", time=moment(before), age=age(before)))
    links = "".join(
        _link(page_href(line.page, **line.parameters), PAGES[line.page].icon, _(line.words)) for line in lines
    )
    said = "".join(map(_comment, news.said.newest))
    st.html(
        f"<section class='fd-news' aria-label='{title}'><b>{title}</b> <small>{when}</small>"
        f"<nav class='fd-actions' aria-label='{title}'>{links}</nav>{said}</section>"
    )


def _link(href: str, icon: str, words: str) -> str:
    symbol = icon.removeprefix(":material/").removesuffix(":")
    return f"<a href='{escape(href, quote=True)}' target='_self' data-icon='{symbol}'>{escape(words)}</a>"


def _comment(comment: Comment) -> str:
    href = escape(page_href("results", job=comment.job_id), quote=True)
    words = escape(shortened(_(comment_words(comment))))
    return f"<p><a href='{href}' target='_self'>{words}</a> <small>{escape(age(comment.at))}</small></p>"
