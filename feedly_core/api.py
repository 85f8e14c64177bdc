"""A FeedlyAI database for notebooks, scripts and commands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import ParamSpec, Self, TypeVar
from uuid import UUID

import pandas as pd
from sqlalchemy import Engine

from feedly_core import frames
from feedly_core.alerts.store import recent_alerts
from feedly_core.analytics.export import COLUMNS, MOST_ROWS, Reader, export_table
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import SORTS, Order
from feedly_core.analytics.page_walk import NEWEST
from feedly_core.analytics.recent import recent_jobs
from feedly_core.analytics.trends import By, trend
from feedly_core.analytics.variant_source import VariantSource, variant_source
from feedly_core.campaigns.campaigns import list_campaigns
from feedly_core.db.engine import make_engine, reading, verify_feedly
from feedly_core.db.job_lookup import find_job
from feedly_core.db.query_budget import Query
from feedly_core.diagnostics.check_report import run_checks
from feedly_core.diagnostics.checks import ALL_CHECKS
from feedly_core.diagnostics.context import open_context
from feedly_core.errors import InvalidInput
from feedly_core.i18n import N_
from feedly_core.job import Job
from feedly_core.live.board import BoardFilters
from feedly_core.live.overview import board_without_hub
from feedly_core.permissions import Person, person_at_terminal
from feedly_core.results.report import job_report
from feedly_core.reviews.limits import limits_in_force
from feedly_core.reviews.queue import judged_items
from feedly_core.reviews.verdicts import need_reviews
from feedly_core.search.find import search
from feedly_core.settings import Settings, load_settings

_Given = ParamSpec("_Given")
_Answer = TypeVar("_Answer")


def connect(url: str | None = None, *, write: bool = False, language: str = "en") -> Feedly:
    """Open a FeedlyAI database.

    ``url``: ``postgresql://…``; without it DATABASE_URL of the environment or of ``.env``. ``language``
    (ko, en) of the sentences in answers. Raises SettingsInvalid, DatabaseUnreachable, NotFeedlyDatabase,
    or PermissionDenied when the database role may not read.

    Read-only unless ``write``. Then the core's functions that write take ``engine``, ``settings`` and
    ``person`` from the answer, for example ``feedly_core.reviews.verdicts.save``. They check the person's
    role, and refuse where FEEDLY_READ_ONLY is set.
    """
    address = {} if url is None else {"DATABASE_URL": url}
    settings = load_settings(**address, **({} if write else {"FEEDLY_READ_ONLY": True}))
    engine = make_engine(settings)
    try:
        with reading(engine) as connection:
            verify_feedly(connection)
    except BaseException:
        engine.dispose()
        raise
    return Feedly(engine, settings, person_at_terminal(), language)


class Feedly:
    """An open FeedlyAI database.

    Each method is one bounded read, in a transaction of its own.

    All of them raise errors of :mod:`feedly_core.errors` only: QueryTimedOut, DatabaseUnreachable and
    MissingInSchema besides those named. Use it in a ``with`` block, or call :meth:`close`.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        person: Person,
        language: str = "en",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.engine = engine
        self.settings = settings
        self.person = person
        self.language = language
        self._now = now

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()

    def job(self, id_or_prefix: str | UUID) -> Job:
        """One job by its id, or by the first characters of it (at least 4).

        Raises NotFound when none or several begin so.
        """
        job_id = self._ask(find_job, str(id_or_prefix))
        known = self._ask(limits_in_force, self.settings)
        return Job(self._ask(job_report, job_id), self.settings, known, self._now)

    def jobs(self, *, tenant: str | None = None, limit: int = 50) -> pd.DataFrame:
        """The newest jobs, newest first: one row per job, 200 at most.

        Columns: job_id, created_at, tenant_id, description, state, step, status (a sentence), variants
        (their number), ocr_accuracy and iou_with_food (0 to 1), contrast (n:1, as drawn); each a median
        over the variants.
        """
        found = self._ask(recent_jobs, tenant, limit, now=self._now())
        return frames.jobs_frame(found, self.settings.zone, self.language)

    def board(self, *, tenant: str = "", state: str = "") -> pd.DataFrame:
        """Jobs in flight as the live monitor shows them: one row per job, 500 at most, problems first.

        Columns: job_id, created_at, tenant_id, campaign, state, step, status (a sentence), progress
        (0 to 1), moved_at, problems (a list of sentences). ``state`` is one of its values.
        """
        asked = BoardFilters(tenant=tenant, state=state)
        found = self._ask(board_without_hub, self._now(), asked)
        return frames.board_frame(found, self.settings.zone, self.language)

    def variants(
        self,
        *,
        tenant: str | None = None,
        days: float = 30,
        outcome: str | None = None,
        version: str | None = None,
        words: str = "",
        sort: str = NEWEST,
        ascending: bool = False,
        limit: int = 1000,
    ) -> pd.DataFrame:
        """Variants with their scores, as gallery and export show them: one row per variant.

        Columns: ``feedly_core.analytics.export.COLUMNS``. ``sort`` by created_at or by a score; variants
        without it come last. ``outcome``: complete, failed or open. At most ``limit`` rows, 20,000 at most.
        ``attrs["bounded_to"]`` is set where the read model is not filled: so many of the newest jobs that
        match are in the answer.
        Raises InvalidInput for an unknown ``sort``.
        """
        if sort not in SORTS:
            raise InvalidInput(
                N_("Pictures cannot be sorted by {name}.", name=sort),
                hint=N_("Known: {names}", names=", ".join(SORTS)),
            )
        asked = PictureFilters(
            tenant=tenant,
            since=self._now() - timedelta(days=days),
            outcome=outcome,
            version=version,
            words=words,
        )
        source = self._source()
        reader, size = Reader(self.language, self.settings.zone), max(1, min(limit, MOST_ROWS))
        found = self._ask(export_table, source, asked, Order(sort, ascending), reader, size)
        frame = frames.local_times(found[list(COLUMNS)], self.settings.zone, "created_at")
        frame.attrs["bounded_to"] = source.bounded_to
        return frame

    def trends(self, *, by: str = "day", tenant: str | None = None, days: float = 30) -> pd.DataFrame:
        """Quality, speed and cost over time: one row per day or release (``by``), which is the index.

        Columns: jobs, complete and failed (shares of the jobs), wcag_aa (share of the variants), retries,
        tokens, cost_usd, priced (jobs with a known cost), ``<score>_low``, ``_median``, ``_high`` and
        ``<step>_p50_ms``, ``_p95_ms``. ``attrs["bounded_to"]`` as in :meth:`variants`. Raises InvalidInput
        for another ``by``.
        """
        if by not in list(By):
            raise InvalidInput(
                N_("Trends cannot be shown by {name}.", name=by),
                hint=N_("Known: {names}", names=", ".join(By)),
            )
        source = self._source()
        asked = PictureFilters(tenant=tenant, since=self._now() - timedelta(days=days))
        frame = frames.trends_frame(self._ask(trend, source, asked, By(by), self.settings.zone))
        frame.attrs["bounded_to"] = source.bounded_to
        return frame

    def campaigns(self, *, limit: int = 50) -> pd.DataFrame:
        """The newest campaigns, newest first: one row per campaign.

        None without the dashboard's schema.

        Columns: campaign_id, created_at, finished_at, tenant_id, state, mode, created_by, made, completed,
        failed (numbers of jobs), last_error.
        """
        found = self._ask(list_campaigns, limit)
        return frames.campaigns_frame(found, self.settings.zone, self.language)

    def reviews(
        self, *, job: str | UUID | None = None, tenant: str | None = None, days: float = 30
    ) -> pd.DataFrame:
        """Verdicts that hold now: one row per picture and reviewer, and per decision of the team.

        Columns: job_id, variant_id, variant, tenant_id, overall (the picture's overall score), at, reviewer,
        team, verdict (approve, needs_work, reject), tags (a list), comment, blind. ``days`` counts from the
        job's creation and does not matter for one ``job``. Raises MissingInSchema without the dashboard's
        schema, NotFound for an unknown job.
        """
        self._ask(need_reviews)
        if job is None:
            asked = PictureFilters(tenant=tenant, since=self._now() - timedelta(days=days))
        else:
            asked = PictureFilters(job=self._ask(find_job, str(job)), tenant=tenant)
        found = self._ask(judged_items, self._source(), asked)
        return frames.reviews_frame(found, self.settings.zone)

    def alerts(self, *, limit: int = 50) -> pd.DataFrame:
        """The newest alerts, unsolved ones first: one row per alert, 100 at most.

        Columns: alert_id, kind, rule (a sentence), channel, opened_at, ended_at (NaT: not solved), size (how
        many it is about), sent_at (NaT: no message yet). Empty without the tables of alerts.
        """
        found = self._ask(recent_alerts, max(1, limit))
        return frames.alerts_frame(found, self.settings.zone, self.language)

    def search(self, words: str, *, limit: int = 20) -> pd.DataFrame:
        """What the words name: one row per hit, at most ``limit`` jobs and four of each other kind.

        Columns: kind, key, title, field (what of it was found), passage, job_id, tenant_id, created_at,
        state, status (a sentence). ``attrs["bounded_to"]`` as in :meth:`variants`, ``attrs["complete"]``
        False while older jobs are not in the index yet.
        """
        found = self._ask(search, words, self.person.name, now=self._now(), jobs=max(1, min(limit, 100)))
        return frames.search_frame(found, self.settings.zone, self.language)

    def checks(self) -> pd.DataFrame:
        """Every check of the trigger chain, run now: one row per check, within 6 seconds.

        Columns: key, group, name, outcome (ok, unknown, warning, failed), found, why, fix, milliseconds.
        """
        with open_context(self.settings) as context:
            report = run_checks(context, ALL_CHECKS)
        return frames.checks_frame(report, self.language)

    def _source(self) -> VariantSource:
        return self._ask(variant_source, self._now())

    def _ask(self, question: Query[_Given, _Answer], *args: _Given.args, **kwargs: _Given.kwargs) -> _Answer:
        with reading(self.engine) as connection:
            return question(connection, *args, **kwargs)
