"""Minutes as files: one HTML page, a PDF, a CSV table. Each is self-contained."""

from __future__ import annotations

import csv
import io
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from feedly_core.domain.spreadsheets import harmless
from feedly_core.i18n import N_, Message, translate
from feedly_core.reviews.minutes import Minutes, Point
from feedly_core.reviews.pdf import begin, write
from feedly_core.reviews.tags import tag_words
from feedly_core.reviews.verdicts import VERDICT_LABELS, StoredVerdict

if TYPE_CHECKING:
    from fpdf import FPDF

Link = Callable[[UUID], str]
"""From an id to an address: of a job's results page, or of a picture."""

Pictures = Mapping[UUID, bytes]
"""Small pictures (WebP, PNG or JPEG) by asset id; a missing one is named instead of shown."""

NO_PICTURE, DELETED = N_("(picture not available)"), N_("(this picture was deleted since)")
ACTIONS, NO_DAY = N_("Action items"), N_("no date")
DECISION, NOTHING = N_("Decision of the team"), N_("no decision")
_SIDE_MM, _PIN_MM = 50.0, 2.0


class _Paper:
    """Words and times of one reader."""

    def __init__(self, minutes: Minutes, language: str, zone: ZoneInfo) -> None:
        self.minutes = minutes
        self.language = language
        self._zone = zone

    @property
    def zone(self) -> str:
        """The zone that every time of the file is in."""
        return self._zone.key

    def say(self, text: Message) -> str:
        return translate(text, self.language)

    def when(self, moment: datetime) -> str:
        return format_datetime(moment.astimezone(self._zone), "yyyy-MM-dd HH:mm", locale=self.language)

    @property
    def title(self) -> str:
        return self.minutes.meeting.title or self.say(N_("Review meeting"))

    @property
    def facts(self) -> list[str]:
        meeting = self.minutes.meeting
        end = f" – {self.when(meeting.ended_at)}" if meeting.ended_at else ""
        return [
            f"{self.when(meeting.started_at)}{end} ({self.zone})",
            self.say(N_("Presented by {name}", name=meeting.presenter)),
            self.say(self.minutes.attended),
        ]

    def heading(self, point: Point) -> str:
        picture = point.picture
        if picture is None:
            return f"{point.number}. {self.say(DELETED)}"
        variant = self.say(N_("Variant {n}", n=picture.variant))
        return f"{point.number}. {picture.text or picture.description or '–'} ({variant})"

    def decision(self, point: Point) -> str:
        decided = point.decision
        words = point.line(decided, self.language) if decided else self.say(NOTHING)
        return f"{self.say(DECISION)}: {words}"

    @property
    def actions(self) -> list[str]:
        """One line per action item: who, until when, what."""
        return [
            f"{item.owner} · {item.due.isoformat() if item.due else self.say(NO_DAY)}: {item.words}"
            for item in self.minutes.actions
        ]

    def verdicts(self, point: Point) -> list[str]:
        return [
            f"{self.who(said)} ({self.when(said.at)}): {point.line(said, self.language)}"
            for said in point.said
        ]

    def who(self, said: StoredVerdict) -> str:
        return self.say(N_("{name} for the team", name=said.reviewer)) if said.team else said.reviewer


def as_html(minutes: Minutes, pictures: Pictures, link: Link, language: str, zone: ZoneInfo) -> str:
    """One self-contained page: embedded pictures, no script, nothing loaded."""
    paper = _Paper(minutes, language, zone)
    actions = "".join(f"<li>{escape(line)}</li>" for line in paper.actions)
    todo = f"<h2>{escape(paper.say(ACTIONS))}</h2><ul>{actions}</ul>" if actions else ""
    points = "".join(_html_point(paper, point, pictures, link) for point in minutes.points)
    facts = "".join(f"<li>{escape(fact)}</li>" for fact in paper.facts)
    title = escape(paper.title)
    return (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
        f"<style>{_CSS}</style></head><body><h1>{title}</h1><ul>{facts}</ul>{todo}{points}</body></html>"
    )


