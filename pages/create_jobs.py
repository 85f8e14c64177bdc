"""One test job, many jobs from a table, campaigns, the YE simulation, and removing it all again."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from feedly_core.errors import PermissionDenied
from feedly_core.i18n import N_
from feedly_core.permissions import Role, require
from pages.parts.create_jobs.bulk_jobs import bulk_jobs
from pages.parts.create_jobs.campaign_panel import campaigns
from pages.parts.create_jobs.clearing import clearing
from pages.parts.create_jobs.one_job import one_job
from pages.parts.create_jobs.ye_completion import ye_completion
from pages.shared import url_state
from pages.shared.ask import dashboard
from pages.shared.language import _, language
from pages.shared.navigation import page_title
from pages.shared.person import current_person
from pages.shared.placeholders import empty

PARTS = {
    "one": (N_("One job"), one_job),
    "many": (N_("Many jobs"), bulk_jobs),
    "campaigns": (N_("Campaigns"), campaigns),
    "ye": (N_("Simulate YE"), ye_completion),
    "remove": (N_("Remove test jobs"), clearing),
}
STYLE = Path(__file__).parent / "parts" / "create_jobs" / "jobs.css"

page_title("create_jobs")
st.html(f"<style>{STYLE.read_text(encoding='utf-8')}</style>")
part = url_state.switch("part", _("What do you want to make?"), PARTS, lambda name: _(PARTS[name][0]))
try:
    require(current_person(), Role.OPERATOR, dashboard().settings)
except PermissionDenied as refused:
    empty(*refused.sentences(language()))
PARTS[part][1]()
