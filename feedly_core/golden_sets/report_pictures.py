"""Small copies of pictures, for reports that carry them inside."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Engine

from feedly_core.db.engine import reading
from feedly_core.errors import FeedlyError
from feedly_core.golden_sets.cases import CaseResult
from feedly_core.golden_sets.sets import GoldenSet, order_picture
from feedly_core.images.thumbnails import ThumbnailCache, picture, thumbnail
from feedly_core.settings import Settings


def result_pictures(engine: Engine, settings: Settings, cases: Iterable[CaseResult]) -> dict[UUID, bytes]:
    """The picture that stands for each case, by asset id. What cannot be read is left out."""
    found = {}
    for case in cases:
        if case.shown is None:
            continue
        asset_id = case.shown.card.finished_id
        try:
            found[asset_id] = picture(engine, settings, asset_id, "thumb").content
        except FeedlyError:
            continue
    return found


def input_pictures(engine: Engine, settings: Settings, golden: GoldenSet) -> dict[str, bytes]:
    """The orders' own pictures, by digest."""
    cache = ThumbnailCache(settings.home / "thumbnails", settings.thumbnail_cache_mb * 1_000_000)
    found: dict[str, bytes] = {}
    for digest in dict.fromkeys(order.digest for order in golden.orders):
        small = cache.get(digest)
        if small is None:
            with reading(engine) as connection:
                content = order_picture(connection, digest)
            small = thumbnail(content, settings.upload_max_megapixels)
            cache.put(digest, small)
        found[digest] = small
    return found
