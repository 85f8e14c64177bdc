"""The remembered theme is the one that Streamlit would have built."""

from __future__ import annotations

import pytest
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

from pages.shared.streamlit_workarounds import theme

SECTIONS = (
    "theme",
    "theme.light",
    "theme.dark",
    "theme.sidebar",
    "theme.light.sidebar",
    "theme.dark.sidebar",
)


def built(section: str) -> CustomThemeConfig:
    message = CustomThemeConfig()
    app_session._populate_theme_msg(message, section)
    return message


def test_the_remembered_theme_is_what_streamlit_builds_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    build = app_session._populate_theme_msg

    def counted(message: CustomThemeConfig, section: str = "theme") -> None:
        calls.append(section)
        build(message, section)

    expected = {section: built(section) for section in SECTIONS}
    monkeypatch.setattr(app_session, "_populate_theme_msg", counted)
    theme.build_once()
    for _ in range(3):
        assert {section: built(section) for section in SECTIONS} == expected
    assert calls == list(SECTIONS)
    assert expected["theme.light"].primary_color == "#0b6c6c"
    assert expected["theme.dark"].primary_color == "#2a9d96"
