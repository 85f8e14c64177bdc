"""A table of jobs: what is good becomes a request, and whatever is not used is marked."""

from __future__ import annotations

import csv
import io
import unicodedata
from uuid import UUID

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from feedly_core.errors import InvalidInput
from feedly_core.jobs.bulk import MAX_LINES, Bulk, BulkLine, is_heading, read_bulk
from feedly_core.jobs.choices import ToneStyle
from feedly_core.jobs.pictures import Picture
from feedly_core.jobs.request import MAX_VARIANTS, JobKind, JobRequest
from feedly_core.jobs.table_rows import Rows, file_rows, pasted_rows

SOUP = Picture("soup.png", b"1", "PNG", 8, 8)
CAKE = Picture("cake.webp", b"2", "WEBP", 8, 8)
RETRO = ToneStyle(UUID(int=8), "retro", "레트로", "Retro / Vintage")
BASE = JobRequest(JobKind.FULL, "pipeline_test_tenant_v2", (SOUP,), "맛있는 국", variants=3)

cells = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
tables = st.lists(st.lists(cells, min_size=1, max_size=6), min_size=1, max_size=8)


def bulk_of(table: Rows, base: JobRequest = BASE) -> Bulk:
    return read_bulk(table, base, [SOUP, CAKE], [RETRO])


def pasted(text: str, base: JobRequest = BASE) -> tuple[BulkLine, ...]:
    return bulk_of(pasted_rows(text, is_heading), base).lines


def filed(text: str) -> tuple[BulkLine, ...]:
    return bulk_of(file_rows(text.encode(), is_heading)).lines


def workbook(*sheets: list[list[object]]) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        for rows in sheets:
            sheet = book.add_worksheet()
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return file.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "description,tone,image,variants\n달콤한 케이크,retro,cake.webp,2\n",
        "설명;톤;이미지;변형 수\r\n달콤한 케이크;레트로;CAKE.webp;2\r\n",
        "variants\timage\tdescription\ttone\n2\tcake.webp\t달콤한 케이크\tRetro / Vintage",
        "달콤한 케이크\tretro\tcake.webp\t2",
        "6월 광고\n\n 설명 \t톤 앤 스타일\t파일명\t시안수\n달콤한 케이크\t레트로\tcake.webp\t２",
    ],
    ids=["comma", "semicolon, Korean headings", "tabs, other order", "no heading", "title above"],
)
@pytest.mark.parametrize("read", [pasted, filed], ids=["pasted", "file"])
def test_the_same_line_in_any_shape_makes_the_same_request(text: str, read: object) -> None:
    line = read(text)[-1]  # type: ignore[operator]
    assert line.ready, [str(each) for each in (*line.problems, *line.marks)]
    assert (line.request.desc_kor, line.request.pictures, line.request.variants) == (
        "달콤한 케이크",
        (CAKE,),
        2,
    )
    assert line.request.tone_style_id == RETRO.tone_style_id


def test_a_pasted_column_keeps_its_commas() -> None:
    (line,) = pasted("설명\n바삭하고, 촉촉한 크로플\n")
    assert line.ready and line.cells["description"] == "바삭하고, 촉촉한 크로플"
    assert filed("설명\n바삭하고, 촉촉한 크로플\n")[0].cells["description"] == "바삭하고, 촉촉한 크로플"


def test_a_heading_is_read_however_it_is_spaced() -> None:
    for read in (pasted, filed):
        (line,) = read("설명,시안수\n국,5\n")
        assert line.request is not None and line.request.variants == 5


def test_what_is_not_used_is_marked_and_not_made_by_itself() -> None:
    bulk = bulk_of(
        pasted_rows("설명\t가격\t설명\n국\t9000\t\n찌개\t\t다른 설명\n전\t\t\t넷째\n떡\n", is_heading)
    )
    assert [line.ready for line in bulk.lines] == [False, False, False, True]
    assert [str(mark) for line in bulk.lines for mark in line.marks] == [
        "Not used: 9000 (column 가격)",
        "Not used: 다른 설명 (column 설명)",
        "Not used: 넷째 (column –)",
    ]
    assert [str(notice) for notice in bulk.notices] == [
        "The column 가격 is not used.",
        "The column 설명 is not used.",
    ]


def test_a_line_above_the_heading_says_that_it_makes_no_job() -> None:
    title, job = pasted("6월 광고 목록\n설명\t시안 수\n국\t2\n")
    assert title.request is None and "above the heading" in str(title.problems[0])
    assert (job.number, job.ready) == (3, True)


def test_a_text_that_looks_like_cells_asks() -> None:
    (line,) = pasted("달콤한 케이크,retro,cake.webp,2")
    assert line.cells["description"] == "달콤한 케이크,retro,cake.webp,2" and line.marks and not line.ready


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_names_are_found_in_whichever_form_they_are_typed(form: str) -> None:
    stew = Picture(unicodedata.normalize("NFD", "부대찌개.png"), b"3", "PNG", 8, 8)
    text = unicodedata.normalize(form, "설명\t사진\t톤\n찌개\t부대찌개.PNG\t레트로\n")  # type: ignore[arg-type]
    (line,) = read_bulk(pasted_rows(text, is_heading), BASE, [stew], [RETRO]).lines
    assert line.ready and line.request is not None and line.request.pictures == (stew,)


