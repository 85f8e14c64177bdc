"""One test job, many jobs from a table, campaigns, the YE simulation, and removing it all again."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from feedly_core.access import Role, require
from feedly_core.errors import PermissionDenied
from feedly_core.words import N_
from pages.components import address
from pages.components.app import dashboard
from pages.components.jobs.bulk_jobs import bulk_jobs
from pages.components.jobs.campaign_panel import campaigns
from pages.components.jobs.clearing import clearing
from pages.components.jobs.one_job import one_job
from pages.components.jobs.ye_completion import ye_completion
from pages.components.navigation import page_title
from pages.components.person import current_person
from pages.components.states import empty
from pages.components.words import _, language

PARTS = {
    "one": (N_("One job"), one_job),
    "many": (N_("Many jobs"), bulk_jobs),
    "campaigns": (N_("Campaigns"), campaigns),
    "ye": (N_("Simulate YE"), ye_completion),
    "remove": (N_("Remove test jobs"), clearing),
}
STYLE = Path(__file__).parent / "components" / "jobs" / "jobs.css"

page_title("create_jobs")
st.html(f"<style>{STYLE.read_text(encoding='utf-8')}</style>")
part = address.switch("part", _("What do you want to make?"), PARTS, lambda name: _(PARTS[name][0]))
try:
    require(current_person(), Role.OPERATOR, dashboard().settings)
except PermissionDenied as refused:
    empty(*refused.sentences(language()))
PARTS[part][1]()
