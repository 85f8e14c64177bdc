"""What people see before and after the sign-in, and what the frame says about their rights."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from feedly_core.settings import Settings
from tests.factories import make_job
from tests.pages.conftest import OpenPage, words_of

KIM = {"is_logged_in": True, "email": "kim@feedly.example"}


@pytest.fixture
def open_for_team(open_app: Callable[..., OpenPage], settings: Settings) -> OpenPage:
    team = {"operators": ("kim@feedly.example",), "viewers": ("@feedly.example",)}
    return open_app(settings.model_copy(update=team))


def test_before_the_sign_in_there_is_nothing_but_the_sign_in(open_for_team: OpenPage, engine: Engine) -> None:
    make_job(engine, desc_kor="비밀 메뉴")
    app = open_for_team(user={"is_logged_in": False})
    words = words_of(app)
    assert "비밀 메뉴" not in words
    assert "test_" not in words
    assert "fd-banner" not in words


def test_the_frame_names_the_person_and_the_role(open_for_team: OpenPage) -> None:
    assert "kim@feedly.example · operator" in words_of(open_for_team(user=KIM))
    viewer = {**KIM, "email": "lee@feedly.example"}
    assert "lee@feedly.example · viewer" in words_of(open_for_team(user=viewer))


def test_somebody_who_is_not_invited_sees_why(open_for_team: OpenPage, engine: Engine) -> None:
    make_job(engine, desc_kor="비밀 메뉴")
    words = words_of(open_for_team(user={**KIM, "email": "stranger@other.example"}))
    assert "not invited" in words
    assert "비밀 메뉴" not in words


def test_a_name_is_never_markup(open_for_team: OpenPage) -> None:
    app = open_for_team(user={**KIM, "email": "*<b>kim</b>*@feedly.example"})
    assert "*<b>kim</b>*@feedly.example" in app.sidebar.text[0].value


def test_without_the_trusted_proxys_header_nobody_comes_in(
    open_app: Callable[..., OpenPage], settings: Settings
) -> None:
    words = words_of(open_app(settings.model_copy(update={"user_header": "X-User"}))())
    assert "Open it through the proxy" in words


def test_read_only_is_said_on_every_page(open_app: Callable[..., OpenPage], settings: Settings) -> None:
    assert "Read-only" in words_of(open_app(settings.model_copy(update={"read_only": True}))())
