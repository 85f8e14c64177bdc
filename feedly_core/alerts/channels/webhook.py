"""Generic webhook: a JSON document with a signature over time and body."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

from feedly_core.alerts.channels.http import Reach, post
from feedly_core.alerts.channels.outgoing import Outgoing
from feedly_core.channel_settings import AlertChannel

VERSION = 1


def document(message: Outgoing) -> dict[str, Any]:
    """The message in fields. ``id`` stays the same when it is sent again (``repeat``)."""
    return {
        "version": VERSION,
        "id": str(message.message_id),
        "event": message.event.value,
        "repeat": message.repeat,
        "headline": message.headline,
        "sentence": message.sentence,
        "to_do": message.to_do,
        "lines": list(message.lines),
        "link": message.link,
    }


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 over ``timestamp.body``: a receiver checks it and refuses old timestamps."""
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def send(channel: AlertChannel, message: Outgoing, reach: Reach) -> None:
    """One message. Raises :class:`DeliveryFailed`."""
    body = json.dumps(document(message), ensure_ascii=False).encode()
    timestamp = str(int(datetime.now(UTC).timestamp()))
    secret = channel.secret.get_secret_value() if channel.secret else ""
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "X-Feedly-Message": str(message.message_id),
        "X-Feedly-Timestamp": timestamp,
        "X-Feedly-Signature": signature(secret, timestamp, body),
    }
    post(channel.address, body, headers, reach)
