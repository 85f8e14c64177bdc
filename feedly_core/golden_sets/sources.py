"""Orders for a golden set: from pictures that people chose, or from a table."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects.postgresql import distinct_on

from feedly_core.db.engine import Capabilities, among, capabilities, or_null
from feedly_core.domain import tables as t
from feedly_core.errors import FeedlyError, InvalidInput
from feedly_core.golden_sets.facts import Fact, FactKind
from feedly_core.golden_sets.sets import MAX_ORDERS, NewOrder
from feedly_core.i18n import N_, Message
from feedly_core.images.assets import Unavailable, read_asset
from feedly_core.jobs.bulk import BulkLine
from feedly_core.jobs.pictures import read_picture
from feedly_core.jobs.request import AdCopy, JobRequest
from feedly_core.settings import Settings


@dataclass(frozen=True)
class FoundOrders:
    """``orders`` to keep, and why some of the chosen ones cannot be: ``skipped``."""

    orders: tuple[NewOrder, ...]
    skipped: tuple[Message, ...]


def orders_of_pictures(
    connection: Connection,
    settings: Settings,
    variant_ids: Collection[UUID],
    facts: Sequence[Fact] = (),
    *,
    pin_copy: bool = False,
) -> FoundOrders:
    """The orders that these finished pictures were made from, one per job.

    ``pin_copy`` expects the copy that the job has now. Raises :class:`InvalidInput` when none can be read.
    """
    if len(variant_ids) > 3 * MAX_ORDERS:
        raise InvalidInput(N_("Choose fewer pictures."), detail=N_("Nothing was written."))
    caps = capabilities(connection)
    rows = _jobs_of(connection, caps, variant_ids)
    copies = _copies_of(connection, caps, [row.job_id for row in rows])
    orders, skipped = [], []
    for row in rows:
        try:
            orders.append(_order(row, copies.get(row.job_id, _NO_COPY), settings))
        except FeedlyError as error:
            skipped.append(N_("Job {job}: {reason}", job=str(row.job_id)[:8], reason=error.message))
    if not orders:
        raise InvalidInput(
            skipped[0] if skipped else N_("None of these pictures is there any more."),
            detail=N_("Nothing was written."),
            hint=N_("Choose other pictures."),
        )
    return FoundOrders(tuple(_with_facts(order, facts, pin_copy) for order in orders), tuple(skipped))


def orders_of_requests(
    requests: Iterable[JobRequest], facts: Sequence[Fact] = (), *, pin_copy: bool = False
) -> tuple[NewOrder, ...]:
    """The orders of job requests."""
    return tuple(
        _with_facts(
            NewOrder(
                request.pictures[0],
                request.desc_kor,
                request.tone_style_id,
                request.store_id,
                request.ad_copy,
            ),
            facts,
            pin_copy,
        )
        for request in requests
    )


def requests_of_table(lines: Sequence[BulkLine]) -> tuple[JobRequest, ...]:
    """The requests of a table's lines, all or none.

    Raises :class:`InvalidInput` with the first problem.
    """
    for line in lines:
        for problem in line.problems:
            raise InvalidInput(
                N_("Line {line}: {problem}", line=line.number, problem=problem),
                detail=N_("Nothing was written."),
                hint=N_("Correct the line and try again."),
            )
    return tuple(line.request for line in lines if line.request is not None)


_NO_COPY = AdCopy("", "", "")


def _with_facts(order: NewOrder, facts: Sequence[Fact], pin_copy: bool) -> NewOrder:
    drawn = order.ad_copy.ad_copy_kor or order.description
    pinned = (Fact(FactKind.COPY, text=drawn),) if pin_copy else ()
    return replace(order, facts=(*facts, *pinned))


def _jobs_of(connection: Connection, caps: Capabilities, variant_ids: Collection[UUID]) -> list[Any]:
    jobs, inputs, assets, variants = t.jobs, t.job_inputs, t.image_assets, t.jobs_variants
    chosen = select(variants.c.job_id).where(among(variants.c.job_variants_id, variant_ids))
    query = (
        select(
            jobs.c.job_id,
            or_null(jobs.c.store_id, caps),
            inputs.c.desc_kor,
            or_null(inputs.c.tone_style_id, caps),
            assets.c.image_url,
        )
        .select_from(
            jobs.join(inputs, inputs.c.job_id == jobs.c.job_id).outerjoin(
                assets, assets.c.image_asset_id == inputs.c.img_asset_id
            )
        )
        .where(jobs.c.job_id.in_(chosen))
        .order_by(jobs.c.created_at, jobs.c.job_id)
    )
    return list(connection.execute(query))


def _copies_of(connection: Connection, caps: Capabilities, job_ids: Collection[UUID]) -> dict[UUID, AdCopy]:
    """The newest text of each stage that a test job brings along."""
    table = t.txt_ad_copy_generations
    if not caps.has_table(table.name):
        return {}
    newest = (
        select(table.c.job_id, table.c.generation_stage, table.c.ad_copy_kor, table.c.ad_copy_eng)
        .ext(distinct_on(table.c.job_id, table.c.generation_stage))
        .where(among(table.c.job_id, job_ids), table.c.generation_stage.in_(_NO_COPY.__dict__))
        .order_by(table.c.job_id, table.c.generation_stage, table.c.created_at.desc().nulls_last())
    )
    found: dict[UUID, AdCopy] = {}
    for row in connection.execute(newest):
        text = row.ad_copy_kor if row.generation_stage == "ad_copy_kor" else row.ad_copy_eng
        copy = found.get(row.job_id, _NO_COPY)
        found[row.job_id] = replace(copy, **{row.generation_stage: text or ""})
    return found


def _order(row: Row[Any], copy: AdCopy, settings: Settings) -> NewOrder:
    content = read_asset(row.image_url, settings)
    if isinstance(content, Unavailable):
        raise InvalidInput(content.reason)
    name = str(row.image_url).rpartition("/")[2]
    picture = read_picture(content, name, settings)
    return NewOrder(picture, row.desc_kor or "", row.tone_style_id, row.store_id, copy)
