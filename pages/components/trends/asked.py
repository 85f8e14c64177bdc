"""What the trends page is asked: tenant, period, grouping and subject, kept in the address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import streamlit as st

from feedly_core.results.gallery import Filters
from feedly_core.results.trends import By
from feedly_core.reviews.pictures import choices
from feedly_core.words import N_
from pages.components.app import ask
from pages.components.gallery.days import PERIODS
from pages.components.review import address
from pages.components.words import _

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
        address.restore("tenant", tenants)
        tenant = st.selectbox(
            _("Tenant"),
            tenants,
            key="tenant",
            index=None,
            placeholder=_("All"),
            on_change=address.keep("tenant"),
        )
    with columns[1]:
        address.restore("days", list(PERIODS), DEFAULT_DAYS)
        days = st.selectbox(
            _("Period"),
            list(PERIODS),
            key="days",
            format_func=lambda number: _(PERIODS[number]),
            on_change=address.keep("days", DEFAULT_DAYS),
        )
    with columns[2]:
        address.restore("by", list(GROUPS), By.DAY)
        by = st.selectbox(
            _("Points"),
            list(GROUPS),
            key="by",
            format_func=lambda name: _(GROUPS[name]),
            on_change=address.keep("by", By.DAY),
        )
    with columns[3]:
        address.restore("subject", list(SUBJECTS), "quality")
        subject = st.segmented_control(
            _("Subject"),
            list(SUBJECTS),
            key="subject",
            format_func=lambda name: _(SUBJECTS[name]),
            required=True,
            on_change=address.keep("subject", "quality"),
        )
    return Question(tenant, int(days), By(by), str(subject))
