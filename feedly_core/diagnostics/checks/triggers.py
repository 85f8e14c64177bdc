"""Triggers and their functions: present, enabled, on the right table."""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy import text

from feedly_core.diagnostics import trigger_needs as needs
from feedly_core.diagnostics.check import Check, CheckOutcome, Finding, Fix, Group, quoted
from feedly_core.diagnostics.context import CheckContext
from feedly_core.domain.contract import (
    FIRING,
    JOB_NOTIFY,
    PIPELINE_TRIGGERS,
    ROLLUP,
    VARIANT_NOTIFY,
    PipelineTrigger,
)
from feedly_core.i18n import N_, Message

_ROW, _BEFORE, _UPDATE, _INSTEAD = 1, 2, 16, 64
"""Bits of ``pg_trigger.tgtype``."""

_TRIGGERS = text(
    "SELECT t.tgname AS name, t.tgenabled AS enabled, t.tgtype AS type, t.tgattr::text AS columns,"
    " t.tgqual IS NOT NULL AS conditional, pg_get_triggerdef(t.oid) AS definition,"
    " t.tgrelid::regclass::text AS on_table, t.tgrelid = to_regclass(:table) AS right_table,"
    " p.proname = :function AS right_function, p.proname AS function"
    " FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
    " WHERE NOT t.tgisinternal AND (t.tgname = :trigger OR p.proname = :function)"
)

_FUNCTIONS = text(
    "SELECT p.prosrc AS source, l.lanname AS language FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang"
    " WHERE p.proname = :function AND p.pronargs = 0"
    " ORDER BY EXISTS (SELECT FROM pg_trigger t WHERE t.tgfoid = p.oid AND NOT t.tgisinternal) DESC,"
    " pg_function_is_visible(p.oid) DESC LIMIT 1"
)

CONSEQUENCE: dict[str, Message] = {
    VARIANT_NOTIFY.key: N_(
        "The analysis service is never notified that a variant finished a step: variants stall."
    ),
    JOB_NOTIFY.key: N_(
        "No service is notified that a job moved on: image generation and the two text steps never start."
    ),
    ROLLUP.key: N_(
        "The job's row is never set to finished when its variants are: the text steps never start."
    ),
}


def trigger(context: CheckContext, need: PipelineTrigger) -> Finding:
    """Exists, on its table, enabled, AFTER UPDATE, per row, with its function, for every column."""
    with context.reading() as connection:
        found = connection.execute(
            _TRIGGERS, {"table": need.table, "function": need.function, "trigger": need.trigger}
        ).all()
    serving = [row for row in found if row.right_table and row.right_function]
    working = [row for row in serving if _problem(row) is None]
    if working:
        return _working(need, working)
    if serving:
        cause, sentence = _problem(serving[0]) or ("", N_("–"))
        return _broken(need, cause, sentence, serving[0])
    if not found:
        return _broken(need, "trigger_missing", N_("There is no trigger {name}.", name=need.trigger), None)
    stray = found[0]
    if not stray.right_table:
        sentence = N_(
            "Trigger {name} is on table {table}, not on {wanted}.",
            name=stray.name,
            table=stray.on_table,
            wanted=need.table,
        )
        return _broken(need, "trigger_wrong_table", sentence, stray)
    sentence = N_(
        "Trigger {name} calls {function}, not {wanted}.",
        name=stray.name,
        function=stray.function,
        wanted=need.function,
    )
    return _broken(need, "trigger_wrong_function", sentence, stray)


def function(context: CheckContext, need: PipelineTrigger) -> Finding:
    """The body notifies the right channel with every key that the listener reads."""
    with context.reading() as connection:
        row = connection.execute(_FUNCTIONS, {"function": need.function}).one_or_none()
    if row is None:
        return _needs_function(
            need, "function_missing", N_("There is no function {name}().", name=need.function)
        )
    difference = needs.difference(need, row.source)
    if row.language != "plpgsql":
        return Finding(
            CheckOutcome.UNKNOWN,
            N_(
                "Function {name}() is written in {language}. Only the trigger probe shows what it does.",
                name=need.function,
                language=row.language,
            ),
            cause="function_unreadable",
            why=_UNREADABLE,
            fix=_ASK_THE_LIVE_TEST,
            difference=difference,
        )
    problem = _rollup_problem(row.source) if need is ROLLUP else _notify_problem(need, row.source)
    if problem is not None:
        outcome, cause, sentence = problem
        return _needs_function(need, cause, sentence, outcome, difference)
    edition = (
        N_("the reference edition 1.3.0")
        if not difference
        else N_("an edition of its own, with everything that is needed")
    )
    return Finding(
        CheckOutcome.OK,
        N_("Function {name}(): {edition}.", name=need.function, edition=edition),
        difference=difference,
    )


