"""A live test that outlives the browser that started it."""

from __future__ import annotations

from feedly_core.diagnostics.background_run import BackgroundRun
from feedly_core.diagnostics.context import open_scene
from feedly_core.diagnostics.probe.report import Report
from feedly_core.diagnostics.probe.run import live_test
from feedly_core.errors import FeedlyError
from feedly_core.i18n import N_
from feedly_core.permissions import Person
from feedly_core.settings import Settings


class LiveSession(BackgroundRun):
    """``report`` grows while the test runs; ``error`` says why it could not be run at all."""

    name = "live test"

    def __init__(self, settings: Settings, person: Person, follow: str | None = None) -> None:
        self.report: Report | None = None
        self._follow = follow
        super().__init__(settings, person)

    def work(self) -> None:
        with open_scene(self.settings) as scene:
            live_test(scene, self.person, follow=self._follow, tell=self._hear, stopped=self.stopped)

    def broke(self) -> FeedlyError:
        return FeedlyError(
            N_("The live test itself broke; the server's log has the details."),
            hint=N_("Its rows are removed by the next live test."),
        )

    def _hear(self, report: Report) -> None:
        self.report = report
