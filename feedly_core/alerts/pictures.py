"""Pictures of an alert, with their evidence drawn: only where channel and tenant are switched on."""

from __future__ import annotations

import io
import logging
from uuid import UUID

from PIL import Image
from sqlalchemy import Engine

from feedly_core.alerts.channels.outgoing import Attachment
from feedly_core.alerts.outbox import OutMessage
from feedly_core.alerts.wording import Content
from feedly_core.channel_settings import AlertChannel
from feedly_core.db.engine import reading
from feedly_core.domain.boxes import Box
from feedly_core.errors import FeedlyError
from feedly_core.images.decoding import decode
from feedly_core.images.marks import CHOSEN, Caption, captions
from feedly_core.images.thumbnails import picture
from feedly_core.results.archive import overlay_file, planner_file
from feedly_core.results.report import job_report
from feedly_core.settings import Settings

MOST_PICTURES = 3
MOST_BYTES = 8_000_000
"""Of one picture; Discord takes 10 MB."""

_COLUMNS, _CELL, _EDGE = 3, 400, 8
"""Of a contact sheet: pictures in a row, pixels of one with its edges."""

_log = logging.getLogger("feedly.alerts")


def pictures_of(
    engine: Engine, settings: Settings, channel: AlertChannel, message: OutMessage
) -> tuple[Attachment, ...]:
    """One picture per job, of tenants that are switched on. What cannot be read is left out."""
    if not channel.pictures or not settings.alert_picture_tenants:
        return ()
    if message.content.sheet:
        sheet = contact_sheet(engine, settings, message.content)
        return () if sheet is None else (sheet,)
    found: list[Attachment] = []
    for job_id, _tenant in message.content.jobs:
        if len(found) < MOST_PICTURES and (drawn := _picture(engine, settings, UUID(job_id))):
            found.append(drawn)
    return tuple(found)


def contact_sheet(engine: Engine, settings: Settings, content: Content) -> Attachment | None:
    """The pictures of tenants that are switched on, small, on one sheet. None without any."""
    shown: list[tuple[Image.Image, str]] = []
    for asset_id, tenant, caption in content.sheet:
        if tenant not in settings.alert_picture_tenants:
            continue
        try:
            small = picture(engine, settings, UUID(asset_id), "thumb").content
            shown.append((decode(small, settings.upload_max_megapixels), caption))
        except FeedlyError as error:
            _log.warning("a digest goes without picture %s: %s", asset_id, error)
    if not shown:
        return None
    size = (min(len(shown), _COLUMNS) * _CELL, -(-len(shown) // _COLUMNS) * _CELL)
    sheet, words = Image.new("RGB", size, "white"), []
    for number, (image, caption) in enumerate(shown):
        left, top = number % _COLUMNS * _CELL, number // _COLUMNS * _CELL
        image.thumbnail((_CELL - 2 * _EDGE, _CELL - 2 * _EDGE))
        sheet.paste(image, (left + _EDGE, top + _EDGE))
        corners = (left + _EDGE, top + _EDGE, left + _EDGE + image.width, top + _EDGE + image.height)
        words.append(Caption(Box.from_pixels(corners, size), caption, CHOSEN))
    captions(sheet, words)
    written = io.BytesIO()
    sheet.save(written, "PNG")
    return Attachment("digest.png", content.headline, written.getvalue())


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
