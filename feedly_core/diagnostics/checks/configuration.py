"""Visible settings, and the folder of pictures."""

from __future__ import annotations

import errno
import shutil
import tempfile
from pathlib import Path

from sqlalchemy import select

from feedly_core.diagnostics.check import Check, CheckOutcome, Finding, Fix, Group
from feedly_core.diagnostics.context import CheckContext
from feedly_core.diagnostics.unknown_settings import unknown_settings
from feedly_core.domain.tables import image_assets
from feedly_core.i18n import N_, NN_

_URL_PREFIX = "/assets/"


def listener_flag(context: CheckContext) -> Finding:
    """ENABLE_JOB_STATE_LISTENER and the reconnect delay, if this process was given them."""
    flag, delay = context.settings.enable_job_state_listener, context.settings.listener_reconnect_delay
    caveat = N_(
        "It is the environment of this process: only the listener check shows what the service really does."
    )
    if flag is False:
        return Finding(
            CheckOutcome.WARNING,
            N_("ENABLE_JOB_STATE_LISTENER is switched off here."),
            cause="listener_flag_off",
            why=caveat,
            fix=Fix(
                N_("If the service reads the same file, switch it on and restart the service."),
                command="ENABLE_JOB_STATE_LISTENER=true",
            ),
        )
    if flag is None:
        return Finding(
            CheckOutcome.OK,
            N_("Not set here. The service's own defaults: listener on, reconnect after 5 s."),
            why=caveat,
        )
    return Finding(
        CheckOutcome.OK,
        N_("Listener on, reconnect after {seconds} s.", seconds=f"{5 if delay is None else delay:g}"),
        why=caveat,
    )


def assets_folder(context: CheckContext) -> Finding:
    """ASSETS_DIR exists and a picture-sized file can really be stored: quotas show only on writing."""
    folder = context.settings.assets_dir
    if folder is None:
        return _no_folder(context)
    if not folder.is_dir():
        return Finding(
            CheckOutcome.FAILED,
            N_("ASSETS_DIR names {folder}, which is not a folder.", folder=folder),
            cause="assets_dir_missing",
            why=N_("No picture can be shown, and no test job can bring its picture."),
            fix=Fix(
                N_("Create or mount the folder, or correct ASSETS_DIR and restart."),
                command=f'mkdir -p "{folder}"',
            ),
        )
    problem = None if context.settings.read_only else _write_problem(folder, context.thresholds.probe_bytes)
    if problem is not None:
        return _not_storable(folder, problem)
    return _space(context, folder)


def latest_files(context: CheckContext) -> Finding:
    """The files of the newest pictures in the database are found below ASSETS_DIR."""
    folder = context.settings.assets_dir
    if folder is None or not folder.is_dir():
        return Finding(
            CheckOutcome.UNKNOWN if context.settings.assets_base_url is None else CheckOutcome.OK,
            N_("Not looked for: there is no ASSETS_DIR on this machine."),
            cause="" if context.settings.assets_base_url else "no_assets_dir",
        )
    newest = (
        select(image_assets.c.image_url)
        .where(image_assets.c.image_url.startswith(_URL_PREFIX))
        .order_by(image_assets.c.created_at.desc())
        .limit(context.thresholds.latest_assets)
    )
    with context.reading() as connection:
        urls = list(connection.scalars(newest))
    missing = [url for url in urls if not (folder / url.removeprefix(_URL_PREFIX)).is_file()]
    if not missing:
        return Finding(
            CheckOutcome.OK, N_("The files of the newest {count} pictures are there.", count=len(urls))
        )
    return Finding(
        CheckOutcome.FAILED if len(missing) == len(urls) else CheckOutcome.WARNING,
        N_("{missing} of the newest {count} pictures have no file.", missing=len(missing), count=len(urls)),
        cause="files_missing",
        why=N_(
            "ASSETS_DIR points to another machine's or another environment's folder, or files were removed."
        ),
        fix=Fix(
            N_("Point ASSETS_DIR at the folder that the services write to, then restart."),
            command=f'ls "{folder / missing[0].removeprefix(_URL_PREFIX)}"',
        ),
        rows=((N_("Missing file"),), *((url,) for url in missing[:10])),
    )


