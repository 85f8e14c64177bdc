"""What the trends page is asked: tenant, period, grouping and subject, kept in the address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import streamlit as st

from feedly_core.analytics.gallery import Filters
from feedly_core.analytics.trends import By
from feedly_core.i18n import N_
from feedly_core.reviews.pictures import choices
from pages.parts.results.gallery.days import PERIODS
from pages.shared import url_state
from pages.shared.ask import ask
from pages.shared.language import _

GROUPS = {By.DAY: N_("By day"), By.RELEASE: N_("By release")}
SUBJECTS = {"quality": N_("Quality"), "speed": N_("Speed"), "cost": N_("Runs and cost")}
DEFAULT_DAYS = 30


@dataclass(frozen=True)
class Question:
    """``days`` is the period's length, up to now; ``subject`` a key of :data:`SUBJECTS`."""

    tenant: str | None
    days: int
    by: By
    subject: str

    @property
    def filters(self) -> Filters:
        return Filters(tenant=self.tenant, since=datetime.now(UTC) - timedelta(days=self.days))

    @property
    def before(self) -> Filters:
        """The same length of time before the period."""
        since = datetime.now(UTC) - timedelta(days=self.days)
        return Filters(tenant=self.tenant, since=since - timedelta(days=self.days), until=since)


def question() -> Question:
    """The row of controls."""
    tenants, _tones = ask(choices)
    columns = st.columns([2, 1, 1, 2], vertical_alignment="bottom")
    with columns[0]:
        tenant = url_state.maybe("tenant", _("Tenant"), tenants)
    with columns[1]:
        days = url_state.one(
            "days", _("Period"), PERIODS, lambda number: _(PERIODS[number]), default=DEFAULT_DAYS
        )
    with columns[2]:
        by = url_state.one("by", _("Points"), GROUPS, lambda name: _(GROUPS[name]))
    with columns[3]:
        subject = url_state.switch(
            "subject", _("Subject"), SUBJECTS, lambda name: _(SUBJECTS[name]), label_visibility="visible"
        )
    return Question(tenant, days, by, subject)
