"""The thread that drives campaigns in one process.

Any number of processes may run one.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import Engine

from feedly_core.campaigns.leases import any_driven, claim, release
from feedly_core.campaigns.outcomes import note_undriven
from feedly_core.campaigns.step import Step, advance
from feedly_core.db.background import BackgroundWorker, Backoff
from feedly_core.db.engine import reading, writing
from feedly_core.db.own_schema import installed
from feedly_core.domain.contract import CAMPAIGN_TOPIC
from feedly_core.live.hub import Hub

HEARTBEAT_S = 2.0
"""Longest pause between two rounds of a driver that holds a campaign: renews its leases in good time."""

IDLE_S = 3.0
"""Pause of a driver that holds none of those there are. With a lease's length it bounds a take-over: 11 s."""

QUIET_S = 30.0
"""Pause without a campaign. The hub announces a new one; this covers a missed announcement."""

RETRY_S = 5.0
"""Pause after the database refused a round."""

_log = logging.getLogger("feedly.campaigns")


class CampaignRunner:
    """Runs campaigns without a runner, until it is stopped.

    The hub's notifications wake it, so "next when the previous is complete" does not wait for the heartbeat.
    ``only`` limits it to one campaign. ``duties`` are done at the beginning of each round: what starts
    campaigns by the clock.
    """

    def __init__(
        self,
        engine: Engine,
        hub: Hub | None,
        *,
        assets_dir: Path | None,
        name: str | None = None,
        only: UUID | None = None,
        duties: Sequence[Callable[[Engine], None]] = (),
    ) -> None:
        self.name = name or runner_name()
        self._engine = engine
        self._hub = hub
        self._assets_dir = assets_dir
        self._only = only
        self._duties = duties
        self._holds = False
        self._installed = False
        self._subscriptions: list[Callable[[], None]] = []
        self._quiet = QUIET_S if hub else IDLE_S
        self._worker = BackgroundWorker(
            "campaigns",
            self.round,
            _log,
            backoff=Backoff(RETRY_S, 6 * RETRY_S),
            failed=self._look_again,
            ended=lambda: release(engine, self.name),
        )

    def start(self) -> None:
        """Begin to drive.

        Without an assets folder no job can be made, so nothing is driven.
        """
        if self._assets_dir is not None:
            if self._hub:
                self._subscriptions = [
                    self._hub.subscribe(self._something_changed),
                    self._hub.subscribe(lambda version: self.wake(), CAMPAIGN_TOPIC),
                ]
            self._worker.start()

    def stop(self, timeout: float = 5.0) -> None:
        """End after the current step and release the leases.

        May be called twice.
        """
        for unsubscribe in self._subscriptions:
            unsubscribe()
        self._worker.stop(timeout)

    def wake(self) -> None:
        """Look now: a campaign was started or resumed."""
        self._worker.retry()

    def round(self) -> float:
        """Claim campaigns and take one step of each.

        Returns the seconds until the next round is due.

        Also records how jobs of stopped campaigns ended.

        Raises database errors.
        """
        if self._assets_dir is None or not self._schema_is_there():
            return self._quiet
        for duty in self._duties:
            duty(self._engine)
        with writing(self._engine) as connection:
            mine = claim(connection, self.name, self._only)
        self._holds = bool(mine)
        step = Step(self._engine, self.name, self._assets_dir)
        longest = HEARTBEAT_S if mine else IDLE_S
        pause = min([longest, *(advance(step, campaign) for campaign in mine)])
        with writing(self._engine) as connection:
            going_on = note_undriven(connection) or any_driven(connection)
        return pause if mine or going_on else self._quiet

    def _schema_is_there(self) -> bool:
        if not self._installed:
            with reading(self._engine) as connection:
                self._installed = installed(connection)
        return self._installed

    def _look_again(self, _error: Exception) -> None:
        self._installed = False

    def _something_changed(self, version: int) -> None:
        if self._holds:
            self._worker.wake()


def runner_name() -> str:
    """Host and process, for people, and something random, because process ids come again."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
