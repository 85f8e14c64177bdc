"""Files behind asset URLs: found, refused, damaged, too large; thumbnails and their cache."""

from __future__ import annotations

import functools
import io
import os
import struct
import threading
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from feedly_core.errors import PictureUnusable
from feedly_core.images.assets import MAX_BYTES, Unavailable, asset_path, read_asset
from feedly_core.images.decoding import decode, facts
from feedly_core.images.thumbnails import WIDTH, ThumbnailCache, picture_at, thumbnail
from feedly_core.settings import Settings, load_settings


def encoded(format_: str, size: tuple[int, int] = (640, 480), **options: object) -> bytes:
    stream = io.BytesIO()
    Image.radial_gradient("L").resize(size).convert("RGB").save(stream, format_, **options)
    return stream.getvalue()


@pytest.fixture
def here(tmp_path: Path) -> Settings:
    (tmp_path / "assets").mkdir()
    return load_settings(ASSETS_DIR=tmp_path / "assets", FEEDLY_HOME=tmp_path / "home")


def put(settings: Settings, rest: str, content: bytes) -> str:
    assert settings.assets_dir is not None
    path = settings.assets_dir / rest
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return f"/assets/{rest}"


def reason(found: bytes | Unavailable) -> str:
    assert isinstance(found, Unavailable)
    return str(found.reason)


def test_an_asset_url_is_read_below_the_folder(here: Settings) -> None:
    url = put(here, "yh/한글 이름/a b.png", b"content")
    assert read_asset(url, here) == b"content"


def test_a_missing_file_says_which_path_was_tried(here: Settings) -> None:
    found = read_asset("/assets/yh/gone.png", here)
    assert "missing" in reason(found)
    assert isinstance(found, Unavailable)
    assert found.tried == str(here.assets_dir / "yh/gone.png")  # type: ignore[operator]


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "/etc/passwd",
        "etc/passwd",
        "/assets/",
        "/assets/../secret.png",
        "/assets/a/../../secret.png",
        "/assets/..\\secret.png",
        "/assets/a\0.png",
        "file:///etc/passwd",
        "http://elsewhere/assets/a.png",
        "/opt/feedlyai/assets/a.png",
    ],
)
def test_nothing_outside_the_folder_is_read(here: Settings, tmp_path: Path, url: str | None) -> None:
    (tmp_path / "secret.png").write_bytes(b"secret")
    assert isinstance(read_asset(url, here), Unavailable)


def test_a_link_that_leaves_the_folder_is_refused(here: Settings, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(b"secret")
    assert here.assets_dir is not None
    (here.assets_dir / "link.png").symlink_to(tmp_path / "secret.png")
    (here.assets_dir / "folder").symlink_to(tmp_path)
    assert "leads out" in reason(read_asset("/assets/link.png", here))
    assert "leads out" in reason(read_asset("/assets/folder/secret.png", here))


@given(st.text(max_size=40))
def test_no_text_leads_out_of_the_folder(tmp_path_factory: pytest.TempPathFactory, rest: str) -> None:
    root = tmp_path_factory.getbasetemp() / "assets"
    found = asset_path(f"/assets/{rest}", root)
    assert isinstance(found, Unavailable) or found.is_relative_to(root.resolve())


def test_a_folder_and_a_huge_file_are_no_pictures(here: Settings) -> None:
    url = put(here, "big.png", b"")
    assert here.assets_dir is not None
    os.truncate(here.assets_dir / "big.png", MAX_BYTES + 1)
    (here.assets_dir / "folder").mkdir()
    assert "larger than" in reason(read_asset(url, here))
    assert "missing" in reason(read_asset("/assets/folder", here))


def test_without_a_folder_the_setting_is_named() -> None:
    assert "ASSETS_DIR" in reason(read_asset("/assets/a.png", load_settings()))


@pytest.fixture
def assets_over_http(tmp_path: Path) -> Settings:
    return load_settings(ASSETS_BASE_URL="http://127.0.0.1:9", FEEDLY_HOME=tmp_path)


def test_a_server_that_does_not_answer_is_a_reason(assets_over_http: Settings) -> None:
    found = read_asset("/assets/a b.png", assets_over_http)
    assert "cannot be reached" in reason(found)
    assert isinstance(found, Unavailable)
    assert found.tried == "http://127.0.0.1:9/assets/a%20b.png"


@pytest.fixture
def upstream() -> Iterator[Callable[[dict[str, bytes]], str]]:
    """Start a picture server with the given files (``->address``: a redirect); returns its address."""
    servers: list[ThreadingHTTPServer] = []

    def start(files: dict[str, bytes]) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                content = files.get(self.path)
                if content is not None and content.startswith(b"->"):
                    self.send_response(302)
                    self.send_header("Location", content[2:].decode())
                    content = b""
                else:
                    self.send_response(404 if content is None else 200)
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, *args: object) -> None:
                """Keep the test's output clean."""

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_pictures_come_over_http(upstream: Callable[[dict[str, bytes]], str], tmp_path: Path) -> None:
    base = upstream({"/assets/yh/a%20b.png": b"content"})
    settings = load_settings(ASSETS_BASE_URL=base, FEEDLY_HOME=tmp_path)
    assert read_asset("/assets/yh/a b.png", settings) == b"content"
    assert "answers 404" in reason(read_asset("/assets/gone.png", settings))


