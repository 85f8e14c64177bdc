"""A campaign as values and as rows of ``feedly_dashboard.campaigns``. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from feedly_core.campaigns.schedule import Mode, OnFailure, Schedule, State
from feedly_core.errors import FeedlyError
from feedly_core.i18n import N_, Message, message_document, read_message
from feedly_core.jobs.pictures import Picture
from feedly_core.jobs.request import AdCopy, JobKind, JobRequest

STATE_LABELS = {
    State.RUNNING: N_("Running"),
    State.PAUSED: N_("Paused"),
    State.DRAINING: N_("All made, last ones on their way"),
    State.FINISHED: N_("Ended"),
    State.STOPPED: N_("Stopped"),
    State.FAILED: N_("Failed"),
}
"""One word a state, for badges and lists."""


@dataclass(frozen=True)
class OwnOptions:
    """What one order of a round has of its own besides picture and description."""

    tone_style_id: UUID | None
    store_id: UUID | None
    ad_copy: AdCopy


@dataclass(frozen=True)
class CampaignPlan:
    """What to start.

    ``base`` is every job's request, but for its picture and description, which go round; so do ``options``
    where there are any.
    """

    base: JobRequest
    descriptions: tuple[str, ...]
    pictures: tuple[Picture, ...]
    schedule: Schedule
    options: tuple[OwnOptions, ...] = ()
    name: str = ""


@dataclass(frozen=True)
class Campaign:
    """One row of ``campaigns``.

    ``template`` is the request of its jobs without pictures.

    ``finished_at``: when it ended last; a resumed campaign keeps it, because it forgives what was before.
    """

    campaign_id: UUID
    template: JobRequest
    descriptions: tuple[str, ...]
    schedule: Schedule
    state: State
    created_by: str
    created_at: datetime
    finished_at: datetime | None
    last_error: tuple[Message, ...]
    driver: str | None
    options: tuple[OwnOptions, ...] = ()
    name: str = ""

    @property
    def title(self) -> str:
        """The name that somebody gave it, else its first description."""
        return self.name or next(iter(self.descriptions), "")

    def request(self, item: int, picture: Picture) -> JobRequest:
        """The request of the round's item."""
        description = self.descriptions[item % len(self.descriptions)]
        request = replace(self.template, pictures=(picture,), desc_kor=description)
        if not self.options:
            return request
        own = self.options[item % len(self.options)]
        return replace(request, tone_style_id=own.tone_style_id, store_id=own.store_id, ad_copy=own.ad_copy)


@dataclass(frozen=True)
class CampaignSummary:
    """A campaign: its ``made``, ``completed`` and ``failed`` jobs, counted."""

    campaign: Campaign
    made: int
    completed: int
    failed: int


@dataclass(frozen=True)
class CampaignJob:
    """One job of a campaign.

    ``seconds`` from creation to its end, None while it is on its way.

    ``started``: the campaign has fired its trigger; else it rests until somebody does.
    """

    sequence: int
    job_id: UUID
    attempt: int
    created_at: datetime
    outcome: str | None
    seconds: float | None
    started: bool


def campaign_of(row: Row[Any]) -> Campaign:
    """A row of ``campaigns`` as a value."""
    template = row.template
    base = JobRequest(
        kind=JobKind(row.kind),
        tenant_id=template["tenant_id"],
        pictures=(),
        desc_kor="",
        variants=template["variants"],
        start=template["start"],
        version=template.get("version"),
        **_own(template),
    )
    schedule = Schedule(
        Mode(row.mode),
        row.interval_s,
        row.max_jobs,
        row.max_duration_s,
        OnFailure(row.on_failure),
        row.max_retries,
    )
    return Campaign(
        row.campaign_id,
        base,
        tuple(template["descriptions"]),
        schedule,
        State(row.state),
        row.created_by,
        row.created_at,
        row.finished_at,
        read_error(row.last_error),
        row.driver,
        tuple(OwnOptions(**_own(each)) for each in template.get("options", ())),
        str(template.get("name") or ""),
    )


def campaign_row(campaign_id: UUID, plan: CampaignPlan, created_by: str) -> dict[str, object]:
    """The columns of a new campaign, but for its driver."""
    base, schedule = plan.base, plan.schedule
    template = {
        "tenant_id": base.tenant_id,
        "descriptions": list(plan.descriptions),
        "variants": base.variants,
        "start": base.start,
        "version": base.version,
        **_own_document(base),
        "options": [_own_document(each) for each in plan.options],
        "name": plan.name.strip(),
    }
    return {
        "campaign_id": campaign_id,
        "kind": base.kind.value,
        "template": template,
        **asdict(schedule),
        "state": State.RUNNING.value,
        "created_by": created_by,
    }


def _own_document(own: JobRequest | OwnOptions) -> dict[str, object]:
    return {
        "tone_style_id": str(own.tone_style_id) if own.tone_style_id else None,
        "store_id": str(own.store_id) if own.store_id else None,
        "ad_copy": asdict(own.ad_copy),
    }


def _own(document: dict[str, Any]) -> dict[str, Any]:
    return {
        "tone_style_id": UUID(document["tone_style_id"]) if document["tone_style_id"] else None,
        "store_id": UUID(document["store_id"]) if document["store_id"] else None,
        "ad_copy": AdCopy(**document["ad_copy"]),
    }


def picture_rows(campaign_id: UUID, pictures: Sequence[Picture]) -> list[dict[str, object]]:
    """The pictures in the order of their use."""
    return [
        {"campaign_id": campaign_id, "position": position, **asdict(picture)}
        for position, picture in enumerate(pictures)
    ]


def error_document(error: FeedlyError) -> str:
    """What ``last_error`` keeps of an error: its sentences in no language yet."""
    parts = (error.message, error.detail, error.hint)
    return json.dumps([message_document(part) for part in parts if part is not None], ensure_ascii=False)


def read_error(document: str | None) -> tuple[Message, ...]:
    """The sentences that :func:`error_document` kept."""
    return tuple(read_message(part) for part in json.loads(document or "[]"))