def _no_folder(context: CheckContext) -> Finding:
    if context.settings.assets_base_url is not None:
        return Finding(
            CheckOutcome.OK,
            N_("Pictures come from {address}; there is no folder.", address=context.settings.assets_base_url),
        )
    return Finding(
        CheckOutcome.WARNING,
        N_("Neither ASSETS_DIR nor ASSETS_BASE_URL is set."),
        cause="assets_dir_unset",
        why=N_("Pages work, but show no pictures."),
        fix=Fix(
            N_("Set one of them in .env and restart."),
            command="ASSETS_DIR=/opt/feedlyai/assets",
        ),
    )


def _write_problem(folder: Path, size: int) -> OSError | None:
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".feedly-dashboard-probe-") as probe:
            probe.write(bytes(size))
            probe.flush()
    except OSError as error:
        return error
    return None


def _not_storable(folder: Path, problem: OSError) -> Finding:
    if problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return Finding(
            CheckOutcome.FAILED,
            N_(
                "A picture-sized file does not fit into {folder} ({reason}).",
                folder=folder,
                reason=problem.strerror,
            ),
            cause="disk_full",
            why=N_("The disk is full or a quota is used up: steps that write pictures fail."),
            fix=Fix(
                N_("Make room or raise the quota; see what is largest:"),
                command=f'df -h "{folder}"\nquota -s\ndu -xh "{folder}" | sort -h | tail',
            ),
        )
    return Finding(
        CheckOutcome.FAILED
        if problem.errno not in (errno.EACCES, errno.EPERM, errno.EROFS)
        else CheckOutcome.WARNING,
        N_("{folder} cannot be written to ({reason}).", folder=folder, reason=problem.strerror),
        cause="assets_dir_read_only",
        why=N_("Pictures can be shown, but no test job can bring its picture."),
        fix=Fix(
            N_("Give the dashboard's user the right to write there."),
            command=f'sudo chown -R "$(id -u):$(id -g)" "{folder}"',
        ),
    )


def _space(context: CheckContext, folder: Path) -> Finding:
    total, _, free = shutil.disk_usage(folder)
    share, gigabytes = free / total if total else 0.0, f"{free / 1e9:.1f}"
    if free < context.thresholds.disk_failed_bytes or share < context.thresholds.disk_warning:
        full = free < context.thresholds.disk_failed_bytes
        return Finding(
            CheckOutcome.FAILED if full else CheckOutcome.WARNING,
            N_(
                "Only {gb} GB ({percent}%) free in {folder}.",
                gb=gigabytes,
                percent=round(share * 100),
                folder=folder,
            ),
            cause="disk_full" if full else "disk_nearly_full",
            why=N_("Each job writes a dozen pictures; steps fail when the disk is full."),
            fix=Fix(
                N_("Make room or raise the quota; see what is largest:"),
                command=f'df -h "{folder}"\nquota -s\ndu -xh "{folder}" | sort -h | tail',
            ),
        )
    written = (
        N_("a test file was written and removed")
        if not context.settings.read_only
        else N_("read only, not written")
    )
    return Finding(
        CheckOutcome.OK,
        N_("{folder} exists, {gb} GB free; {written}.", folder=folder, gb=gigabytes, written=written),
    )


def settings_understood(context: CheckContext) -> Finding:
    """Every variable FEEDLY_… is a setting, and every entry of the lists of people can fit somebody."""
    unknown = unknown_settings(context.settings)
    if not unknown:
        return Finding(CheckOutcome.OK, N_("Every setting that is given is understood."))
    return Finding(
        CheckOutcome.WARNING,
        NN_("{n} setting is not understood.", "{n} settings are not understood.", len(unknown)),
        cause="settings_not_understood",
        why=N_("What is not understood has no effect, and the default stands instead."),
        fix=Fix(N_("Correct the environment variable or the line in .env, then start again.")),
        rows=((N_("Not understood"),), *((sentence,) for sentence in unknown)),
    )


CHECKS = (
    Check(
        "configuration.settings",
        Group.CONFIGURATION,
        N_("Settings"),
        N_("Is every setting that is given understood?"),
        settings_understood,
    ),
    Check(
        "configuration.listener",
        Group.CONFIGURATION,
        N_("Listener setting"),
        N_("Is the listener switched on, as far as it is visible here?"),
        listener_flag,
    ),
    Check(
        "configuration.assets",
        Group.CONFIGURATION,
        N_("Picture folder"),
        N_("Does ASSETS_DIR exist, and can a picture be stored there?"),
        assets_folder,
    ),
    Check(
        "configuration.files",
        Group.CONFIGURATION,
        N_("Newest pictures"),
        N_("Are the files of the newest pictures where their rows say?"),
        latest_files,
    ),
)
