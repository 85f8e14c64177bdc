"""Pictures of an alert, with their evidence drawn: only where channel and tenant are switched on."""

from __future__ import annotations

import logging
from uuid import UUID

from sqlalchemy import Engine

from feedly_core.alerts.channels.outgoing import Attachment
from feedly_core.alerts.outbox import OutMessage
from feedly_core.channel_settings import AlertChannel
from feedly_core.db.engine import reading
from feedly_core.errors import FeedlyError
from feedly_core.results.archive import overlay_file, planner_file
from feedly_core.results.report import job_report
from feedly_core.settings import Settings

MOST_PICTURES = 3
MOST_BYTES = 8_000_000
"""Of one picture; Discord takes 10 MB."""

_log = logging.getLogger("feedly.alerts")


def pictures_of(
    engine: Engine, settings: Settings, channel: AlertChannel, message: OutMessage
) -> tuple[Attachment, ...]:
    """One picture per job, of tenants that are switched on. What cannot be read is left out."""
    if not channel.pictures or not settings.alert_picture_tenants:
        return ()
    found: list[Attachment] = []
    for job_id, _tenant in message.content.jobs:
        if len(found) < MOST_PICTURES and (picture := _picture(engine, settings, UUID(job_id))):
            found.append(picture)
    return tuple(found)


def _picture(engine: Engine, settings: Settings, job_id: UUID) -> Attachment | None:
    """The tenant is the row's own at this moment, not what the message was written with."""
    try:
        with reading(engine) as connection:
            report = job_report(connection, job_id)
    except FeedlyError as error:
        _log.warning("an alert goes without the picture of job %s: %s", job_id, error)
        return None
    if report.job.tenant_id not in settings.alert_picture_tenants:
        return None
    for variant in report.variants:
        content = overlay_file(variant, settings) or planner_file(variant, settings)
        if content is not None and len(content) <= MOST_BYTES:
            name = f"job-{str(job_id)[:8]}-variant-{variant.order}.png"
            return Attachment(name, name.removesuffix(".png").replace("-", " "), content)
    return None
