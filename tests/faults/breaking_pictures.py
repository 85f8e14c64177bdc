"""Ways to break the folder of pictures in a healthy world, and what a person does about it."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.faults.small_disk import BALLAST, small_disk
from tests.faults.world import World


@contextmanager
def assets_missing(world: World) -> Iterator[None]:
    world.assets.rmdir()
    yield


@contextmanager
def assets_unset(world: World) -> Iterator[None]:
    del world.variables["ASSETS_DIR"]
    yield


def assets_set(world: World) -> None:
    """The printed folder is the usual one; this world keeps its pictures elsewhere."""
    world.variables["ASSETS_DIR"] = world.folder / "assets"


@contextmanager
def disk_full(world: World) -> Iterator[None]:
    """ASSETS_DIR on a disk of its own without a byte left."""
    with small_disk(world.assets, megabytes=150) as disk:
        if disk is None:
            pytest.skip("a disk of its own cannot be mounted here")
        disk.fill()
        yield


def disk_cleared(world: World) -> None:
    (world.assets / BALLAST).unlink()


@contextmanager
def quota_used_up(world: World) -> Iterator[None]:
    """The disk has room, yet a file of a picture's size is refused: what a quota does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def quota_raised(world: World) -> None:
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


@contextmanager
def files_gone(world: World) -> Iterator[None]:
    world.sql("INSERT INTO image_assets (image_type, image_url) VALUES ('generated', '/assets/yh/gone.png')")
    yield


def files_back(world: World) -> None:
    (world.assets / "yh").mkdir()
    (world.assets / "yh" / "gone.png").write_bytes(b"picture")
