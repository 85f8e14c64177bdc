"""People at work while everything breaks: they make jobs, give verdicts and keep a campaign going.

Each notes what was confirmed to them (the call returned) and what they only tried.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from PIL import Image
from sqlalchemy import Engine

from feedly_core.campaigns.campaigns import list_campaigns, resume_campaign
from feedly_core.campaigns.schedule import State
from feedly_core.db.engine import reading
from feedly_core.errors import FeedlyError
from feedly_core.jobs.create import create_job
from feedly_core.jobs.pictures import Picture
from feedly_core.jobs.request import JobKind, JobRequest, job_id_of
from feedly_core.permissions import Person, Role
from feedly_core.reviews.verdicts import Entry, Verdict, save
from feedly_core.settings import Settings
from tests.factories import MadeJob

OPERATOR, REVIEWER = Person("kim", Role.OPERATOR), Person("lee", Role.REVIEWER)
VERDICTS = (Verdict.APPROVE, Verdict.NEEDS_WORK, Verdict.REJECT)
PATIENCE = 0.7
"""Share of refused tries that are repeated with the same key, as a second click does."""
PAUSE_S = 0.1


def noisy_picture(folder: Path) -> Picture:
    """Some 50 kB that no format makes smaller."""
    path = folder / "noise.png"
    Image.effect_noise((220, 220), 90).save(path)
    return Picture(path.name, path.read_bytes(), "PNG", 220, 220)


class Work:
    """What one person does again and again. ``confirmed`` and ``tried`` hold keys of writes."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.confirmed: set[UUID] = set()
        self.tried: set[UUID] = set()
        self.refusals = 0
        self.surprises: list[BaseException] = []

    def write(self, key: UUID) -> None:
        raise NotImplementedError

    def go_on(self, stop: threading.Event) -> None:
        while not stop.is_set():
            key = uuid4()
            self.tried.add(key)
            while not stop.is_set():
                try:
                    self.write(key)
                    self.confirmed.add(key)
                    break
                except FeedlyError:
                    self.refusals += 1
                    if self.rng.random() > PATIENCE:
                        break
                except BaseException as error:  # noqa: BLE001 - the test fails on it
                    self.surprises.append(error)
                    return
                stop.wait(PAUSE_S)
            stop.wait(PAUSE_S)


class JobMaker(Work):
    """Makes jobs of two variants, at a clock that is not to be trusted."""

    tenant = "chaos_test_maker"

    def __init__(
        self,
        rng: random.Random,
        engine: Engine,
        settings: Settings,
        picture: Picture,
        clock: Callable[[], datetime],
    ) -> None:
        super().__init__(rng)
        self._engine, self._settings, self._clock = engine, settings, clock
        self._order = JobRequest(JobKind.FULL, self.tenant, (picture,), "따끈한 국물", variants=2)

    def write(self, key: UUID) -> None:
        assert self._settings.assets_dir is not None
        create_job(
            self._engine,
            self._order,
            key=key,
            assets_dir=self._settings.assets_dir,
            person=OPERATOR,
            settings=self._settings,
            now=self._clock(),
        )

    @property
    def confirmed_jobs(self) -> set[UUID]:
        return {job_id_of(key) for key in self.confirmed}

    @property
    def tried_jobs(self) -> set[UUID]:
        return {job_id_of(key) for key in self.tried}


class Judge(Work):
    """Gives a verdict after the other on one finished job."""

    def __init__(self, rng: random.Random, engine: Engine, settings: Settings, job: MadeJob) -> None:
        super().__init__(rng)
        self._engine, self._settings, self._job = engine, settings, job

    def write(self, key: UUID) -> None:
        number = self.rng.randrange(len(self._job.variant_ids))
        entry = Entry(
            key,
            self._job.job_id,
            self._job.variant_ids[number],
            self._job.picture_ids[number],
            self.rng.choice(VERDICTS),
        )
        save(self._engine, self._settings, REVIEWER, [entry])


def resume_what_failed(engine: Engine, settings: Settings, stop: threading.Event) -> None:
    """An operator who resumes a campaign that a full disk has ended."""
    while not stop.wait(0.3):
        try:
            with reading(engine) as connection:
                found = list_campaigns(connection)
            for summary in found:
                if summary.campaign.state is State.FAILED:
                    resume_campaign(engine, summary.campaign.campaign_id, OPERATOR, settings)
        except FeedlyError:
            continue


@contextmanager
def at_work(*people: Callable[[threading.Event], None]) -> Iterator[None]:
    """Everybody works in a thread of their own until the block ends."""
    stop = threading.Event()
    threads = [threading.Thread(target=each, args=(stop,)) for each in people]
    with ExitStack() as stack:
        for thread in threads:
            thread.start()
            stack.callback(thread.join)
        stack.callback(stop.set)
        yield
