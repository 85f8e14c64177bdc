"""Finished variants to judge, with captions and scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, func, null, select
from sqlalchemy.dialects.postgresql import distinct_on

from feedly_core.db.engine import Capabilities, capabilities, or_null
from feedly_core.db.own_schema import campaign_jobs
from feedly_core.db.query_budget import query_budget
from feedly_core.domain import tables as t
from feedly_core.domain.payloads.evaluations import read_iou, read_ocr, read_readability
from feedly_core.domain.payloads.overlay_layout import read_overlay_layout
from feedly_core.domain.scores import overall
from feedly_core.errors import MissingInSchema
from feedly_core.i18n import N_

CANDIDATES = 600
"""The newest so many pictures that fit the filters can be queued: keeps a sort by score affordable."""

MOST_RELEASES = 50


METRICS = ("overall", "ocr_accuracy", "contrast_stored", "readability", "iou_with_food")
"""Scores that people's verdicts are compared with."""

Scores = Mapping[str, float | None]


@dataclass(frozen=True)
class Filters:
    """None means all.

    ``since`` and ``until`` bound the job's creation time, ``version`` is its release.
    """

    tenant_id: str | None = None
    campaign_id: UUID | None = None
    tone: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    job_id: UUID | None = None
    version: str | None = None


@dataclass(frozen=True)
class Picture:
    """One finished variant. ``before_id`` is the picture without text.

    Scores by name of METRICS.
    """

    variant_id: UUID
    job_id: UUID
    order: int
    picture_id: UUID
    before_id: UUID | None
    tenant_id: str | None
    tone: str | None
    description: str | None
    text: str | None
    created_at: datetime | None
    scores: Scores
    large_text: bool | None = None

    @property
    def overall(self) -> float | None:
        return self.scores.get("overall")


@query_budget(statements=2, rows=25_000)
def pictures(connection: Connection, filters: Filters, limit: int = CANDIDATES) -> tuple[Picture, ...]:
    """The newest ``limit`` finished pictures that fit, newest first.

    Two statements.
    """
    query = _finished(capabilities(connection)).limit(limit)
    return _read(connection, _filtered(query, filters))


@query_budget(statements=2, rows=5_000)
def pictures_of(connection: Connection, variant_ids: Iterable[UUID]) -> dict[UUID, Picture]:
    """These variants' pictures, whatever their age.

    A vanished variant is left out. Two statements.
    """
    query = _finished(capabilities(connection)).where(
        t.jobs_variants.c.job_variants_id.in_(list(variant_ids))
    )
    return {picture.variant_id: picture for picture in _read(connection, query)}


