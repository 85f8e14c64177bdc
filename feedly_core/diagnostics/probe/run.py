"""Trigger probe: run the real UPDATE on test rows and name the broken link.

The first step shows no ``running`` in its row while a model works for minutes. "Taken on" is
therefore seen by the worker's lock on our row (a NOWAIT probe), by a change of step or status, or
by the next event, whichever comes first.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import psycopg2
from sqlalchemy import Connection, Executable, insert
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql import ClauseElement

from feedly_core.db.engine import writing
from feedly_core.db.errors import unreachable
from feedly_core.db.listening import ListenConnection
from feedly_core.diagnostics.background_run import BackgroundRun
from feedly_core.diagnostics.check import Finding
from feedly_core.diagnostics.context import CheckContext, open_context
from feedly_core.diagnostics.probe import outcome
from feedly_core.diagnostics.probe import rows as probe_rows
from feedly_core.diagnostics.probe.history import remember
from feedly_core.diagnostics.probe.report import Link, Phase, Report
from feedly_core.diagnostics.probe.watch import Clock, Stopped, Watch
from feedly_core.domain.contract import DASHBOARD_APPLICATION, PIPELINE_CHANNELS
from feedly_core.domain.pipeline import Status
from feedly_core.errors import FeedlyError, RowLocked
from feedly_core.i18n import N_
from feedly_core.permissions import Person, Role, audit, require
from feedly_core.settings import Settings

OnChange = Callable[[Report], None]


def probe_trigger(
    context: CheckContext,
    person: Person,
    *,
    follow: str | None = None,
    on_change: OnChange = lambda report: None,
    stopped: Stopped = lambda: False,
    clock: Clock = time.monotonic,
) -> Report:
    """Create rows, run the UPDATE, watch, explain, clean up.

    ``on_change`` receives every new report.

    ``follow`` names the last variant step to wait for; without it the test ends when the first step is
    taken on. ``stopped`` is asked between two looks; the rows are removed all the same. Left-overs of
    killed tests are removed first. Raises :class:`PermissionDenied` for a viewer, a read-only dashboard
    or a role without rights, :class:`DatabaseUnreachable` without a connection.
    """
    return _Run(context, person, on_change, stopped, clock).on_own_rows(follow)


def complete_waiting(
    context: CheckContext,
    person: Person,
    job_variants_id: UUID,
    *,
    on_change: OnChange = lambda report: None,
    stopped: Stopped = lambda: False,
    clock: Clock = time.monotonic,
) -> Report:
    """Pretend that image generation finished a variant that waits at (user_img_input, done), and watch.

    Events: ``job_variant_state_changed`` with (img_gen, running) and (img_gen, done), both when the one
    transaction ends; the second starts ``vlm_analyze``. The variant belongs to somebody: nothing is removed
    afterwards. Raises :class:`NotFound`, :class:`InvalidInput` when it does not wait or its job is
    finished, :class:`RowLocked` when a worker holds it, and :class:`PermissionDenied`.
    """
    return _Run(context, person, on_change, stopped, clock).on_waiting(job_variants_id)


_DIALECT = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]


class _Run:
    """One running probe; ``report`` is replaced, never changed."""

    def __init__(
        self, context: CheckContext, person: Person, on_change: OnChange, stopped: Stopped, clock: Clock
    ) -> None:
        require(person, Role.OPERATOR, context.settings)
        outcome.require_rights(context)
        self._context, self._person, self._report = context, person, on_change
        self._stopped, self._clock = stopped, clock
        self.report = Report(uuid4(), context.now(), Phase.PREPARING)

    def on_own_rows(self, follow: str | None) -> Report:
        return self._with_ear(lambda ear: self._own_rows(ear, follow))

    def on_waiting(self, job_variants_id: UUID) -> Report:
        return self._with_ear(lambda ear: self._waiting(ear, job_variants_id))

    def _with_ear(self, go: Callable[[ListenConnection], None]) -> Report:
        silent = outcome.silent_connection(self._context)
        if silent is not None:
            self._conclude(Link.CHANNEL, silent)
            self._change(cleaned=True)
        else:
            try:
                with ListenConnection(
                    self._context.listen_url, f"{DASHBOARD_APPLICATION} trigger probe", PIPELINE_CHANNELS
                ) as ear:
                    go(ear)
            except psycopg2.OperationalError as error:
                raise unreachable(str(error).strip().splitlines()[0]) from error
        self._change(phase=Phase.FINISHED)
        remember(self._context.engine, self._person, self.report)
        return self.report

    def _own_rows(self, ear: ListenConnection, follow: str | None) -> None:
        # The lock lives as long as this session does: it marks these rows as in use for the next test.
        probe_rows.hold(ear, self.report.run_id)
        self._change(removed_leftovers=remove_leftovers(self._context, ear))
        try:
            variant = self._make_rows()
            begun = probe_rows.ending_updates(variant)[1:]
            self._conclude(*self._watched(ear, variant, lambda connection: begun, follow))
        except FeedlyError as error:
            self._conclude(*outcome.write_failed(error))
        finally:
            self._change(phase=Phase.CLEANING)
            self._change(cleaned=self._clean())

    def _waiting(self, ear: ListenConnection, job_variants_id: UUID) -> None:
        def updates(connection: Connection) -> probe_rows.Updates:
            probe_rows.require_waiting(connection, job_variants_id)
            waits = {"step": "user_img_input", "status": Status.DONE}
            ends = {"step": "img_gen", "status": Status.DONE}
            audit(
                connection, self._person, "complete_waiting", str(job_variants_id), before=waits, after=ends
            )
            return probe_rows.ending_updates(job_variants_id)

        self._conclude(*self._watched(ear, job_variants_id, updates, None))
        self._change(cleaned=True)

    def _make_rows(self) -> UUID:
        folder = self._context.settings.assets_dir
        with self._context.reading() as connection:
            rows = probe_rows.plan(connection, self.report.run_id, folder, self._context.now())
        probe_rows.create(self._context.engine, rows, folder)
        self._change(borrowed_picture=rows.borrowed)
        return rows.job_variants_id

    def _watched(
        self,
        ear: ListenConnection,
        variant: UUID,
        updates: Callable[[Connection], probe_rows.Updates],
        follow: str | None,
    ) -> tuple[Link | None, Finding]:
        """``updates`` are found and run in one transaction: what they depend on cannot change in between."""
        with writing(self._context.engine) as connection:
            *before, last = updates(connection)
            for update in before:
                connection.execute(update)
            watch = Watch(self._context, ear, variant, self._clock, self._stopped)
            connection.execute(last)
        self._change(phase=Phase.FIRED)
        if watch.until_received():
            self._change(phase=Phase.RECEIVED, observed=watch.seen)
            if watch.until_taken():
                self._change(phase=Phase.TAKEN, observed=watch.seen)
                if not self._followed(watch, follow):
                    self._change(observed=watch.seen)
                    return outcome.stopped_short(self._context, watch.seen)
        self._change(observed=watch.seen)
        return outcome.explain(self._context, watch.seen)

    def _followed(self, watch: Watch, last: str | None) -> bool:
        """False when the variant fell silent before ``last``; who stops watching has seen enough."""
        while last and not watch.reached(last):
            self._change(phase=Phase.FOLLOWING, observed=watch.seen)
            if not watch.until_next_step(len(watch.seen.steps)):
                return self._stopped()
        return True

    def _clean(self) -> bool:
        end = self._clock() + self._context.thresholds.probe_cleanup
        while True:
            try:
                probe_rows.remove(self._context.engine, self.report.run_id, self._context.settings.assets_dir)
                return True
            except RowLocked:  # each attempt waits for the lock, so this loop is no busy one
                if self._clock() >= end:
                    return False
            except FeedlyError:
                return False

    def _conclude(self, broken: Link | None, finding: Finding) -> None:
        self._change(broken=broken, finding=finding)

    def _change(self, **new: Any) -> None:
        self.report = replace(self.report, **new)
        self._report(self.report)


def remove_leftovers(context: CheckContext, ear: ListenConnection) -> int:
    """Remove what killed tests left behind; returns how many tests.

    One that a worker holds waits.
    """
    folder, removed = context.settings.assets_dir, 0
    for run_id in probe_rows.abandoned(context.engine, ear, folder):
        try:
            probe_rows.remove(context.engine, run_id, folder)
            removed += 1
        except RowLocked:
            continue
        finally:
            probe_rows.release(ear, run_id)
    return removed


class ProbeSession(BackgroundRun):
    """Probe in the background. ``report`` is updated while it runs.

    ``error`` says why it could not run.
    """

    name = "trigger probe"

    def __init__(self, settings: Settings, person: Person, follow: str | None = None) -> None:
        self.report: Report | None = None
        self._follow = follow
        super().__init__(settings, person)

    def work(self) -> None:
        with open_context(self.settings) as context:
            probe_trigger(
                context, self.person, follow=self._follow, on_change=self._keep, stopped=self.stopped
            )

    def broke(self) -> FeedlyError:
        return FeedlyError(
            N_("The trigger probe itself failed. The server's log has the details."),
            hint=N_("Its rows are removed by the next probe."),
        )

    def _keep(self, report: Report) -> None:
        self.report = report


def probe_statements(context: CheckContext) -> str:
    """What :func:`probe_trigger` would insert and fire, with made-up ids.

    Nothing is written.
    """
    with context.reading() as connection:
        rows = probe_rows.plan(connection, uuid4(), context.settings.assets_dir, context.now())
    inserts = [insert(group.table).values(row).inline() for group in rows.rows for row in group.rows]
    fired = probe_rows.ending_updates(rows.job_variants_id)[-1]
    return "\n".join(
        [
            "BEGIN;",
            *map(as_sql, inserts),
            "COMMIT;  -- an INSERT notifies nobody",
            "",
            as_sql(fired),
            "  -- this is the UPDATE under test: job_variant_state_changed (img_gen, done)",
            "",
            f"-- then every row of tenant {rows.tenant_id} is deleted again, and its folder of files",
        ]
    )


def as_sql(statement: ClauseElement | Executable) -> str:
    """One statement with its values written out, for reading only."""
    compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True})  # type: ignore[union-attr]
    return f"{compiled};"
