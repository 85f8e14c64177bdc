"""Heartbeat: a request to a watcher outside, which notices when it no longer comes."""

from __future__ import annotations

from urllib.parse import urlsplit

from feedly_core.alerts.channels.http import Reach, post
from feedly_core.settings import Settings

EVERY_SECONDS = 60.0


def beat(settings: Settings) -> None:
    """Tell the watcher that rules are looked through. Raises DeliveryFailed."""
    if settings.alert_heartbeat_url is None:
        return
    address = settings.alert_heartbeat_url.get_secret_value()
    private = frozenset(host.lower() for host in settings.alert_private_hosts)
    named = frozenset(((urlsplit(address).hostname or "").lower(),))
    post(address, b"", {"User-Agent": "feedly-dashboard"}, Reach(named, private))
