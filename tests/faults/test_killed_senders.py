"""Two processes send alerts and one is killed in the middle: none is lost, one is sent again and says so."""

from __future__ import annotations

import json
import signal
from collections import Counter
from functools import partial

from sqlalchemy import Engine, select

from feedly_core.alerts.outbox import Delivery, recent_messages, send_test
from feedly_core.db.engine import reading
from feedly_core.db.own_schema import alert_messages
from feedly_core.settings import Settings
from tests.faults.child import child
from tests.golden_sets import BOSS
from tests.messengers import SECRET, desk
from tests.waiting import wait_until

MESSAGES = 4


def test_a_killed_sender_loses_nothing_and_one_message_says_that_it_is_a_repeat(
    engine: Engine, settings: Settings, our_schema: None
) -> None:
    with desk() as hook:
        hook.hold_at = 2
        channel = {"type": "webhook", "url": f"{hook.url}/hook", "secret": SECRET}
        channels = json.dumps({"ops": channel})
        known = Settings.model_validate(
            {**settings.model_dump(by_alias=True), "FEEDLY_ALERT_CHANNELS": {"ops": channel}}
        )
        ids = {str(send_test(engine, known, BOSS, "ops", "ko")) for _ in range(MESSAGES)}
        environment = {"FEEDLY_ALERT_CHANNELS": channels, "FEEDLY_ALERT_PRIVATE_HOSTS": "127.0.0.1"}
        sender = partial(child, "alert_process", settings, **environment)
        with sender() as first:
            wait_until(lambda: hook.requests == 2, timeout=30, what="the first process sending")
            with sender():
                first.send_signal(signal.SIGKILL)
                first.wait()
                hook.go_on.set()
                wait_until(lambda: _all_sent(engine), timeout=30, what="all messages sent")
    arrived = Counter(message["id"] for message in hook.kept)
    assert arrived.keys() == ids, "none is lost"
    assert sorted(arrived.values()) == [1] * (MESSAGES - 1) + [2], "one is sent again"
    again = [message for message in hook.kept if arrived[message["id"]] == 2]
    assert sorted(message["repeat"] for message in again) == [False, True]
    assert hook.wrong == []


def _all_sent(engine: Engine) -> bool:
    with reading(engine) as connection:
        assert connection.scalar(select(alert_messages.c.message_id).limit(1)) is not None
        return all(message.state is Delivery.SENT for message in recent_messages(connection))
