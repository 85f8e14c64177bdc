"""Picture intake: bytes to a checked, upright picture without metadata.

A file is judged by decoding it, never by its name or by what a browser calls it.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass

from PIL import Image, ImageOps

from feedly_core.errors import PictureUnusable
from feedly_core.i18n import N_, Message, verbatim
from feedly_core.images.decoding import Damaged, NoPicture, TooManyPixels, kind_of, opened
from feedly_core.settings import Settings

FORMATS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}
"""Stored formats and their file endings: those that every service of the pipeline reads."""

ACCEPTED = {*FORMATS, "HEIF", "AVIF"}
"""Phones write the last two; they are stored as JPEG, or as PNG where they are transparent."""

SHAPES = ("RGB", "RGBA", "L", "LA", "P", "PA", "1")
"""Pillow modes that become 8-bit RGB or RGBA without changing a colour."""


@dataclass(frozen=True)
class Picture:
    """A checked picture. ``content`` is what is stored.

    ``width`` and ``height`` are upright pixels.
    """

    name: str
    content: bytes
    format: str
    width: int
    height: int

    @property
    def ending(self) -> str:
        return FORMATS[self.format]


def read_picture(content: bytes, name: str, settings: Settings) -> Picture:
    """Decode, turn upright and strip one picture file.

    PNG, JPEG, WebP, HEIC or AVIF.

    Raises :class:`PictureUnusable` with the reason: empty, another format, damaged, animated, CMYK, 16 bits a
    channel, larger than ``upload_max_mb`` or ``upload_max_megapixels``.
    """
    if not content:
        raise _unusable(name, N_("the file is empty"))
    if len(content) > settings.upload_max_mb * 1_000_000:
        raise _unusable(
            name,
            N_("it has {size:.1f} MB", size=len(content) / 1_000_000),
            N_("Choose a file of at most {limit} MB.", limit=settings.upload_max_mb),
        )
    try:
        return _decoded(content, name, settings)
    except PictureUnusable as refused:
        if not isinstance(refused, Damaged):
            raise
        raise _damaged(name) from refused
    except Exception as error:  # decoders raise whatever a damaged file leads them to
        raise _damaged(name) from error


def _decoded(content: bytes, name: str, settings: Settings) -> Picture:
    try:
        with opened(content, settings.upload_max_megapixels) as image:
            _refuse_unfaithful(image, content, name)
            kind = kind_of(image)
            image.load()
            profile = image.info.get("icc_profile")
            upright = ImageOps.exif_transpose(image)
    except NoPicture:
        raise _another_format(name) from None
    except TooManyPixels:
        raise _too_many_pixels(name, settings) from None
    stored_as = kind if kind in FORMATS else "PNG" if upright.has_transparency_data else "JPEG"
    plain = _eight_bit(upright, stored_as)
    saved = io.BytesIO()
    webp = {"quality": 95, "lossless": content[12:64].find(b"VP8L") >= 0}
    options = {"PNG": {"compress_level": 4}, "JPEG": {"quality": 95}, "WEBP": webp}
    # The colour profile says what the numbers mean, so it stays; EXIF, XMP, comments and text go.
    plain.save(saved, stored_as, icc_profile=profile, **options[stored_as])
    return Picture(name, saved.getvalue(), stored_as, plain.width, plain.height)


def _refuse_unfaithful(image: Image.Image, content: bytes, name: str) -> None:
    """Pictures whose colours we would have to guess; contrast is judged here, so guessing is no option."""
    if kind_of(image) not in ACCEPTED:
        raise _another_format(name)
    if image.format not in {"MPO", "HEIF"} and getattr(image, "n_frames", 1) > 1:
        raise _unusable(
            name, N_("it is animated"), N_("Save the one frame that you mean as a picture of its own.")
        )
    if image.mode == "CMYK":
        raise _unusable(
            name, N_("it has print colours (CMYK)"), N_("Save it as RGB (sRGB), then choose it again.")
        )
    if image.mode not in SHAPES or _bits_per_channel(image, content) > 8:
        raise _unusable(
            name, N_("it has more than 8 bits per colour"), N_("Save it with 8 bits per colour (RGB).")
        )


def _bits_per_channel(image: Image.Image, content: bytes) -> int:
    """Bit depth of a PNG from its header, because Pillow shortens 16-bit colours without a word."""
    if image.format != "PNG":
        return 8
    (depth,) = struct.unpack_from("B", content, 24)
    return int(depth)


def _eight_bit(image: Image.Image, stored_as: str) -> Image.Image:
    transparent = image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info
    mode = "RGBA" if transparent and stored_as != "JPEG" else "RGB"
    plain = image.convert(mode)
    plain.info = {}
    return plain


def _damaged(name: str) -> PictureUnusable:
    return _unusable(
        name,
        N_("it is damaged or cut off"),
        N_("Export or download the picture again, then choose the new file."),
    )


def _another_format(name: str) -> PictureUnusable:
    return _unusable(
        name,
        N_("it is not a PNG, JPEG, WebP, HEIC or AVIF picture"),
        N_("Save the picture as PNG, JPEG or WebP; a new file name alone does not change the format."),
    )


def _too_many_pixels(name: str, settings: Settings) -> PictureUnusable:
    return _unusable(
        name,
        N_("it has too many pixels"),
        N_("Choose a picture of at most {limit} megapixels.", limit=settings.upload_max_megapixels),
    )


def _unusable(name: str, reason: Message, hint: Message | None = None) -> PictureUnusable:
    return PictureUnusable(
        N_("The picture {name} cannot be used: {reason}.", name=verbatim(name or "–"), reason=reason),
        detail=N_("Nothing was written."),
        hint=hint or N_("Choose another picture."),
    )
