"""Faults of the trigger objects: each a row of the fault table."""

from __future__ import annotations

from dashboard.demo.schema import OLD_ROLLUP_FILE
from feedly_core.diagnostics.check import CheckOutcome
from feedly_core.domain.contract import JOB_NOTIFY, ROLLUP
from tests.faults.breaking import replaced, sql
from tests.faults.fault import Fault

FAILED, WARNING = CheckOutcome.FAILED, CheckOutcome.WARNING
_TRIGGER = "triggers.variant_notify"
_FUNCTION = "triggers.variant_notify_function"
_DROP = "DROP TRIGGER job_variant_state_change_trigger ON jobs_variants; "
_CREATE = "CREATE TRIGGER job_variant_state_change_trigger "
_CALL = "EXECUTE FUNCTION notify_job_variant_state_change()"

TRIGGER_FAULTS = [
    Fault(
        "trigger dropped",
        sql(_DROP),
        _TRIGGER,
        FAILED,
        "trigger_missing",
        "There is no trigger job_variant_state_change_trigger",
        "CREATE TRIGGER job_variant_state_change_trigger",
    ),
    Fault(
        "trigger disabled",
        sql("ALTER TABLE jobs_variants DISABLE TRIGGER job_variant_state_change_trigger"),
        _TRIGGER,
        FAILED,
        "trigger_disabled",
        "is disabled",
        "ENABLE TRIGGER job_variant_state_change_trigger",
    ),
    Fault(
        "trigger on the wrong table",
        sql(_DROP + _CREATE + "AFTER UPDATE ON job_inputs FOR EACH ROW " + _CALL),
        _TRIGGER,
        FAILED,
        "trigger_wrong_table",
        "is on table job_inputs",
        "DROP TRIGGER IF EXISTS job_variant_state_change_trigger ON job_inputs",
    ),
    Fault(
        "trigger on INSERT",
        sql(_DROP + _CREATE + "AFTER INSERT ON jobs_variants FOR EACH ROW " + _CALL),
        _TRIGGER,
        FAILED,
        "trigger_not_on_update",
        "does not fire on UPDATE",
        "AFTER UPDATE ON jobs_variants",
    ),
    Fault(
        "trigger per statement",
        sql(_DROP + _CREATE + "AFTER UPDATE ON jobs_variants FOR EACH STATEMENT " + _CALL),
        _TRIGGER,
        FAILED,
        "trigger_not_per_row",
        "per statement",
        "FOR EACH ROW",
    ),
    Fault(
        "trigger before the change",
        sql(_DROP + _CREATE + "BEFORE UPDATE ON jobs_variants FOR EACH ROW " + _CALL),
        _TRIGGER,
        FAILED,
        "trigger_not_after",
        "fires before the change",
        "AFTER UPDATE ON jobs_variants",
    ),
    Fault(
        "trigger for one column only",
        sql(_DROP + _CREATE + "AFTER UPDATE OF status ON jobs_variants FOR EACH ROW " + _CALL),
        _TRIGGER,
        FAILED,
        "trigger_some_columns",
        "for some columns only",
        "AFTER UPDATE ON jobs_variants",
    ),
    Fault(
        "trigger with a condition of its own",
        sql(_DROP + _CREATE + "AFTER UPDATE ON jobs_variants FOR EACH ROW WHEN (NEW.selected) " + _CALL),
        _TRIGGER,
        WARNING,
        "trigger_conditional",
        "under a condition",
        "AFTER UPDATE ON jobs_variants",
    ),
    Fault(
        "trigger calls another function",
        sql(
            _DROP
            + _CREATE
            + "AFTER UPDATE ON jobs_variants FOR EACH ROW EXECUTE FUNCTION notify_job_state_change()"
        ),
        _TRIGGER,
        FAILED,
        "trigger_wrong_function",
        "calls notify_job_state_change",
        _CALL,
    ),
    Fault(
        "trigger twice",
        sql("CREATE TRIGGER second AFTER UPDATE ON jobs_variants FOR EACH ROW " + _CALL),
        _TRIGGER,
        WARNING,
        "trigger_doubled",
        "2 triggers call",
        "DROP TRIGGER second ON jobs_variants",
    ),
    Fault(
        "roll-up trigger dropped",
        sql("DROP TRIGGER check_all_variants_done_trigger ON jobs_variants"),
        "triggers.rollup",
        FAILED,
        "trigger_missing",
        "There is no trigger check_all_variants_done_trigger",
        "CREATE TRIGGER check_all_variants_done_trigger",
    ),
    Fault(
        "job trigger disabled",
        sql("ALTER TABLE jobs DISABLE TRIGGER job_state_change_trigger"),
        "triggers.job_notify",
        FAILED,
        "trigger_disabled",
        "is disabled",
        "ALTER TABLE jobs ENABLE TRIGGER",
    ),
    Fault(
        "function notifies another channel",
        replaced("'job_variant_state_changed'", "'variant_changed'"),
        _FUNCTION,
        FAILED,
        "wrong_channel",
        "notifies channel variant_changed",
        "'job_variant_state_changed'",
        shows="+        PERFORM pg_notify('job_variant_state_changed', json_build_object(",
    ),
    Fault(
        "payload key missing",
        replaced("'tenant_id', (SELECT jobs.tenant_id FROM jobs WHERE jobs.job_id = NEW.job_id),", ""),
        _FUNCTION,
        FAILED,
        "payload_key_missing",
        "The payload lacks tenant_id",
        "'tenant_id'",
        shows="+            'tenant_id', (SELECT jobs.tenant_id FROM jobs WHERE jobs.job_id = NEW.job_id),",
    ),
    Fault(
        "function of edition 1.0.0",
        replaced("OR OLD.updated_at IS DISTINCT FROM NEW.updated_at", ""),
        _FUNCTION,
        FAILED,
        "old_edition",
        "Edition 1.0.0",
        "OLD.updated_at IS DISTINCT FROM NEW.updated_at",
        shows="+        OR OLD.updated_at IS DISTINCT FROM NEW.updated_at",
    ),
    Fault(
        "notification commented out",
        replaced(
            "PERFORM pg_notify(",
            "-- PERFORM pg_notify('job_variant_state_changed');\n        PERFORM concat(",
        ),
        _FUNCTION,
        FAILED,
        "no_notify",
        "sends no notification",
        "PERFORM pg_notify('job_variant_state_changed'",
        shows="+        PERFORM pg_notify('job_variant_state_changed', json_build_object(",
    ),
    Fault(
        "function dropped",
        sql("DROP FUNCTION notify_job_variant_state_change() CASCADE"),
        _FUNCTION,
        FAILED,
        "function_missing",
        "There is no function notify_job_variant_state_change()",
        "CREATE OR REPLACE FUNCTION notify_job_variant_state_change()",
        also=frozenset({_TRIGGER}),
    ),
    Fault(
        "function of jobs notifies another channel",
        replaced("'job_state_changed'", "'jobs'", JOB_NOTIFY),
        "triggers.job_notify_function",
        FAILED,
        "wrong_channel",
        "notifies channel jobs",
        "'job_state_changed'",
        shows="+        PERFORM pg_notify('job_state_changed', json_build_object(",
    ),
    Fault(
        "roll-up of edition 1.0.0",
        sql(OLD_ROLLUP_FILE.read_text("utf-8")),
        "triggers.rollup_function",
        WARNING,
        "old_edition",
        "reads as finished as soon as all its variants are done at any step",
        "IF NEW.current_step = 'iou_eval'",
    ),
    Fault(
        "roll-up while pictures are made",
        replaced("IF NEW.current_step = 'img_gen' THEN\n        RETURN NEW;\n    END IF;", "", ROLLUP),
        "triggers.rollup_function",
        WARNING,
        "rolls_up_early",
        "rolled up while its pictures are still being generated",
        "IF NEW.current_step = 'img_gen' THEN",
        shows="+    IF NEW.current_step = 'img_gen' THEN",
    ),
    Fault(
        "roll-up that does nothing",
        replaced("UPDATE jobs\n", "PERFORM 1; -- UPDATE jobs\n    UPDATE nowhere\n", ROLLUP),
        "triggers.rollup_function",
        FAILED,
        "rollup_idle",
        "never changes the job's row",
        "UPDATE jobs",
        shows="+    UPDATE jobs",
    ),
]
