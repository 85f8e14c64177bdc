"""Reads verdicts from the browser, stores them, and confirms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

import streamlit as st

from feedly_core.analytics.gallery import Card
from feedly_core.errors import FeedlyError, InvalidInput, PermissionDenied
from feedly_core.permissions import Person
from feedly_core.reviews.verdicts import Entry, Mark, Verdict, save
from pages.shared.ask import dashboard

_ANSWERED = 400
"""Ids of stored entries that are told to the browser again: it may not have heard the last answer."""


def receive(
    sent: object,
    person: Person,
    shown: Mapping[str, Card],
    *,
    team: bool = False,
    meeting_id: UUID | None = None,
) -> None:
    """Store what a stage sent.

    Only pictures that were shown count: an entry for another is refused.

    An error of the database is kept for :func:`problem`; the browser keeps the entries and sends them again.
    """
    entries, refused = [], []
    for raw in sent if isinstance(sent, Iterable) else ():
        try:
            entries.append(_entry(raw, shown, team=team, meeting_id=meeting_id))
        except (KeyError, ValueError, TypeError):
            refused.append(str(raw.get("id")) if isinstance(raw, Mapping) else "")
    st.session_state["review-problem"] = None
    try:
        _store(entries, person)
    except InvalidInput:
        for entry in entries:
            try:
                _store([entry], person)
            except InvalidInput as error:
                st.session_state["review-problem"] = error
                refused.append(str(entry.entry_id))
    except PermissionDenied as error:
        st.session_state["review-problem"] = error
        refused.extend(str(entry.entry_id) for entry in entries)
    except FeedlyError as error:
        st.session_state["review-problem"] = error
    _told("review-refused").extend(refused)


def _store(entries: list[Entry], person: Person) -> None:
    stored = save(dashboard().engine, dashboard().settings, person, entries)
    _told("review-saved").extend(str(entry_id) for entry_id in stored)


def saved() -> list[str]:
    """Ids of entries that are stored, newest last."""
    return _told("review-saved")[-_ANSWERED:]


def refused() -> list[str]:
    """Ids of entries that will never be stored."""
    return _told("review-refused")[-_ANSWERED:]


def problem() -> FeedlyError | None:
    """Why the last verdicts are not stored yet."""
    return st.session_state.get("review-problem")


def _told(key: str) -> list[str]:
    told: list[str] = st.session_state.setdefault(key, [])
    return told


def _entry(
    raw: Mapping[str, object], shown: Mapping[str, Card], *, team: bool, meeting_id: UUID | None
) -> Entry:
    picture = shown[str(raw["item"])]
    if str(picture.picture_id) != raw["picture"]:
        raise ValueError("another picture of this variant was judged")
    undoes = raw.get("undoes")
    tags, marks = raw.get("tags") or (), raw.get("marks") or ()
    if not isinstance(tags, Iterable) or not isinstance(marks, Iterable):
        raise TypeError("tags and marks are lists")
    return Entry(
        entry_id=UUID(str(raw["id"])),
        job_id=picture.job_id,
        variant_id=picture.variant_id,
        picture_id=picture.finished_id,
        verdict=Verdict.WITHDRAWN if undoes else Verdict(str(raw["verdict"])),
        tags=tuple(str(tag) for tag in tags),
        comment=str(raw.get("comment") or ""),
        marks=tuple(_mark(mark) for mark in marks),
        blind=bool(raw.get("blind")),
        team=team,
        meeting_id=meeting_id,
        undoes=UUID(str(undoes)) if undoes else None,
    )


def _mark(raw: Mapping[str, object]) -> Mark:
    x, y, width, height = (float(str(raw.get(name) or 0)) for name in ("x", "y", "width", "height"))
    return Mark(x, y, width, height, str(raw.get("note") or ""))
