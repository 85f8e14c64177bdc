"""Saved views in the pages: saved, opened, starred, begun with; their filters are those of the gallery."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from uuid import uuid4

import pytest
import streamlit as st
from sqlalchemy import Engine, text
from streamlit.testing.v1 import AppTest

from feedly_core.access.identity import LOCAL
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.refresher import rebuild
from feedly_core.db import own_schema
from feedly_core.db.engine import reading, writing
from feedly_core.saved_views.addresses import read_address
from feedly_core.saved_views.matches import picture_filters
from feedly_core.saved_views.store import list_views
from feedly_core.saved_views.views import SavedView
from feedly_core.settings import Settings
from pages.parts.results.gallery import gallery
from tests.factories import make_job
from tests.pages.conftest import OpenPage, words_of

HOSTILE = "<img src=x onerror=alert(1)> **찌개** & 'x'"


def links(app: AppTest) -> dict[str, str]:
    """Name, with its count, and address of each view in the sidebar."""
    lists = "".join(re.findall(r"<nav class='fd-views'.*?</nav>", words_of(app)))
    found = re.findall(r"<a href='([^']+)'[^>]*><i [^>]*>\w+</i>(.*?)</a>", lists)
    assert "<img" not in lists
    return {unescape(re.sub(r"<i.*?</i>|</?span>", "", body)): unescape(href) for href, body in found}


@pytest.fixture
def filled(engine: Engine, our_schema: None) -> Callable[[], None]:
    def fill() -> None:
        rebuild(engine, lambda done, of: None, now=datetime.now(UTC))

    make_job(engine, tenant_id="cafe")
    fill()
    return fill


def test_a_view_is_saved_opened_starred_and_begun_with(
    open_page: OpenPage, engine: Engine, filled: Callable[[], None]
) -> None:
    app = open_page("results", language="ko", tenant="cafe", sort="overall", after="x_y")
    assert links(app) == {}
    app.text_input(key="save-view-name").set_value(HOSTILE)
    app.button(key="save-view").click().run()
    assert not app.exception
    [(name, href)] = links(app).items()
    assert name == HOSTILE
    page, parameters = read_address(href)
    assert (page, parameters) == ("results", {"tenant": "cafe", "sort": "overall"})

    make_job(engine, tenant_id="cafe", variants=2)
    filled()
    st.cache_resource.clear()  # a count is kept for a minute
    app = open_page("overview", language="ko")
    [shown] = links(app)
    assert shown == f"{HOSTILE}<em title='새 이미지 2개' aria-label='새 이미지 2개'>2</em>"
    app = open_page("results", language="ko", **parameters)  # opening it marks them as seen, once
    assert list(links(app)) == [HOSTILE]

    app.button(key="view-start").click().run()
    assert "aria-label='시작 페이지'" in words_of(app)
    begun = open_page("overview", language="ko")
    assert begun.query_params["tenant"] == "cafe" and "갤러리" in words_of(begun)
    begun.button(key="view-remove").click().run()
    assert not begun.exception and links(begun) == {}
    with reading(engine) as connection:
        assert list_views(connection, LOCAL.name) == ()


@pytest.mark.usefixtures("our_schema")
def test_without_its_tables_the_page_works_and_offers_to_install_them(
    open_app: Callable[[Settings], OpenPage], engine: Engine, settings: Settings
) -> None:
    with writing(engine) as connection:
        tables = ", ".join(table.fullname for table in own_schema.SAVED_VIEWS)
        connection.execute(text(f"DROP TABLE {tables}"))
    app = open_app(settings)("trends", language="ko")
    assert "저장된 보기는 대시보드 전용 스키마에 보관됩니다." in words_of(app)
    app.button(key="install-own-schema").click().run()
    app.text_input(key="save-view-name").set_value("all")
    app.button(key="save-view").click().run()
    assert list(links(app)) == ["all"] and not app.exception


ADDRESSES = (
    {"tenant": "cafe", "outcome": "complete", "tone": "따뜻한", "days": "7", "words": "우동"},
    {"on": "2026-01-05~2026-01-01", "days": "7", "version": " 2.0 ", "score": "overall:0.1~0.5,x:1"},
    {
        "verdict": "reject",
        "outcome": "odd",
        "score": "overall:9~1",
        "days": "5",
        "on": "never",
        "up": "True",
    },
)


@pytest.mark.parametrize("asked", ADDRESSES, ids=["usual", "narrow", "odd"])
def test_a_view_counts_what_its_gallery_shows(
    asked: dict[str, str],
    open_page: OpenPage,
    engine: Engine,
    settings: Settings,
    filled: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[PictureFilters] = []
    monkeypatch.setattr(gallery, "_pages", lambda what, *how, **more: shown.append(what.filters))
    open_page("results", language="en", **asked)
    view = SavedView(uuid4(), "x", "results", asked, "kim", False, datetime.now(UTC))
    with reading(engine) as connection:
        counted = picture_filters(connection, view, datetime.now(UTC), settings.zone)
    [on_page] = shown
    for field in PictureFilters.__dataclass_fields__:
        one, other = getattr(on_page, field), getattr(counted, field)
        if field == "since" and one and other:
            assert abs(one - other) < timedelta(minutes=1)
        else:
            assert one == other, field
