"""Picture intake: what is accepted comes out upright and without metadata, all else gives a clear message."""

from __future__ import annotations

import io
import random
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from feedly_core.errors import PictureUnusable
from feedly_core.jobs.pictures import FORMATS, Picture, read_picture
from feedly_core.settings import Settings, load_settings

LIMITS = load_settings(FEEDLY_UPLOAD_MAX_MB=2, FEEDLY_UPLOAD_MAX_MEGAPIXELS=1)


def encoded(image: Image.Image, format: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def two_halves(width: int = 40, height: int = 20) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (width, height), "blue")
    image.paste("red", (0, 0, width // 2, height))
    return image


def decoded(picture: Picture) -> Image.Image:
    image = Image.open(io.BytesIO(picture.content))
    image.load()
    return image


@pytest.mark.parametrize("format", FORMATS)
def test_each_format_keeps_its_format_size_and_colours(format: str) -> None:
    picture = read_picture(encoded(two_halves(), format), "shop.png", LIMITS)
    image = decoded(picture)
    assert (picture.format, picture.width, picture.height) == (format, 40, 20)
    assert (image.format, image.size) == (format, (40, 20))
    red, _, blue = image.convert("RGB").getpixel((5, 10))  # type: ignore[misc]
    assert red > 200 and blue < 60


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_rotation_is_applied_and_personal_metadata_is_gone(format: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise
    exif[0x010F] = "Camera of Somebody"
    exif.get_ifd(0x8825)[1] = "N"
    content = encoded(two_halves(), format, exif=exif.tobytes())
    picture = read_picture(content, "phone.jpg", LIMITS)
    image = decoded(picture)
    assert image.size == (20, 40) == (picture.width, picture.height)
    red, _, blue = image.convert("RGB").getpixel((10, 5))  # type: ignore[misc]
    assert red > 200 and blue < 60, "the left half of the sensor is the top half of the picture"
    assert not image.getexif()
    assert b"Camera of Somebody" not in picture.content


def test_text_and_comments_are_gone_and_the_colour_profile_stays() -> None:
    text = PngInfo()
    text.add_text("Author", "Somebody")
    png = read_picture(encoded(two_halves(), "PNG", pnginfo=text, icc_profile=b"profile"), "a.png", LIMITS)
    jpeg = read_picture(encoded(two_halves(), "JPEG", comment=b"Somebody"), "a.jpg", LIMITS)
    assert b"Somebody" not in png.content and b"Author" not in png.content
    assert b"Somebody" not in jpeg.content
    assert decoded(png).info["icc_profile"] == b"profile"


def test_a_lossless_webp_stays_as_it_was_to_the_pixel() -> None:
    content = encoded(NOISE, "WEBP", lossless=True)
    assert decoded(read_picture(content, "shop.webp", LIMITS)).tobytes() == NOISE.tobytes()


def test_transparency_survives_in_png() -> None:
    picture = read_picture(encoded(Image.new("RGBA", (4, 4), (255, 0, 0, 0)), "PNG"), "logo.png", LIMITS)
    assert decoded(picture).getpixel((0, 0)) == (255, 0, 0, 0)


def test_palette_and_grey_pictures_become_colour() -> None:
    for mode in ("P", "L", "1"):
        assert (
            decoded(read_picture(encoded(two_halves().convert(mode), "PNG"), "old.png", LIMITS)).mode == "RGB"
        )


def test_a_phone_photo_with_a_preview_behind_it_is_one_photo() -> None:
    content = encoded(two_halves(), "MPO", save_all=True, append_images=[two_halves(20, 10)])
    picture = read_picture(content, "phone.jpg", LIMITS)
    assert (picture.format, picture.width) == ("JPEG", 40)


def sixteen_bit_colour_png() -> bytes:
    """Pillow cannot write 16-bit RGB, so the file is put together chunk by chunk."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 2, 2, 16, 2, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x12\x34" * 6) * 2)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def animated(format: str) -> bytes:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue")]
    return encoded(frames[0], format, save_all=True, append_images=frames[1:], duration=50)


def png_claiming(width: int, height: int) -> bytes:
    """A tiny file whose header promises a huge picture."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    real = encoded(two_halves(), "PNG")
    checksum = struct.pack(">I", zlib.crc32(b"IHDR" + header))
    return real[:16] + header + checksum + real[33:]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"%PDF-1.7 not a picture", "not a PNG, JPEG, WebP"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a PNG, JPEG, WebP"),
        (encoded(two_halves(), "GIF"), "not a PNG, JPEG, WebP"),
        (encoded(two_halves(), "TIFF"), "not a PNG, JPEG, WebP"),
        (encoded(two_halves(400, 300), "JPEG")[:900], "damaged or cut off"),
        (animated("PNG"), "animated"),
        (animated("WEBP"), "animated"),
        (encoded(two_halves().convert("CMYK"), "JPEG"), "CMYK"),
        (encoded(Image.new("I;16", (4, 4), 40_000), "PNG"), "more than 8 bits"),
        (sixteen_bit_colour_png(), "more than 8 bits"),
        (encoded(Image.new("RGB", (1001, 1000)), "PNG"), "too many pixels"),
        (png_claiming(60_000, 60_000), "too many pixels"),
        (png_claiming(10_000, 10_000), "too many pixels"),
        (png_claiming(2_000_000, 2), "too many pixels"),
        (encoded(two_halves(), "PNG") + b"\0" * 2_000_001, "MB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_unusable_files_get_their_reason_and_a_remedy(content: bytes, reason: str) -> None:
    with pytest.raises(PictureUnusable) as refused:
        read_picture(content, "상품 사진.png", LIMITS)
    assert reason in str(refused.value.message)
    assert "상품 사진.png" in str(refused.value.message)
    assert refused.value.hint is not None


SIDES = st.integers(1, 60)
NOISE = Image.frombytes("RGB", (64, 64), random.Random(7).randbytes(64 * 64 * 3))
KINDS = ("wrong type", "cut off", "animated", "print colours", "16 bits", "huge", "bomb")


@st.composite
def unusable_files(draw: st.DrawFn) -> tuple[bytes, str]:
    """A file of one of the kinds that must be refused, in any size, and the reason that it must get."""
    width, height = draw(SIDES), draw(SIDES)
    image = two_halves(width, height)
    kind = draw(st.sampled_from(KINDS))
    if kind == "wrong type":
        other = draw(st.sampled_from(["GIF", "TIFF", "BMP", "PPM", "PDF", "ICO"]))
        return encoded(image, other), "not a PNG, JPEG, WebP"
    if kind == "cut off":
        whole = encoded(NOISE, draw(st.sampled_from(sorted(FORMATS))))
        return whole[: draw(st.integers(len(whole) // 4, len(whole) // 2))], "damaged or cut off"
    if kind == "animated":
        frames = [Image.new("RGB", (width, height), colour) for colour in ("red", "lime", "blue")]
        file = draw(st.sampled_from(["PNG", "WEBP"]))
        return encoded(frames[0], file, save_all=True, append_images=frames[1:], duration=40), "animated"
    if kind == "print colours":
        return encoded(image.convert("CMYK"), "JPEG", quality=draw(st.integers(1, 95))), "CMYK"
    if kind == "16 bits":
        grey = Image.new("I;16", (width, height), draw(st.integers(0, 65_535)))
        return encoded(grey, "PNG"), "more than 8 bits"
    if kind == "huge":
        return png_claiming(draw(st.integers(1001, 2**31 - 1)), draw(st.integers(1000, 2**31 - 1))), "pixels"
    return bomb(draw(st.sampled_from([b"zTXt", b"iCCP"])), draw(st.integers(8, 24))), ""


def bomb(kind: bytes, megabytes: int) -> bytes:
    """A small PNG with a chunk of metadata that unpacks to megabytes of zeros."""
    data = b"x\0\0" + zlib.compress(b"\0" * megabytes * 1_000_000, 9)
    chunk = struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    real = encoded(two_halves(), "PNG")
    return real[:33] + chunk + real[33:]


@settings(max_examples=120, deadline=None)
@given(unusable_files())
def test_every_kind_of_unusable_file_gets_its_reason(file: tuple[bytes, str]) -> None:
    content, reason = file
    with pytest.raises(PictureUnusable) as refused:
        read_picture(content, "사진", LIMITS)
    assert reason in str(refused.value.message) and refused.value.hint is not None


@settings(max_examples=150, deadline=None)
@given(data=st.data(), format=st.sampled_from(sorted(FORMATS)))
def test_no_damage_to_a_file_leads_to_anything_but_a_picture_or_a_message(
    data: st.DataObject, format: str
) -> None:
    content = bytearray(encoded(two_halves(), format))
    for _ in range(data.draw(st.integers(0, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    _picture_or_message(bytes(content[:cut]), LIMITS)


@settings(max_examples=100, deadline=None)
@given(
    content=st.binary(max_size=300),
    magic=st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF"]),
)
def test_arbitrary_bytes_lead_to_a_picture_or_a_message(content: bytes, magic: bytes) -> None:
    _picture_or_message(magic + content, LIMITS)


def _picture_or_message(content: bytes, limits: Settings) -> None:
    try:
        picture = read_picture(content, "file", limits)
    except PictureUnusable as refused:
        assert refused.hint is not None
    else:
        assert decoded(picture).size == (picture.width, picture.height)
        assert picture.width * picture.height <= limits.upload_max_megapixels * 1_000_000


def test_the_limits_are_settings() -> None:
    big = encoded(Image.new("RGB", (1001, 1000)), "PNG")
    assert read_picture(big, "big.png", load_settings(FEEDLY_UPLOAD_MAX_MEGAPIXELS=2)).width == 1001
