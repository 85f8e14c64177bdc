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
from pathlib import Path
from uuid import UUID, uuid4

from feedly_core.errors import InvalidInput
from feedly_core.i18n import N_, verbatim
from feedly_core.images.assets import URL_PREFIX
from feedly_core.jobs.pictures import Picture
from feedly_core.settings import Settings

_PLAIN_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Place:
    """Where a picture belongs.

    ``asset_id`` is the file's name and the key of its row.
    """

    asset_id: UUID
    url: str
    picture: Picture


def assets_folder(settings: Settings) -> Path:
    """The folder that new pictures go to.

    Raises :class:`InvalidInput` when none is set.
    """
    if settings.assets_dir is None:
        raise InvalidInput(
            N_("The dashboard does not know where pictures are stored."),
            detail=N_("Nothing was written."),
            hint=N_("Set ASSETS_DIR to the folder that the services read their pictures from."),
        )
    return settings.assets_dir


def place(tenant_id: str, kind: str, picture: Picture, asset_id: UUID, now: datetime) -> Place:
    """The place of a new picture.

    ``kind`` is the folder that names the maker (``yh_pipeline_test``).
    """
    date = now.astimezone(UTC).strftime("%Y/%m/%d")
    file = f"{asset_id}.{picture.ending}"
    return Place(asset_id, f"{URL_PREFIX}yh/tenants/{folder_name(tenant_id)}/{kind}/{date}/{file}", picture)


def save(assets_dir: Path, place: Place) -> Path:
    """Write, fsync and rename.

    After the return the file survives a power cut.

    Saving the same place again replaces the file in one step. Raises :class:`InvalidInput` when the disk
    refuses.
    """
    path = assets_dir / place.url.removeprefix(URL_PREFIX)
    try:
        _write_safely(path, place.picture.content)
    except OSError as error:
        raise InvalidInput(
            N_("The picture could not be saved below {folder}.", folder=verbatim(assets_dir)),
            detail=N_(
                "No job was written. The system says: {reason}", reason=verbatim(error.strerror or error)
            ),
            hint=N_("Check ASSETS_DIR, its access rights and the free space."),
        ) from error
    return path


def remove(path: Path) -> bool:
    """Delete a file; True when it was there."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


def folder_name(tenant_id: str) -> str:
    """A tenant id as one harmless folder name.

    Ids are text of any characters and stay distinct.
    """
    if _PLAIN_FOLDER.fullmatch(tenant_id):
        return tenant_id
    readable = re.sub(r"[^A-Za-z0-9_-]+", "_", tenant_id)[:60].strip("_")
    return f"{readable or 'tenant'}-{hashlib.sha256(tenant_id.encode()).hexdigest()[:12]}"


def _write_safely(path: Path, content: bytes) -> None:
    new_folders = _make_folder(path.parent)
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
    for folder in (path.parent, *(new.parent for new in new_folders)):
        _sync(folder)


def _make_folder(folder: Path) -> list[Path]:
    """Make it with its parents; returns the new ones."""
    new = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return new


def _sync(folder: Path) -> None:
    """A new name is safe only when the folder that holds it is."""
    if os.name == "posix":
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
