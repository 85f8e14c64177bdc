"""Slack: incoming webhook, and bot with pictures (chat.postMessage, files upload in three steps)."""

from __future__ import annotations

import json
import logging
from typing import Any
from urllib.parse import urlencode

from feedly_core.alerts.channels.http import Answer, Reach, post, post_json
from feedly_core.alerts.channels.outgoing import Attachment, DeliveryFailed, Outgoing
from feedly_core.channel_settings import AlertChannel

HOSTS = ("hooks.slack.com", "slack.com", "files.slack.com")
API = "https://slack.com/api"
_AGAIN = frozenset({"ratelimited", "internal_error", "service_unavailable", "fatal_error", "request_timeout"})
_log = logging.getLogger("feedly.alerts")


def document(message: Outgoing) -> dict[str, Any]:
    """Blocks of plain text, in which Slack reads no markup and no mention; the fallback is escaped."""
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": _plain(message.headline, 150)},
        {"type": "section", "text": _plain(message.text, 3000)},
    ]
    if message.link:
        button = {"type": "button", "text": _plain(message.link_words, 75), "url": message.link}
        blocks.append({"type": "actions", "elements": [button]})
    fallback = f"{message.headline}: {message.sentence}"
    for sign, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        fallback = fallback.replace(sign, name)
    return {"text": fallback, "mrkdwn": False, "link_names": False, "parse": "none", "blocks": blocks}


def send_webhook(channel: AlertChannel, message: Outgoing, reach: Reach) -> None:
    """One message over an incoming webhook. Raises :class:`DeliveryFailed`."""
    post_json(channel.address, document(message), reach)


def send_bot(channel: AlertChannel, message: Outgoing, reach: Reach) -> None:
    """The message, then its pictures in its thread.

    A picture that fails is only noted: the message has arrived.
    """
    sent = _call(channel, "chat.postMessage", {**document(message), "channel": channel.conversation}, reach)
    for attachment in message.attachments:
        try:
            _upload(channel, attachment, str(sent.get("ts", "")), reach)
        except DeliveryFailed as failure:
            _log.warning("a picture of an alert was not delivered: %s", failure)


def _upload(channel: AlertChannel, attachment: Attachment, thread: str, reach: Reach) -> None:
    asked = {
        "filename": attachment.name,
        "length": str(len(attachment.content)),
        "alt_txt": attachment.words,
    }
    place = _form(channel, "files.getUploadURLExternal", asked, reach)
    headers = {"Content-Type": "application/octet-stream"}
    post(str(place.get("upload_url", "")), attachment.content, headers, reach)
    files = [{"id": place.get("file_id"), "title": attachment.words}]
    done = {"files": json.dumps(files), "channel_id": channel.conversation, "thread_ts": thread}
    _form(channel, "files.completeUploadExternal", done, reach)


def _call(channel: AlertChannel, method: str, asked: dict[str, Any], reach: Reach) -> dict[str, Any]:
    return _ok(post_json(_address(channel, method), asked, reach, Authorization=channel.bearer))


def _form(channel: AlertChannel, method: str, asked: dict[str, str], reach: Reach) -> dict[str, Any]:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": channel.bearer}
    return _ok(post(_address(channel, method), urlencode(asked).encode(), headers, reach))


def _ok(answer: Answer) -> dict[str, Any]:
    """Slack answers 200 to everything; what is wrong stands in the document."""
    found = answer.document()
    if found.get("ok") is not True:
        error = str(found.get("error", "no reason"))[:60]
        raise DeliveryFailed(f"Slack refuses: {error}", hopeless=error not in _AGAIN)
    return found


def _address(channel: AlertChannel, method: str) -> str:
    return f"{(channel.address or API).rstrip('/')}/{method}"


def _plain(text: str, longest: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": text[:longest], "emoji": False}
