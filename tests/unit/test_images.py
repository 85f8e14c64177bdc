"""Files behind asset URLs: found, refused, damaged, too large; thumbnails and their cache."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

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
    """Start a picture server with the given files; returns its address."""
    servers: list[ThreadingHTTPServer] = []

    def start(files: dict[str, bytes]) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                content = files.get(self.path)
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


def test_too_many_pixels_are_refused_before_decoding() -> None:
    with pytest.raises(PictureUnusable, match="more than 1 megapixels"):
        decode(encoded("PNG", (1200, 900)), 1)


@pytest.mark.parametrize("size", [(1080, 1080), (200, 150), (1080, 4000), (3, 2)])
def test_thumbnails_keep_the_shape_and_never_grow(size: tuple[int, int]) -> None:
    with Image.open(io.BytesIO(thumbnail(encoded("PNG", size), 50))) as small:
        assert small.format == "WEBP"
        assert small.width <= min(WIDTH, size[0])
        assert small.width / small.height == pytest.approx(size[0] / size[1], rel=0.02)


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
            picture_at(url, here, size)  # type: ignore[arg-type]


def test_the_cache_forgets_the_longest_unused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedly_core.images.thumbnails._PUTS_BETWEEN_CLEANING", 1)
    cache = ThumbnailCache(tmp_path, max_bytes=1000)
    for number in range(8):
        cache.put(f"{number:02d}", bytes(100))
        os.utime(tmp_path / f"{number:02d}" / f"{number:02d}-320.webp", (number, number))
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