def as_pdf(minutes: Minutes, pictures: Pictures, link: Link, language: str, zone: ZoneInfo) -> bytes:
    """A4 pages with the Korean font inside.

    A character that the font lacks is left blank.
    """
    paper = _Paper(minutes, language, zone)
    pdf = begin(paper.title, language, format="A4")
    pdf.set_auto_page_break(True, margin=18)
    pdf.add_page()
    write(pdf, paper.title, size=20)
    for fact in paper.facts:
        write(pdf, fact, size=10, colour=(90, 90, 90))
    if paper.actions:
        pdf.ln(4)
        write(pdf, paper.say(ACTIONS), size=13)
    for line in paper.actions:
        write(pdf, f"– {line}", size=10)
    for point in minutes.points:
        _pdf_point(pdf, paper, point, pictures, link)
    return bytes(pdf.output())


def as_csv(minutes: Minutes, link: Link, image: Link, language: str, zone: ZoneInfo) -> bytes:
    """One line per verdict or undiscussed point.

    With a byte order mark, so that Excel reads Korean.

    A cell that would be read as a formula gets an apostrophe in front.
    """
    paper = _Paper(minutes, language, zone)
    table = io.StringIO()
    writer = csv.writer(table)
    names = (
        *(N_("No."), N_("Text"), N_("Job"), N_("Variant")),
        *(N_("Who"), N_("Team"), N_("Verdict"), N_("Reasons"), N_("Comment"), N_("Marks")),
        *(N_("When"), N_("Link"), N_("Address of the picture"), N_("Present at the meeting")),
    )
    words = [paper.say(name) for name in names]
    words[10] += f" ({paper.zone})"
    writer.writerow(words)
    present = ", ".join(minutes.present)
    for point in minutes.points:
        picture = point.picture
        lead = [
            point.number,
            (picture.text or picture.description or "") if picture else paper.say(DELETED),
            picture.job_id if picture else "",
            picture.variant if picture else "",
        ]
        end = (
            [link(picture.job_id), image(picture.picture_id)] if picture and picture.picture_id else ["", ""]
        )
        lines = [_csv_cells(paper, point, said) for said in point.said]
        for line in lines or [["", "", paper.say(NOTHING), "", "", "", ""]]:
            writer.writerow([harmless(cell) for cell in (*lead, *line, *end, present)])
    for action in paper.actions:
        writer.writerow([harmless(cell) for cell in (paper.say(ACTIONS), action)])
    return table.getvalue().encode("utf-8-sig")


def _csv_cells(paper: _Paper, point: Point, said: StoredVerdict) -> list[str]:
    return [
        said.reviewer,
        "✓" if said.team else "",
        paper.say(VERDICT_LABELS[said.verdict]),
        ", ".join(paper.say(tag_words(tag)) for tag in said.tags),
        said.comment,
        point.notes(said),
        paper.when(said.at),
    ]


def _html_point(paper: _Paper, point: Point, pictures: Pictures, link: Link) -> str:
    picture = point.picture
    shown = pictures.get(picture.picture_id) if picture and picture.picture_id else None
    image = (
        f'<figure><img alt="" src="data:{_media_type(shown)};base64,{b64encode(shown).decode()}">'
        f"{_pins(point)}</figure>"
        if shown
        else f"<p>{escape(paper.say(NO_PICTURE))}</p>"
    )
    lines = "".join(f"<li>{escape(line)}</li>" for line in paper.verdicts(point))
    back = ""
    if picture:
        words = escape(paper.say(N_("Open the job")))
        back = f'<a href="{escape(link(picture.job_id), quote=True)}">{words}</a>'
    return (
        f"<section><div>{image}</div><div><h2>{escape(paper.heading(point))}</h2>"
        f"<p><strong>{escape(paper.decision(point))}</strong></p><ul>{lines}</ul>{back}</div></section>"
    )


