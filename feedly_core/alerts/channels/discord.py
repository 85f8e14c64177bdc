"""Discord: webhook with an embed, and pictures as files of the same request."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import uuid4

from feedly_core.alerts.channels.http import Reach, post, post_json
from feedly_core.alerts.channels.outgoing import DeliveryFailed, Outgoing
from feedly_core.channel_settings import AlertChannel

HOSTS = ("discord.com", "discordapp.com")
_MARKUP = re.compile(r"([\\*_~`|>#\[\]()<:-])")


def document(message: Outgoing) -> dict[str, Any]:
    """Nobody is mentioned whatever the text says, and each sign of its markup is escaped."""
    embed: dict[str, Any] = {
        "title": _escaped(message.headline)[:256],
        "description": "\n".join(map(_escaped, message.text.split("\n")))[:4096],
    }
    if message.link:
        embed["url"] = message.link
    return {"allowed_mentions": {"parse": []}, "embeds": [embed]}


def send(channel: AlertChannel, message: Outgoing, reach: Reach) -> None:
    """One message; Discord answers when it is kept. Raises :class:`DeliveryFailed`."""
    address = channel.address
    address += ("&" if "?" in address else "?") + "wait=true"
    if not message.attachments:
        post_json(address, document(message), reach)
        return
    boundary = uuid4().hex
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    post(address, _multipart(message, boundary), headers, reach)


def _multipart(message: Outgoing, boundary: str) -> bytes:
    if any(boundary.encode() in each.content for each in message.attachments):
        raise DeliveryFailed(
            "the boundary occurs in a picture"
        )  # once in 2^128: the next attempt has another
    asked = {
        **document(message),
        "attachments": [
            {"id": number, "filename": each.name, "description": each.words[:1024]}
            for number, each in enumerate(message.attachments)
        ],
    }
    head = f"--{boundary}\r\nContent-Disposition: form-data; name="
    parts = [
        f'{head}"payload_json"\r\nContent-Type: application/json\r\n\r\n'.encode(),
        json.dumps(asked, ensure_ascii=False).encode(),
    ]
    for number, each in enumerate(message.attachments):
        named = f'"files[{number}]"; filename="{each.name}"'
        parts += [f"\r\n{head}{named}\r\nContent-Type: image/png\r\n\r\n".encode(), each.content]
    return b"".join([*parts, f"\r\n--{boundary}--\r\n".encode()])


def _escaped(line: str) -> str:
    return _MARKUP.sub(r"\\\1", line)
