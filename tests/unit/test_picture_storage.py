"""Pictures on disk: the upstream's layout, whole files only, and never outside the assets folder."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedly_core.errors import InvalidInput
from feedly_core.jobs.pictures import Picture
from feedly_core.jobs.storage import folder_name, path_of, remove, store

ASSET = UUID("11111111-2222-3333-4444-555555555555")
PICTURE = Picture("shop.png", b"content", "PNG", 4, 3)
NEW_YEAR_IN_SEOUL = datetime(2026, 1, 1, 3, 0, tzinfo=timezone(timedelta(hours=9)))


def test_file_and_url_follow_the_layout_of_the_services_with_the_date_in_utc(tmp_path: Path) -> None:
    stored = store(tmp_path, "shop_1", "yh_pipeline_test", PICTURE, ASSET, NEW_YEAR_IN_SEOUL)
    assert stored.url == f"/assets/yh/tenants/shop_1/yh_pipeline_test/2025/12/31/{ASSET}.png"
    assert stored.path == tmp_path / stored.url.removeprefix("/assets/")
    assert stored.path.read_bytes() == b"content"
    assert path_of(tmp_path, stored.url) == stored.path


@given(st.text(min_size=1, max_size=255))
def test_any_tenant_id_stays_one_folder_inside(tenant: str) -> None:
    name = folder_name(tenant.encode("utf-8", "replace").decode())
    assert name not in {".", ".."} and len(name) <= 100
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


def test_different_tenants_never_share_a_folder() -> None:
    tenants = ["../../etc", ".._.._etc", "a/b", "a_b", "a b", "고객", "손님", "..", "x" * 255, "x" * 254]
    assert len({folder_name(tenant) for tenant in tenants}) == len(tenants)


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "/assets/",
        "/assets/../secret",
        "/assets/a/../../secret",
        "/assets//etc/passwd",
        "/other/a.png",
        "http://x/assets/a.png",
        "/assets/a\0b",
    ],
)
def test_urls_that_leave_the_assets_folder_name_no_file(tmp_path: Path, url: str | None) -> None:
    assert path_of(tmp_path / "assets", url) is None


def test_a_link_out_of_the_assets_folder_names_no_file(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "out").symlink_to(tmp_path)
    assert path_of(tmp_path / "assets", "/assets/out/secret") is None


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def disk_full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", disk_full)
    with pytest.raises(InvalidInput, match="No space left on device"):
        store(tmp_path, "shop_1", "kind", PICTURE, uuid4(), datetime.now(UTC))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_removing_twice_is_harmless(tmp_path: Path) -> None:
    stored = store(tmp_path, "shop_1", "kind", PICTURE, ASSET, NEW_YEAR_IN_SEOUL)
    assert remove(stored.path) is True
    assert remove(stored.path) is False
