"""The forbidden mask of a job as a transparent layer.

It is a file only: no asset row names it.
"""

from __future__ import annotations

import hashlib
import io
from uuid import UUID

from sqlalchemy import Engine, select

from feedly_core.db.engine import reading
from feedly_core.domain.tables import yolo_runs
from feedly_core.errors import NotFound
from feedly_core.i18n import N_
from feedly_core.images.asset_pictures import decoded_asset
from feedly_core.images.planner_view import tinted_mask
from feedly_core.images.thumbnails import Shown
from feedly_core.settings import Settings

_WIDTH = 540
"""Edges of the mask are soft: half the picture's size is enough for a layer."""


def mask_layer(engine: Engine, settings: Settings, job_id: UUID) -> Shown:
    """RGBA PNG, tinted where text is forbidden.

    Raises NotFound or PictureUnusable.
    """
    query = select(yolo_runs.c.forbidden_mask_url).where(yolo_runs.c.job_id == job_id)
    with reading(engine) as connection:
        url = connection.execute(query).scalar()
    if url is None:
        raise NotFound(N_("No forbidden mask is recorded for the job {job}.", job=job_id))
    mask = decoded_asset(url, settings, "L").image
    mask.thumbnail((_WIDTH, 2 * _WIDTH))
    encoded = io.BytesIO()
    tinted_mask(mask).save(encoded, "PNG")
    drawn = encoded.getvalue()
    return Shown(drawn, "image/png", hashlib.blake2b(drawn, digest_size=16).hexdigest())
