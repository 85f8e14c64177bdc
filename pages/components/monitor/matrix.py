"""The step matrix: a row a variant, a column a step, with time in step and repeats."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape

import streamlit as st

from feedly_core.domain.belief import Kind
from feedly_core.domain.pipeline import VARIANT_STEPS
from feedly_core.monitor.standing import Standing, VariantStanding
from feedly_core.monitor.story import Story
from pages.components.badges import GOOD, belief_badge
from pages.components.monitor.marks import heading, variant_mark
from pages.components.times import duration
from pages.components.words import _


def show(standing: Standing, story: Story) -> None:
    """Times come from the timeline's counting attempts; the present step's from its beginning."""
    rows = "".join(_row(variant) for variant in standing.variants)
    head = "".join(heading(step) for step in VARIANT_STEPS)
    st.html(
        f'<div class="fd-board-frame"><table class="fd-board fd-matrix"><thead><tr>'
        f"{column(_('Variant'))}{head}{column(_('State'))}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def _row(variant: VariantStanding) -> str:
    belief = variant.belief
    cells = []
    for index, step in enumerate(VARIANT_STEPS):
        if index < belief.finished:
            cells.append(f'<td class="fd-good"><i aria-hidden="true">{GOOD[0]}</i></td>')
        elif step.name == belief.step and belief.kind is not Kind.COMPLETE:
            lasting = escape(duration((datetime.now(UTC) - variant.since).total_seconds()))
            mark = variant_mark(variant.facts.number, belief)
            cells.append(f"<td>{mark}<small>{lasting}</small></td>")
        else:
            cells.append("<td></td>")
    return (
        f'<tr><th scope="row">{escape(_("Variant {number}", number=variant.facts.number))}</th>'
        f"{''.join(cells)}<td class='fd-board-state'>{belief_badge(belief).html()}</td></tr>"
    )
