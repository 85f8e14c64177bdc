"""The one way from bytes to a picture: kind, size, orientation and colour are decided here for everybody.

Whatever a phone, a designer or a service stores and a browser shows is read. Files are foreign data:
limits come first, and a decoder may fail in any way.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from feedly_core.errors import FeedlyError, PictureUnusable
from feedly_core.i18n import N_

MEDIA_TYPES = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "AVIF": "image/avif",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
    "HEIF": "image/heic",
}
"""Readable kinds and their media types."""

SHOWN_BY_BROWSERS = frozenset(MEDIA_TYPES) - {"TIFF", "HEIF"}

_OPENERS = tuple(kind for kind in MEDIA_TYPES if kind != "HEIF")
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
_ORIENTATION = 0x0112
_FIRST_SIDEWAYS = 5
"""Values of the EXIF tag from here on swap width and height."""


class NoPicture(PictureUnusable):
    """The bytes are no picture of a readable kind."""


class Damaged(PictureUnusable):
    """The file is a picture, but not a whole one."""


class TooManyPixels(PictureUnusable):
    """The picture is larger than the limit.

    It was not decoded.
    """


_SRGB = ImageCms.createProfile("sRGB")


@dataclass(frozen=True)
class PictureFacts:
    """What a picture is.

    ``width`` and ``height`` in pixels as shown, turned by ``orientation`` (EXIF, 1 to 8).
    """

    width: int
    height: int
    media_type: str
    size_bytes: int
    orientation: int = 1

    @property
    def stored_size(self) -> tuple[int, int]:
        """Width and height of the file's own pixels, before it is turned: those that services measure in."""
        sideways = self.orientation >= _FIRST_SIDEWAYS
        return (self.height, self.width) if sideways else (self.width, self.height)


def decode(content: bytes, max_megapixels: int, mode: Literal["RGB", "RGBA", "L"] = "RGB") -> Image.Image:
    """The whole first picture of a file: upright, in sRGB.

    Without RGBA, what is transparent is white.

    Raises :class:`PictureUnusable`: no picture, damaged, too many pixels.
    """
    with opened(content, max_megapixels) as image, _decoder_errors():
        upright = ImageOps.exif_transpose(_eight_bits(image))
        if mode == "L":
            return upright.convert("L")
        colours = _in_srgb(upright)
        return colours if mode == "RGBA" else _on_white(colours)


def facts(content: bytes, max_megapixels: int) -> PictureFacts:
    """Kind, size and orientation, after reading the file through.

    Raises :class:`PictureUnusable`.

    A JPEG is read at an eighth of its size: enough to find a file that ends early.
    """
    with opened(content, max_megapixels) as image, _decoder_errors():
        size, kind = image.size, kind_of(image)
        image.draft("RGB", (max(1, image.width // 8), max(1, image.height // 8)))
        image.load()
        orientation = _orientation(image)
        shown = size[::-1] if orientation >= _FIRST_SIDEWAYS else size
        return PictureFacts(*shown, MEDIA_TYPES[kind], len(content), orientation)


@contextmanager
def opened(content: bytes, max_megapixels: int) -> Iterator[Image.Image]:
    """The file's first picture, not decoded yet. Raises :class:`PictureUnusable`."""
    heif = content[4:8] == b"ftyp" and content[8:12] in _HEIF_BRANDS
    if heif:
        _learn_heif()
    try:
        image = Image.open(io.BytesIO(content), formats=("HEIF",) if heif else _OPENERS)
    except UnidentifiedImageError:
        raise NoPicture(
            N_("The file is no picture that can be shown (PNG, JPEG, WebP, GIF, AVIF, HEIC, BMP, TIFF).")
        ) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels(max_megapixels) from None
    except Exception as error:  # decoders raise whatever a damaged file leads them to
        raise _damaged() from error
    with image:
        if image.width * image.height > max_megapixels * 1_000_000:
            raise _too_many_pixels(max_megapixels)
        yield image


def kind_of(image: Image.Image) -> str:
    """A key of :data:`MEDIA_TYPES`.

    A JPEG with further pictures behind it (MPO, of phones) is a JPEG.
    """
    return "JPEG" if image.format == "MPO" else str(image.format)


def for_browser(content: bytes, max_megapixels: int) -> tuple[bytes, str]:
    """The untouched file with its media type, or a WebP of it where browsers do not show its kind."""
    known = facts(content, max_megapixels)
    if known.media_type in {MEDIA_TYPES[kind] for kind in SHOWN_BY_BROWSERS}:
        return content, known.media_type
    encoded = io.BytesIO()
    decode(content, max_megapixels, "RGBA").save(encoded, "WEBP", quality=90)
    return encoded.getvalue(), MEDIA_TYPES["WEBP"]


def _orientation(image: Image.Image) -> int:
    value = image.getexif().get(_ORIENTATION, 1)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey with 16 bits (or more) scaled to 8: Pillow itself would cut everything bright off to white."""
    if not image.mode.startswith(("I", "F")):
        return image
    values = np.asarray(image, dtype=np.float64)
    top = 65535.0 if image.mode.startswith("I") else 1.0
    scaled = Image.fromarray((values.clip(0, top) * (255 / top)).astype(np.uint8))
    scaled.info = {name: value for name, value in image.info.items() if name == "exif"}
    return scaled


def _in_srgb(image: Image.Image) -> Image.Image:
    """RGBA in the colours that a browser shows: a wide or print profile's numbers mean others."""
    alpha = image.convert("RGBA").getchannel("A") if image.has_transparency_data else None
    profile = image.info.get("icc_profile")
    colours = image.convert("RGB") if image.mode not in {"RGB", "CMYK", "L"} else image
    if profile and colours.mode in {"RGB", "CMYK"}:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            colours = ImageCms.profileToProfile(colours, source, _SRGB, outputMode="RGB") or colours
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a broken profile is ignored, as browsers do
    colours = colours.convert("RGB")
    colours.putalpha(alpha if alpha is not None else 255)
    return colours


def _on_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGBA", image.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, image).convert("RGB")


def _learn_heif() -> None:
    """Imported for the first such file only: the decoder is large, and most teams have none."""
    import pillow_heif

    pillow_heif.register_heif_opener()


@contextmanager
def _decoder_errors() -> Iterator[None]:
    try:
        yield
    except FeedlyError:
        raise
    except Exception as error:  # decoders raise whatever a damaged file leads them to
        raise _damaged() from error


def _too_many_pixels(max_megapixels: int) -> TooManyPixels:
    return TooManyPixels(
        N_("The picture has more than {limit} megapixels.", limit=max_megapixels),
        hint=N_("Raise FEEDLY_UPLOAD_MAX_MEGAPIXELS if it is meant to be that large."),
    )


def _damaged() -> Damaged:
    return Damaged(N_("The file is damaged or cut off."))
