"""Pictures on disk, where the pipeline's services look for them.

Layout: ``<ASSETS_DIR>/yh/tenants/<tenant>/<kind>/<YYYY>/<MM>/<DD>/<uuid>.<ending>`` with the date in UTC. The
file's URL is ``/assets/`` and the same path; services refuse a picture of another tenant.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from uuid import UUID, uuid4

from feedly_core.errors import InvalidInput
from feedly_core.jobs.pictures import Picture
from feedly_core.words import N_, verbatim

URL_PREFIX = "/assets/"
_PLAIN_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class StoredPicture:
    """A picture that is safely on disk. ``asset_id`` is the file's name and the later row's key."""

    asset_id: UUID
    url: str
    path: Path
    width: int
    height: int


def store(
    assets_dir: Path, tenant_id: str, kind: str, picture: Picture, asset_id: UUID, now: datetime
) -> StoredPicture:
    """Write, fsync and rename; after the return the file survives a power cut.

    ``kind`` is the folder that tells the maker (``yh_pipeline_test``). Storing the same ``asset_id`` again
    replaces the file in one step. Raises :class:`InvalidInput` when the disk refuses.
    """
    date = now.astimezone(UTC).strftime("%Y/%m/%d")
    file = f"{asset_id}.{picture.ending}"
    relative = PurePosixPath("yh", "tenants", folder_name(tenant_id), kind, date, file)
    path = assets_dir / relative
    try:
        _write_safely(path, picture.content)
    except OSError as error:
        raise InvalidInput(
            N_("The picture could not be saved below {folder}.", folder=verbatim(assets_dir)),
            meaning=N_(
                "No job was written. The system says: {reason}", reason=verbatim(error.strerror or error)
            ),
            remedy=N_("Check ASSETS_DIR, its access rights and the free space."),
        ) from error
    return StoredPicture(asset_id, URL_PREFIX + str(relative), path, picture.width, picture.height)


def remove(path: Path) -> bool:
    """Delete a file; True when it was there."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


def path_of(assets_dir: Path, url: str | None) -> Path | None:
    """The file that an ``/assets/`` URL names; None for another URL and for one that leaves the folder."""
    if not url or not url.startswith(URL_PREFIX) or "\0" in url:
        return None
    root = assets_dir.resolve()
    path = (root / url.removeprefix(URL_PREFIX)).resolve()
    return path if path.is_relative_to(root) and path != root else None


def folder_name(tenant_id: str) -> str:
    """A tenant id as one harmless folder name; ids are text of any characters and stay distinct."""
    if _PLAIN_FOLDER.fullmatch(tenant_id):
        return tenant_id
    readable = re.sub(r"[^A-Za-z0-9_-]+", "_", tenant_id)[:60].strip("_")
    return f"{readable or 'tenant'}-{hashlib.sha256(tenant_id.encode()).hexdigest()[:12]}"


def _write_safely(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
