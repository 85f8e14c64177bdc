"""Parts of a job report: frozen, parsed and attributed values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from feedly_core.domain.job_rows import StatusInputs
from feedly_core.domain.payloads.detections import Detections
from feedly_core.domain.payloads.document import Unreadable
from feedly_core.domain.payloads.evaluations import IouMetrics, OcrMetrics, ReadabilityMetrics
from feedly_core.domain.payloads.overlay_layout import OverlayLayout
from feedly_core.domain.payloads.token_usage import TokenUsage
from feedly_core.domain.payloads.vlm_traces import Analysis, Judgement
from feedly_core.domain.status import JobStatus, VariantStatus
from feedly_core.i18n import Message
from feedly_core.results.attribution import Attribution
from feedly_core.results.planner_choice import Choice

_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Asset:
    """A registered picture.

    Sizes are what the row says, in pixels; the file may differ.
    """

    asset_id: UUID
    url: str
    kind: str | None
    size: tuple[int, int] | None


@dataclass(frozen=True)
class Newest(Generic[_Value]):
    """The newest of several stored results.

    ``rows`` counts all of them: steps repeat in real runs.

    ``of_variant`` is False when the row names only the job, so that it may be a sibling's.
    """

    value: _Value
    rows: int
    created_at: datetime | None
    latency_ms: float | None
    of_variant: bool = True


@dataclass(frozen=True)
class Overlay:
    """The newest overlay row of a variant.

    ``rows`` counts the older ones too.
    """

    overlay_id: UUID
    proposal_id: UUID | None
    layout: OverlayLayout
    latency_ms: float | None
    created_at: datetime | None
    rows: int


@dataclass(frozen=True)
class VariantReport:
    """One variant with everything that was made of it.

    A missing result is None: not recorded.

    ``planner_picture_guessed``: nothing names it, so the order of creation decides.
    ``other_evaluations`` holds the newest metrics of types that this program does not know, by type.
    """

    variant_id: UUID
    order: int
    status: str | None
    step: str | None
    retry_count: int | None
    selected: bool
    picture: Asset | None
    planner_picture: Asset | None
    planner_picture_guessed: bool
    overlaid: Asset | None
    overlay: Overlay | None
    planner: Attribution
    choice: Choice | None
    detections: Detections
    analysis: Newest[Analysis] | None
    judgement: Newest[Judgement] | None
    ocr: Newest[OcrMetrics] | None
    readability: Newest[ReadabilityMetrics] | None
    iou: Newest[IouMetrics] | None
    other_evaluations: Mapping[str, object]

    @property
    def unreadable(self) -> tuple[tuple[str, Unreadable], ...]:
        """Unusable values of this variant's documents, with the document's name."""
        documents: list[tuple[str, Any]] = [
            ("overlay_layouts.layout", self.overlay and self.overlay.layout),
            ("planner_proposals.layout", self.planner.run and self.planner.run.layout),
            ("detections", self.detections),
            ("evaluations ocr", self.ocr and self.ocr.value),
            ("evaluations readability", self.readability and self.readability.value),
            ("evaluations iou", self.iou and self.iou.value),
            ("vlm_traces analyze", self.analysis and self.analysis.value),
            ("vlm_traces judge", self.judgement and self.judgement.value),
        ]
        return tuple((name, item) for name, value in documents if value for item in value.unreadable)


@dataclass(frozen=True)
class Call:
    """One timed piece of work.

    ``variant`` is its creation order, None for job-level work.

    ``tokens`` and ``cost_usd`` are None where they do not apply or are unknown; never zero instead.
    """

    step: str
    variant: int | None
    provider: str | None
    latency_ms: float | None
    rows: int
    tokens: TokenUsage | None = None
    cost_usd: float | None = None


@dataclass(frozen=True)
class CopyStage:
    """The newest advertising copy of one stage.

    ``text`` is in the language of the stage.
    """

    stage: str
    text: str | None
    status: str | None
    created_at: datetime | None
    rows: int


@dataclass(frozen=True)
class FeedPost:
    """The newest Instagram post of the job."""

    caption: str
    hashtags: tuple[str, ...]
    copy_kor: str | None
    copy_eng: str | None
    tone: str | None
    created_at: datetime | None
    rows: int


@dataclass(frozen=True)
class JobFacts:
    """The job's own row and what it points to.

    All texts are data from the database.
    """

    job_id: UUID
    tenant_id: str | None
    tenant_name: str | None
    status: str | None
    step: str | None
    version: str | None
    retry_count: int | None
    created_at: datetime | None
    updated_at: datetime | None
    store: str | None
    store_category: str | None
    tone: Mapping[str, str | None]
    desc_kor: str | None
    desc_eng: str | None


@dataclass(frozen=True)
class JobReport:
    """One job's whole story.

    ``unusable``: how many stored times and numbers nobody can use (infinity, NaN, before Christ), by
    ``table.column``; they are read as missing. ``raw`` holds the stored rows by table; ``report.plain`` makes
    JSON of them.
    """

    job: JobFacts
    inputs: StatusInputs
    input_picture: Asset | None
    forbidden_mask_url: str | None
    variants: tuple[VariantReport, ...]
    copies: tuple[CopyStage, ...]
    feed: FeedPost | None
    calls: tuple[Call, ...]
    not_in_schema: tuple[Message, ...]
    unusable: Mapping[str, int]
    raw: Mapping[str, object]

    def status(self, now: datetime) -> JobStatus:
        """Status of the job at ``now``, as every page shows it."""
        return self.inputs.at(now).job

    def variant_statuses(self, now: datetime) -> Mapping[UUID, VariantStatus]:
        """Statuses of the variants at ``now``, by their ids."""
        return self.inputs.at(now).variants
