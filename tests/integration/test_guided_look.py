"""The guided look switches a trigger off, diagnostics finds it, and nobody leaves a demo broken."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from dashboard.demo.broken_trigger import break_trigger, restore_trigger
from feedly_core.db.engine import reading, writing
from feedly_core.errors import DemoRefused
from feedly_core.settings import Settings
from tests.waiting import wait_until


def fires(engine: Engine) -> bool:
    with reading(engine) as connection:
        enabled: bool = connection.exec_driver_sql(
            "SELECT tgenabled = 'O' FROM pg_trigger WHERE tgname = 'job_variant_state_change_trigger'"
        ).scalar_one()
    return enabled


def test_a_broken_trigger_is_put_right(engine: Engine, demo: Settings) -> None:
    timer = break_trigger(engine)
    timer.cancel()
    assert not fires(engine)
    with writing(engine) as connection:
        assert restore_trigger(connection)
        assert not restore_trigger(connection), "what somebody else switched off stays off"
    assert fires(engine)
    break_trigger(engine, seconds=0.05)
    wait_until(lambda: fires(engine), what="the trigger working again by itself")


def test_only_a_demo_is_broken(engine: Engine) -> None:
    with pytest.raises(DemoRefused):
        break_trigger(engine)
    assert fires(engine)