def _problem(row: Any) -> tuple[str, Message] | None:
    if row.enabled not in FIRING:
        return "trigger_disabled", N_("Trigger {name} is disabled.", name=row.name)
    if not row.type & _UPDATE:
        return "trigger_not_on_update", N_("Trigger {name} does not fire on UPDATE.", name=row.name)
    if not row.type & _ROW:
        return "trigger_not_per_row", N_("Trigger {name} fires per statement, not per row.", name=row.name)
    if row.type & (_BEFORE | _INSTEAD):
        return "trigger_not_after", N_("Trigger {name} fires before the change, not after it.", name=row.name)
    if row.columns:
        return "trigger_some_columns", N_("Trigger {name} fires for some columns only.", name=row.name)
    return None


def _working(need: PipelineTrigger, working: list[Any]) -> Finding:
    if len(working) > 1:
        names = ", ".join(sorted(row.name for row in working))
        extra = next((row.name for row in working if row.name != need.trigger), working[0].name)
        return Finding(
            CheckOutcome.WARNING,
            N_(
                "{count} triggers call {function}: {names}.",
                count=len(working),
                function=need.function,
                names=names,
            ),
            cause="trigger_doubled",
            why=N_("Every event is sent more than once, and steps may run twice."),
            fix=Fix(N_("Keep one of them."), sql=f"DROP TRIGGER {quoted(extra)} ON {need.table};"),
        )
    conditional = working[0].conditional and need is not ROLLUP
    if conditional:
        return Finding(
            CheckOutcome.WARNING,
            N_("Trigger {name} fires under a condition of its own.", name=working[0].name),
            cause="trigger_conditional",
            why=CONSEQUENCE[need.key],
            fix=_install(need, None),
            difference=working[0].definition,
        )
    return Finding(CheckOutcome.OK, N_("On {table}, enabled, after each row's UPDATE.", table=need.table))


def _broken(need: PipelineTrigger, cause: str, sentence: Message, stray: Any) -> Finding:
    fix = (
        Fix(
            N_("Enable it; this changes nothing else."),
            sql=f"ALTER TABLE {need.table} ENABLE TRIGGER {quoted(stray.name)};",
            repair=True,
        )
        if cause == "trigger_disabled"
        else _install(need, stray)
    )
    return Finding(CheckOutcome.FAILED, sentence, cause=cause, why=CONSEQUENCE[need.key], fix=fix)


def _install(need: PipelineTrigger, stray: Any) -> Fix:
    statements = [f"DROP TRIGGER IF EXISTS {need.trigger} ON {need.table};"]
    if stray is not None and (not stray.right_table or stray.name != need.trigger):
        statements.insert(0, f"DROP TRIGGER IF EXISTS {quoted(stray.name)} ON {stray.on_table};")
    return Fix(
        N_("Install the trigger as the services need it."),
        sql="\n".join([needs.reference_function(need), *statements, needs.reference_trigger(need)]),
        repair=True,
    )