def test_pictures_and_tones_of_one_name_are_no_answer() -> None:
    twin, sample = Picture("SOUP.png", b"9", "PNG", 8, 8), Picture("soup.png", b"8", "PNG", 8, 8)
    table = pasted_rows("설명\t사진\t톤\n국\tsoup.png\t레트로\n", is_heading)
    other = ToneStyle(UUID(int=9), "retro-2", "레트로", "Other")
    (line,) = read_bulk(table, BASE, [SOUP, twin], [RETRO, other]).lines
    assert [str(problem) for problem in line.problems] == [
        "2 tones and styles are called 레트로; use a code.",
        "2 different pictures are called soup.png; rename one.",
    ]
    (line,) = read_bulk(table, BASE, [SOUP, SOUP], [RETRO], samples=[sample]).lines
    assert line.request is not None and line.request.pictures == (SOUP,)


def test_empty_cells_take_what_the_form_says() -> None:
    (line,) = filed("description,variants\n딸기 케이크,\n")
    assert line.request == JobRequest(
        JobKind.FULL, "pipeline_test_tenant_v2", (SOUP,), "딸기 케이크", variants=3
    )


def test_problems_stand_beside_their_line_and_other_lines_are_fine() -> None:
    lines = filed("description,tone,image,variants\ngood,,,\nbad,unknown,nowhere.png,many\n\nlate,,,11\n")
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
    (line,) = pasted("only words", JobRequest(JobKind.FULL, "t", (), "x"))
    assert [str(problem) for problem in line.problems] == ["A picture is missing."]


@pytest.mark.parametrize("read", [pasted, filed], ids=["pasted", "file"])
def test_a_quoted_description_may_span_lines(read: object) -> None:
    delimiter = "\t" if read is pasted else ","
    text = '설명,시안 수\n"두 줄\n""설명"" 그대로",1\n다음,1\n'.replace(",", delimiter)
    first, second = read(text)  # type: ignore[operator]
    assert (first.cells["description"], first.number, second.number) == ('두 줄\n"설명" 그대로', 2, 4)


def test_quotes_that_a_spreadsheet_did_not_put_there_are_text() -> None:
    assert [line.cells["description"] for line in pasted('"맛집" 국밥\t\n"국밥"\t\n"끝이 없는\n다음\n')] == [
        '"맛집" 국밥',
        '"국밥"',
        '"끝이 없는',
        "다음",
    ]


@pytest.mark.parametrize("text", ["", "   \n\n", "description,tone\n", ",,,\n"])
def test_a_table_without_content_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="no line with content"):
        filed(text)


def test_too_many_lines_are_refused_as_a_whole() -> None:
    with pytest.raises(InvalidInput, match=str(MAX_LINES)):
        filed("x\n" * (MAX_LINES + 1))


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_files_are_read_in_any_usual_encoding(encoding: str) -> None:
    table = file_rows("설명\t시안 수\n맛있는 국밥\t2\n".encode(encoding), is_heading)
    (line,) = bulk_of(table).lines
    assert line.cells["description"] == "맛있는 국밥" and line.ready


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(InvalidInput, match="not text"):
        file_rows(b"\xff\xfe\x00\x81\xff", is_heading)


def test_a_workbook_is_read_and_its_other_sheets_are_named() -> None:
    content = workbook(
        [], [["6월"], ["설명", "시안 수", "가격"], ["국, 찌개", 5, 9000], ["전", 2.0, ""]], [["메모"]]
    )
    bulk = bulk_of(file_rows(content, is_heading))
    title, soup, pancake = bulk.lines
    assert title.request is None
    assert soup.request is not None and (soup.request.desc_kor, soup.request.variants) == ("국, 찌개", 5)
    assert soup.marks and pancake.ready
    assert any("Sheet3" in str(notice) for notice in bulk.notices)


@pytest.mark.parametrize("content", [b"PK\x03\x04 no zip", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600])
def test_a_damaged_workbook_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidInput, match="no workbook"):
        file_rows(content, is_heading)


@settings(max_examples=200)
@given(tables)
def test_every_cell_of_a_paste_is_used_or_marked(rows: list[list[str]]) -> None:
    """Whatever a spreadsheet copies, nothing that a person typed goes without a word."""
    copied = "\n".join("\t".join(map(_as_copied, row)) for row in rows)
    try:
        bulk = bulk_of(pasted_rows(copied, is_heading))
    except InvalidInput:
        return
    said = " ".join(
        str(each) for line in bulk.lines for each in (*line.cells.values(), *line.problems, *line.marks)
    ) + " ".join(map(str, bulk.notices))
    typed = [cell for row in rows for cell in row]
    for cell in () if any(is_heading([each]) for each in typed) else typed:
        assert unicodedata.normalize("NFC", cell).strip("\ufeff\u200b\u200e\u200f\u2060 ").strip() in said


def _as_copied(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if '"' in cell else cell


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=400))
def test_any_text_gives_lines_or_a_message(text: str) -> None:
    for read in (pasted, filed):
        _lines_or_message(read, text)


@settings(max_examples=100, deadline=None)
@given(tables)
def test_any_table_gives_a_request_or_a_problem_for_each_line(rows: list[list[str]]) -> None:
    file = io.StringIO()
    csv.writer(file, escapechar="\\").writerows(rows)
    _lines_or_message(filed, file.getvalue())


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_file_is_a_table_or_a_message(content: bytes) -> None:
    try:
        bulk_of(file_rows(content, is_heading))
    except InvalidInput as refused:
        assert refused.hint is not None


def _lines_or_message(read: object, text: str) -> None:
    try:
        lines = read(text)  # type: ignore[operator]
    except (InvalidInput, UnicodeEncodeError) as refused:
        assert isinstance(refused, UnicodeEncodeError) or refused.hint is not None
        return
    for line in lines:
        assert (line.request is None) == bool(line.problems)
        if line.request is not None:
            assert 1 <= line.request.variants <= MAX_VARIANTS
            assert line.request.desc_kor.strip() and "\0" not in line.request.desc_kor
