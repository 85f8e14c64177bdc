"""Limits of the checks and the probe, with reasons."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Thresholds:
    """Seconds unless the name says otherwise."""

    check: float = 1.0
    """A check that has not answered by then is shown as unknown: a page must open within 2 s."""

    service: float = 0.8
    """Longest wait for a health endpoint, below ``check`` so that the service is named."""
    service_slow: float = 0.5
    """A health endpoint answers in milliseconds; half a second means a starving process."""

    round_trip: float = 0.6
    """NOTIFY to LISTEN takes under a millisecond in PostgreSQL; the rest is network."""

    clock_skew: float = 2.0
    """Ages and the status "stalled" compare our clock with the database's; 2 s is below what matters."""
    clock_skew_failed: float = 60.0

    connections_warning: float = 0.80
    """Share of ``max_connections``; the team's own alert is set at 80 %."""
    connections_failed: float = 0.95

    queue_warning: float = 0.10
    """Share of the notification queue in use; it is empty in a healthy system."""
    queue_failed: float = 0.50

    lock_wait: float = 10.0
    """Nobody waits this long for a lock in normal work, model runs excepted (they hold, not wait)."""
    idle_in_transaction: float = 1800.0
    """Workers keep a transaction open while a model runs, at most 1,800 s: their HTTP time-out."""
    listener_in_transaction: float = 5.0
    """A listener inside a transaction receives nothing until it ends."""

    disk_warning: float = 0.15
    """Share of the disk that is free; the team's own alert is set at 15 %."""
    disk_failed_bytes: int = 100_000_000
    """About one job's pictures of three variants, with planner and overlay files."""
    probe_bytes: int = 1_000_000
    """Size of the file written to prove that pictures can be stored: quotas show only on writing."""
    latest_assets: int = 30

    stalled_after: float = 120.0
    """A step follows within a second; two minutes without a worker's lock means nobody came."""
    rollup_after: float = 120.0
    """The service's own repair of jobs runs every 60 s; twice that, and it did not help."""
    work_window_days: int = 7
    """How far back unfinished work is looked for: older jobs were abandoned, not lost."""

    probe_notify: float = 2.0
    """UPDATE to NOTIFY takes milliseconds; two seconds allow for a loaded network."""
    probe_taken: float = 15.0
    """A listener starts its call at once; a cold service needs a few seconds."""
    probe_taken_without_listener: float = 2.0
    """When nobody is seen listening, there is little to wait for."""
    probe_pause: float = 0.02
    """Pause between two looks at the test row's lock."""
    probe_follow: float = 600.0
    """Longest silence between two steps that the trigger probe follows: a model run takes minutes."""
    probe_cleanup: float = 1800.0
    """A worker holds the test row while its model runs, at most its HTTP time-out."""
