"""Alerts: what is open, the rules, the messages that left and those that did not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from html import escape

import streamlit as st

from feedly_core.alerts.channels import channel_names
from feedly_core.alerts.outbox import Delivery, OutMessage, recent_messages, send_again, send_test
from feedly_core.alerts.rules import Rule, RuleKind, rule_words
from feedly_core.alerts.store import StoredAlert, list_rules, recent_alerts, remove_rule, set_active
from feedly_core.alerts.wording import EVENT_LABELS, Content
from feedly_core.db.own_schema import ALERTS
from feedly_core.i18n import N_
from feedly_core.permissions import Role
from feedly_core.saved_views.store import list_views
from pages.parts.trigger_diagnostics.alert_form import channel_title, rule_form
from pages.shared.ask import ask, dashboard, page_errors
from pages.shared.badges import BAD, BUSY, GOOD, IDLE, WARN, badge
from pages.shared.formatting import duration, moment
from pages.shared.language import _, language
from pages.shared.navigation import base_path, section
from pages.shared.own_schema import has_own_schema
from pages.shared.person import current_person
from pages.shared.placeholders import empty
from pages.shared.streamlit_workarounds.reliable_button import pressed

_LOOKS = {
    Delivery.WAITING: (N_("Waits to be sent"), IDLE),
    Delivery.CLAIMED: (N_("Being sent"), BUSY),
    Delivery.SENT: (N_("Sent"), GOOD),
    Delivery.FAILED: (N_("Not delivered"), BAD),
}
_SHOWN_ENDED = 5


def alerts_view() -> None:
    """The whole view, from what is wrong now to the messages of the past."""
    with page_errors():
        if not has_own_schema(_("Alert rules and messages are kept in the dashboard's own schema."), ALERTS):
            return
        _open_and_past()
        _rules()
        _messages()


def may_change() -> bool:
    """Whether the viewer may make, pause and try."""
    return current_person().role >= Role.OPERATOR and not dashboard().settings.read_only


def _open_and_past() -> None:
    section(_("Open alerts"), _("One alert per rule, however many jobs it is about."))
    found = ask(recent_alerts)
    current = [each for each in found if each.alert.ended_at is None]
    if not current:
        empty(_("No alert is open"), _("Rules look at the jobs at every change, and at least every 15 s."))
    for each in current:
        _alert(each)
    past = [each for each in found if each.alert.ended_at is not None][:_SHOWN_ENDED]
    if past:
        with st.expander(_("Ended alerts"), key="ended-alerts"):
            for each in past:
                _alert(each)


def _alert(each: StoredAlert) -> None:
    alert, now = each.alert, datetime.now(UTC)
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        look = badge(N_("Unsolved"), WARN) if alert.ended_at is None else badge(N_("Solved"), GOOD)
        st.html(look.html(), width="content")
        st.text(_(rule_words(each.rule.new)))
        lasted = (alert.ended_at or now) - alert.opened_at
        st.text(
            _("since {when}", when=moment(alert.opened_at, now=now))
            + " · "
            + duration(max(lasted.total_seconds(), 1.0))
            + ("" if alert.sent_size else " · " + _("no message yet"))
        )


def _rules() -> None:
    section(
        _("Rules"),
        _(
            "A rule sends once when it opens, again when it grows or after six hours, and once when it ends."
            " What happens within a minute is one message."
        ),
    )
    rules = ask(list_rules)
    if not rules:
        empty(_("No rule yet"), _("An operator makes the first one below; until then nothing is sent."))
    lost = _lost_views(rules)
    for rule in rules:
        _rule(rule, lost=rule.kind is RuleKind.VIEW_MATCHES and rule.new.subject in lost)
    if may_change():
        maker = st.expander(_("Make a rule"), icon=":material/add_alert:", key="make-alert-rule")
        with maker, page_errors():
            rule_form()
    else:
        st.caption(_("Operators make, pause and remove rules."))


def _lost_views(rules: Sequence[Rule]) -> set[str]:
    """Views that rules name and the team no longer has: such a rule never sends."""
    named = {rule.new.subject for rule in rules if rule.kind is RuleKind.VIEW_MATCHES}
    return named - {view.name for view in ask(list_views, "")} if named else named


def _rule(rule: Rule, *, lost: bool) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        look = badge(N_("Active"), GOOD) if rule.active else badge(N_("Paused"), IDLE)
        if lost:
            look = badge(N_("Its saved view is gone"), WARN)
        st.html(look.html(), width="content")
        st.text(_(rule_words(rule.new)))
        st.text(" · ".join([channel_title(rule.new.channel), *_quiet(rule), rule.created_by]))
        if not may_change():
            return
        if rule.active:
            if pressed(_("Pause"), key=f"pause-rule-{rule.rule_id}", icon=":material/pause:"):
                _change(
                    lambda here, person: set_active(here.engine, here.settings, person, rule.rule_id, False)
                )
        elif pressed(_("Resume"), key=f"resume-rule-{rule.rule_id}", icon=":material/play_arrow:"):
            _change(lambda here, person: set_active(here.engine, here.settings, person, rule.rule_id, True))
        if pressed(_("Remove the rule"), key=f"remove-rule-{rule.rule_id}", icon=":material/delete:"):
            _change(lambda here, person: remove_rule(here.engine, here.settings, person, rule.rule_id))


def _quiet(rule: Rule) -> list[str]:
    start, end = rule.new.quiet_from, rule.new.quiet_to
    if start is None or end is None:
        return []
    clock = [f"{minute // 60:02d}:{minute % 60:02d}" for minute in (start, end)]
    return [_("quiet {start}–{end}", start=clock[0], end=clock[1])]


def _messages() -> None:
    section(_("Messages"), _("As they were sent. The mailbox is this list itself."))
    found = ask(recent_messages)
    failed = [message for message in found if message.state is Delivery.FAILED]
    if failed:
        st.error(_("{n} messages were not delivered.", n=len(failed)), icon=":material/error:")
    for message in failed:
        _message(message)
    if may_change():
        _try_channel()
    rest = [message for message in found if message.state is not Delivery.FAILED]
    if not rest:
        empty(_("No message yet"))
    for message in rest:
        _message(message)


def _try_channel() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        channel = st.selectbox(
            _("Send to"),
            channel_names(dashboard().settings),
            format_func=channel_title,
            key="try-channel",
        )
        if pressed(_("Send a test"), key="send-test-alert", icon=":material/send:"):
            _change(lambda here, person: send_test(here.engine, here.settings, person, channel, language()))


def _message(message: OutMessage) -> None:
    words, look = _LOOKS[message.state]
    content = message.content
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.html(badge(words, look).html(), width="content")
            st.text(
                " · ".join(
                    [
                        channel_title(message.channel),
                        _(EVENT_LABELS[message.event]),
                        moment(message.sent_at or message.created_at),
                        *([_("repeat")] if message.repeat else []),
                    ]
                )
            )
        st.html(_body(content))
        if message.error:
            st.caption(_("Last attempt ({n}): {why}", n=message.attempts, why=message.error))
        if message.state is not Delivery.FAILED or not may_change():
            return
        if pressed(_("Try again"), key=f"again-{message.message_id}", icon=":material/refresh:"):
            _change(lambda here, person: send_again(here.engine, here.settings, person, message.message_id))


def _body(content: Content) -> str:
    """The message as it was sent, escaped."""
    to_do = f"<p>{escape(content.to_do)}</p>" if content.to_do else ""
    lines = "".join(f"<li>{escape(line)}</li>" for line in content.lines)
    return (
        f'<div lang="{escape(content.language, quote=True)}">'
        f"<strong>{escape(content.sentence)}</strong>{to_do}"
        + (f"<ul>{lines}</ul>" if lines else "")
        + f"{_link(content.path)}</div>"
    )


def _link(path: str) -> str:
    if not path:
        return ""
    word = escape(_("Open"))
    return f'<p><a href="{escape(base_path() + path, quote=True)}" target="_self">{word}</a></p>'


def _change(do: Callable[..., object]) -> None:
    with page_errors() as part:
        do(dashboard(), current_person())
    if not part.failed:
        st.rerun()
