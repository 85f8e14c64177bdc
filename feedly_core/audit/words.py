"""Lines of the audit log in words: the action, what changed, a file for others."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from feedly_core.audit.lines import AuditLine
from feedly_core.domain.spreadsheets import harmless
from feedly_core.i18n import N_, Message, translate, verbatim

ACTIONS: Mapping[str, Message] = {
    "acknowledge_failure": N_("Acknowledge a failure"),
    "add_action": N_("Add an action item"),
    "add_english_copy": N_("Add the English copy"),
    "add_target": N_("Set a target"),
    "approve_baseline": N_("Approve a baseline"),
    "arrange_meeting": N_("Arrange the agenda"),
    "attend_meeting": N_("Join a meeting"),
    "collect_agenda": N_("Collect for the agenda"),
    "complete_waiting": N_("Complete a waiting variant"),
    "confirmed_plan": N_("Confirm a plan"),
    "create_job": N_("Create a job"),
    "end_golden_schedule": N_("End daily golden runs"),
    "end_meeting": N_("End a meeting"),
    "finished_rerun": N_("Group rerun finished"),
    "install_schema": N_("Install the schema"),
    "keep_reasons": N_("Map reasons to questions"),
    "keep_tags": N_("Change the tags"),
    "known_failure": N_("Excuse a golden case"),
    "live_test": N_("Trigger probe"),
    "make_alert_rule": N_("Make an alert rule"),
    "make_token": N_("Make a token"),
    "mark_failure": N_("Write a note on a failure"),
    "pause_alert_rule": N_("Pause an alert rule"),
    "paused_campaign": N_("Pause a campaign"),
    "plan_comparison": N_("Plan a comparison"),
    "propose_plan": N_("Propose a plan"),
    "rejected_plan": N_("Reject a plan"),
    "remove_action": N_("Remove an action item"),
    "remove_alert_rule": N_("Remove an alert rule"),
    "remove_stored": N_("Remove old records"),
    "remove_job": N_("Remove a test job"),
    "remove_named_job": N_("Remove a job"),
    "remove_target": N_("Remove a target"),
    "remove_view": N_("Remove a view"),
    "rename_view": N_("Rename a view"),
    "reopen_meeting": N_("Reopen a meeting"),
    "repair_trigger": N_("Repair a trigger"),
    "rerun_group": N_("Run a group's step again"),
    "rerun_step": N_("Run a step again"),
    "resume_alert_rule": N_("Resume an alert rule"),
    "revoke_token": N_("Revoke a token"),
    "rule": N_("Say who was right"),
    "run_golden_set": N_("Run a golden set"),
    "running_campaign": N_("Resume a campaign"),
    "running_rerun": N_("Resume a group rerun"),
    "save_golden_set": N_("Save a golden set"),
    "save_view": N_("Save a view"),
    "schedule_golden_set": N_("Schedule golden runs"),
    "send_alert_again": N_("Send an alert again"),
    "send_digest": N_("Send a digest"),
    "send_test_alert": N_("Send a test alert"),
    "share_view": N_("Share a view"),
    "show_in_meeting": N_("Show a picture in the meeting"),
    "start_campaign": N_("Start a campaign"),
    "start_meeting": N_("Start a meeting"),
    "start_round": N_("Start a round"),
    "start_with_view": N_("Choose the start page"),
    "stopped_campaign": N_("Stop a campaign"),
    "stopped_rerun": N_("Stop a group rerun"),
    "tap": N_("Choose the better picture"),
    "team_verdict": N_("Verdict of the team"),
    "team_winner": N_("Winner of the team"),
    "touch_again": N_("Resend notifications"),
    "use_limit": N_("Set a limit"),
    "verdict": N_("Give a verdict"),
    "winner": N_("Choose a winner"),
}

_LONGEST_VALUE = 120


@dataclass(frozen=True)
class Difference:
    """A field that was changed; None: it was not there."""

    name: str
    before: str | None
    after: str | None


def action_words(action: str) -> Message:
    """The action for people; an unknown one as it is."""
    return ACTIONS.get(action) or verbatim(action)


def differences(line: AuditLine) -> tuple[Difference, ...]:
    """What a line changed, field by field: equal ones are left out, inner ones have dotted names."""
    before, after = _flat(line.before), _flat(line.after)
    names = dict.fromkeys([*before, *after])
    return tuple(
        Difference(name, before.get(name), after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    )


def difference_words(change: Difference) -> str:
    """``status: failed → done``; data, in no language."""
    if change.before is None:
        return f"{change.name}: {change.after}"
    return f"{change.name}: {change.before} → {change.after if change.after is not None else '–'}"


def _flat(document: Any, name: str = "") -> dict[str, str]:
    if isinstance(document, Mapping):
        found: dict[str, str] = {}
        for key, value in document.items():
            found |= _flat(value, f"{name}.{key}" if name else str(key))
        return found
    if document is None or document == "":
        return {}
    return {name or "–": _written(document)}


def _written(value: Any) -> str:
    if isinstance(value, list):
        text = ", ".join(_written(each) for each in value)
    else:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def audit_csv(lines: Iterable[AuditLine], language: str, zone: ZoneInfo) -> bytes:
    """The lines as a CSV file that a spreadsheet opens: UTF-8 with its mark, no cell is a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    heads = (N_("When"), N_("Who"), N_("Role"), N_("Action"), N_("On what"), N_("Change"), N_("Result"))
    names = ("at", "person", "role", "action", "target", "change", "result")
    titles = [f"{translate(head, language)} ({name})" for head, name in zip(heads, names, strict=True)]
    writer.writerow([f"{titles[0]} {zone.key}", *titles[1:], "before", "after"])
    for line in lines:
        change = "; ".join(map(difference_words, differences(line)))
        cells = (
            *(line.at.astimezone(zone).isoformat(timespec="seconds"), line.person, line.role),
            *(translate(action_words(line.action), language), line.target, change, line.result),
            *(json.dumps(half, ensure_ascii=False) if half else "" for half in (line.before, line.after)),
        )
        writer.writerow([harmless(cell) for cell in cells])
    return out.getvalue().encode("utf-8-sig")
