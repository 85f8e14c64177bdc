from __future__ import annotations

from feedly_core.i18n import N_, NN_, Message, translate, verbatim


def test_english_needs_no_catalogue() -> None:
    assert translate(N_("No job starts with {prefix}.", prefix="ab"), "en") == "No job starts with ab."


def test_a_value_that_is_a_text_is_translated_too() -> None:
    inner = N_("inner {n}", n=1)
    assert translate(N_("outer {inner}", inner=inner), "en") == "outer inner 1"


def test_braces_in_data_are_data() -> None:
    assert translate(N_("{value}!", value="{0.__class__}"), "en") == "{0.__class__}!"


def test_a_sentence_without_values_may_hold_braces() -> None:
    assert translate('send {"a": 1}', "ko") == 'send {"a": 1}'


def test_the_count_chooses_the_form() -> None:
    assert str(NN_("{n} job", "{n} jobs", 1)) == "1 job"
    assert str(NN_("{n} job", "{n} jobs", 3)) == "3 jobs"


def test_data_is_shown_as_it_is() -> None:
    assert translate(verbatim("대기 {x}"), "ko") == "대기 {x}"


def test_an_empty_message_is_not_the_catalogue_header() -> None:
    assert translate(Message(""), "ko") == ""
