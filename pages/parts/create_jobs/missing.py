"""What would keep a job from running to its end, named before it is made."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from feedly_core.i18n import N_, Message
from feedly_core.jobs.create import Preview
from pages.shared.badges import GOOD, IDLE, WARN, badge
from pages.shared.language import _


def show_missing(preview: Preview, *, starts: bool) -> None:
    """The good news, or each missing part; ``starts``: whether the job is meant to start at once."""
    if preview.missing:
        look, word = (WARN, N_("Would not run to the end")) if starts else (IDLE, N_("Rests"))
        st.html(badge(word, look).html() + reasons(preview.missing))
        if starts:
            st.caption(_("The job is written, but not started until this is there."))
            diagnostics_link()
    elif starts and not preview.heard:
        st.html(badge(N_("No service is seen listening"), WARN).html())
        st.caption(_("The start is fired all the same; when nobody hears it, the job stays where it is."))
        diagnostics_link()
    else:
        st.html(badge(N_("Everything that the pipeline needs is there"), GOOD).html())


def reasons(missing: Sequence[Message]) -> str:
    """The parts as a list in HTML."""
    return "<ul>" + "".join(f"<li>{escape(_(reason), quote=True)}</li>" for reason in missing) + "</ul>"


def diagnostics_link() -> None:
    """The way to the page that finds out why."""
    st.page_link(
        "pages/trigger_diagnostics.py", label=_("See what is broken"), icon=":material/troubleshoot:"
    )
