"""Tenants, campaigns and meetings with their searchable texts, and the pictures of jobs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from feedly_core.db.engine import among, capabilities, or_null
from feedly_core.db.own_schema import campaigns, installed, review_meetings
from feedly_core.domain import tables as t
from feedly_core.i18n import N_, Message, composed, verbatim
from feedly_core.search.documents import Field
from feedly_core.search.hits import HitKind, named

_MOST = 300
"""Tenants by name, the newest campaigns, the newest meetings: so many of each are compared."""

Thing = tuple[HitKind, str, Message, dict[Field, str], datetime | None, bool]
"""Kind, key, title, texts, when it began, and whether it still runs."""


def named_things(connection: Connection) -> Iterator[Thing]:
    """Tenants, campaigns and meetings. Three statements at most."""
    yield from _tenants(connection)
    if installed(connection):
        yield from _campaigns(connection)
        yield from _meetings(connection)


def _tenants(connection: Connection) -> Iterator[Thing]:
    tenants, caps = t.tenants, capabilities(connection)
    if not caps.has_table(tenants.name):
        return
    columns = (tenants.c.tenant_id, or_null(tenants.c.display_name, caps))
    for row in connection.execute(select(*columns).order_by(tenants.c.tenant_id).limit(_MOST)):
        texts = {Field.TENANT: row.tenant_id, Field.NAME: composed(row.display_name or "")}
        yield HitKind.TENANT, row.tenant_id, verbatim(row.display_name or row.tenant_id), texts, None, False


def _campaigns(connection: Connection) -> Iterator[Thing]:
    columns = (campaigns.c.campaign_id, campaigns.c.template, campaigns.c.created_by, campaigns.c.created_at)
    for row in connection.execute(select(*columns).order_by(campaigns.c.created_at.desc()).limit(_MOST)):
        template = row.template if isinstance(row.template, dict) else {}
        descriptions = template.get("descriptions")
        written = " · ".join(map(str, descriptions)) if isinstance(descriptions, list) else ""
        name = str(template.get("name") or "")
        texts = {
            Field.TITLE: name,
            Field.DESCRIPTION: composed(written[:4000]),
            Field.TENANT: str(template.get("tenant_id") or ""),
            Field.NAME: row.created_by,
        }
        title = named(name or None, N_("Campaign of {name}", name=row.created_by))
        yield HitKind.CAMPAIGN, str(row.campaign_id), title, texts, row.created_at, False


def _meetings(connection: Connection) -> Iterator[Thing]:
    meetings = review_meetings.c
    columns = (
        meetings.meeting_id,
        meetings.title,
        meetings.presenter,
        meetings.started_at,
        meetings.ended_at,
    )
    for row in connection.execute(select(*columns).order_by(meetings.started_at.desc()).limit(_MOST)):
        texts = {Field.TITLE: composed(row.title), Field.NAME: row.presenter}
        title = named(row.title, N_("Meeting of {name}", name=row.presenter))
        yield HitKind.MEETING, str(row.meeting_id), title, texts, row.started_at, row.ended_at is None


def finished_pictures(connection: Connection, job_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The first finished picture of each job, else its first picture. One statement."""
    variants, caps = t.jobs_variants, capabilities(connection)
    overlaid = or_null(variants.c.overlaid_img_asset_id, caps)
    picture = func.coalesce(overlaid, variants.c.img_asset_id)
    query = (
        select(variants.c.job_id, picture.label("picture"))
        .ext(distinct_on(variants.c.job_id))
        .where(among(variants.c.job_id, job_ids), picture.is_not(None))
        .order_by(variants.c.job_id, overlaid.is_(None), variants.c.creation_order)
    )
    return {row.job_id: row.picture for row in connection.execute(query)}
