"""Asset URL to bytes: from ``ASSETS_DIR`` or over HTTP, with the reason when there is no picture.

``/assets/<rest>`` means ``<ASSETS_DIR>/<rest>``, as in the services. Whatever a row of the database
says, nothing outside that folder is ever read.
"""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from feedly_core.i18n import N_, Message, verbatim
from feedly_core.settings import Settings

URL_PREFIX = "/assets/"
MAX_BYTES = 64 * 1024 * 1024
"""Larger files are no picture of this pipeline (1080 x 1080 PNG: 2 to 3 MB)."""

HTTP_SECONDS = 10.0
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class _SameServer(urllib.request.HTTPRedirectHandler):
    """Whoever can place an address in a row must not send us to another server inside the network."""

    def redirect_request(self, req: urllib.request.Request, *rest: Any) -> urllib.request.Request | None:
        there, here = urlsplit(rest[-1]), urlsplit(req.full_url)
        if there.scheme not in {"http", "https"} or there.netloc != here.netloc:
            return None
        return super().redirect_request(req, *rest)


_pictures = urllib.request.build_opener(_SameServer)


@dataclass(frozen=True)
class Unavailable:
    """No picture: a ``reason`` for people and what was ``tried`` (path or address)."""

    reason: Message
    tried: str


def read_asset(url: str | None, settings: Settings) -> bytes | Unavailable:
    """The untouched file behind an asset URL, at most ``MAX_BYTES``.

    Never raises.
    """
    rest = _checked(url)
    if isinstance(rest, Unavailable):
        return rest
    if settings.assets_base_url:
        return _fetch(settings.assets_base_url, rest)
    if settings.assets_dir is None:
        return Unavailable(
            N_("Nobody told the dashboard where pictures are: set ASSETS_DIR or ASSETS_BASE_URL."),
            f"{URL_PREFIX}{rest}",
        )
    return _read(settings.assets_dir, rest)


def place(url: str | None, settings: Settings) -> str:
    """The path or address that :func:`read_asset` tries, for people who look for the file."""
    rest = _checked(url)
    if isinstance(rest, Unavailable):
        return rest.tried
    if settings.assets_base_url:
        return _address(settings.assets_base_url, rest)
    if settings.assets_dir is None:
        return f"{URL_PREFIX}{rest}"
    path = _inside(settings.assets_dir, rest)
    return path.tried if isinstance(path, Unavailable) else str(path)


def asset_path(url: str | None, assets_dir: Path) -> Path | Unavailable:
    """The file of an asset URL, symbolic links followed.

    Refused when it lies outside ``assets_dir``.

    The file need not exist.
    """
    rest = _checked(url)
    return rest if isinstance(rest, Unavailable) else _inside(assets_dir, rest)


def _checked(url: str | None) -> str | Unavailable:
    if not url:
        return Unavailable(N_("No picture address is recorded."), "–")
    rest = url.removeprefix(URL_PREFIX)
    if not url.startswith(URL_PREFIX) or not rest or _CONTROL.search(url):
        return Unavailable(N_("The recorded address does not begin with /assets/."), url)
    if ".." in re.split(r"[/\\]", rest):
        return Unavailable(N_("The recorded address leads out of the picture folder."), url)
    return rest


def _inside(assets_dir: Path, rest: str) -> Path | Unavailable:
    root = assets_dir.resolve()
    try:
        path = (root / rest.lstrip("/")).resolve()
    except (OSError, RuntimeError):
        return Unavailable(N_("The path cannot be followed."), str(root / rest))
    if not path.is_relative_to(root):
        return Unavailable(N_("The recorded address leads out of the picture folder."), str(root / rest))
    return path


def _read(assets_dir: Path, rest: str) -> bytes | Unavailable:
    path = _inside(assets_dir, rest)
    if isinstance(path, Unavailable):
        return path
    try:
        if not path.is_file():
            return Unavailable(N_("The file is missing: deleted, moved, or on another machine."), str(path))
        if path.stat().st_size > MAX_BYTES:
            return _too_large(str(path))
        return path.read_bytes()
    except OSError as error:
        return Unavailable(N_("The file cannot be read ({reason}).", reason=error.strerror or "?"), str(path))


def _fetch(base_url: str, rest: str) -> bytes | Unavailable:
    address = _address(base_url, rest)
    if not address.startswith(("http://", "https://")):
        return Unavailable(N_("ASSETS_BASE_URL must begin with http:// or https://."), address)
    try:
        with _pictures.open(address, timeout=HTTP_SECONDS) as answer:
            content: bytes = answer.read(MAX_BYTES + 1)
    except urllib.error.HTTPError as error:
        with error:
            reason = N_("The picture server answers {status}.", status=error.code)
        return Unavailable(reason, address)
    except (OSError, ValueError) as error:
        cause = getattr(error, "reason", None) or error
        return Unavailable(
            N_("The picture server cannot be reached ({reason}).", reason=verbatim(cause)), address
        )
    return _too_large(address) if len(content) > MAX_BYTES else content


def _address(base_url: str, rest: str) -> str:
    return f"{base_url.rstrip('/')}{URL_PREFIX}{quote(rest)}"


def _too_large(tried: str) -> Unavailable:
    return Unavailable(N_("The file is larger than {limit} MB.", limit=MAX_BYTES // 1024**2), tried)
