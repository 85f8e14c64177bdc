"""Marks of variants and steps, for board and job view."""

from __future__ import annotations

from html import escape

from feedly_core.analytics.durations import Source
from feedly_core.domain import labels
from feedly_core.domain.pipeline import TEXT_STEPS, VARIANT_STEPS, Step, title
from feedly_core.domain.status import DerivedStatus
from pages.shared.badges import STATE_LOOKS
from pages.shared.language import _
from pages.shared.terms import step_link

COLUMNS: tuple[Step, ...] = (*VARIANT_STEPS, *TEXT_STEPS)
"""The steps that the board shows one by one; everything before them is one column."""


def heading(step: Step, usual: str = "") -> str:
    """A column's head: the short name.

    The explanation, and how long it ``usual``ly takes, on hover.
    """
    words = " · ".join(filter(None, (_(step.explanation), usual)))
    name = step_link(step.name, _(step.title))
    return f'<th scope="col" title="{escape(words, quote=True)}"><span>{name}</span></th>'


def column(label: str) -> str:
    """The head of a column that is no step."""
    return f'<th scope="col">{escape(label)}</th>'


def variant_mark(number: int, status: DerivedStatus) -> str:
    """A variant as shape and number in the colour of its state; words on hover and for screen readers."""
    shape, tone = STATE_LOOKS[status.state]
    words = _("Variant {number}: {status}", number=number, status=labels.label(status))
    if beside := labels.remark(status):
        words += f" ({_(beside)})"
    again = '<sup aria-hidden="true">↺</sup>' if status.repeating else ""
    return (
        f'<b class="fd-mark fd-{tone}" role="img" title="{escape(words, quote=True)}" '
        f'aria-label="{escape(words, quote=True)}"><i aria-hidden="true">{shape}</i>{number}{again}</b>'
    )


def progress_bar(share: float) -> str:
    """A thin bar; ``share`` 0 to 1. The number stands beside it."""
    name, part = escape(_("Progress"), quote=True), round(100 * share)
    return (
        f'<div class="fd-progress" role="progressbar" aria-label="{name}" aria-valuenow="{part}">'
        f'<i style="width:{part}%"></i></div>'
    )


def remark(status: DerivedStatus) -> str:
    """A repetition, or an unknown name, in small print."""
    beside = labels.remark(status)
    return f"<small>{escape(_(beside))}</small>" if beside else ""


def place(status: DerivedStatus) -> str | None:
    """The column that a mark stands in.

    None for the column before the variant steps.
    """
    names = [step.name for step in COLUMNS]
    return status.place if status.place in names else None


def step_name(step: str | None) -> str:
    return _(title(step))


def source_words(source: Source) -> str:
    """Where a duration comes from."""
    return _("recorded") if source is Source.RECORDED else _("stored by the pipeline")
