"""Bytes to a Pillow picture under limits: a file of the team's disk is still foreign data."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Literal

from PIL import Image, ImageOps, UnidentifiedImageError

from feedly_core.errors import PictureUnusable
from feedly_core.i18n import N_, Message

FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}
"""Readable formats and their media types."""

_ORIENTATION, _FIRST_TURNED = 0x0112, 5
"""The EXIF tag, and its first value that swaps width and height."""


@dataclass(frozen=True)
class PictureFacts:
    """What a decoded header says; ``width`` and ``height`` in pixels as shown (EXIF turned)."""

    width: int
    height: int
    media_type: str
    size_bytes: int


def decode(content: bytes, max_megapixels: int, mode: Literal["RGB", "RGBA", "L"] = "RGB") -> Image.Image:
    """The whole picture, upright. Raises :class:`PictureUnusable`: no picture, damaged, too many pixels."""
    try:
        with _opened(content, max_megapixels) as image:
            return ImageOps.exif_transpose(image).convert(mode)
    except PictureUnusable:
        raise
    except Exception as error:  # decoders raise whatever a damaged file leads them to
        raise _damaged() from error


def facts(content: bytes, max_megapixels: int) -> PictureFacts:
    """Size and format, after reading the file through cheaply. Raises :class:`PictureUnusable`.

    PNG is checked by its check sums, JPEG at an eighth of its size: either way finds a file that ends early.
    """
    try:
        with _opened(content, max_megapixels) as image:
            size, kind = image.size, str(image.format)
            if kind == "PNG":
                image.verify()  # must come first after opening; a turned PNG is unheard of
            else:
                size = size[::-1] if image.getexif().get(_ORIENTATION, 1) >= _FIRST_TURNED else size
                image.draft("RGB", (max(1, image.width // 8), max(1, image.height // 8)))
                image.load()
            return PictureFacts(*size, FORMATS[kind], len(content))
    except PictureUnusable:
        raise
    except Exception as error:
        raise _damaged() from error


def _opened(content: bytes, max_megapixels: int) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(content), formats=tuple(FORMATS))
    except UnidentifiedImageError:
        raise PictureUnusable(N_("The file is no PNG, JPEG, WebP or GIF picture.")) from None
    except Image.DecompressionBombError:
        raise _too_many_pixels(max_megapixels) from None
    if image.width * image.height > max_megapixels * 1_000_000:
        raise _too_many_pixels(max_megapixels)
    return image


def _too_many_pixels(max_megapixels: int) -> PictureUnusable:
    what: Message = N_("The picture has more than {limit} megapixels.", limit=max_megapixels)
    return PictureUnusable(
        what, hint=N_("Raise FEEDLY_UPLOAD_MAX_MEGAPIXELS if it is meant to be that large.")
    )


def _damaged() -> PictureUnusable:
    return PictureUnusable(N_("The file is damaged or cut off."))
