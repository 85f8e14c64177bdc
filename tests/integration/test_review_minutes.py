"""The minutes as files: complete, readable anywhere, Korean included."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pypdfium2
import pytest
from PIL import Image
from sqlalchemy import Engine, text

from feedly_core.analytics.variant_source import variant_source
from feedly_core.db.engine import reading, writing
from feedly_core.permissions import Person, Role
from feedly_core.reviews import meetings
from feedly_core.reviews.minutes import Minutes, minutes
from feedly_core.reviews.minutes_files import as_csv, as_html, as_pdf
from feedly_core.reviews.verdicts import Entry, Mark, Verdict, save
from feedly_core.settings import Settings
from tests.factories import SHORT_COPY, MadeJob, make_job

SEOUL = ZoneInfo("Asia/Seoul")
JIYOUNG, MINHO = Person("김지영", Role.REVIEWER), Person("박민호", Role.REVIEWER)
COMMENT = "국물이 가려져요 — 글자를 위로 옮겨 주세요 <b>"

pytestmark = pytest.mark.usefixtures("our_schema")


def link(job_id: UUID) -> str:
    return f"https://dash.example.com/results?job={job_id}"


def image(asset_id: UUID) -> str:
    return f"https://dash.example.com/img/full/{asset_id}"


@pytest.fixture
def job(engine: Engine) -> MadeJob:
    return make_job(engine, desc_kor="겨울에 어울리는 우동")


@pytest.fixture
def held(engine: Engine, settings: Settings, job: MadeJob) -> Minutes:
    def entry(number: int, verdict: Verdict, **more: object) -> Entry:
        picture = job.overlaid_ids[number]
        assert picture is not None
        return Entry(uuid4(), job.job_id, job.variant_ids[number], picture, verdict, **more)  # type: ignore[arg-type]

    meeting_id = meetings.start(engine, settings, JIYOUNG, "11월 넷째 주 리뷰", [*job.variant_ids, uuid4()])
    marked = (Mark(0.5, 0.5, note="여기 그릇"),)
    save(
        engine,
        settings,
        MINHO,
        [entry(0, Verdict.REJECT, tags=("covers_food",), comment=COMMENT, marks=marked)],
    )
    save(engine, settings, MINHO, [entry(1, Verdict.APPROVE, comment="=1+1")])
    decided = entry(
        0,
        Verdict.NEEDS_WORK,
        team=True,
        meeting_id=meeting_id,
        tags=("low_contrast",),
        comment="글자를 희게, 금요일까지",
    )
    save(engine, settings, JIYOUNG, [decided])
    meetings.end(engine, settings, JIYOUNG, meeting_id)
    with reading(engine) as connection:
        return minutes(connection, variant_source(connection, datetime.now(UTC)), meeting_id)


@pytest.fixture
def pictures(job: MadeJob) -> dict[UUID, bytes]:
    encoded = io.BytesIO()
    Image.new("RGB", (320, 320), "#d9822b").save(encoded, "WEBP")
    return {job.overlaid_ids[0]: encoded.getvalue()}  # type: ignore[dict-item]


def test_the_minutes_know_agenda_people_and_decisions(held: Minutes, job: MadeJob) -> None:
    assert [point.variant_id for point in held.points][:3] == list(job.variant_ids)
    assert held.present == (), "a verdict does not make present"
    first, second, third, gone = held.points
    assert first.decision is not None
    assert first.decision.verdict is Verdict.NEEDS_WORK
    assert [said.reviewer for said in first.said] == ["김지영", "박민호"], "the decision stands first"
    assert len(second.said) == 1
    assert third.said == ()
    assert gone.picture is None


def test_what_is_decided_later_belongs_to_a_later_meeting(
    engine: Engine, settings: Settings, held: Minutes, job: MadeJob
) -> None:
    """Another verdict, decision or picture: the minutes of a meeting that ended stay as they were."""

    def later(person: Person, picture: UUID, **more: object) -> None:
        said = Entry(uuid4(), job.job_id, job.variant_ids[0], picture, Verdict.APPROVE, **more)  # type: ignore[arg-type]
        save(engine, settings, person, [said])

    first_picture, another = job.overlaid_ids[0], job.overlaid_ids[2]
    assert first_picture is not None and another is not None
    next_meeting = meetings.start(engine, settings, JIYOUNG, "다음", [job.variant_ids[0]])
    later(MINHO, first_picture)
    later(JIYOUNG, first_picture, team=True, meeting_id=next_meeting)
    with writing(engine) as connection:
        connection.execute(
            text("UPDATE jobs_variants SET overlaid_img_asset_id = :id WHERE job_variants_id = :variant"),
            {"id": another, "variant": job.variant_ids[0]},
        )
    with reading(engine) as connection:
        again = minutes(connection, variant_source(connection, datetime.now(UTC)), held.meeting.meeting_id)
        running = minutes(connection, variant_source(connection, datetime.now(UTC)), next_meeting)
    assert again.points[0].said == held.points[0].said
    assert again.points[0].picture is not None
    assert again.points[0].picture.picture_id == first_picture, "the picture that was judged"
    assert running.points[0].decision is not None
    assert running.points[0].decision.verdict is Verdict.APPROVE
    late = Entry(
        uuid4(),
        job.job_id,
        job.variant_ids[0],
        first_picture,
        Verdict.REJECT,
        team=True,
        meeting_id=held.meeting.meeting_id,
    )
    save(engine, settings, JIYOUNG, [late])
    with reading(engine) as connection:
        decision = (
            minutes(connection, variant_source(connection, datetime.now(UTC)), held.meeting.meeting_id)
            .points[0]
            .decision
        )
    assert decision is not None
    assert decision.verdict is Verdict.REJECT, "given in the meeting, on its way when it ended"


def test_a_deleted_picture_keeps_what_was_said(engine: Engine, held: Minutes, job: MadeJob) -> None:
    with writing(engine) as connection:
        for table in ("evaluations", "overlay_layouts", "vlm_traces", "jobs_variants"):
            connection.execute(text(f"DELETE FROM {table}"))
    with reading(engine) as connection:
        told = minutes(connection, variant_source(connection, datetime.now(UTC)), held.meeting.meeting_id)
    assert told.points[0].picture is None
    assert told.points[0].said == held.points[0].said
    page = as_html(told, {}, link, "ko", SEOUL)
    assert "(그 사이 삭제된 이미지)" in page
    assert COMMENT.replace("<b>", "&lt;b&gt;") in page


def test_pins_stand_on_the_picture_with_the_number_of_their_note(
    held: Minutes, pictures: dict[UUID, bytes]
) -> None:
    page = as_html(held, pictures, link, "ko", SEOUL)
    assert '<span class=dot style="left:50.0%;top:50.0%;width:0.0%;height:0.0%"><b>1</b></span>' in page
    assert "[1] 여기 그릇" in page
    document = pypdfium2.PdfDocument(as_pdf(held, pictures, link, "ko", SEOUL))
    colours = {
        colour for _n, colour in document[0].render(scale=2).to_pil().convert("RGB").getcolors(10**6) or []
    }
    assert (255, 183, 3) in colours, "the pin of the PDF"


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    pages = [page.get_textpage().get_text_range() for page in document]
    return "\n".join(pages).replace("\r", "")


def unbroken(words: str) -> str:
    return "".join(words.split())


IN_KOREAN = (
    "팀의 결정: 수정 필요 · 대비가 낮음 · 글자를 희게, 금요일까지",
    "결정 없음",
    "반려 · 글자가 음식을 가림",
    "진행: 김지영",
    "시안 2",
)
IN_ENGLISH = (
    "Decision of the team: Needs work · Low contrast · 글자를 희게, 금요일까지",
    "no decision",
    "Reject · Text covers the food",
    "Variant 2",
)


@pytest.mark.parametrize(("language", "words"), [("ko", IN_KOREAN), ("en", IN_ENGLISH)])
def test_the_pdf_says_everything_in_selectable_korean(
    held: Minutes, pictures: dict[UUID, bytes], job: MadeJob, language: str, words: tuple[str, ...]
) -> None:
    pdf = as_pdf(held, pictures, link, language, SEOUL)
    said = unbroken(text_of(pdf))
    for sentence in (
        "11월 넷째 주 리뷰",
        SHORT_COPY,
        "박민호",
        COMMENT,
        "여기 그릇",
        link(job.job_id),
        *words,
    ):
        assert unbroken(sentence) in said, sentence


def test_the_pdf_shows_the_pictures_and_survives_many_points(
    held: Minutes, pictures: dict[UUID, bytes]
) -> None:
    many = replace(held, points=held.points * 12)
    document = pypdfium2.PdfDocument(as_pdf(many, pictures, link, "ko", SEOUL))
    assert len(document) > 4
    page = document[0].render(scale=1).to_pil().convert("RGB")
    assert any(abs(r - 217) < 12 and abs(g - 130) < 12 and b < 70 for _n, (r, g, b) in page.getcolors(10**6))


def test_the_html_page_needs_nothing_beside_itself(
    held: Minutes, pictures: dict[UUID, bytes], job: MadeJob
) -> None:
    page = as_html(held, pictures, link, "ko", SEOUL)
    assert page.count("data:image/webp;base64,") == 1
    for foreign in ("<script", 'src="http', "<link", "@import", "url("):
        assert foreign not in page
    assert "&lt;b&gt;" in page, "a comment is text, not markup"
    assert f'href="{link(job.job_id)}"' in page
    assert 'lang="ko"' in page
    assert "팀의 결정: 수정 필요 · 대비가 낮음 · 글자를 희게, 금요일까지" in page
    assert "(그 사이 삭제된 이미지)" in page


def test_the_table_opens_in_excel_and_calculates_nothing(held: Minutes, job: MadeJob) -> None:
    raw = as_csv(held, link, image, "ko", SEOUL)
    assert raw.startswith(b"\xef\xbb\xbf"), "or Excel shows Korean as rubbish"
    head, *rows = csv.reader(io.StringIO(raw.decode("utf-8-sig")))
    assert head[:4] == ["번호", "문구", "작업", "시안"]
    assert [row[0] for row in rows] == ["1", "1", "2", "3", "4"]
    assert {row[11] for row in rows} == {link(job.job_id), ""}
    assert [row[12] for row in rows] == [
        *(image(picture) for picture in (job.overlaid_ids[0], *job.overlaid_ids) if picture),
        "",
    ]
    assert rows[0][4:10] == ["김지영", "✓", "수정 필요", "대비가 낮음", "글자를 희게, 금요일까지", ""]
    assert rows[1][6:10] == ["반려", "글자가 음식을 가림", COMMENT, "[1] 여기 그릇"]
    assert rows[2][6] == "승인"
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


def test_the_files_name_who_was_there(held: Minutes) -> None:
    told = replace(held, present=("김지영", "이하나"))
    assert "참석: 김지영, 이하나" in as_html(told, {}, link, "ko", SEOUL)
    assert "참석: 기록 없음" in as_html(held, {}, link, "ko", SEOUL)
    pdf = pypdfium2.PdfDocument(as_pdf(told, {}, link, "ko", SEOUL))
    assert "참석: 김지영, 이하나" in pdf[0].get_textpage().get_text_bounded()
    head, *rows = csv.reader(io.StringIO(as_csv(told, link, image, "ko", SEOUL).decode("utf-8-sig")))
    assert {row[head.index("회의 참석자")] for row in rows} == {"김지영, 이하나"}


def test_a_formula_in_a_cell_is_defused(engine: Engine, settings: Settings) -> None:
    evil = Person("=HYPERLINK(1)", Role.REVIEWER)
    job = make_job(engine)
    picture = job.overlaid_ids[0]
    assert picture is not None
    meeting_id = meetings.start(engine, settings, evil, "", [job.variant_ids[0]])
    save(engine, settings, evil, [Entry(uuid4(), job.job_id, job.variant_ids[0], picture, Verdict.APPROVE)])
    with reading(engine) as connection:
        told = minutes(connection, variant_source(connection, datetime.now(UTC)), meeting_id)
    assert "'=HYPERLINK(1)" in as_csv(told, link, image, "en", SEOUL).decode("utf-8-sig")
