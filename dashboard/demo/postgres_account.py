"""Which account runs the embedded server: PostgreSQL refuses root, so root lends it an existing one."""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

CANDIDATES = ("postgres", "nobody")


class Identity(TypedDict, total=False):
    """Keyword arguments of :func:`subprocess.run` that choose the account."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """``is_other``: the server runs as somebody else than we do.

    Ids are that account's.
    """

    is_other: bool
    uid: int
    gid: int

    def identity(self) -> Identity:
        return Identity(user=self.uid, group=self.gid, extra_groups=[]) if self.is_other else Identity()

    def own(self, folder: Path) -> None:
        """Give the account ``folder`` itself (not what is in it)."""
        if self.is_other:
            os.chown(folder, self.uid, self.gid)

    def let_through(self, folder: Path) -> None:
        """Let the account pass through ``folder`` whatever our umask says.

        Reading it stays closed.
        """
        if self.is_other:
            folder.chmod(folder.stat().st_mode | stat.S_IXGRP | stat.S_IXOTH)

    def may_read(self, folder: Path) -> bool:
        return not self.is_other or open_to_others(folder)


def server_account() -> Account:
    """Ourselves, or for root the first existing unprivileged account."""
    if os.geteuid() != 0:
        return Account(False, os.geteuid(), os.getegid())
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(True, entry.pw_uid, entry.pw_gid)
    return Account(True, 65534, 65534)


def open_to_others(path: Path) -> bool:
    """Whether any account may enter ``path``: each existing folder on the way lets others through."""
    existing = [folder for folder in (path, *path.parents) if folder.exists()]
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in existing)
