"""One test job, many jobs from a table, campaigns, the YE simulation, and removing it all again."""

from __future__ import annotations

import streamlit as st

from feedly_core.words import N_
from pages.components.jobs.one_job import one_job
from pages.components.navigation import page_title
from pages.components.words import _

PARTS = {
    "one": (N_("One job"), one_job),
}

page_title("create_jobs")
part = st.segmented_control(
    _("What do you want to make?"),
    list(PARTS),
    format_func=lambda name: _(PARTS[name][0]),
    default="one",
    required=True,
    key="part",
    label_visibility="collapsed",
    bind="query-params",
)
PARTS[part][1]()
