"""The form of an alert rule: what it looks at, and what it would have sent."""

from __future__ import annotations

from datetime import UTC, datetime, time

import streamlit as st

from feedly_core.alerts.channels import channel_names
from feedly_core.alerts.preview import DAYS, Fired, Preview, preview
from feedly_core.alerts.rules import (
    KINDS,
    LONGEST_WINDOW,
    MAILBOX,
    NEEDED,
    NewRule,
    RuleKind,
    Subject,
    subject_names,
    subject_title,
)
from feedly_core.alerts.store import make_rule
from feedly_core.golden_sets.sets import list_sets
from feedly_core.i18n import LANGUAGES, N_
from feedly_core.saved_views.store import list_views
from pages.shared.ask import ask, dashboard
from pages.shared.formatting import duration, moment
from pages.shared.language import NAMES, _, _n, language
from pages.shared.person import current_person
from pages.shared.streamlit_workarounds.reliable_button import pressed

_SEEN = "alert-preview"
_SHOWN = 5


def channel_title(channel: str) -> str:
    """The channel's name for people."""
    return _("Mailbox (this page)") if channel == MAILBOX else channel


def rule_form() -> None:
    """What, of whom, from which value, where to, when not; then the preview, then the rule."""
    rule = _what()
    with st.container(horizontal=True):
        wanted = pressed(_("What would it have sent?"), key="preview-alert-rule", icon=":material/history:")
        keep = pressed(_("Save the rule"), key="save-alert-rule", type="primary", icon=":material/save:")
    here = dashboard()
    if keep:
        make_rule(here.engine, here.settings, current_person(), rule)
        st.session_state.pop(_SEEN, None)
        st.rerun()
    if wanted:
        found = ask(preview, rule, here.settings.timezone, datetime.now(UTC))
        st.session_state[_SEEN] = (rule, found)
    seen = st.session_state.get(_SEEN)
    if seen and seen[0] == rule:
        _show(seen[1])


def _what() -> NewRule:
    kinds = list(RuleKind)
    kind = st.selectbox(_("What it looks at"), kinds, 0, lambda each: _(KINDS[each].title), key="alert-kind")
    info, columns = KINDS[kind], st.columns(3)
    threshold, window, tenant, subject = 0.0, 60, "", ""
    if info.unit is not None:
        limits = (float(info.least), float(info.most), float(info.usual))
        threshold = columns[0].number_input(
            _("From this value on ({unit})", unit=_(info.unit)), *limits, key=f"alert-limit-{kind}"
        )
    if info.windowed:
        window = columns[1].number_input(_("Period (minutes)"), 1, LONGEST_WINDOW, 60, key="alert-window")
    if info.subject is not None:
        with columns[1]:
            subject = _subject(info.subject)
    if info.about_jobs:
        tenant = columns[2].text_input(_("Tenant"), placeholder=_("All"), key="alert-tenant").strip()
    channel = columns[0].selectbox(
        _("Send to"), channel_names(dashboard().settings), format_func=channel_title, key="alert-channel"
    )
    said_in = columns[2].selectbox(
        _("Language of the messages"),
        LANGUAGES,
        LANGUAGES.index(language()),
        NAMES.__getitem__,
        key="alert-language",
    )
    quiet = _quiet_hours()
    return NewRule(kind, channel, tenant, subject, threshold, window, *quiet, said_in)


def _subject(subject: Subject) -> str:
    """What the rule is limited to, or must be about."""
    if subject is Subject.GOLDEN_SET:
        names = tuple(one.name for one in ask(list_sets))
    elif subject is Subject.VIEW:
        names = tuple(view.name for view in ask(list_views, "") if view.counts_matches)
    else:
        names = subject_names(subject)
    chosen = st.selectbox(
        _(_SUBJECTS[subject]),
        names,
        index=0 if subject in NEEDED and names else None,
        format_func=lambda name: _(subject_title(subject, name)),
        placeholder=_("All"),
        key=f"alert-subject-{subject}",
    )
    return chosen or ""


_SUBJECTS = {
    Subject.STEP: N_("Step"),
    Subject.SCORE: N_("Score"),
    Subject.PERIOD: N_("Budget of"),
    Subject.CHECK: N_("Check"),
    Subject.GOLDEN_SET: N_("Golden set"),
    Subject.HOW_OFTEN: N_("How often"),
    Subject.VIEW: N_("View of the team"),
}


def _quiet_hours() -> tuple[int | None, int | None]:
    if not st.toggle(_("Quiet hours"), key="alert-quiet", help=_("Nothing is sent between these times.")):
        return None, None
    columns = st.columns(3)
    start = columns[0].time_input(_("Quiet from"), time(22), key="alert-quiet-from")
    end = columns[1].time_input(_("Quiet until"), time(8), key="alert-quiet-to")
    return _minute(start), _minute(end)


def _minute(at: time | None) -> int | None:
    return None if at is None else 60 * at.hour + at.minute


def _show(found: Preview | None) -> None:
    if found is None:
        st.info(_("No history of this is recorded, so nobody can say how often it would have been sent."))
        return
    now = datetime.now(UTC)
    count = len(found.fired)
    if (now - found.since).days >= DAYS - 1:
        said = _n(
            "It would have opened {n} time in the last {days} days, with {messages} messages.",
            "It would have opened {n} times in the last {days} days, with {messages} messages.",
            count,
            days=DAYS,
            messages=found.messages,
        )
    else:
        said = _n(
            "It would have opened {n} time since {when}, with {messages} messages.",
            "It would have opened {n} times since {when}, with {messages} messages.",
            count,
            when=moment(found.since, now=now),
            messages=found.messages,
        )
    st.info(said, icon=":material/history:")
    for each in found.fired[:_SHOWN]:
        _fired(each, now)


def _fired(each: Fired, now: datetime) -> None:
    lasted = ((each.ended_at or now) - each.opened_at).total_seconds()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(f"{moment(each.opened_at, now=now)} · {duration(lasted)}")
        for job_id in each.jobs[:3]:
            st.page_link("pages/results.py", label=str(job_id)[:8], query_params={"job": str(job_id)})
        if len(each.jobs) > 3 or each.size > len(each.jobs):
            st.caption(_("{n} jobs at once at most", n=each.size))
