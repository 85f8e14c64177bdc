"""A process that drives group reruns until it is killed. Run by the fault test, not by pytest."""

from __future__ import annotations

import threading

from feedly_core.db.engine import make_engine
from feedly_core.failures import drive
from feedly_core.settings import load_settings

if __name__ == "__main__":
    drive.PACE_S = drive.LOOK_S = 0.1
    drive.GroupRerunDriver(make_engine(load_settings())).start()
    threading.Event().wait()
