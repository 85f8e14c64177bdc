"""A live test in a thread of its own: it goes on, and cleans up, when the browser is closed midway."""

from __future__ import annotations

import logging
import threading

from feedly_core.access import Person, Role, require
from feedly_core.diagnostics.live_report import Report
from feedly_core.diagnostics.live_test import live_test
from feedly_core.diagnostics.scene import open_scene
from feedly_core.errors import FeedlyError
from feedly_core.settings import Settings
from feedly_core.words import N_

log = logging.getLogger(__name__)


class LiveSession:
    """``report`` grows while the test runs; ``error`` says why it could not be run at all."""

    def __init__(self, settings: Settings, person: Person, follow: str | None = None) -> None:
        """Starts at once. Raises :class:`PermissionDenied` before anything is started."""
        require(person, Role.OPERATOR, settings)
        self.report: Report | None = None
        self.error: FeedlyError | None = None
        self._settings, self._person, self._follow = settings, person, follow
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live test", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        """Watch no further; verdict and cleaning follow at once."""
        self._stop.set()

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    def _run(self) -> None:
        try:
            with open_scene(self._settings) as scene:
                live_test(
                    scene, self._person, follow=self._follow, tell=self._hear, stopped=self._stop.is_set
                )
        except FeedlyError as error:
            self.error = error
        except Exception:
            log.exception("The live test broke")
            self.error = FeedlyError(
                N_("The live test itself broke; the server's log has the details."),
                remedy=N_("Its rows are removed by the next live test."),
            )

    def _hear(self, report: Report) -> None:
        self.report = report
