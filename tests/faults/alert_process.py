"""A process that looks through the alert rules and sends, until it is killed. Run by the fault test."""

from __future__ import annotations

import threading
from datetime import timedelta

from dashboard.server import alert_sender
from feedly_core.alerts import outbox
from feedly_core.analytics import exclusive
from feedly_core.db.engine import make_engine
from feedly_core.live.hub import Hub
from feedly_core.settings import load_settings

if __name__ == "__main__":
    outbox.CLAIM = timedelta(seconds=3)
    exclusive.STANDBY_SECONDS = alert_sender.PAUSE_SECONDS = 0.2
    settings = load_settings()
    engine = make_engine(settings)
    hub = Hub(engine, settings)
    hub.start()
    alert_sender.AlertSender(engine, settings, hub).start()
    threading.Event().wait()
