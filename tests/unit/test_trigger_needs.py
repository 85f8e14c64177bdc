"""What a trigger function means is read from its text, however it is written."""

from __future__ import annotations

import pytest

from feedly_core.diagnostics.trigger_needs import (
    difference,
    meaning,
    reference_function,
)
from feedly_core.domain.contract import JOB_NOTIFY, PIPELINE_TRIGGERS, VARIANT_NOTIFY, PipelineTrigger


@pytest.mark.parametrize("need", PIPELINE_TRIGGERS, ids=lambda need: need.key)
def test_the_reference_needs_nothing_and_differs_in_nothing(need: PipelineTrigger) -> None:
    body = reference_function(need).split("$$")[1]
    assert difference(need, body) == ""
    if need.channel:
        assert meaning(body).channels == {need.channel}
        keys = meaning(body).keys
        assert keys is not None and set(need.payload) <= keys


def test_another_hand_is_understood() -> None:
    does = meaning(
        """
        begin
          perform PG_NOTIFY( 'job_state_changed', jsonb_build_object(
             'job_id', new.job_id, 'current_step', upper(coalesce(new.current_step, '')),
             'status', new.status, 'tenant_id', new.tenant_id, 'updated_at', now())::text );  -- 'more'
          return new;
        end
        """
    )
    assert does.channels == {"job_state_changed"}
    assert does.keys == frozenset(JOB_NOTIFY.payload)
    assert does.on_touch, "it notifies unconditionally"


@pytest.mark.parametrize(
    "source",
    [
        "-- PERFORM pg_notify('job_state_changed', '{}');",
        "/* PERFORM pg_notify('job_state_changed',\n '{}'); */",
        "EXECUTE format('NOTIFY %I', channel);",
        "PERFORM pg_notify(channel, payload);",
        "PERFORM pg_notify('job_' || 'state_changed', payload);",
        "EXECUTE 'SELECT pg_notify(''job_state_changed'', $1)' USING payload;",
    ],
)
def test_what_is_not_there_or_not_readable_is_no_channel(source: str) -> None:
    assert meaning(source).channels == frozenset()


def test_dashes_inside_quotes_are_no_comment() -> None:
    assert meaning("RAISE NOTICE '-- done --'; PERFORM pg_notify('a', 'b');").channels == {"a"}


def test_a_bracket_or_a_key_inside_a_literal_is_neither() -> None:
    does = meaning(
        "PERFORM pg_notify('a'::text, json_build_object('job_id', 'x) ''status'', ', 'step', 1)::text)"
    )
    assert does.channels == {"a"}
    assert does.keys is not None and {"job_id", "step"} <= does.keys and "status" not in does.keys


def test_edition_1_0_0_is_told_by_its_condition() -> None:
    old = "IF OLD.status IS DISTINCT FROM NEW.status THEN PERFORM pg_notify('c', ''); END IF;"
    assert not meaning(old).on_touch
    assert meaning(old.replace("OLD.status", "OLD.updated_at")).on_touch


def test_a_difference_is_shown_from_found_to_needed() -> None:
    body = reference_function(VARIANT_NOTIFY).split("$$")[1]
    shown = difference(VARIANT_NOTIFY, body.replace("'job_variant_state_changed'", "'elsewhere'"))
    assert "--- found" in shown and "+++ needed" in shown
    assert any(line.startswith("-") and "elsewhere" in line for line in shown.splitlines())
