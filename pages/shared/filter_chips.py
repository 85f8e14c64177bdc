"""The filters in force as chips that can be taken away, and one button for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from pages.shared import url_state
from pages.shared.language import _, plain

MOST = 40
"""Characters of a value that a chip shows."""


@dataclass(frozen=True)
class Chip:
    """One filter in force: the ``key`` of its choice, its label, its value in words.

    ``empty``: what its field holds without it. ``also``: what else goes with it, such as the page's place.
    """

    key: str
    label: str
    value: str
    empty: object = None
    also: Callable[[], None] | None = None


def filter_chips(chips: Sequence[Chip]) -> None:
    """A row of chips. Nothing without a filter."""
    if not chips:
        return
    with st.container(horizontal=True, gap="small", key=f"chips-{chips[0].key}"):
        for chip in chips:
            shown = chip.value if len(chip.value) <= MOST else f"{chip.value[:MOST]}…"
            st.button(
                plain(f"{chip.label}: {shown}"),
                key=f"chip-{chip.key}",
                icon=":material/close:",
                on_click=_take_away,
                args=([chip],),
                help=_("Remove this filter"),
            )
        if len(chips) > 1:
            st.button(
                _("Remove all filters"),
                key=f"chips-reset-{chips[0].key}",
                type="tertiary",
                on_click=_take_away,
                args=(list(chips),),
            )


def _take_away(chips: Sequence[Chip]) -> None:
    for chip in chips:
        url_state.forget(chip.key, chip.empty)
        if chip.also:
            chip.also()
