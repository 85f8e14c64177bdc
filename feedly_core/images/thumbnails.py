"""Pictures by asset id: original, or a smaller cached WebP."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Literal
from uuid import UUID

from PIL import Image
from sqlalchemy import Engine, select

from feedly_core.db.engine import reading
from feedly_core.domain.tables import image_assets
from feedly_core.errors import NotFound, PictureUnusable
from feedly_core.i18n import N_
from feedly_core.images.assets import Unavailable, read_asset
from feedly_core.images.decoding import decode, for_browser
from feedly_core.settings import Settings

Size = Literal["thumb", "view", "full"]
"""Small for a list, readable for a page, the untouched original for a close look."""
WIDTHS: dict[Size, int] = {"thumb": 320, "view": 800}
"""Pixels. A page shows a picture at most 400 wide, on a screen of twice as many pixels."""
WIDTH = WIDTHS["thumb"]

_QUALITY = 80
_EVICT_TO = 0.8
_PUTS_BETWEEN_CLEANING = 64
"""Walking the folder costs 0.1 s when it is full: the limit may be exceeded by this many thumbnails."""


@dataclass(frozen=True)
class Shown:
    """Bytes for a browser.

    ``digest`` names the content and changes with it.
    """

    content: bytes
    media_type: str
    digest: str


def picture(engine: Engine, settings: Settings, asset_id: UUID, size: Size) -> Shown:
    """One asset's picture.

    Raises NotFound (no row) or PictureUnusable (no file, or no picture in it).
    """
    query = select(image_assets.c.image_url).where(image_assets.c.image_asset_id == asset_id)
    with reading(engine) as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(N_("No picture has the id {asset_id}.", asset_id=asset_id))
    return picture_at(row.image_url, settings, size)


def picture_at(url: str | None, settings: Settings, size: Size) -> Shown:
    """Like :func:`picture`, for an asset URL."""
    content = read_asset(url, settings)
    if isinstance(content, Unavailable):
        raise PictureUnusable(content.reason, detail=N_("Tried: {tried}", tried=content.tried))
    digest = hashlib.blake2b(content, digest_size=16).hexdigest()
    if size == "full":
        return Shown(*for_browser(content, settings.upload_max_megapixels), digest)
    cache = ThumbnailCache(settings.home / "thumbnails", settings.thumbnail_cache_mb * 1_000_000)
    name = f"{digest}-{WIDTHS[size]}"
    small = cache.get(name)
    if small is None:
        small = thumbnail(content, settings.upload_max_megapixels, WIDTHS[size])
        cache.put(name, small)
    return Shown(small, "image/webp", name)


def thumbnail(content: bytes, max_megapixels: int, width: int = WIDTH) -> bytes:
    """WebP of at most ``width`` pixels; never enlarged.

    At most twice as high as wide. Raises PictureUnusable.
    """
    image = decode(content, max_megapixels)
    image.thumbnail((width, 2 * width), Image.Resampling.LANCZOS, reducing_gap=2.0)
    encoded = io.BytesIO()
    image.save(encoded, "WEBP", quality=_QUALITY, method=2)
    return encoded.getvalue()


class ThumbnailCache:
    """Disk cache of small files, least recently used deleted first.

    Named by the original's content and the width.

    Several processes may share the folder: files appear whole and may vanish at any moment.
    """

    _lock = Lock()
    _puts = 0

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes

    def get(self, name: str) -> bytes | None:
        """The thumbnail, marked as just used.

        None when it must be made.
        """
        path = self._path(name)
        try:
            content = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        return content

    def put(self, name: str, content: bytes) -> None:
        """Keep a thumbnail.

        A full or unwritable disk costs only the cache, never the picture.
        """
        path = self._path(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
                file.write(content)
            Path(file.name).replace(path)
        except OSError:
            return
        with self._lock:
            if ThumbnailCache._puts % _PUTS_BETWEEN_CLEANING == 0:
                self._keep_small()
            ThumbnailCache._puts += 1

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / f"{name}.webp"

    def _keep_small(self) -> None:
        found = []
        for path in self._folder.glob("*/*"):
            with contextlib.suppress(OSError):
                state = path.stat()
                found.append((state.st_mtime, state.st_size, path))
        excess = sum(size for _, size, _ in found) - self._max_bytes
        if excess <= 0:
            return
        excess += int(self._max_bytes * (1 - _EVICT_TO))
        for _, size, path in sorted(found, key=lambda item: item[0]):
            if excess <= 0:
                return
            path.unlink(missing_ok=True)
            excess -= size
