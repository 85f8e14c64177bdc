"""Channels against stand-ins that check the vendors' formats: faults, harmless text, closed hosts."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from feedly_core.alerts.channels import discord, http, jandi, kakaowork, mail, slack, webhook
from feedly_core.alerts.channels.http import Reach, checked_ip, post
from feedly_core.alerts.channels.outgoing import Attachment, DeliveryFailed, Outgoing, harmless
from feedly_core.alerts.course import Event
from feedly_core.alerts.delivery import outgoing, reach
from feedly_core.alerts.outbox import Delivery, OutMessage
from feedly_core.alerts.wording import Content
from feedly_core.channel_settings import AlertChannel
from feedly_core.diagnostics.masking import masked_settings, secrets_of
from feedly_core.errors import SettingsInvalid
from feedly_core.settings import Settings, load_settings
from tests.messengers import CONVERSATION, SECRET, TOKEN, Desk, MailDesk, desk, mail_desk

HERE = Reach(frozenset(), frozenset({"127.0.0.1"}))
NASTY = (
    "@everyone <!channel> <@U1> [무료](https://evil.example/a) **굵게** `x` https://evil.example"
    " www.evil.example"
    "\r\nBcc: all@evil.example\u202e\u200b <https://evil.example|안전>"
)
PICTURE = Attachment("job-1a2b-variant-1.png", "job 1a2b variant 1", b"\x89PNG" + b"\0\r\n--" * 50)
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def stored(
    text: str = "작업 3건이 실패했습니다", path: str = "/live_monitor", *, repeat: bool = False
) -> OutMessage:
    content = Content("새 경보", text, text, (text, "줄"), path, (), "ko")
    return OutMessage(
        uuid4(), uuid4(), Event.OPENED, "ops", content, NOW, NOW, Delivery.CLAIMED, 1, None, repeat, None
    )


def message_of(text: str = "작업 3건이 실패했습니다", *attachments: Attachment) -> Outgoing:
    known = Settings.model_construct(public_url="https://dash.example")
    return replace(outgoing(known, stored(text)), attachments=attachments)


CHANNELS = {
    "slack": (slack.send_webhook, {"url": "{}/services/T1/B1/right-token"}),
    "slack_bot": (slack.send_bot, {"url": "{}/slack-api", "token": TOKEN, "conversation": CONVERSATION}),
    "discord": (discord.send, {"url": "{}/discord/1/right-token"}),
    "jandi": (jandi.send, {"url": "{}/jandi/1/right-token"}),
    "kakaowork": (kakaowork.send, {"url": "{}/kakaowork", "token": TOKEN, "conversation": CONVERSATION}),
    "webhook": (webhook.send, {"url": "{}/hook", "secret": SECRET}),
}


@pytest.fixture(scope="module")
def server() -> Iterator[Desk]:
    with desk() as kept:
        yield kept


@pytest.fixture(autouse=True)
def _fresh(server: Desk) -> None:
    server.fault, server.kept, server.files, server.wrong = "", [], [], []


@pytest.fixture
def mails() -> Iterator[MailDesk]:
    with mail_desk() as kept:
        yield kept


def send(name: str, server: Desk, message: Outgoing, **changed: str) -> None:
    sender, fields = CHANNELS[name]
    written = {key: value.format(server.url) for key, value in {**fields, **changed}.items()}
    sender(AlertChannel(type=name, **written), message, HERE)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", CHANNELS)
def test_the_documented_format_arrives_whatever_the_text_says(name: str, server: Desk) -> None:
    for text in ("작업 3건이 실패했습니다", NASTY, "x" * 5000):
        send(name, server, message_of(text))
    assert server.wrong == [] and len(server.kept) == 3
    assert "https://dash.example/live_monitor" in str(server.kept[0])
    told = str(server.kept[1])
    assert "@everyone" not in told and "https://evil" not in told and "www.evil" not in told


@pytest.mark.parametrize("name", CHANNELS)
@pytest.mark.parametrize(
    ("fault", "hopeless", "uncertain", "after"),
    [
        ("429", False, False, 7.0),
        ("500", False, False, None),
        ("closed", False, True, None),
        ("redirect", True, False, None),
    ],
)
def test_each_fault_says_whether_another_attempt_helps(
    name: str, fault: str, hopeless: bool, uncertain: bool, after: float | None, server: Desk
) -> None:
    server.fault = fault
    with pytest.raises(DeliveryFailed) as caught:
        send(name, server, message_of())
    failure = caught.value
    assert (failure.hopeless, failure.uncertain, failure.after) == (hopeless, uncertain, after)
    assert TOKEN not in str(failure) and SECRET not in str(failure)


@pytest.mark.parametrize("name", CHANNELS)
def test_a_wrong_token_is_given_up_at_once(name: str, server: Desk) -> None:
    wrong = {
        "slack": {"url": "{}/services/T1/B1/wrong"},
        "discord": {"url": "{}/discord/1/wrong"},
        "jandi": {"url": "{}/jandi/1/wrong"},
        "webhook": {"secret": "wrong"},
    }
    with pytest.raises(DeliveryFailed) as caught:
        send(name, server, message_of(), **wrong.get(name, {"token": "wrong"}))
    assert caught.value.hopeless and not caught.value.uncertain
    assert server.kept == []


def test_a_receiver_that_never_answers_is_left(server: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "ANSWER_SECONDS", 0.2)
    server.fault = "slow"
    with pytest.raises(DeliveryFailed) as caught:
        send("jandi", server, message_of())
    assert caught.value.uncertain, "it may have arrived"
    server.go_on.set()


@pytest.mark.parametrize("name", ["slack_bot", "discord"])
def test_pictures_travel_untouched(name: str, server: Desk) -> None:
    send(name, server, message_of("실패", PICTURE, replace(PICTURE, name="job-2.png")))
    assert server.wrong == []
    assert server.files == [PICTURE.content, PICTURE.content]


def test_a_mail_has_only_our_headers_and_its_pictures(mails: MailDesk) -> None:
    channel = AlertChannel(
        type="email",  # type: ignore[arg-type]
        url=f"smtp://127.0.0.1:{mails.port}",  # type: ignore[arg-type]
        sender="FeedlyAI <alerts@example.com>",
        recipients=("team@example.com", "boss@example.com"),
    )
    mail.send(channel, message_of(NASTY, PICTURE), HERE)
    [raw] = mails.mails
    found = message_from_bytes(raw, policy=policy.default)
    assert found["Bcc"] is None and len(mails.recipients) == 2
    assert str(found["Subject"]).startswith("[FeedlyAI] 새 경보")
    assert [part.get_content() for part in found.iter_attachments()] == [PICTURE.content]
    assert "https://dash.example/live_monitor" in found.get_body().get_content()  # type: ignore[union-attr]
    for fault, hopeless, uncertain in (("550", True, False), ("451", False, False), ("closed", False, True)):
        mails.fault = fault
        with pytest.raises(DeliveryFailed) as caught:
            mail.send(channel, message_of(), HERE)
        assert (caught.value.hopeless, caught.value.uncertain) == (hopeless, uncertain)
    with pytest.raises(DeliveryFailed, match="no encryption"):
        with_password = SecretStr(f"smtp://u:p@127.0.0.1:{mails.port}")
        mail.send(channel.model_copy(update={"url": with_password}), message_of(), HERE)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=100))
def test_harmless_text_is_one_line_without_mention_or_address(text: str) -> None:
    shown = harmless(f"{text} @here see https://a.example and www.a.example a.example\r\nTo: x")
    assert len(shown.splitlines()) == 1
    for danger in ("@here", "://", "www.a", "a.example"):
        assert danger not in shown


@pytest.mark.parametrize(
    "ip",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1"),
        *(
            "224.0.0.1",
            "::1",
            "fe80::1",
            "fc00::1",
            "::ffff:10.0.0.1",
            "2002:0a00:0001::1",
            "64:ff9b::7f00:1",
        ),
    ],
)
def test_a_host_that_leads_into_the_private_network_is_refused(
    ip: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when only one of its addresses does: the next look-up might give that one."""
    entry = (socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443))
    public = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 443))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: [public, entry])
    with pytest.raises(DeliveryFailed, match="private network"):
        checked_ip("hooks.example", 443, Reach(frozenset({"hooks.example"}), frozenset()))
    assert checked_ip("hooks.example", 443, Reach(frozenset(), frozenset({"hooks.example"})))


