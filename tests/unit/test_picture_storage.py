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
from feedly_core.images.assets import asset_path
from feedly_core.jobs.pictures import Picture
from feedly_core.jobs.storage import folder_name, place, remove, save

ASSET = UUID("11111111-2222-3333-4444-555555555555")
PICTURE = Picture("shop.png", b"content", "PNG", 4, 3)
NEW_YEAR_IN_SEOUL = datetime(2026, 1, 1, 3, 0, tzinfo=timezone(timedelta(hours=9)))


def test_file_and_url_follow_the_layout_of_the_services_with_the_date_in_utc(tmp_path: Path) -> None:
    planned = place("shop_1", "yh_pipeline_test", PICTURE, ASSET, NEW_YEAR_IN_SEOUL)
    path = save(tmp_path, planned)
    assert planned.url == f"/assets/yh/tenants/shop_1/yh_pipeline_test/2025/12/31/{ASSET}.png"
    assert path == tmp_path / planned.url.removeprefix("/assets/") == asset_path(planned.url, tmp_path)
    assert path.read_bytes() == b"content"


@given(st.text(min_size=1, max_size=255))
def test_any_tenant_id_stays_one_folder_inside(tenant: str) -> None:
    name = folder_name(tenant.encode("utf-8", "replace").decode())
    assert name not in {".", ".."} and len(name) <= 100
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


def test_different_tenants_never_share_a_folder() -> None:
    tenants = ["../../etc", ".._.._etc", "a/b", "a_b", "a b", "고객", "손님", "..", "x" * 255, "x" * 254]
    assert len({folder_name(tenant) for tenant in tenants}) == len(tenants)


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def disk_full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", disk_full)
    with pytest.raises(InvalidInput, match="No space left on device"):
        save(tmp_path, place("shop_1", "kind", PICTURE, uuid4(), datetime.now(UTC)))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="names of open files are read from /proc")
def test_file_and_every_new_folder_are_synced_before_it_is_called_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut must not lose the name either: the folder that holds a new name is synced too."""
    synced: list[Path] = []
    monkeypatch.setattr(os, "fsync", lambda number: synced.append(Path(f"/proc/self/fd/{number}").readlink()))
    path = save(tmp_path, place("shop_1", "kind", PICTURE, ASSET, NEW_YEAR_IN_SEOUL))
    assert synced[0].name.startswith(f".{path.name}"), "the content before the name"
    assert synced[1] == path.parent
    new = [folder for folder in path.parents if folder.is_relative_to(tmp_path) and folder != tmp_path]
    assert {folder.parent for folder in new} <= set(synced)
    synced.clear()
    save(tmp_path, place("shop_1", "kind", PICTURE, uuid4(), NEW_YEAR_IN_SEOUL))
    assert synced[1:] == [path.parent], "folders that were there cost nothing"


def test_removing_twice_is_harmless(tmp_path: Path) -> None:
    path = save(tmp_path, place("shop_1", "kind", PICTURE, ASSET, NEW_YEAR_IN_SEOUL))
    assert remove(path) is True
    assert remove(path) is False
