"""How long the simulated models think, and waiting that ends at once when the simulator stops."""

from __future__ import annotations

import threading

MODEL_SECONDS = {
    "kor_to_eng": 1.2,
    "ad_copy_eng": 1.5,
    "ad_copy_kor": 1.2,
    "gen_vlm_analyze": 2.0,
    "img_gen": 2.2,
    "vlm_analyze": 3.0,
    "yolo_detect": 1.4,
    "planner": 0.9,
    "overlay": 1.2,
    "vlm_judge": 3.2,
    "ocr_eval": 1.8,
    "readability_eval": 0.6,
    "iou_eval": 0.5,
    "ad_copy_gen_kor": 1.6,
    "instagram_feed_gen": 2.0,
}
"""Seconds per step at speed 1, ``img_gen`` per picture: a job of three variants takes about 20 s."""

REPAIR_SECONDS = 60.0
"""Interval of the service's repair of jobs that rest at (running, iou_eval)."""

RECONNECT_SECONDS = 5.0


class Stopped(Exception):
    """The simulator is being stopped: the work in hand is rolled back."""


class Pace:
    """All waiting of the simulator. ``speed`` divides every duration."""

    def __init__(self, speed: float, stop: threading.Event) -> None:
        self._speed = speed
        self._stop = stop

    def scaled(self, seconds: float) -> float:
        return seconds / self._speed

    def wait(self, seconds: float) -> None:
        """Wait ``seconds`` of simulated time.

        Raises :class:`Stopped` when the simulator stops.
        """
        if self._stop.wait(self.scaled(seconds)):
            raise Stopped
