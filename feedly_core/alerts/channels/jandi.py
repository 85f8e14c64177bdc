"""JANDI: incoming webhook with a coloured area."""

from __future__ import annotations

from typing import Any

from feedly_core.alerts.channels.http import Reach, post_json
from feedly_core.alerts.channels.outgoing import Outgoing
from feedly_core.alerts.course import Event
from feedly_core.channel_settings import AlertChannel

HOSTS = ("wh.jandi.com",)
_ACCEPT = "application/vnd.tosslab.jandi-v2+json"
_COLOURS = {Event.SOLVED: "#2E7D32", Event.TEST: "#546E7A"}
_ALARM = "#C62828"
_ALIKE = str.maketrans({"[": "［", "]": "］", "*": "＊", "`": "｀", "~": "～"})
"""JANDI knows no escaping: signs of its markup are replaced by their wide twins."""


def document(message: Outgoing) -> dict[str, Any]:
    """The sentence, then what to do and what it is about. Only our own link is written as one."""
    body = f"{message.headline}: {message.sentence}".translate(_ALIKE)
    if message.link:
        body = f"{body} [[{message.link_words}]]({message.link})"
    info = []
    if message.to_do:
        info.append({"title": message.to_do.translate(_ALIKE), "description": ""})
    info += [{"title": "", "description": line.translate(_ALIKE)} for line in message.lines]
    return {"body": body, "connectColor": _COLOURS.get(message.event, _ALARM), "connectInfo": info}


def send(channel: AlertChannel, message: Outgoing, reach: Reach) -> None:
    """One message. Raises :class:`DeliveryFailed`."""
    post_json(channel.address, document(message), reach, Accept=_ACCEPT)
