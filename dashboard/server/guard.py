"""Guard of our own routes: origin, host, login.

Streamlit's checks do not cover them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from dashboard.server import startup
from dashboard.server.exposure import ExposureRefused
from dashboard.server.logs import log_ids
from dashboard.server.sign_in import Claims, person_of
from feedly_core.errors import PermissionDenied
from feedly_core.i18n import N_
from feedly_core.permissions import Person

_log = logging.getLogger("feedly.routes")

ClaimsOf = Callable[[HTTPConnection], Claims | None]


def no_login(_connection: HTTPConnection) -> None:
    """The claims where no login is set up."""


@dataclass(frozen=True)
class Guard:
    """``claims_of`` reads the login's cookie. ``hosts`` may be asked for.

    Empty allows every host.
    """

    claims_of: ClaimsOf = no_login
    hosts: tuple[str, ...] = ()

    def refusal(self, connection: HTTPConnection) -> tuple[int, str] | None:
        """HTTP status and reason, or None when the request may go on. A refusal leaves a line in the log,
        and what the request logs later carries its ids."""
        log_ids(path=connection.url.path)
        refused = self._refusal(connection)
        if refused:
            _log.warning("refused: %s", refused[1])
        return refused

    def person(self, connection: HTTPConnection) -> Person:
        """Who asks; after :meth:`refusal` has let the request in. Raises PermissionDenied for nobody."""
        person = person_of(startup.current().settings, self.claims_of(connection), connection.headers)
        if person is None:
            raise PermissionDenied(N_("You are not signed in."), hint=N_("Sign in and try again."))
        return person

    def foreign(self, connection: HTTPConnection) -> str | None:
        """Why nobody may ask this way, whoever they are: another site's page, another host's name."""
        if not same_origin(connection):
            return "foreign origin"
        if self.hosts and (connection.url.hostname or "") not in self.hosts:
            return "unknown host"
        return "not for the network" if isinstance(startup.current().problem, ExposureRefused) else None

    def _refusal(self, connection: HTTPConnection) -> tuple[int, str] | None:
        if reason := self.foreign(connection):
            return 403, reason
        try:
            dashboard = startup.current()
            person = person_of(dashboard.settings, self.claims_of(connection), connection.headers)
        except PermissionDenied:
            return 403, "not invited"
        if person is None:
            return 401, "not signed in"
        log_ids(path=connection.url.path, viewer=person.name)
        return None


def same_origin(connection: HTTPConnection) -> bool:
    """True unless a browser says that another site's page asks.

    Only browsers send ``Origin``; a program that sends none is no forged page. The scheme is not
    compared, because a proxy may end TLS in front of us.
    """
    origin = connection.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == connection.headers.get("host")