def test_the_checked_address_is_the_one_connected_to(server: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads elsewhere at its second look-up is not looked up a second time."""
    port, asked = int(server.url.rpartition(":")[2]), []

    def look_up(host: str, *_a: object, **_k: object) -> list[object]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *a, **k: look_up(host) if host == "hook.test" else real(host, *a, **k),
    )
    body = b"{}"
    with pytest.raises(DeliveryFailed, match="answers 404"):
        post(f"http://hook.test:{port}/nowhere", body, {}, Reach(frozenset(), frozenset({"hook.test"})))
    assert asked == ["hook.test"]


@pytest.mark.parametrize(
    "address",
    [
        "http://hooks.slack.com/services/x",
        "https://hooks.slack.com.evil.example/x",
        "https://evil.example/?hooks.slack.com",
        "https://hooks.slack.com@evil.example/x",
        "https://user:pw@hooks.slack.com/x",
        "https://[::1]/x",
        "file:///etc/passwd",
        "gopher://hooks.slack.com/x",
        "https:///x",
    ],
)
def test_no_address_leads_past_the_list_of_hosts(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "create_connection", lambda *_a, **_k: pytest.fail("connected"))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: pytest.fail("looked up"))
    with pytest.raises(DeliveryFailed) as caught:
        post(address, b"", {}, Reach(frozenset({"hooks.slack.com"}), frozenset()))
    assert caught.value.hopeless


def test_a_link_begins_with_the_configured_address_or_there_is_none() -> None:
    plain = Settings.model_construct(public_url=None)
    assert outgoing(plain, stored()).link is None
    named = Settings.model_construct(public_url="https://dash.example")
    assert outgoing(named, stored(path="@evil.example/x")).link is None
    again = outgoing(named, stored(repeat=True))
    assert again.headline.startswith("새 경보 (") and again.repeat


def test_channels_of_the_environment_keep_their_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    written = '{"ops": {"type": "slack", "url": "https://hooks.slack.com/services/T/B/geheim"}}'
    monkeypatch.setenv("FEEDLY_ALERT_CHANNELS", written)
    monkeypatch.setenv("FEEDLY_ALERT_HOSTS", "a.example, B.example")
    found = load_settings()
    assert "geheim" not in repr(found) + str(masked_settings(found)) + found.model_dump_json()
    assert "https://hooks.slack.com/services/T/B/geheim" in secrets_of(found)
    assert reach(found, found.alert_channels["ops"]).hosts >= {"b.example", "hooks.slack.com"}
    for bad in (
        '{"ops": geheim}',
        '{"ops": {"type": "slack"}}',
        '{"ops": {"type": "slack", "url": "ftp://geheim"}}',
        '{"mailbox": {"type": "slack", "url": "https://geheim"}}',
        '{"ops": {"type": "jandi", "url": "https://geheim", "pictures": true}}',
        '{"ops": {"type": "slack", "url": "https://geheim", "extra": 1}}',
    ):
        monkeypatch.setenv("FEEDLY_ALERT_CHANNELS", bad)
        with pytest.raises(SettingsInvalid) as caught:
            load_settings()
        assert "FEEDLY_ALERT_CHANNELS" in str(caught.value) and "geheim" not in str(caught.value)


def test_ids_stay_the_same_over_a_repeat() -> None:
    one = stored()
    assert isinstance(one.message_id, UUID)
    known = Settings.model_construct(public_url=None)
    first, again = outgoing(known, one), outgoing(known, replace(one, repeat=True))
    assert webhook.document(first)["id"] == webhook.document(again)["id"]
    assert webhook.document(again)["repeat"] is True
