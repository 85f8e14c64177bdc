"""Minutes of meetings that were held, and their files."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import streamlit as st

from feedly_core.analytics.variant_source import variant_source
from feedly_core.i18n import translate
from feedly_core.permissions import Person
from feedly_core.reviews import minutes_files
from feedly_core.reviews.meetings import Meeting, recent
from feedly_core.reviews.minutes import Minutes, Point, file_name, minutes, small_pictures
from feedly_core.reviews.verdicts import VERDICT_LABELS, StoredVerdict, Verdict
from pages.parts.review.action_items import show_actions
from pages.parts.review.figures import with_picture
from pages.shared import url_state
from pages.shared.ask import ask, dashboard, page_errors, sections
from pages.shared.badges import BAD, GOOD, IDLE, WARN, badge
from pages.shared.formatting import moment, named
from pages.shared.language import _, _n, language, plain
from pages.shared.navigation import site_address
from pages.shared.placeholders import empty

_LOOKS = {Verdict.APPROVE: GOOD, Verdict.NEEDS_WORK: WARN, Verdict.REJECT: BAD}


def show_minutes(person: Person) -> None:
    """One meeting: its decisions at a glance, and three files."""
    held = ask(recent)
    if not held:
        empty(_("No meeting was held yet."), _("Start one in the view for meetings."))
        return
    by_id = {str(meeting.meeting_id): meeting for meeting in held}
    chosen = url_state.one(
        "held",
        _("Meeting"),
        by_id,
        lambda meeting_id: _label(by_id[meeting_id]),
        label_visibility="collapsed",
    )
    st.query_params["held"] = chosen  # a link means this meeting, though others are held later
    told = ask(minutes, ask(variant_source, datetime.now(UTC)), UUID(chosen))
    sections(lambda: _downloads(told), lambda: st.caption(_held(told)), lambda: show_actions(person, told))
    for point in told.points:
        with st.container(border=True), page_errors():
            _point(point)


def _point(point: Point) -> None:
    """The decision in its colour, then who said what when."""
    lines = [_line(point, said) for said in point.said] or [_("No verdict")]
    if point.picture is None:
        deleted = _("(this picture was deleted since)")
        st.text("\n".join([f"{point.number}. {deleted}", *lines]))
        return
    words = point.picture.text or point.picture.description or "–"
    variant = _("Variant {n}", n=point.picture.variant)
    shape, tone = _LOOKS[point.decision.verdict] if point.decision else IDLE
    decided = VERDICT_LABELS[point.decision.verdict] if point.decision else minutes_files.NOTHING
    mark = badge(decided, (shape, tone)).html()
    st.html(with_picture(point.picture, f"{point.number}. {words} · {variant}", lines, mark))


def _line(point: Point, said: StoredVerdict) -> str:
    who = _("{name} for the team", name=said.reviewer) if said.team else said.reviewer
    return f"{who} ({moment(said.at)}): {point.line(said, language())}"


def _held(told: Minutes) -> str:
    """Who presented, who was there, and whether it goes on."""
    facts = [
        _("Presented by {name}", name=plain(told.meeting.presenter)),
        plain(translate(told.attended, language())),
    ]
    return " · ".join(facts if told.meeting.ended_at else [*facts, _("still running")])


def _label(meeting: Meeting) -> str:
    count = _n("{n} picture", "{n} pictures", len(meeting.agenda))
    words = named(meeting.started_at, meeting.meeting_id, meeting.title or meeting.presenter)
    return f"{words} · {count}"


def _downloads(told: Minutes) -> None:
    """Each file is made when it is asked for."""
    here = dashboard()
    zone, spoken = here.settings.zone, language()
    name = file_name(told, spoken, zone)
    link, image = _links()

    def shown() -> dict[UUID, bytes]:
        return small_pictures(here.engine, here.settings, told)

    with st.container(horizontal=True):
        st.download_button(
            _("HTML page"),
            lambda: minutes_files.as_html(told, shown(), link, spoken, zone),
            f"{name}.html",
            "text/html",
            icon=":material/html:",
            key="minutes-html",
        )
        st.download_button(
            _("PDF"),
            lambda: minutes_files.as_pdf(told, shown(), link, spoken, zone),
            f"{name}.pdf",
            "application/pdf",
            icon=":material/picture_as_pdf:",
            key="minutes-pdf",
        )
        st.download_button(
            _("CSV table"),
            lambda: minutes_files.as_csv(told, link, image, spoken, zone),
            f"{name}.csv",
            "text/csv",
            icon=":material/table:",
            key="minutes-csv",
        )


def _links() -> tuple[minutes_files.Link, minutes_files.Link]:
    """Absolute addresses, so that a file opened elsewhere leads back."""
    site, spoken = site_address(), language()
    return (
        lambda job_id: f"{site}/results?job={job_id}&lang={spoken}",
        lambda asset_id: f"{site}/img/full/{asset_id}",
    )
