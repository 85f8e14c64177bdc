"""Local stand-ins of messengers: each checks the documented wire format, and may fail as real ones do."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "right-token"
CONVERSATION = "C0123"
SECRET = "signing-secret"
Reply = tuple[int, dict[str, str], bytes]


@dataclass
class Desk:
    """What arrived, and how the server behaves. ``fault``: slow, 429, 500, closed, redirect; "" none."""

    url: str = ""
    fault: str = ""
    kept: list[Any] = field(default_factory=list)
    files: list[bytes] = field(default_factory=list)
    uploads: dict[str, tuple[str, int]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    """Requests that break the documented format."""
    requests: int = 0
    hold_at: int = 0
    """The number of the request that is answered only when ``go_on`` is set."""
    go_on: threading.Event = field(default_factory=threading.Event)


@contextmanager
def desk() -> Iterator[Desk]:
    """All messengers behind one port of this machine."""
    kept = Desk()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            kept.requests += 1
            if kept.fault == "closed":
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            if kept.fault == "slow" or kept.requests == kept.hold_at:
                kept.go_on.wait(20)
            status, headers, content = _FAULTS.get(kept.fault) or self._answer(body)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def _answer(self, body: bytes) -> Reply:
            path = urlsplit(self.path).path
            for prefix, answer in _MESSENGERS.items():
                if path.startswith(prefix):
                    try:
                        return answer(kept, self, body)
                    except (AssertionError, KeyError, ValueError, TypeError) as error:
                        kept.wrong.append(f"{path}: {type(error).__name__} {error}")
                        return 400, {}, b"invalid_payload"
            return 404, {}, b"no_service"

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    kept.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield kept
    kept.go_on.set()
    server.shutdown()
    server.server_close()


_FAULTS: dict[str, Reply] = {
    "429": (429, {"Retry-After": "7"}, b"{}"),
    "500": (500, {}, b"oops"),
    "redirect": (302, {"Location": "http://127.0.0.1:1/"}, b""),
}


def _json(handler: BaseHTTPRequestHandler, body: bytes) -> dict[str, Any]:
    assert handler.headers["Content-Type"].startswith("application/json")
    found = json.loads(body)
    assert isinstance(found, dict)
    return found


def _told(document: object, status: int = 200) -> Reply:
    return status, {"Content-Type": "application/json"}, json.dumps(document).encode()


def _slack_blocks(asked: dict[str, Any]) -> None:
    assert asked["text"] and "<!" not in asked["text"]
    for block in asked["blocks"]:
        assert block["type"] in ("header", "section", "actions")
        if block["type"] == "actions":
            assert all(each["type"] == "button" and each["url"] for each in block["elements"])
            continue
        limit = 150 if block["type"] == "header" else 3000
        assert block["text"]["type"] == "plain_text" and 0 < len(block["text"]["text"]) <= limit


def _slack_webhook(kept: Desk, handler: BaseHTTPRequestHandler, body: bytes) -> Reply:
    if not handler.path.endswith(TOKEN):
        return 403, {}, b"invalid_token"
    asked = _json(handler, body)
    _slack_blocks(asked)
    kept.kept.append(asked)
    return 200, {}, b"ok"


def _slack_api(kept: Desk, handler: BaseHTTPRequestHandler, body: bytes) -> Reply:
    if handler.headers.get("Authorization") != f"Bearer {TOKEN}":
        return _told({"ok": False, "error": "invalid_auth"})
    method = handler.path.rpartition("/")[2]
    if method == "chat.postMessage":
        asked = _json(handler, body)
        assert asked["channel"] == CONVERSATION
        _slack_blocks(asked)
        kept.kept.append(asked)
        return _told({"ok": True, "ts": "1700000000.000100"})
    assert handler.headers["Content-Type"] == "application/x-www-form-urlencoded"
    form = {name: values[0] for name, values in parse_qs(body.decode(), strict_parsing=True).items()}
    if method == "files.getUploadURLExternal":
        file_id = f"F{len(kept.uploads)}"
        kept.uploads[file_id] = (form["filename"], int(form["length"]))
        return _told({"ok": True, "file_id": file_id, "upload_url": f"{kept.url}/slack-upload/{file_id}"})
    assert method == "files.completeUploadExternal"
    [file] = json.loads(form["files"])
    assert file["id"] in kept.uploads and form["channel_id"] == CONVERSATION
    assert form["thread_ts"] == "1700000000.000100"
    return _told({"ok": True, "files": [file]})


def _slack_upload(kept: Desk, handler: BaseHTTPRequestHandler, body: bytes) -> Reply:
    _name, length = kept.uploads[handler.path.rpartition("/")[2]]
    assert len(body) == length
    kept.files.append(body)
    return 200, {}, b"OK"


def _content(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


def _discord(kept: Desk, handler: BaseHTTPRequestHandler, body: bytes) -> Reply:
    parts = urlsplit(handler.path)
    if not parts.path.endswith(TOKEN):
        return _told({"message": "Invalid Webhook Token", "code": 50027}, 401)
    assert parse_qs(parts.query)["wait"] == ["true"]
    if handler.headers["Content-Type"].startswith("multipart/form-data"):
        head = f"Content-Type: {handler.headers['Content-Type']}\r\n\r\n".encode()
        named = {
            str(part.get_param("name", header="Content-Disposition")): part
            for part in message_from_bytes(head + body).walk()
            if not part.is_multipart()
        }
        asked = json.loads(_content(named.pop("payload_json")))
        assert sorted(named) == [f"files[{each['id']}]" for each in asked["attachments"]]
        for number, part in enumerate(named.values()):
            assert part.get_filename() == asked["attachments"][number]["filename"]
            kept.files.append(_content(part))
    else:
        asked = _json(handler, body)
    assert asked["allowed_mentions"] == {"parse": []}
    [embed] = asked["embeds"]
    assert 0 < len(embed["title"]) <= 256 and 0 < len(embed["description"]) <= 4096
    kept.kept.append(asked)
    return _told({"id": "1"})


def _jandi(kept: Desk, handler: BaseHTTPRequestHandler, body: bytes) -> Reply:
    if not handler.path.endswith(TOKEN):
        return _told({"code": 40052, "msg": "Invalid webhook token"}, 400)
    assert handler.headers["Accept"] == "application/vnd.tosslab.jandi-v2+json"
    asked = _json(handler, body)
    assert isinstance(asked["body"], str) and asked["body"]
    assert asked["connectColor"].startswith("#") and len(asked["connectColor"]) == 7
    assert all(set(each) <= {"title", "description", "imageUrl"} for each in asked["connectInfo"])
    kept.kept.append(asked)
    return _told({})


def _kakaowork(kept: Desk, handler: BaseHTTPRequestHandler, body: bytes) -> Reply:
    if handler.headers.get("Authorization") != f"Bearer {TOKEN}":
        return _told({"success": False, "error": {"code": "invalid_authentication", "message": "-"}})
    assert handler.path.endswith("/messages.send")
    asked = _json(handler, body)
    assert asked["conversation_id"] == CONVERSATION and asked["text"]
    for block in asked["blocks"]:
        assert block["type"] in ("header", "text", "button")
        assert 0 < len(block["text"]) <= {"header": 20, "text": 500, "button": 20}[block["type"]]
        assert not block.get("markdown")
    kept.kept.append(asked)
    return _told({"success": True, "error": None, "message": {"id": "1"}})


def _webhook(kept: Desk, handler: BaseHTTPRequestHandler, body: bytes) -> Reply:
    stamp = handler.headers["X-Feedly-Timestamp"]
    made = hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(handler.headers["X-Feedly-Signature"], f"sha256={made}"):
        return 401, {}, b"bad signature"
    assert abs(time.time() - int(stamp)) < 60
    asked = _json(handler, body)
    assert asked["id"] == handler.headers["X-Feedly-Message"]
    kept.kept.append(asked)
    return 204, {}, b""


_MESSENGERS: dict[str, Callable[[Desk, BaseHTTPRequestHandler, bytes], Reply]] = {
    "/services/": _slack_webhook,
    "/slack-upload/": _slack_upload,
    "/slack-api/": _slack_api,
    "/discord/": _discord,
    "/jandi/": _jandi,
    "/kakaowork/": _kakaowork,
    "/hook": _webhook,
    "/beat": lambda _kept, _handler, body: (200, {}, b"") if not body else (400, {}, b""),
}


@dataclass
class MailDesk:
    """``fault``: "550" and "451" refuse the mail, "closed" breaks off before the answer to it."""

    port: int = 0
    fault: str = ""
    mails: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)


@contextmanager
def mail_desk() -> Iterator[MailDesk]:
    """A mail server without TLS and sign-in."""
    kept = MailDesk()

    class Handler(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def handle(self) -> None:
            self.say("220 stand-in")
            while line := self.rfile.readline().decode().strip():
                verb = line.split(":")[0].split(" ")[0].upper()
                if verb == "DATA":
                    self.say("354 go on")
                    content = b""
                    while not content.endswith(b"\r\n.\r\n"):
                        content += self.rfile.readline()
                    if kept.fault == "closed":
                        return
                    if kept.fault:
                        self.say(f"{kept.fault} no")
                        continue
                    kept.mails.append(content[:-5])
                elif verb == "RCPT":
                    kept.recipients.append(line)
                self.say({"EHLO": "250-stand-in\r\n250 8BITMIME", "QUIT": "221 bye"}.get(verb, "250 ok"))

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_args: None  # type: ignore[method-assign]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    kept.port = server.server_address[1]
    yield kept
    server.shutdown()
    server.server_close()
