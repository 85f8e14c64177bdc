"""One job as a notebook sees it: report, scores and calls as DataFrames, pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Literal, get_args
from uuid import UUID

import pandas as pd
from PIL import Image

from feedly_core.domain.scores import Limits
from feedly_core.domain.status import JobStatus
from feedly_core.errors import InvalidInput, NotFound, PictureUnusable
from feedly_core.frames import calls_frame, scores_frame
from feedly_core.i18n import N_
from feedly_core.images.asset_pictures import DecodedPicture, decoded_asset
from feedly_core.results.archive import evidence_view, overlay_view, planner_view
from feedly_core.results.image_checks import ImageChecks, gather
from feedly_core.results.legibility import measure_legibility
from feedly_core.results.report_types import Asset, JobReport, VariantReport
from feedly_core.results.scoring import variant_scores
from feedly_core.settings import Settings

PictureKind = Literal["input", "original", "finished", "planner", "overlay", "evidence"]
"""``input``: the product photo. ``original``: the variant without text. ``finished``: with text. ``planner``
and ``overlay``: our views of original and finished picture with the boxes drawn from the data. ``evidence``:
finished with the reasons of its scores: text box, things, what is covered of them, the worst contrast."""


@dataclass(frozen=True)
class Job:
    """One job, read once.

    ``report`` holds everything that is known of it, ``limits`` are those in force.
    """

    report: JobReport
    settings: Settings
    limits: Limits
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    @property
    def job_id(self) -> UUID:
        return self.report.job.job_id

    @property
    def status(self) -> JobStatus:
        """Status now, if the rows are still as they were read: state, step, counts."""
        return self.report.status(self.now())

    @property
    def variants(self) -> tuple[VariantReport, ...]:
        return self.report.variants

    def scores_frame(self) -> pd.DataFrame:
        """Scores with their grades: one row per variant and score.

        Columns: variant (from 1), score, value, unit (share, contrast, count), grade (pass, warn, fail,
        unknown), limit, higher_is_better. The drawn contrast is measured on the finished pictures; where
        a file cannot be read its value is missing.
        """
        known, measured = self.limits, self._evidence.legibility
        return scores_frame(
            {item.order: variant_scores(item, known, measured.get(item.order)) for item in self.variants}
        )

    def calls_frame(self) -> pd.DataFrame:
        """Timed work in the order of the pipeline: one row per call.

        Columns: step, variant (missing: the whole job), provider, latency_ms, rows (stored results that
        it stands for), prompt_tokens, completion_tokens, cost_usd (missing: unknown).
        """
        return calls_frame(self.report.calls)

    def picture(self, kind: PictureKind = "finished", *, variant: int = 1) -> Image.Image:
        """A picture of the job, RGB, in its own size in pixels.

        ``variant`` counts from 1 and does not matter for ``input``. Raises InvalidInput for an unknown
        kind, NotFound for an unknown variant, PictureUnusable when there is no such picture.
        """
        if kind not in get_args(PictureKind):
            raise InvalidInput(
                N_("There is no kind of picture called {name}.", name=kind),
                hint=N_("Known: {names}", names=", ".join(get_args(PictureKind))),
            )
        if kind == "input":
            return self._decoded(self.report.input_picture).image
        found = self._variant(variant)
        stored = {"original": found.picture, "planner": found.picture}.get(kind, found.overlaid)
        picture = self._decoded(stored)
        drawn = self._drawn(kind, found, picture)
        if drawn is None:
            raise PictureUnusable(N_("Nothing is recorded that could be drawn on this picture."))
        return drawn

    def _drawn(
        self, kind: PictureKind, variant: VariantReport, picture: DecodedPicture
    ) -> Image.Image | None:
        if kind == "planner":
            return planner_view(variant, picture)
        if kind == "overlay":
            return overlay_view(variant, picture)
        if kind == "evidence":
            return evidence_view(variant, picture, measure_legibility(variant, self.settings))
        return picture.image

    def _variant(self, number: int) -> VariantReport:
        for found in self.variants:
            if found.order == number:
                return found
        raise NotFound(
            N_("This job has no variant {n}.", n=number),
            hint=N_("Known: {names}", names=", ".join(str(found.order) for found in self.variants) or "–"),
        )

    def _decoded(self, asset: Asset | None) -> DecodedPicture:
        return decoded_asset(asset.url if asset else None, self.settings)

    @cached_property
    def _evidence(self) -> ImageChecks:
        return gather(self.report, self.settings)
