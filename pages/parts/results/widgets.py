"""Badges and small widgets of the results page."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

import streamlit as st

from dashboard.server.pictures import Size
from feedly_core.domain.scores import Grade, Limit, Unit, written_limit
from feedly_core.i18n import N_
from feedly_core.results.report_types import Asset, VariantReport
from feedly_core.results.texts import Change, Piece
from pages.shared.badges import BAD, GOOD, ODD, WARN, Badge, badge
from pages.shared.language import _, _n
from pages.shared.navigation import picture_url

_STYLE = f"<style>{Path(__file__).with_name('results.css').read_text(encoding='utf-8')}</style>"
_GRADES = {
    Grade.PASS: (N_("pass"), GOOD),
    Grade.WARN: (N_("warning"), WARN),
    Grade.FAIL: (N_("fail"), BAD),
    Grade.UNKNOWN: (N_("not judged"), ODD),
}
_CHANGES = {Change.SAME: "span", Change.REMOVED: "del", Change.ADDED: "ins"}


def style() -> None:
    """The page's own CSS, once per page run."""
    st.html(_STYLE)


def grade_badge(grade: Grade) -> Badge:
    """Pass, look or fail as word, shape and colour."""
    return badge(*_GRADES[grade])


def limit_words(limit: Limit | None, unit: Unit) -> str:
    """The threshold beside a number: "≥ 4.5:1".

    Nothing for a score without a limit.
    """
    sign = "" if limit is None else "≥" if limit.higher_is_better else "≤"
    return "" if limit is None else f"{sign} {written_limit(limit.good, unit)}"


def html_table(head: Iterable[str], rows: Iterable[Iterable[str]], label: str) -> None:
    """A table of ready-made HTML cells.

    The caller has escaped every value.
    """
    heads = "".join(f"<th scope='col'>{cell}</th>" for cell in head)
    body = "".join(f"<tr>{_cells(row)}</tr>" for row in rows)
    name = escape(label, quote=True)
    st.html(
        f"<div class='fd-results-scroll'><table class='fd-results-table' aria-label='{name}'>"
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cells(row: Iterable[str]) -> str:
    first, *rest = row
    return f"<th scope='row'>{first}</th>" + "".join(f"<td>{cell}</td>" for cell in rest)


def difference_html(pieces: Iterable[Piece]) -> str:
    """Removed text struck through, added text underlined."""
    return "".join(
        f"<{_CHANGES[piece.change]}>{escape(piece.text)}</{_CHANGES[piece.change]}>" for piece in pieces
    )


def note(title: str, *paragraphs: str) -> None:
    """A small titled block.

    ``title`` is escaped here, the ``paragraphs`` are ready-made HTML.
    """
    body = "".join(part if part.startswith("<") else f"<p>{part}</p>" for part in paragraphs if part)
    st.html(f"<div class='fd-results-note'><small>{escape(title)}</small>{body}</div>")


def answer_note(
    variant: VariantReport, answers: str, issues: Iterable[str], *rest: str, of_variant: bool
) -> None:
    """What a model said of a variant: ``answers`` as list items, then ``issues``, then ready-made HTML."""
    doubt = "" if of_variant else _("Only known for the job: it may be of another variant.")
    note(
        variant_name(variant),
        f"<p>▲ {escape(doubt)}</p>" if doubt else "",
        f"<ul>{answers}</ul>",
        escape(" · ".join(issues)),
        *rest,
    )


def full_answer(text: str | None) -> str:
    """What a model said, whole, behind a line to open.

    Nothing for nothing.
    """
    if not text:
        return ""
    summary = escape(_("Full answer of the model"))
    return f"<details><summary>{summary}</summary><p>{escape(text)}</p></details>"


def image_html(asset: Asset | None, alt: str, *, size: Size = "thumb", pixels: int | None = None) -> str:
    """A picture by its route, or a labelled place where it would be."""
    if asset is None:
        return f"<div class='fd-results-nopicture'>{escape(alt)}</div>"
    square = f" width='{pixels}' height='{pixels}'" if pixels else ""
    address = picture_url(asset.asset_id, size)
    return f"<img src='{address}' alt='{escape(alt, quote=True)}'{square} loading='lazy'>"


def heading(words: str) -> None:
    """The head of a column within a section."""
    st.html(f"<h2 class='fd-results-heading'>{escape(words)}</h2>")


def variant_name(variant: VariantReport) -> str:
    """Variant 2, in the viewer's language."""
    return _("Variant {number}", number=variant.order)


def repeated(rows: int) -> str:
    """How many results a step has stored, when it ran more than once; else nothing."""
    return _n("{n} result stored", "{n} results stored, the newest counts", rows) if rows > 1 else ""