def test_a_redirect_leads_to_no_other_server(
    upstream: Callable[[dict[str, bytes]], str], tmp_path: Path
) -> None:
    inside = upstream({"/assets/secret.png": b"of another server"})
    moved = {"/assets/moved.png": b"->/assets/a.png", "/assets/a.png": b"content"}
    base = upstream({**moved, "/assets/away.png": f"->{inside}/assets/secret.png".encode()})
    settings = load_settings(ASSETS_BASE_URL=base, FEEDLY_HOME=tmp_path)
    assert read_asset("/assets/moved.png", settings) == b"content"
    assert "answers 302" in reason(read_asset("/assets/away.png", settings))


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "//169.254.169.254/assets/a.png",
        "file:///etc/passwd",
        "ftp://host/assets/a.png",
        "/assets/../../etc/passwd",
        "/assets/..\\..\\secret.png",
        "/assets/a.png\r\nHost: evil.example",
    ],
)
def test_an_address_in_a_row_never_chooses_the_server(
    url: str, upstream: Callable[[dict[str, bytes]], str], tmp_path: Path
) -> None:
    asked = load_settings(ASSETS_BASE_URL=upstream({}), FEEDLY_HOME=tmp_path)
    told = reason(read_asset(url, asked))
    assert "does not begin with /assets/" in told or "leads out of the picture folder" in told


@pytest.mark.parametrize(
    "rest", ["@evil.example/a.png", "//evil.example/a.png", "a.png?x=1#y", "%2e%2e/%2e%2e/x"]
)
def test_whatever_follows_the_prefix_stays_a_path_of_the_picture_server(
    rest: str, assets_over_http: Settings
) -> None:
    found = read_asset(f"/assets/{rest}", assets_over_http)
    assert isinstance(found, Unavailable)
    tried = urlsplit(found.tried)
    assert (tried.netloc, tried.query, tried.fragment) == ("127.0.0.1:9", "", "")
    assert tried.path.startswith("/assets/")
    assert ".." not in unquote(tried.path).split("/")


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP", "GIF"])
def test_facts_of_each_format(format_: str) -> None:
    found = facts(encoded(format_), 50)
    assert (found.width, found.height) == (640, 480)
    assert found.media_type == f"image/{format_.lower()}"


def test_a_turned_photo_is_shown_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = encoded("JPEG", exif=exif)
    assert (facts(turned, 50).width, facts(turned, 50).height) == (480, 640)
    assert decode(turned, 50).size == (480, 640)


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("keep", [0.02, 0.5, 0.9])
def test_a_file_that_ends_early_is_damaged(format_: str, keep: float) -> None:
    whole = encoded(format_)
    cut = whole[: int(len(whole) * keep)]
    for read in (facts, decode):
        with pytest.raises(PictureUnusable):
            read(cut, 50)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_picture_or_a_sentence(content: bytes) -> None:
    for start in (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"RIFF\x20\0\0\0WEBPVP8 "):
        with pytest.raises(PictureUnusable):
            facts(start + content, 50)


@pytest.mark.parametrize(
    "content",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><svg>&x;</svg>",
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"BM" + bytes(60),
        b"PK\x03\x04" + bytes(60),
    ],
    ids=["svg", "svg with an entity", "pdf", "eps", "empty bmp", "zip"],
)
def test_no_document_is_opened_as_a_picture(content: bytes) -> None:
    for read in (facts, decode):
        with pytest.raises(PictureUnusable):
            read(content, 50)


