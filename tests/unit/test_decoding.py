"""One decision for each file: what a browser shows is shown everywhere, upright and in the same colours."""

from __future__ import annotations

import io
from pathlib import Path
from uuid import uuid4

import numpy as np
import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageOps

from feedly_core.domain.boxes import Box
from feedly_core.domain.payloads.detections import read_detections
from feedly_core.images.decoding import decode, facts, for_browser
from feedly_core.images.thumbnails import picture_at, thumbnail
from feedly_core.settings import load_settings

pillow_heif.register_heif_opener()

KINDS = ("PNG", "JPEG", "MPO", "WEBP", "GIF", "AVIF", "BMP", "TIFF", "HEIF")
TURNABLE = ("PNG", "JPEG", "MPO", "WEBP", "AVIF")
MODES = {"PNG": ("RGB", "RGBA", "L", "LA", "P", "1", "I;16"), "JPEG": ("RGB", "L", "CMYK"), "MPO": ("RGB",)}


def quarters(size: tuple[int, int] = (64, 48)) -> Image.Image:
    """Red top left, else blue: any turn shows."""
    image = Image.new("RGB", size, (20, 20, 200))
    image.paste((220, 20, 20), (0, 0, size[0] // 2, size[1] // 2))
    return image


def encoded(kind: str, image: Image.Image, **options: object) -> bytes:
    stream = io.BytesIO()
    if kind == "MPO":
        options |= {"save_all": True, "append_images": [quarters((32, 24))]}
    image.save(stream, kind, **options)
    return stream.getvalue()


def turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def close(image: Image.Image, place: tuple[int, int], colour: tuple[int, int, int]) -> bool:
    return bool(np.abs(np.array(image.getpixel(place)[:3]) - np.array(colour)).max() < 40)  # type: ignore[index]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_shown_alike_as_thumbnail_in_full_and_as_evidence(kind: str, tmp_path: Path) -> None:
    content = encoded(kind, quarters())
    (tmp_path / "a.bin").write_bytes(content)
    here = load_settings(ASSETS_DIR=tmp_path, FEEDLY_HOME=tmp_path / "home")
    known, evidence = facts(content, 10), decode(content, 10)
    assert (known.width, known.height) == evidence.size == (64, 48)
    for size in ("thumb", "full"):
        shown = picture_at("/assets/a.bin", here, size)
        drawn = Image.open(io.BytesIO(shown.content)).convert("RGB")
        assert shown.media_type in {f"image/{name}" for name in ("png", "jpeg", "webp", "gif", "avif", "bmp")}
        assert close(drawn, (10, 10), (220, 20, 20)) and close(drawn, (50, 40), (20, 20, 200)), size
    assert close(evidence, (10, 10), (220, 20, 20))


@settings(max_examples=60)
@given(st.sampled_from(TURNABLE), st.integers(1, 8), st.integers(8, 40), st.integers(8, 40))
def test_a_turned_file_is_upright_everywhere_and_boxes_turn_with_it(
    kind: str, orientation: int, width: int, height: int
) -> None:
    content = encoded(kind, quarters((width * 2, height * 2)), exif=turned(orientation))
    known, upright = facts(content, 10), decode(content, 10)
    assert (known.width, known.height) == upright.size
    assert known.stored_size == (width * 2, height * 2)
    assert Image.open(io.BytesIO(thumbnail(content, 10))).size == upright.size
    red = Box(0, 0, 0.5, 0.5).turned(known.orientation)
    assert close(upright, tuple(int(part) for part in _middle(red, upright.size)), (220, 20, 20))  # type: ignore[arg-type]


def _middle(box: Box, size: tuple[int, int]) -> tuple[float, float]:
    x, y = box.center
    return x * size[0], y * size[1]


@settings(max_examples=60)
@given(
    st.integers(1, 8),
    st.tuples(st.integers(0, 30), st.integers(0, 20), st.integers(2, 30), st.integers(2, 20)),
)
def test_a_box_turns_as_the_picture_does(orientation: int, place: tuple[int, int, int, int]) -> None:
    x, y, width, height = place
    image = Image.new("L", (64, 48))
    image.paste(255, (x, y, x + width, y + height))
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(encoded("PNG", image, exif=turned(orientation)))))
    box = Box(x / 64, y / 48, width / 64, height / 48).turned(orientation)
    assert box.to_pixels(upright.size) == upright.getbbox()


@pytest.mark.parametrize(("kind", "mode"), [(kind, mode) for kind, modes in MODES.items() for mode in modes])
def test_each_way_to_store_a_pixel_keeps_light_and_dark(kind: str, mode: str) -> None:
    grey = Image.linear_gradient("L").resize((64, 64))
    if mode == "I;16":
        image = Image.fromarray(np.asarray(grey, dtype=np.uint16) * 257)
    else:
        image = (grey.convert("RGB") if mode in {"P", "CMYK"} else grey).convert(mode)
    shown = decode(encoded(kind, image), 10).convert("L")
    dark, light = shown.getpixel((32, 4)), shown.getpixel((32, 60))
    assert isinstance(dark, int | float) and isinstance(light, int | float)
    assert dark < 60 < 190 < light


def test_what_is_transparent_is_white_and_not_what_hides_below() -> None:
    hidden = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    assert decode(encoded("PNG", hidden), 10).getpixel((4, 4)) == (255, 255, 255)
    assert decode(encoded("PNG", hidden), 10, "RGBA").getpixel((4, 4))[3] == 0  # type: ignore[index]


def test_colours_are_those_that_a_browser_shows() -> None:
    plain = decode(encoded("PNG", quarters()), 10)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    same = decode(encoded("PNG", quarters(), icc_profile=srgb), 10)
    assert np.abs(np.asarray(plain, dtype=int) - np.asarray(same, dtype=int)).max() <= 1
    broken = decode(encoded("PNG", quarters(), icc_profile=b"no profile"), 10)
    assert plain.tobytes() == broken.tobytes()


def test_a_kind_that_browsers_do_not_show_is_sent_as_one_that_they_do() -> None:
    for kind in ("HEIF", "TIFF"):
        content, media_type = for_browser(encoded(kind, quarters()), 10)
        assert media_type == "image/webp" and Image.open(io.BytesIO(content)).size == (64, 48)
    png = encoded("PNG", quarters())
    assert for_browser(png, 10) == (png, "image/png")


def test_detections_lie_on_the_measured_picture_whatever_the_row_says() -> None:
    rows = [{"detection_id": uuid4(), "box": [0, 0, 2016, 1512], "label": "cake", "score": 0.9}]
    stored = read_detections(rows, (1080, 1080))
    (quarter,) = stored.on((4032, 3024)).boxes
    assert quarter.box == Box(0, 0, 0.5, 0.5)
    assert stored.on((4032, 3024)).rows == 1
