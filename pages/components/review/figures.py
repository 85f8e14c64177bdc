"""Scores and verdicts as the components of the page show them."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from feedly_core.reviews.pictures import METRICS, Picture
from feedly_core.reviews.queue import Item
from feedly_core.reviews.tags import tag_words
from feedly_core.reviews.verdicts import VERDICT_WORDS, Standing
from pages.components.navigation import page_href, picture_url
from pages.components.words import _


def figures(picture: Picture) -> list[dict[str, str]]:
    """Label and value of each automatic score; a dash for one that is not recorded."""
    return [
        {"label": _(metric.title), "value": figure(metric.name, picture.scores.get(metric.name))}
        for metric in METRICS
    ]


def figure(name: str, value: float | None) -> str:
    """``4.5:1`` of a contrast, two decimals of a share; a dash for None."""
    if value is None:
        return "–"
    return f"{value:.1f}:1" if name == "contrast" else f"{value:.2f}"


def said(item: Item, without: str = "") -> list[dict[str, str]]:
    """What others said about a picture, the team's decision first."""
    standings = sorted(item.said, key=lambda standing: not standing.team)
    return [
        {
            "who": _("Team") if standing.team else standing.reviewer,
            "verdict": standing.verdict.value,
            "words": sentence(standing),
        }
        for standing in standings
        if standing.team or standing.reviewer != without
    ]


def with_picture(picture: Picture, title: str, lines: Iterable[str]) -> str:
    """A small picture that leads to its job, with a title and lines beside it, as HTML."""
    href = escape(page_href("results", job=picture.job_id), quote=True)
    source = escape(picture_url(picture.picture_id), quote=True)
    words = "".join(f"<small>{escape(line)}</small>" for line in lines)
    return (
        f"<div class='fd-pair'><a href='{href}' target='_self'><img src='{source}' alt='' width='96'"
        f" height='96' loading='lazy'></a><div><p>{escape(title)}</p>{words}</div></div>"
    )


def sentence(standing: Standing) -> str:
    """Verdict, reasons and comment in one line."""
    reasons = ", ".join(_(tag_words(tag)) for tag in standing.tags)
    parts = (_(VERDICT_WORDS[standing.verdict]), reasons, standing.comment)
    return " · ".join(part for part in parts if part)
