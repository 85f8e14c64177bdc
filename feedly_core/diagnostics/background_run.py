"""Background run: cleans up after the browser is closed."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod

from feedly_core.errors import FeedlyError
from feedly_core.permissions import Person, Role, require
from feedly_core.settings import Settings

log = logging.getLogger("feedly.diagnostics")


class BackgroundRun(ABC):
    """Runs :meth:`work` once.

    ``error`` says why it could not be done.
    """

    name: str

    def __init__(self, settings: Settings, person: Person) -> None:
        """Starts at once, so set what :meth:`work` needs first. Raises :class:`PermissionDenied` before."""
        require(person, Role.OPERATOR, settings)
        self.error: FeedlyError | None = None
        self.settings, self.person = settings, person
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        """Stop watching and change nothing more. Cleaning follows at once."""
        self._stop.set()

    def stopped(self) -> bool:
        return self._stop.is_set()

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    @abstractmethod
    def work(self) -> None:
        """The run itself; asks :meth:`stopped` now and then."""

    @abstractmethod
    def broke(self) -> FeedlyError:
        """Error shown when our own code failed."""

    def _run(self) -> None:
        try:
            self.work()
        except FeedlyError as error:
            self.error = error
        except Exception:
            log.exception("The %s broke", self.name)
            self.error = self.broke()
