"""E-mail over SMTP: plain text, pictures as attachments, encrypted wherever a password is sent."""

from __future__ import annotations

import smtplib
import socket
import ssl
from email.message import EmailMessage
from email.utils import formatdate
from urllib.parse import unquote, urlsplit

from feedly_core.alerts.channels.http import ANSWER_SECONDS, Reach, checked_ip
from feedly_core.alerts.channels.outgoing import DeliveryFailed, Outgoing
from feedly_core.channel_settings import AlertChannel

_PORTS = {"smtp": 587, "smtps": 465}


def letter(channel: AlertChannel, message: Outgoing) -> EmailMessage:
    """The message as a mail. One that is sent again has the same Message-ID, so that servers drop it."""
    mail = EmailMessage()
    mail["Subject"] = f"[FeedlyAI] {message.headline}: {message.sentence}"[:200]
    mail["From"], mail["To"] = channel.sender, ", ".join(channel.recipients)
    mail["Date"] = formatdate()
    mail["Message-ID"] = f"<{message.message_id}@feedly-dashboard.invalid>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("\n\n".join(filter(None, (message.text, message.link))))
    for each in message.attachments:
        mail.add_attachment(each.content, maintype="image", subtype="png", filename=each.name)
    return mail


def send(channel: AlertChannel, message: Outgoing, reach: Reach) -> None:
    """One mail to all recipients. Raises :class:`DeliveryFailed`."""
    parts = urlsplit(channel.address)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    mail, ip = letter(channel, message), checked_ip(host, port, reach)
    try:
        server = _Pinned(host, port, ip, secure=parts.scheme == "smtps")
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryFailed(f"cannot connect to {host}: {type(error).__name__}") from None
    try:
        _sign_in(server, host, unquote(parts.username or ""), unquote(parts.password or ""), reach)
        _hand_over(server, mail)
    finally:
        server.close()


def _sign_in(server: smtplib.SMTP, host: str, user: str, password: str, reach: Reach) -> None:
    try:
        server.ehlo()
        if not isinstance(server.sock, ssl.SSLSocket):
            if server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context())
                server.ehlo()
            elif user or host not in reach.private:
                raise DeliveryFailed(f"{host} offers no encryption", hopeless=True)
        if user:
            server.login(user, password)
    except smtplib.SMTPResponseException as error:
        why = f"{host} refuses the sign-in: {error.smtp_code}"
        raise DeliveryFailed(why, hopeless=error.smtp_code >= 500) from None
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryFailed(f"{host} broke off the sign-in: {type(error).__name__}") from None


def _hand_over(server: smtplib.SMTP, mail: EmailMessage) -> None:
    try:
        refused = server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        codes = {code for code, _ in error.recipients.values()}
        hopeless = all(code >= 500 for code in codes)
        raise DeliveryFailed(f"all recipients are refused: {sorted(codes)}", hopeless=hopeless) from None
    except smtplib.SMTPResponseException as error:
        why = f"the mail is refused: {error.smtp_code}"
        raise DeliveryFailed(why, hopeless=error.smtp_code >= 500) from None
    except (OSError, smtplib.SMTPException) as error:
        why = f"the mail server broke off: {type(error).__name__}"
        raise DeliveryFailed(why, uncertain=True) from None
    if refused:
        raise DeliveryFailed(f"{len(refused)} recipients are refused", hopeless=True)


class _Pinned(smtplib.SMTP):
    """Connects to the checked address; the certificate must be the host's."""

    def __init__(self, host: str, port: int, ip: str, *, secure: bool) -> None:
        self._ip, self._secure = ip, secure
        super().__init__(host, port, timeout=ANSWER_SECONDS)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        found = socket.create_connection((self._ip, port), timeout)
        if self._secure:
            return ssl.create_default_context().wrap_socket(found, server_hostname=host)
        return found