@query_budget(statements=2, rows=10)
def choices(connection: Connection) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Tenants and tones that the filters can name. Two statements."""
    tenants = connection.scalars(select(t.tenants.c.tenant_id).order_by(t.tenants.c.tenant_id)).all()
    if not capabilities(connection).has_table("tone_styles"):
        return tuple(tenants), ()
    name = t.tone_styles.c.kor_name
    tones = connection.scalars(select(name).where(name.is_not(None)).group_by(name).order_by(name)).all()
    return tuple(tenants), tuple(tones)


@query_budget(statements=1, rows=4_000)
def releases(connection: Connection) -> tuple[str, ...]:
    """Versions of the pipeline that made jobs, the newest first.

    None where jobs do not name theirs.
    """
    if not capabilities(connection).has("jobs", "version"):
        return ()
    version, newest = t.jobs.c.version, func.max(t.jobs.c.created_at)
    query = select(version).where(version.is_not(None)).group_by(version).order_by(newest.desc())
    return tuple(connection.scalars(query.limit(MOST_RELEASES)).all())


def _finished(caps: Capabilities) -> Select[Any]:
    variants, jobs, inputs, tones = t.jobs_variants, t.jobs, t.job_inputs, t.tone_styles
    source = variants.join(jobs, jobs.c.job_id == variants.c.job_id).outerjoin(
        inputs, inputs.c.job_id == jobs.c.job_id
    )
    picture = _picture(caps)
    toned = caps.has_table("tone_styles") and caps.has("job_inputs", "tone_style_id")
    if toned:
        source = source.outerjoin(tones, tones.c.tone_style_id == inputs.c.tone_style_id)
    return (
        select(
            variants.c.job_variants_id,
            variants.c.job_id,
            variants.c.creation_order,
            picture.label("overlaid_img_asset_id"),
            or_null(variants.c.img_asset_id, caps),
            jobs.c.tenant_id,
            or_null(inputs.c.desc_kor, caps),
            jobs.c.created_at,
            tones.c.kor_name.label("tone") if toned else null().label("tone"),
        )
        .select_from(source)
        .where(picture.is_not(None))
        .order_by(jobs.c.created_at.desc(), variants.c.job_id, variants.c.creation_order)
    )


def _picture(caps: Capabilities) -> ColumnElement[Any]:
    """The finished picture; before variants named it, the one that their newest overlay names.

    Raises :class:`MissingInSchema` where overlays do not name their variant (schemas before late v0.8).
    """
    variants, overlays = t.jobs_variants, t.overlay_layouts
    if caps.has("jobs_variants", "overlaid_img_asset_id"):
        return variants.c.overlaid_img_asset_id
    if not caps.has("overlay_layouts", "job_variants_id"):
        raise MissingInSchema(
            N_("This database does not record which variant an overlay belongs to."),
            detail=N_("Reviews need overlay_layouts.job_variants_id."),
        )
    return (
        select(t.rendered_picture())
        .where(overlays.c.job_variants_id == variants.c.job_variants_id)
        .order_by(overlays.c.created_at.desc().nulls_last())
        .limit(1)
        .scalar_subquery()
    )


def _filtered(query: Select[Any], filters: Filters) -> Select[Any]:
    conditions = {
        t.jobs.c.tenant_id: filters.tenant_id,
        t.tone_styles.c.kor_name: filters.tone,
        t.jobs.c.job_id: filters.job_id,
        t.jobs.c.version: filters.version,
    }
    query = query.where(*(column == value for column, value in conditions.items() if value is not None))
    if filters.since is not None:
        query = query.where(t.jobs.c.created_at >= filters.since)
    if filters.until is not None:
        query = query.where(t.jobs.c.created_at < filters.until)
    if filters.campaign_id is not None:
        of_campaign = select(campaign_jobs.c.job_id).where(campaign_jobs.c.campaign_id == filters.campaign_id)
        query = query.where(t.jobs.c.job_id.in_(of_campaign))
    return query


def _read(connection: Connection, query: Select[Any]) -> tuple[Picture, ...]:
    rows = connection.execute(query).all()
    results = _results(connection, [row.job_variants_id for row in rows])
    found = []
    for row in rows:
        text, metrics = results.get(row.job_variants_id, (None, {}))
        found.append(
            Picture(
                variant_id=row.job_variants_id,
                job_id=row.job_id,
                order=row.creation_order,
                picture_id=row.overlaid_img_asset_id,
                before_id=row.img_asset_id,
                tenant_id=row.tenant_id,
                tone=row.tone,
                description=row.desc_kor,
                text=text,
                created_at=row.created_at,
                scores=_scores(metrics),
            )
        )
    return tuple(found)


def _results(
    connection: Connection, variant_ids: list[UUID]
) -> dict[UUID, tuple[str | None, dict[str, object]]]:
    """Drawn text and newest metrics by evaluation type, of each variant's newest overlay."""
    caps = capabilities(connection)
    if not caps.has("overlay_layouts", "job_variants_id"):
        return {}
    overlays, evaluations = t.overlay_layouts, t.evaluations
    newest = (
        select(overlays.c.overlay_id, overlays.c.job_variants_id, overlays.c.layout)
        .ext(distinct_on(overlays.c.job_variants_id))
        .where(overlays.c.job_variants_id.in_(variant_ids))
        .order_by(overlays.c.job_variants_id, overlays.c.created_at.desc())
        .subquery()
    )
    columns = [newest.c.job_variants_id, newest.c.layout]
    query = select(*columns, null().label("evaluation_type"), null().label("metrics"))
    if caps.has_table("evaluations"):
        query = (
            select(*columns, evaluations.c.evaluation_type, evaluations.c.metrics)
            .select_from(newest.outerjoin(evaluations, evaluations.c.overlay_id == newest.c.overlay_id))
            .order_by(evaluations.c.created_at)
        )
    found: dict[UUID, tuple[str | None, dict[str, object]]] = {}
    for row in connection.execute(query):
        if row.job_variants_id not in found:
            found[row.job_variants_id] = read_overlay_layout(row.layout, {}).text, {}
        if row.evaluation_type is not None:
            found[row.job_variants_id][1][row.evaluation_type] = row.metrics
    return found


def _scores(metrics: Mapping[str, object]) -> Scores:
    readability = read_readability(metrics.get("readability"))
    accuracy, food = read_ocr(metrics.get("ocr")).accuracy, read_iou(metrics.get("iou")).with_food
    return {
        "overall": overall(accuracy, readability.score, food),
        "ocr_accuracy": accuracy,
        "contrast_stored": readability.contrast_ratio,
        "readability": readability.score,
        "iou_with_food": food,
    }
