"""Which two runs are compared: releases, campaigns or single jobs, kept in the address."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import streamlit as st

from feedly_core.analytics.recent import recent_jobs
from feedly_core.campaigns.campaigns import list_campaigns
from feedly_core.i18n import N_
from feedly_core.reviews.pictures import Filters, releases
from pages.shared import url_state
from pages.shared.ask import ask
from pages.shared.formatting import named
from pages.shared.language import _
from pages.shared.placeholders import empty

KINDS = {"release": N_("Releases"), "campaign": N_("Campaigns"), "job": N_("Jobs")}
_MOST_JOBS = 100


def sides() -> tuple[tuple[str, Filters], tuple[str, Filters]] | None:
    """Name and pictures of the earlier and of the later run; None until there are two."""
    kind = url_state.switch(
        "kind", _("What is compared"), KINDS, lambda name: _(KINDS[name]), also=_forget_sides
    )
    known = _known(kind)
    if len(known) < 2:
        empty(_("There are no two of them to compare yet."), _("Choose another kind above."))
        return None
    newest, previous = list(known)[:2]
    columns = st.columns(2)
    with columns[0]:
        before = _pick("before", _("Before"), known, previous)
    with columns[1]:
        after = _pick("after", _("After"), known, newest)
    return (known[before], _filters(kind, before)), (known[after], _filters(kind, after))


def _forget_sides() -> None:
    for key in ("before", "after"):
        st.session_state.pop(key, None)
        st.query_params.pop(key, None)


def _known(kind: str) -> Mapping[str, str]:
    """Names for people by id, newest first."""
    if kind == "campaign":
        runs = (run.campaign for run in ask(list_campaigns))
        return {str(run.campaign_id): named(run.created_at, run.campaign_id) for run in runs}
    if kind == "job":
        jobs = [job for job in ask(recent_jobs, None, _MOST_JOBS) if job.pictures]
        return {str(job.job_id): named(job.created_at, job.job_id, job.description) for job in jobs}
    return {version: version for version in ask(releases)}


def _filters(kind: str, name: str) -> Filters:
    if kind == "release":
        return Filters(version=name)
    return Filters(campaign_id=UUID(name)) if kind == "campaign" else Filters(job_id=UUID(name))


def _pick(key: str, label: str, known: Mapping[str, str], default: str) -> str:
    return url_state.one(key, label, known, known.__getitem__, default=default)
