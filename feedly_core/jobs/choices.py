"""Choices of the form: tenants, tones, stores, pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, func, select

from feedly_core.db.query_budget import query_budget
from feedly_core.domain import tables as t
from feedly_core.i18n import composed

MANY = 500
"""No list offers more than this many entries; newer ones come first."""

USABLE_TYPES = ("original", "pbg_generated", "generated")
"""Kinds of pictures that can start a new job: without boxes, text or holes."""


@dataclass(frozen=True)
class ToneStyle:
    tone_style_id: UUID
    code: str
    kor_name: str
    eng_name: str


@dataclass(frozen=True)
class Store:
    store_id: UUID
    title: str


@dataclass(frozen=True)
class Choices:
    """``tenants`` newest first.

    ``tone_styles`` in the order in which the first one is the default.
    """

    tenants: tuple[str, ...]
    tone_styles: tuple[ToneStyle, ...]
    stores: tuple[Store, ...]


@dataclass(frozen=True)
class KnownPicture:
    """A picture that the system has already."""

    asset_id: UUID
    url: str
    tenant_id: str
    created_at: datetime | None


@query_budget(statements=3, rows=600)
def read_choices(connection: Connection) -> Choices:
    """Three statements, at most ``MANY`` entries each."""
    tenants = connection.scalars(
        select(t.tenants.c.tenant_id).order_by(t.tenants.c.created_at.desc().nullslast()).limit(MANY)
    )
    tones, stores = t.tone_styles.c, t.stores.c
    return Choices(
        tenants=tuple(tenants),
        tone_styles=tuple(
            ToneStyle(row.tone_style_id, row.code or "", row.kor_name or "", row.eng_name or "")
            for row in connection.execute(
                select(tones.tone_style_id, tones.code, tones.kor_name, tones.eng_name)
                .order_by(tones.code, tones.tone_style_id)
                .limit(MANY)
            )
        ),
        stores=tuple(
            Store(row.store_id, row.title or str(row.store_id))
            for row in connection.execute(
                select(stores.store_id, stores.title)
                .order_by(func.lower(stores.title), stores.store_id)
                .limit(MANY)
            )
        ),
    )


def tones_by_name(tones: Sequence[ToneStyle]) -> dict[str, list[ToneStyle]]:
    """The tones of each code and name in both languages, in lower case; several may share a name."""
    found: dict[str, list[ToneStyle]] = {}
    for tone in tones:
        names = {composed(name).casefold() for name in (tone.code, tone.kor_name, tone.eng_name)}
        for name in names - {""}:
            found.setdefault(name, []).append(tone)
    return found


@query_budget(statements=1, rows=400)
def known_pictures(connection: Connection, limit: int = 60) -> tuple[KnownPicture, ...]:
    """The newest pictures that a new job can start from.

    One statement over the index on ``created_at``.
    """
    assets = t.image_assets.c
    return tuple(
        KnownPicture(row.image_asset_id, row.image_url, row.tenant_id or "", row.created_at)
        for row in connection.execute(
            select(assets.image_asset_id, assets.image_url, assets.tenant_id, assets.created_at)
            # Without NULLs the index answers in this order; with NULLS LAST it could not.
            .where(assets.image_type.in_(USABLE_TYPES), assets.created_at.is_not(None))
            .order_by(assets.created_at.desc())
            .limit(limit)
        )
    )
