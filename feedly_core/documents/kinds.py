"""Fields of the JSON documents. Times are ISO 8601 with their zone, ids are text, shares 0 to 1."""

from __future__ import annotations

from typing_extensions import TypedDict


class JobLine(TypedDict):
    """One job of a list. ``scores``: medians over its variants; ``pictures``: ids of finished ones."""

    job_id: str
    tenant_id: str | None
    description: str | None
    created_at: str | None
    pictures: list[str]
    variants: int
    scores: dict[str, float | None]
    state: str | None
    step: str | None


class BoardLine(TypedDict):
    """One job in flight. ``progress``: 0 to 1; ``problems``: sentences."""

    job_id: str
    created_at: str | None
    tenant_id: str | None
    campaign: str | None
    state: str
    step: str | None
    status: str
    progress: float
    moved_at: str | None
    problems: list[str]


class VariantLine(TypedDict):
    """One variant with its scores. ``picture``: path below the dashboard's address, None: not finished."""

    variant_id: str
    job_id: str
    variant: int | None
    tenant_id: str | None
    version: str | None
    tone: str | None
    description: str | None
    state: str
    created_at: str
    line: str | None
    scores: dict[str, float | None]
    picture: str | None


class TrendPoint(TypedDict):
    """One day or release. ``scores``: low, median, high; ``times``: p50 and p95 in ms by step."""

    key: str
    jobs: int
    complete: float | None
    failed: float | None
    wcag_aa: float | None
    retries: int
    tokens: int
    cost_usd: float | None
    priced: int
    scores: dict[str, dict[str, float | None]]
    times: dict[str, dict[str, float | None]]


class CampaignLine(TypedDict):
    """One campaign with its numbers of jobs."""

    campaign_id: str
    created_at: str
    finished_at: str | None
    tenant_id: str
    state: str
    mode: str
    created_by: str
    made: int
    completed: int
    failed: int


class ReviewLine(TypedDict):
    """One verdict that holds now. Pictures of a meeting that goes on are not among them."""

    job_id: str
    variant_id: str
    variant: int | None
    reviewer: str
    team: bool
    verdict: str
    tags: list[str]
    comment: str
    at: str


class Jobs(TypedDict):
    """A page of jobs; ``next``: the cursor of the page after it, None on the last."""

    items: list[JobLine]
    next: str | None


class Variants(TypedDict):
    """A page of variants. ``bounded_to``: only so many of the newest jobs were looked at."""

    items: list[VariantLine]
    next: str | None
    bounded_to: int | None


class Campaigns(TypedDict):
    """A page of campaigns."""

    items: list[CampaignLine]
    next: str | None


class Reviews(TypedDict):
    """A page of verdicts, by picture, the newest picture first.

    ``hidden``: so many more are not shown: of a meeting that goes on, or given blind on pictures that the
    reader has not judged.
    """

    items: list[ReviewLine]
    hidden: int
    next: str | None


class AlertLine(TypedDict):
    """One alert. ``size``: how many it is about, ``ended_at`` None: not solved yet; ``rule``: a sentence."""

    alert_id: str
    rule_id: str
    kind: str
    rule: str
    channel: str
    opened_at: str | None
    ended_at: str | None
    size: int
    sent_at: str | None


class AlertMessageLine(TypedDict):
    """One message. ``state``: waiting, claimed, sent, failed; ``repeat``: the first may have arrived."""

    message_id: str
    alert_id: str | None
    event: str
    channel: str
    state: str
    repeat: bool
    created_at: str | None
    sent_at: str | None
    sentence: str
    error: str | None


class Alerts(TypedDict):
    """Alerts, unsolved ones first, and the newest messages."""

    items: list[AlertLine]
    messages: list[AlertMessageLine]
    next: str | None


class IntervalFigure(TypedDict):
    """A 95 % interval, both ends included."""

    low: float
    high: float


class Figure(TypedDict):
    """A figure from ``n`` observations of ``jobs`` jobs.

    One of ``interval`` and ``no_interval`` is set; ``no_interval`` says why there is none.
    """

    value: float | None
    interval: IntervalFigure | None
    no_interval: str | None
    n: int
    jobs: int


class McNemarFigure(TypedDict):
    """Jobs that pass in one release only, and the exact test over them."""

    only_before: int
    only_after: int
    p_value: float | None


class PassRates(TypedDict):
    """Shares of pictures that pass; ``difference`` is after minus before."""

    before: Figure
    after: Figure
    difference: Figure
    mcnemar: McNemarFigure


class MoreOrdersFigure(TypedDict):
    """How many more orders would show the ``difference``, about."""

    orders: int
    difference: float


class MedianChange(TypedDict):
    """By how much a score moved, from pair to pair."""

    difference: Figure
    rose: int
    fell: int
    p_value: float | None


class ScoreChangeFigure(TypedDict):
    """One score; ``p_value`` corrected by Holm over the scores shown."""

    name: str
    median: MedianChange
    p_value: float | None


class RunsDocument(TypedDict):
    """Two releases compared. ``decision``: better, worse, not_decided.

    ``noise``: by score, how far repeats of one order lie apart. ``planned_orders``: fixed before and not all
    there yet; until then no figure is the answer.
    """

    before: str
    after: str
    sentence: str
    decision: str
    rates: PassRates
    more: MoreOrdersFigure | None
    scores: list[ScoreChangeFigure]
    noise: dict[str, Figure]
    pairs: int
    by_people: int
    same_order: int
    only_before: int
    only_after: int
    missing: list[str]
    complete: bool
    planned_orders: int | None
