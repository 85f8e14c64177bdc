"""KakaoWork: a bot's message in one conversation."""

from __future__ import annotations

from typing import Any

from feedly_core.alerts.channels.http import Reach, post_json
from feedly_core.alerts.channels.outgoing import DeliveryFailed, Outgoing
from feedly_core.channel_settings import AlertChannel

HOSTS = ("api.kakaowork.com",)
API = "https://api.kakaowork.com/v1"
_AGAIN = frozenset({"too_many_requests", "internal_error", "internal_server_error"})


def document(message: Outgoing) -> dict[str, Any]:
    """Text blocks, in which the bot reads no markup unless it is asked to."""
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": message.headline[:20], "style": "blue"},
        *({"type": "text", "text": line[:500]} for line in message.text.split("\n")),
    ]
    if message.link:
        action = {"type": "open_system_browser", "name": "open", "value": message.link}
        words = message.link_words[:20]
        blocks.append({"type": "button", "text": words, "style": "default", "action": action})
    return {"text": f"{message.headline}: {message.sentence}"[:100], "blocks": blocks}


def send(channel: AlertChannel, message: Outgoing, reach: Reach) -> None:
    """One message. Raises :class:`DeliveryFailed`."""
    base = (channel.address or API).rstrip("/")
    asked = {"conversation_id": channel.conversation, **document(message)}
    answer = post_json(f"{base}/messages.send", asked, reach, Authorization=channel.bearer).document()
    if answer.get("success") is not True:
        error = answer.get("error")
        code = str(error.get("code", "") if isinstance(error, dict) else error)[:60]
        raise DeliveryFailed(f"KakaoWork refuses: {code}", hopeless=code not in _AGAIN)
