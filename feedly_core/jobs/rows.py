"""The rows of a test job, column by column as FeedlyAI's tools. Pure.

Preview and writing use the same rows, so what a person saw is what is written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, Table

from feedly_core.domain import tables as t
from feedly_core.domain.pipeline import Status
from feedly_core.jobs.request import JobKind, JobRequest
from feedly_core.jobs.storage import Place


@dataclass(frozen=True)
class KindRules:
    """What differs between the two test jobs.

    ``step`` is where job and variants are written, as ``done``.
    """

    step: str
    folder: str
    tenant_name: str


RULES = {
    JobKind.FULL: KindRules("img_gen", "yh_pipeline_test", "YH Pipeline Test Tenant"),
    JobKind.YE: KindRules("user_img_input", "ye_pipeline_test", "YE Pipeline Test Tenant"),
}


@dataclass(frozen=True)
class TableRows:
    """New rows of one table.

    ``keep_existing`` leaves a row that is already there as it is.
    """

    table: Table
    rows: tuple[dict[str, Any], ...]
    keep_existing: bool = False


@dataclass(frozen=True)
class JobKeys:
    """What the rows refer to: the job's id, its tone and style (or where to find it), its pictures."""

    job_id: UUID
    tone_style_id: UUID | ScalarSelect[Any] | None
    places: Sequence[Place]


def job_rows(
    request: JobRequest, keys: JobKeys, exists: Callable[[str, str | None], bool]
) -> tuple[TableRows, ...]:
    """All rows of a job in foreign-key order.

    ``exists(table, column)`` says what this schema generation has; ``column`` None asks for the table.
    Missing optional columns are left out; without the table of ad copies the text stages are left out.
    """
    rules, job_id = RULES[request.kind], keys.job_id
    state = {"status": Status.DONE.value, "current_step": rules.step}
    named = {"version": request.version} if request.version else {}
    found = [
        TableRows(
            t.tenants,
            (
                {
                    "tenant_id": request.tenant_id,
                    "display_name": f"{rules.tenant_name} ({request.tenant_id})"[:255],
                },
            ),
            keep_existing=True,
        ),
        TableRows(
            t.jobs,
            (
                {
                    "job_id": job_id,
                    "tenant_id": request.tenant_id,
                    "store_id": request.store_id,
                    **named,
                    **state,
                },
            ),
        ),
        TableRows(t.image_assets, tuple(_asset_row(request, job_id, place) for place in keys.places)),
        TableRows(
            t.job_inputs,
            (
                {
                    "job_id": job_id,
                    "img_asset_id": keys.places[0].asset_id,
                    "tone_style_id": keys.tone_style_id,
                    "desc_kor": request.desc_kor,
                },
            ),
        ),
        TableRows(t.txt_ad_copy_generations, tuple(_copy_rows(request, job_id))),
        TableRows(
            t.jobs_variants,
            tuple(
                {
                    "job_id": job_id,
                    "img_asset_id": keys.places[number % len(keys.places)].asset_id,
                    "creation_order": number + 1,
                    **state,
                }
                for number in range(request.variants)
            ),
        ),
    ]
    return tuple(_present(group, exists) for group in found if group.rows and exists(group.table.name, None))


def _asset_row(request: JobRequest, job_id: UUID, place: Place) -> dict[str, Any]:
    return {
        "image_asset_id": place.asset_id,
        "image_type": "generated",
        "image_url": place.url,
        "width": place.picture.width,
        "height": place.picture.height,
        "tenant_id": request.tenant_id,
        "job_id": job_id,
    }


def _copy_rows(request: JobRequest, job_id: UUID) -> list[dict[str, Any]]:
    """One row a stage; all name the same columns, because one INSERT writes them."""
    if request.kind is JobKind.YE:
        return []
    copy = request.ad_copy
    stages = (
        ("kor_to_eng", copy.kor_to_eng, None),
        ("ad_copy_eng", copy.ad_copy_eng, None),
        ("ad_copy_kor", None, copy.ad_copy_kor),
    )
    return [
        {
            "job_id": job_id,
            "generation_stage": stage,
            "ad_copy_eng": english or None,
            "ad_copy_kor": korean or None,
            "status": Status.DONE.value,
        }
        for stage, english, korean in stages
        if english or korean
    ]


def _present(group: TableRows, exists: Callable[[str, str | None], bool]) -> TableRows:
    rows = tuple(
        {column: value for column, value in row.items() if exists(group.table.name, column)}
        for row in group.rows
    )
    return TableRows(group.table, rows, group.keep_existing)
