"""A table of jobs: what is good becomes a request, what is not says why, and nothing else ever happens."""

from __future__ import annotations

import csv
import io
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedly_core.errors import InvalidInput
from feedly_core.jobs.bulk import MAX_LINES, BulkLine, decode_table, read_bulk
from feedly_core.jobs.choices import ToneStyle
from feedly_core.jobs.pictures import Picture
from feedly_core.jobs.request import MAX_VARIANTS, JobKind, JobRequest

SOUP = Picture("soup.png", b"1", "PNG", 8, 8)
CAKE = Picture("cake.webp", b"2", "WEBP", 8, 8)
RETRO = ToneStyle(UUID(int=8), "retro", "레트로", "Retro / Vintage")
BASE = JobRequest(JobKind.FULL, "pipeline_test_tenant_v2", (SOUP,), "맛있는 국", variants=3)


def read(text: str, base: JobRequest = BASE) -> tuple[BulkLine, ...]:
    return read_bulk(text, base, {"soup.png": SOUP, "cake.webp": CAKE}, [RETRO])


@pytest.mark.parametrize(
    "text",
    [
        "description,tone,image,variants\n달콤한 케이크,retro,cake.webp,2\n",
        "설명;톤;이미지;변형 수\r\n달콤한 케이크;레트로;CAKE.webp;2\r\n",
        "variants\timage\tdescription\ttone\n2\tcake.webp\t달콤한 케이크\tRetro / Vintage",
        "달콤한 케이크\tretro\tcake.webp\t2",
        '\n\n"달콤한 케이크","retro","cake.webp","2"\n\n',
    ],
    ids=["comma", "semicolon, Korean headings", "tabs, other order", "no heading", "quoted, empty lines"],
)
def test_the_same_line_in_any_shape_makes_the_same_order(text: str) -> None:
    (line,) = read(text)
    assert line.request is not None
    assert (line.request.desc_kor, line.request.pictures, line.request.variants) == (
        "달콤한 케이크",
        (CAKE,),
        2,
    )
    assert line.request.tone_style_id == RETRO.tone_style_id


def test_empty_cells_take_what_the_form_says() -> None:
    (line,) = read("description,variants\n딸기 케이크,\n")
    assert line.request == JobRequest(
        JobKind.FULL, "pipeline_test_tenant_v2", (SOUP,), "딸기 케이크", variants=3
    )


def test_problems_stand_beside_their_line_and_other_lines_are_fine() -> None:
    lines = read("description,tone,image,variants\ngood,,,\nbad,unknown,nowhere.png,many\n\nlate,,,11\n")
    assert [line.number for line in lines] == [2, 3, 5]
    assert lines[0].request is not None and not lines[0].problems
    assert [str(problem) for problem in lines[1].problems] == [
        "There is no tone and style called unknown.",
        "There is no picture called nowhere.png.",
        "many is not a number of variants.",
    ]
    assert lines[2].request is None
    assert str(MAX_VARIANTS) in str(lines[2].problems[0])


def test_a_line_without_any_picture_says_so() -> None:
    (line,) = read("only words", JobRequest(JobKind.FULL, "t", (), "x"))
    assert [str(problem) for problem in line.problems] == ["A picture is missing."]


def test_a_quoted_description_may_span_lines() -> None:
    first, second = read('description,variants\n"두 줄\n설명",1\n다음,1\n')
    assert (first.cells["description"], first.number, second.number) == ("두 줄\n설명", 2, 4)


@pytest.mark.parametrize("text", ["", "   \n\n", "description,tone\n", ",,,\n"])
def test_a_table_without_content_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="no line with content"):
        read(text)


def test_too_many_lines_are_refused_as_a_whole() -> None:
    with pytest.raises(InvalidInput, match=str(MAX_LINES)):
        read("x\n" * (MAX_LINES + 1))


def test_spreadsheet_files_are_read_in_both_encodings() -> None:
    assert decode_table("\ufeff설명".encode()) == "설명"
    assert decode_table("설명".encode("cp949")) == "설명"
    with pytest.raises(InvalidInput, match="not text"):
        decode_table(b"\xff\xfe\x00\x81\xff")


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=400))
def test_any_text_gives_lines_or_a_message(text: str) -> None:
    _lines_or_message(text)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.text(max_size=12), min_size=1, max_size=6), max_size=12))
def test_any_table_gives_an_order_or_a_problem_for_each_line(rows: list[list[str]]) -> None:
    file = io.StringIO()
    csv.writer(file, escapechar="\\").writerows(rows)
    _lines_or_message(file.getvalue())


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_file_is_text_or_a_message(content: bytes) -> None:
    try:
        _lines_or_message(decode_table(content))
    except InvalidInput as refused:
        assert refused.hint is not None


def _lines_or_message(text: str) -> None:
    try:
        lines = read(text)
    except InvalidInput as refused:
        assert refused.hint is not None
        return
    for line in lines:
        assert (line.request is None) == bool(line.problems)
        if line.request is not None:
            assert 1 <= line.request.variants <= MAX_VARIANTS
            assert line.request.desc_kor.strip() and "\0" not in line.request.desc_kor
