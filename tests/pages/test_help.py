"""The help page: a term that an address names, and terms found by the matching of every search field."""

from __future__ import annotations

from tests.pages.conftest import OpenPage, element, words_of


def test_help_explains_words_steps_keys_and_roles(open_page: OpenPage) -> None:
    app = open_page("help", language="ko", term="iou")
    assert not app.exception
    shown = words_of(app)
    assert "fd-help-asked" in shown and "겹침(IoU)" in shown
    for part in ("시각 언어 모델(VLM)", "분석 서비스(YH)", "Ctrl + K", "검토자"):
        assert part in shown, part
    element(app, "words").set_value("ㄱㄷㅅ").run()
    assert "가독성" in words_of(app) and "누끼" not in words_of(app).split("단계")[0]