def _notify_problem(need: PipelineTrigger, source: str) -> tuple[CheckOutcome, str, Message] | None:
    does = needs.meaning(source)
    if need.channel not in does.channels and does.channels:
        other = ", ".join(sorted(does.channels))
        sentence = N_(
            "It notifies channel {other}; the listener listens on {wanted}.", other=other, wanted=need.channel
        )
        return CheckOutcome.FAILED, "wrong_channel", sentence
    if not does.channels:
        silent = "pg_notify" not in needs.without_comments(source).lower() and "execute" not in source.lower()
        if silent:
            return (
                CheckOutcome.FAILED,
                "no_notify",
                N_("Function {name}() sends no notification.", name=need.function),
            )
        return (
            CheckOutcome.UNKNOWN,
            "function_unreadable",
            N_(
                "The channel of {name}() cannot be read from its source. The trigger probe shows it.",
                name=need.function,
            ),
        )
    if does.keys is None:
        return (
            CheckOutcome.UNKNOWN,
            "function_unreadable",
            N_(
                "The payload of {name}() cannot be read from its source. The trigger probe shows it.",
                name=need.function,
            ),
        )
    lacking = [key for key in need.payload if key not in does.keys]
    if lacking:
        sentence = N_("The payload lacks {keys}, which the listener reads.", keys=", ".join(lacking))
        return CheckOutcome.FAILED, "payload_key_missing", sentence
    if need is VARIANT_NOTIFY and not does.on_touch:
        return (
            CheckOutcome.FAILED,
            "old_edition",
            N_("Edition 1.0.0: a change of updated_at alone sends no notification."),
        )
    return None


def _rollup_problem(source: str) -> tuple[CheckOutcome, str, Message] | None:
    does = needs.meaning(source)
    if not does.updates_jobs:
        return CheckOutcome.FAILED, "rollup_idle", N_("The roll-up never changes the job's row.")
    if not does.by_step:
        return (
            CheckOutcome.WARNING,
            "old_edition",
            N_("Edition 1.0.0: a job reads as finished as soon as all its variants are done at any step."),
        )
    if not does.spares_img_gen:
        return (
            CheckOutcome.WARNING,
            "rolls_up_early",
            N_("A job is rolled up while its pictures are still being generated."),
        )
    return None


_UNREADABLE = N_("It may be correct. Its source does not show it.")
_ASK_THE_LIVE_TEST = Fix(
    N_("Run the trigger probe: it runs the real UPDATE and shows what arrives."),
    command="python -m feedly_core trigger-probe",
)

_OLD_EDITION = N_(
    "Image generation hands its variants over by changing updated_at only. With this edition "
    "they never start."
)

_CONSEQUENCE_OF: dict[tuple[str, str], Message] = {
    (VARIANT_NOTIFY.key, "old_edition"): _OLD_EDITION,
    (ROLLUP.key, "old_edition"): N_(
        "The two text steps start too early and several times: each start writes one more feed post."
    ),
    (ROLLUP.key, "rolls_up_early"): N_(
        "The job's row moves on before all its variants exist, and its status reads wrong meanwhile."
    ),
}
"""Where a cause has another consequence than a trigger that is missing."""


def _needs_function(
    need: PipelineTrigger,
    cause: str,
    sentence: Message,
    outcome: CheckOutcome = CheckOutcome.FAILED,
    difference: str = "",
) -> Finding:
    known = _CONSEQUENCE_OF.get((need.key, cause), CONSEQUENCE[need.key])
    unknown = outcome is CheckOutcome.UNKNOWN
    return Finding(
        outcome,
        sentence,
        cause=cause,
        why=_UNREADABLE if unknown else known,
        fix=_ASK_THE_LIVE_TEST
        if unknown
        else Fix(
            N_("Replace the function by the edition that the services need; its triggers stay."),
            sql=needs.reference_function(need),
            repair=True,
        ),
        difference=difference,
    )


_NAMES: dict[str, tuple[Message, Message]] = {
    VARIANT_NOTIFY.key: (N_("Trigger: a variant moved"), N_("Function: a variant moved")),
    JOB_NOTIFY.key: (N_("Trigger: a job moved"), N_("Function: a job moved")),
    ROLLUP.key: (N_("Trigger: all variants done"), N_("Function: all variants done")),
}

CHECKS = tuple(
    check
    for need in PIPELINE_TRIGGERS
    for check in (
        Check(
            f"triggers.{need.key}",
            Group.TRIGGERS,
            _NAMES[need.key][0],
            N_(
                "Is {name} on {table}, enabled, after each row's UPDATE?", name=need.trigger, table=need.table
            ),
            partial(trigger, need=need),
        ),
        Check(
            f"triggers.{need.key}_function",
            Group.TRIGGERS,
            _NAMES[need.key][1],
            N_("Does {name}() send what the services need?", name=need.function),
            partial(function, need=need),
        ),
    )
)
