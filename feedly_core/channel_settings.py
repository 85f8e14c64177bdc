"""Alert channels as the environment describes them: where to, with which secret. Nothing here is shown."""

from __future__ import annotations

from enum import StrEnum
from typing import Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr, model_validator


class ChannelType(StrEnum):
    """Who receives: each has its own wire format."""

    SLACK = "slack"
    SLACK_BOT = "slack_bot"
    DISCORD = "discord"
    JANDI = "jandi"
    KAKAOWORK = "kakaowork"
    EMAIL = "email"
    WEBHOOK = "webhook"


TAKES_FILES = frozenset({ChannelType.SLACK_BOT, ChannelType.DISCORD, ChannelType.EMAIL})
"""Channels over which a picture itself can travel."""

_NEEDS: dict[ChannelType, tuple[str, ...]] = {
    ChannelType.SLACK: ("url",),
    ChannelType.SLACK_BOT: ("token", "conversation"),
    ChannelType.DISCORD: ("url",),
    ChannelType.JANDI: ("url",),
    ChannelType.KAKAOWORK: ("token", "conversation"),
    ChannelType.EMAIL: ("url", "sender", "recipients"),
    ChannelType.WEBHOOK: ("url", "secret"),
}
_SCHEMES = {ChannelType.EMAIL: ("smtp", "smtps")}


class AlertChannel(BaseModel):
    """One channel. ``url``: webhook, mail server (``smtp://user:password@host:587``), or another API address.

    ``conversation``: id of the room of a bot. ``secret``: signs the body of a webhook. ``pictures``: pictures
    may be sent over it, of tenants that are switched on too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: ChannelType
    url: SecretStr | None = None
    token: SecretStr | None = None
    conversation: str = ""
    secret: SecretStr | None = None
    sender: str = ""
    recipients: tuple[str, ...] = ()
    pictures: bool = False

    @property
    def address(self) -> str:
        """``url`` in clear, empty without one. Never log it: of a webhook it is the secret itself."""
        return self.url.get_secret_value() if self.url else ""

    @property
    def bearer(self) -> str:
        """Header with the bot's token."""
        return f"Bearer {self.token.get_secret_value() if self.token else ''}"

    @model_validator(mode="after")
    def _complete(self) -> Self:
        missing = [name for name in _NEEDS[self.type] if not getattr(self, name)]
        if missing:
            raise ValueError(f"a channel of the type {self.type} needs {', '.join(missing)}")
        if self.url is not None:
            parts = urlsplit(self.url.get_secret_value())
            schemes = _SCHEMES.get(self.type, ("http", "https"))
            if parts.scheme not in schemes or not parts.hostname:
                raise ValueError(f"its url must begin with {' or '.join(s + '://' for s in schemes)}")
        if self.pictures and self.type not in TAKES_FILES:
            raise ValueError(f"a channel of the type {self.type} takes no pictures")
        written = (self.sender, self.conversation, *self.recipients)
        if any(not part.isprintable() for part in written):
            raise ValueError("a name in it holds characters that cannot be printed")
        return self