def _pins(point: Point) -> str:
    """The marks over the picture, in shares of its size."""
    return "".join(
        f'<span{"" if mark.width else " class=dot"} style="left:{mark.x:.1%};top:{mark.y:.1%};'
        f'width:{mark.width:.1%};height:{mark.height:.1%}"><b>{number}</b></span>'
        for number, _entry, mark in point.marks
    )


def _media_type(content: bytes) -> str:
    if content[8:12] == b"WEBP":
        return "image/webp"
    return "image/png" if content.startswith(b"\x89PNG") else "image/jpeg"


def _pdf_point(pdf: FPDF, paper: _Paper, point: Point, pictures: Pictures, link: Link) -> None:
    picture = point.picture
    if pdf.will_page_break(62):
        pdf.add_page()
    pdf.ln(6)
    top, left = pdf.get_y(), pdf.l_margin
    shown = pictures.get(picture.picture_id) if picture and picture.picture_id else None
    if shown:
        _pdf_picture(pdf, point, shown, left, top)
    page = pdf.page
    pdf.set_left_margin(left + 56)
    pdf.set_xy(left + 56, top)
    write(pdf, paper.heading(point), size=13)
    write(pdf, paper.decision(point), size=11)
    for line in paper.verdicts(point):
        write(pdf, line, size=9.5, colour=(60, 60, 60))
    if not shown:
        write(pdf, paper.say(NO_PICTURE), size=9.5, colour=(120, 120, 120))
    if picture:
        write(pdf, link(picture.job_id), size=8.5, colour=(120, 120, 120), address=link(picture.job_id))
    pdf.set_left_margin(left)
    if pdf.page == page and shown:
        pdf.set_y(max(pdf.get_y(), top + 52))


def _pdf_picture(pdf: FPDF, point: Point, shown: bytes, left: float, top: float) -> None:
    """The picture in a square of 50 mm, with the marks over it."""
    drawn = pdf.image(io.BytesIO(shown), x=left, y=top, w=_SIDE_MM, h=_SIDE_MM, keep_aspect_ratio=True)
    width, height = drawn.rendered_width, drawn.rendered_height
    left, top = left + (_SIDE_MM - width) / 2, top + (_SIDE_MM - height) / 2
    pdf.set_draw_color(255, 183, 3)
    pdf.set_fill_color(255, 183, 3)
    for number, _entry, mark in point.marks:
        x, y = left + mark.x * width, top + mark.y * height
        if mark.width:
            pdf.rect(x, y, mark.width * width, mark.height * height)
        pdf.circle(x, y, _PIN_MM, style="F")
        pdf.set_font("korean", size=7)
        pdf.set_text_color(20)
        pdf.set_xy(x - _PIN_MM, y - _PIN_MM)
        pdf.cell(2 * _PIN_MM, 2 * _PIN_MM, str(number), align="C")


_CSS = (
    "body{font:16px/1.6 system-ui,'Noto Sans KR','Malgun Gothic','Apple SD Gothic Neo',sans-serif;"
    "max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d2528;background:#fff}"
    "section{display:grid;grid-template-columns:220px 1fr;gap:1.5rem;padding:1.5rem 0;"
    "border-top:1px solid #d8dee0}figure{position:relative;margin:0;width:fit-content}"
    "img{display:block;max-width:100%;border-radius:.6rem}figure span{position:absolute;"
    "box-sizing:border-box;border:2px solid #ffb703;border-radius:4px}figure .dot{border:0}"
    "figure b{position:absolute;left:-.7rem;top:-.7rem;width:1.4rem;height:1.4rem;border-radius:50%;"
    "background:#ffb703;color:#1b1b1b;font-size:.8rem;line-height:1.4rem;text-align:center}h2{font-size:1.15rem;margin:0}"
    "ul{padding-left:1.2rem}@media(max-width:640px){section{grid-template-columns:1fr}}"
    "@media(prefers-color-scheme:dark){body{color:#e6ecee;background:#14191b}section{border-color:#333c3f}"
    "a{color:#7cc7c0}}"
)
