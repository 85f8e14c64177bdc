"""Scores and verdicts as the components of the page show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from html import escape

from feedly_core.analytics.gallery import Card
from feedly_core.domain.scores import COMPARED
from feedly_core.reviews.queue import Item
from feedly_core.reviews.tags import tag_words
from feedly_core.reviews.verdicts import VERDICT_LABELS, Mark, StoredVerdict, Verdict
from pages.shared.language import _
from pages.shared.lightbox import card_opener
from pages.shared.navigation import page_href, picture_url
from pages.shared.scores import score_title, score_words

SHAPES = {Verdict.APPROVE: "●", Verdict.NEEDS_WORK: "▲", Verdict.REJECT: "✕", Verdict.WITHDRAWN: "○"}


def figures(picture: Card) -> list[dict[str, str]]:
    """Label and value of each automatic score.

    A dash for one that is not recorded.
    """
    return [{"label": score_title(name), "value": picture_score(picture, name)} for name in COMPARED]


def picture_score(picture: Card, name: str) -> str:
    """One score of a picture as it is written, by the limit of its text size."""
    return score_words(name, picture.scores.get(name), large_text=picture.large_text)


def said(item: Item, without: str = "") -> list[dict[str, object]]:
    """What others said about a picture, the team's decision first, with their marks."""
    stored_verdicts = sorted(item.said, key=lambda standing: not standing.team)
    return [
        {
            "who": _("Team") if standing.team else standing.reviewer,
            "verdict": standing.verdict.value,
            "words": sentence(standing),
            "marks": [asdict(mark) for mark in standing.marks],
        }
        for standing in stored_verdicts
        if standing.team or standing.reviewer != without
    ]


def judgement(standing: StoredVerdict | None) -> dict[str, object] | None:
    """A verdict with what went with it, to show, to take back and to begin the next one from."""
    if standing is None:
        return None
    return {
        "id": str(standing.entry_id),
        "verdict": standing.verdict.value,
        "tags": list(standing.tags),
        "comment": standing.comment,
        "marks": [asdict(mark) for mark in standing.marks],
        "words": sentence(standing),
    }


def with_picture(picture: Card, title: str, lines: Iterable[str], mark: str = "") -> str:
    """A small picture with a title that leads to its job, and lines below, as HTML.

    ``mark`` is ready-made HTML between title and lines.
    """
    href = escape(page_href("results", job=picture.job_id), quote=True)
    source = escape(picture_url(picture.finished_id), quote=True)
    name = escape(picture.text or picture.description or title, quote=True)
    words = "".join(f"<small>{escape(line)}</small>" for line in lines)
    return (
        f"<div class='fd-pair'><a {card_opener(picture, title)}><img src='{source}' width='96' height='96'"
        f" alt='{name}' loading='lazy'></a>"
        f"<div><p><a href='{href}'>{escape(title)}</a></p>{mark}{words}</div></div>"
    )


def sentence(standing: StoredVerdict) -> str:
    """Verdict, reasons and comment in one line."""
    reasons = ", ".join(_(tag_words(tag)) for tag in standing.tags)
    parts = (_(VERDICT_LABELS[standing.verdict]), reasons, standing.comment)
    return " · ".join(part for part in parts if part)


def judgement_line(standing: StoredVerdict, start: int = 0) -> str:
    """The sentence with the notes of its marks, numbered from ``start`` + 1 as :func:`pins_html` does."""
    notes = (f"[{number}] {mark.note}".strip() for number, mark in enumerate(standing.marks, start + 1))
    return " · ".join((sentence(standing), *notes))


def pins_html(marks: Iterable[Mark]) -> str:
    """Marks over a picture, in shares of its size."""
    return "".join(
        f"<span class='{'box' if mark.width else 'point'}' style='left:{mark.x:.1%};top:{mark.y:.1%};"
        f"width:{mark.width:.1%};height:{mark.height:.1%}'><b>{number}</b></span>"
        for number, mark in enumerate(marks, start=1)
    )
