"""One attempt to deliver a message over its channel."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Engine

from feedly_core.alerts.channels import discord, jandi, kakaowork, mail, slack, webhook
from feedly_core.alerts.channels.http import Reach
from feedly_core.alerts.channels.outgoing import Attachment, DeliveryFailed, Outgoing, harmless
from feedly_core.alerts.outbox import OutMessage
from feedly_core.alerts.pictures import pictures_of
from feedly_core.alerts.rules import MAILBOX
from feedly_core.channel_settings import AlertChannel, ChannelType
from feedly_core.i18n import N_, translate
from feedly_core.settings import Settings

_SENDERS: dict[ChannelType, tuple[Callable[[AlertChannel, Outgoing, Reach], None], tuple[str, ...]]] = {
    ChannelType.SLACK: (slack.send_webhook, slack.HOSTS),
    ChannelType.SLACK_BOT: (slack.send_bot, slack.HOSTS),
    ChannelType.DISCORD: (discord.send, discord.HOSTS),
    ChannelType.JANDI: (jandi.send, jandi.HOSTS),
    ChannelType.KAKAOWORK: (kakaowork.send, kakaowork.HOSTS),
    ChannelType.EMAIL: (mail.send, ()),
    ChannelType.WEBHOOK: (webhook.send, ()),
}
"""How to send, and the vendor's own hosts; any other must be named in the settings."""


def deliver(engine: Engine, settings: Settings, message: OutMessage) -> None:
    """Deliver over the message's channel. Raises :class:`DeliveryFailed`.

    The mailbox is the list of messages itself: there is nothing to do.
    """
    if message.channel == MAILBOX:
        return
    channel = settings.alert_channels.get(message.channel)
    if channel is None:
        raise DeliveryFailed("the environment names no such channel", hopeless=True)
    send, _hosts = _SENDERS[channel.type]
    attachments = pictures_of(engine, settings, channel, message)
    send(channel, outgoing(settings, message, attachments), reach(settings, channel))


def reach(settings: Settings, channel: AlertChannel) -> Reach:
    """The hosts that this channel may reach."""
    private = frozenset(host.lower() for host in settings.alert_private_hosts)
    named = (host.lower() for host in settings.alert_hosts)
    return Reach(frozenset((*_SENDERS[channel.type][1], *named)), private)


def outgoing(settings: Settings, message: OutMessage, attachments: tuple[Attachment, ...] = ()) -> Outgoing:
    """The message as it leaves. Its link begins with the configured address, or there is none."""
    content = message.content
    headline = content.headline
    if message.repeat:
        sent_again = N_("{headline} (sent again: the first one may have arrived)", headline=headline)
        headline = translate(sent_again, content.language)
    base = settings.public_url
    return Outgoing(
        message.message_id,
        message.event,
        harmless(headline, 150),
        harmless(content.sentence),
        harmless(content.to_do),
        tuple(harmless(line) for line in content.lines),
        f"{base}{content.path}" if base and content.path.startswith("/") else None,
        translate(N_("Open in the dashboard"), content.language),
        message.repeat,
        attachments,
    )
