"""The live test: fire the real UPDATE on rows of our own, listen, and name the link that breaks.

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
from sqlalchemy import Connection

from feedly_core.db.engine import writing
from feedly_core.db.errors import unreachable
from feedly_core.diagnostics.check import Finding
from feedly_core.diagnostics.context import APPLICATION, Scene
from feedly_core.diagnostics.listening import Ear
from feedly_core.diagnostics.probe import rows as live_rows
from feedly_core.diagnostics.probe import verdict
from feedly_core.diagnostics.probe.history import remember
from feedly_core.diagnostics.probe.report import Link, Phase, Report
from feedly_core.diagnostics.probe.watch import Clock, Stopped, Watch
from feedly_core.diagnostics.trigger_needs import CHANNELS
from feedly_core.domain.pipeline import Status
from feedly_core.errors import FeedlyError, RowLocked
from feedly_core.permissions import Person, Role, audit, require

Tell = Callable[[Report], None]


def live_test(
    scene: Scene,
    person: Person,
    *,
    follow: str | None = None,
    tell: Tell = lambda report: None,
    stopped: Stopped = lambda: False,
    clock: Clock = time.monotonic,
) -> Report:
    """Make rows, fire, watch, explain, clean up; ``tell`` hears of every change on the way.

    ``follow`` names the last variant step to wait for; without it the test ends when the first step is
    taken on. ``stopped`` is asked between two looks; the rows are removed all the same. Left-overs of
    killed tests are removed first. Raises :class:`PermissionDenied` for a viewer, a read-only dashboard
    or a role without rights, :class:`DatabaseUnreachable` without a connection.
    """
    return _Run(scene, person, tell, stopped, clock).on_own_rows(follow)


def complete_waiting(
    scene: Scene,
    person: Person,
    job_variants_id: UUID,
    *,
    tell: Tell = lambda report: None,
    stopped: Stopped = lambda: False,
    clock: Clock = time.monotonic,
) -> Report:
    """Pretend that image generation finished a variant that waits at (user_img_input, done), and watch.

    Events: ``job_variant_state_changed`` with (img_gen, running) and (img_gen, done), both when the one
    transaction ends; the second starts ``vlm_analyze``. The variant belongs to somebody: nothing is removed
    afterwards. Raises :class:`NotFound`, :class:`InvalidInput` when it does not wait or its job is
    finished, :class:`RowLocked` when a worker holds it, and :class:`PermissionDenied`.
    """
    return _Run(scene, person, tell, stopped, clock).on_waiting(job_variants_id)


class _Run:
    """One test on its way; ``report`` is replaced, never changed."""

    def __init__(self, scene: Scene, person: Person, tell: Tell, stopped: Stopped, clock: Clock) -> None:
        require(person, Role.OPERATOR, scene.settings)
        verdict.require_rights(scene)
        self._scene, self._person, self._tell = scene, person, tell
        self._stopped, self._clock = stopped, clock
        self.report = Report(uuid4(), scene.now(), Phase.PREPARING)

    def on_own_rows(self, follow: str | None) -> Report:
        return self._with_ear(lambda ear: self._own_rows(ear, follow))

    def on_waiting(self, job_variants_id: UUID) -> Report:
        return self._with_ear(lambda ear: self._waiting(ear, job_variants_id))

    def _with_ear(self, go: Callable[[Ear], None]) -> Report:
        deaf = verdict.silent_connection(self._scene)
        if deaf is not None:
            self._conclude(Link.CHANNEL, deaf)
            self._change(cleaned=True)
        else:
            try:
                with Ear(self._scene.listen_url, f"{APPLICATION} live test", CHANNELS) as ear:
                    go(ear)
            except psycopg2.OperationalError as error:
                raise unreachable(str(error).strip().splitlines()[0]) from error
        self._change(phase=Phase.FINISHED)
        remember(self._scene.engine, self._person, self.report)
        return self.report

    def _own_rows(self, ear: Ear, follow: str | None) -> None:
        # The lock lives as long as this session does: it tells the next test that these rows are in use.
        live_rows.hold(ear, self.report.run_id)
        self._change(removed_leftovers=remove_leftovers(self._scene, ear))
        try:
            variant = self._make_rows()
            begun = live_rows.ending_updates(variant)[1:]
            self._conclude(*self._watched(ear, variant, lambda connection: begun, follow))
        except FeedlyError as error:
            self._conclude(*verdict.write_failed(error))
        finally:
            self._change(phase=Phase.CLEANING)
            self._change(cleaned=self._clean())

    def _waiting(self, ear: Ear, job_variants_id: UUID) -> None:
        def updates(connection: Connection) -> live_rows.Updates:
            live_rows.require_waiting(connection, job_variants_id)
            waits = {"step": "user_img_input", "status": Status.DONE}
            ends = {"step": "img_gen", "status": Status.DONE}
            audit(
                connection, self._person, "complete_waiting", str(job_variants_id), before=waits, after=ends
            )
            return live_rows.ending_updates(job_variants_id)

        self._conclude(*self._watched(ear, job_variants_id, updates, None))
        self._change(cleaned=True)

    def _make_rows(self) -> UUID:
        folder = self._scene.settings.assets_dir
        with self._scene.reading() as connection:
            rows = live_rows.plan(connection, self.report.run_id, folder, self._scene.now())
        live_rows.create(self._scene.engine, rows, folder)
        self._change(borrowed_picture=rows.borrowed)
        return rows.job_variants_id

    def _watched(
        self,
        ear: Ear,
        variant: UUID,
        updates: Callable[[Connection], live_rows.Updates],
        follow: str | None,
    ) -> tuple[Link | None, Finding]:
        """``updates`` are found and run in one transaction: what they depend on cannot change in between."""
        with writing(self._scene.engine) as connection:
            *before, last = updates(connection)
            for update in before:
                connection.execute(update)
            watch = Watch(self._scene, ear, variant, self._clock, self._stopped)
            connection.execute(last)
        self._change(phase=Phase.FIRED)
        if watch.until_heard():
            self._change(phase=Phase.HEARD, observed=watch.seen)
            if watch.until_taken():
                self._change(phase=Phase.TAKEN, observed=watch.seen)
                if not self._followed(watch, follow):
                    self._change(observed=watch.seen)
                    return verdict.stopped_short(self._scene, watch.seen)
        self._change(observed=watch.seen)
        return verdict.explain(self._scene, watch.seen)

    def _followed(self, watch: Watch, last: str | None) -> bool:
        """False when the variant fell silent before ``last``; who stops watching has seen enough."""
        while last and not watch.reached(last):
            self._change(phase=Phase.FOLLOWING, observed=watch.seen)
            if not watch.until_next_step(len(watch.seen.steps)):
                return self._stopped()
        return True

    def _clean(self) -> bool:
        end = self._clock() + self._scene.thresholds.live_cleanup
        while True:
            try:
                live_rows.remove(self._scene.engine, self.report.run_id, self._scene.settings.assets_dir)
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
        self._tell(self.report)


def remove_leftovers(scene: Scene, ear: Ear) -> int:
    """Remove what killed tests left behind; returns how many tests. One that a worker holds waits."""
    folder, removed = scene.settings.assets_dir, 0
    for run_id in live_rows.abandoned(scene.engine, ear, folder):
        try:
            live_rows.remove(scene.engine, run_id, folder)
            removed += 1
        except RowLocked:
            continue
        finally:
            live_rows.release(ear, run_id)
    return removed
