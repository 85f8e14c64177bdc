"""Pictures of the demo on disk, in the layout of the services (pipeline reference §8.2)."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from uuid import UUID

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from feedly_core.images.assets import URL_PREFIX, asset_path
from feedly_core.jobs.storage import folder_name

SCENE_KEY = "feedly-scene"
"""PNG text chunk with the note of what the picture shows. The simulated models read it."""

REMEMBERED = 12
"""Decoded pictures kept in memory (about 2 MB each): the steps of a variant open the same ones."""


class PictureMissing(Exception):
    """A step's picture is missing or unreadable: the service answers HTTP 400."""


class AssetStore:
    """All files below one ``ASSETS_DIR``.

    Written without fsync: a demo may lose them.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._recent: OrderedDict[str, Image.Image] = OrderedDict()
        self._lock = threading.Lock()

    def save(
        self,
        image: Image.Image,
        place: Place,
        asset_id: UUID,
        scene: Mapping[str, object] | None = None,
    ) -> str:
        """Write a PNG, return its ``/assets/`` URL.

        ``scene`` travels inside the file.
        """
        info = PngInfo()
        if scene is not None:
            info.add_itxt(SCENE_KEY, json.dumps(scene, ensure_ascii=False))
        path, url = self._target(place, f"{asset_id}.png")
        image.save(path, "PNG", compress_level=1, pnginfo=info)
        if image.mode == "RGB":
            kept = image.copy()
            kept.info = {} if scene is None else {SCENE_KEY: json.dumps(scene, ensure_ascii=False)}
            self._remember(url, kept)
        return url

    def save_json(self, document: object, place: Place, name: str) -> str:
        """Write a JSON file (plan, detections).

        The same name again replaces it, as the services do.
        """
        path, url = self._target(place, name)
        path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        return url

    def open(self, url: str | None) -> Image.Image:
        """The decoded picture (RGB), not to be drawn on.

        Its ``info`` keeps the scene.

        Raises :class:`PictureMissing`.
        """
        path = self._existing(url)
        with self._lock:
            known = self._recent.get(str(url))
        if known is not None:
            return known
        try:
            with Image.open(path) as image:
                rgb = image.convert("RGB")
                rgb.info = dict(image.info)
        except (OSError, ValueError, Image.DecompressionBombError) as error:
            raise PictureMissing(url) from error
        self._remember(str(url), rgb)
        return rgb

    def open_cutout(self, url: str | None) -> Image.Image:
        """The decoded picture with its alpha (RGBA). Raises :class:`PictureMissing`."""
        try:
            with Image.open(self._existing(url)) as image:
                return image.convert("RGBA")
        except (OSError, ValueError, Image.DecompressionBombError) as error:
            raise PictureMissing(url) from error

    def fingerprint(self, url: str | None) -> str:
        """A short hash of the file's content: the same picture makes the same made-up results."""
        try:
            return hashlib.sha256(self._existing(url).read_bytes()).hexdigest()[:16]
        except OSError as error:
            raise PictureMissing(url) from error

    def _remember(self, url: str, image: Image.Image) -> None:
        with self._lock:
            self._recent[url] = image
            if len(self._recent) > REMEMBERED:
                self._recent.popitem(last=False)

    def _existing(self, url: str | None) -> Path:
        path = asset_path(url, self.root)
        if not isinstance(path, Path) or not path.is_file():
            raise PictureMissing(url)
        return path

    def _target(self, place: Place, name: str) -> tuple[Path, str]:
        relative = place.folder / name
        path = self.root / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        return path, URL_PREFIX + str(relative)


class Place:
    """The dated folder of one part, tenant and kind.

    The date is UTC.
    """

    def __init__(self, part: str, tenant_id: str, kind: str, when: datetime) -> None:
        date = when.astimezone(UTC).strftime("%Y/%m/%d")
        self.folder = PurePosixPath(part, "tenants", folder_name(tenant_id), kind, date)


def scene_of(image: Image.Image) -> Mapping[str, object] | None:
    """The note in a picture of :meth:`AssetStore.save`.

    None for other pictures.
    """
    raw = image.info.get(SCENE_KEY)
    if not isinstance(raw, str):
        return None
    try:
        scene = json.loads(raw)
    except ValueError:
        return None
    return scene if isinstance(scene, dict) else None
