"""A process that drives campaigns until it is killed. Run by the fault test, not by pytest."""

from __future__ import annotations

import threading
from datetime import timedelta

from feedly_core.campaigns import leases, runner
from feedly_core.campaigns.runner import CampaignRunner
from feedly_core.db.engine import make_engine
from feedly_core.golden_sets.schedule import start_due
from feedly_core.settings import load_settings

if __name__ == "__main__":
    leases.LEASE = timedelta(seconds=3)  # what a killed driver held is free the sooner
    runner.HEARTBEAT_S, runner.IDLE_S = 0.5, 0.5
    settings = load_settings()
    CampaignRunner(make_engine(settings), None, assets_dir=settings.assets_dir, duties=(start_due,)).start()
    threading.Event().wait()