def _png(width: int, height: int, *more: tuple[bytes, bytes]) -> bytes:
    """A PNG that says it is that large, with further chunks and hardly any data."""
    header = (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    chunks = (header, *more, (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


@functools.cache
def _much() -> bytes:
    """Eighty megabytes of nothing, packed."""
    return b"bomb\0\0" + zlib.compress(bytes(80_000_000))


@pytest.mark.parametrize(
    "make_bomb",
    [
        lambda: _png(60_000, 60_000),
        lambda: _png(2**31 - 1, 2**31 - 1),
        lambda: _png(10, 10, (b"zTXt", _much())),
        lambda: _png(10, 10, (b"iCCP", _much())),
    ],
    ids=["3,600 megapixels", "overflow", "text chunk", "colour profile"],
)
def test_a_small_file_never_becomes_a_large_memory(make_bomb: Callable[[], bytes]) -> None:
    bomb = make_bomb()
    tracemalloc.start()
    try:
        for read in (facts, decode):
            with pytest.raises(PictureUnusable):
                read(bomb, 50)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_too_many_pixels_are_refused_before_decoding() -> None:
    with pytest.raises(PictureUnusable, match="more than 1 megapixels"):
        decode(encoded("PNG", (1200, 900)), 1)


@pytest.mark.parametrize("size", [(1080, 1080), (200, 150), (1080, 4000), (3, 2)])
def test_thumbnails_keep_the_shape_and_never_grow(size: tuple[int, int]) -> None:
    with Image.open(io.BytesIO(thumbnail(encoded("PNG", size), 50))) as small:
        assert small.format == "WEBP"
        assert small.width <= min(WIDTH, size[0])
        assert small.width / small.height == pytest.approx(size[0] / size[1], rel=0.02)


def test_a_page_gets_more_pixels_than_a_list(here: Settings) -> None:
    url = put(here, "a.png", encoded("PNG", (1200, 1500)))
    for name, width in (("thumb", 320), ("view", 800), ("thumb", 320)):
        with Image.open(io.BytesIO(picture_at(url, here, name).content)) as shown:  # type: ignore[arg-type]
            assert shown.size == (width, width * 5 / 4)


def test_a_thumbnail_is_made_once_and_again_for_a_new_content(here: Settings) -> None:
    url = put(here, "a.png", encoded("PNG"))
    first = picture_at(url, here, "thumb")
    cached = next((here.home / "thumbnails").rglob("*.webp"))
    cached.write_bytes(b"from the cache")
    assert picture_at(url, here, "thumb").content == b"from the cache"
    put(here, "a.png", encoded("PNG", (300, 300)))
    second = picture_at(url, here, "thumb")
    assert second.digest != first.digest
    assert second.content != b"from the cache"


def test_the_original_is_untouched(here: Settings) -> None:
    content = encoded("JPEG")
    shown = picture_at(put(here, "a.jpg", content), here, "full")
    assert (shown.content, shown.media_type) == (content, "image/jpeg")


def test_a_file_that_is_no_picture_is_not_served(here: Settings) -> None:
    url = put(here, "a.png", b"<html>")
    for size in ("thumb", "full"):
        with pytest.raises(PictureUnusable):
            picture_at(url, here, size)


def test_the_cache_forgets_the_longest_unused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedly_core.images.thumbnails._PUTS_BETWEEN_CLEANING", 1)
    cache = ThumbnailCache(tmp_path, max_bytes=1000)
    for number in range(8):
        cache.put(f"{number:02d}", bytes(100))
        os.utime(tmp_path / f"{number:02d}" / f"{number:02d}.webp", (number, number))
    assert cache.get("00") is not None
    for number in range(8, 12):
        cache.put(f"{number:02d}", bytes(100))
    assert cache.get("00") is not None
    assert cache.get("01") is None
    assert sum(path.stat().st_size for path in tmp_path.rglob("*.webp")) <= 1000


def test_a_cache_that_cannot_be_written_costs_only_itself(here: Settings) -> None:
    here.home.mkdir()
    (here.home / "thumbnails").write_text("in the way")
    url = put(here, "a.png", encoded("PNG"))
    assert picture_at(url, here, "thumb").media_type == "image/webp"
