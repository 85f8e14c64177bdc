"""Refuses other machines while there is no login.

A setting can allow them on purpose.
"""

from __future__ import annotations

import ipaddress

from feedly_core.errors import FeedlyError
from feedly_core.i18n import N_
from feedly_core.settings import Settings


class ExposureRefused(FeedlyError):
    """The server listens to the network, nobody has to sign in, and nobody said that this is meant."""


def is_local(address: str | None) -> bool:
    """Whether only this machine can reach ``address``.

    Empty means every network.
    """
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address or "0.0.0.0").is_loopback  # noqa: S104 - what empty means
    except ValueError:
        return False


def is_open_to_everybody(settings: Settings, address: str | None, has_login: bool) -> bool:
    """Whether people on the network are operators without signing in."""
    return not (is_local(address) or has_login or settings.user_header)


def check_exposure(settings: Settings, address: str | None, has_login: bool) -> None:
    """Raises :class:`ExposureRefused`."""
    if is_open_to_everybody(settings, address, has_login) and not settings.expose_without_login:
        raise ExposureRefused(
            N_("The dashboard listens to the network, but nobody has to sign in."),
            detail=N_("Everybody who reaches this address could make and remove jobs."),
            hint=N_(
                "Set up a login (secrets.toml), name the trusted proxy's header (FEEDLY_USER_HEADER), "
                "listen on 127.0.0.1, or set FEEDLY_EXPOSE_WITHOUT_LOGIN=1 if this is meant."
            ),
        )
