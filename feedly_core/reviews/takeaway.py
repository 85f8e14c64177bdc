"""Files of chosen pictures: slides, originals, tables; one door for pages and terminal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Engine

from feedly_core.analytics.export import FORMATS as TABLES
from feedly_core.analytics.export import Format, Reader, export
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import Card, Order, gallery_page, picture_urls
from feedly_core.analytics.variant_source import VariantSource
from feedly_core.db.engine import reading
from feedly_core.results.archive import Original, pictures_archive
from feedly_core.reviews import deck_files
from feedly_core.reviews.deck import MOST_SLIDES, Audience, deck
from feedly_core.reviews.deck_files import PerPage
from feedly_core.settings import Settings

PPTX = Format("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation")
PDF = Format("pdf", "application/pdf")
ZIP = Format("zip", "application/zip")
FORMATS: Mapping[str, Format] = {"PPTX": PPTX, "PDF": PDF, "ZIP": ZIP, **TABLES}
"""By the name that people know. The first three hold pictures, at most a hundred."""


@dataclass(frozen=True)
class Wanted:
    """Which pictures, in which order, and the file's name."""

    filters: PictureFilters
    order: Order
    title: str
    per_page: PerPage = 1


def takeaway(
    engine: Engine,
    settings: Settings,
    source: VariantSource,
    wanted: Wanted,
    form: Format,
    audience: Audience,
    now: datetime,
) -> bytes:
    """The file: a table of all that matches, or the first hundred finished pictures."""
    if form in TABLES.values():
        reader = Reader(audience.language, audience.zone, audience.address)
        with reading(engine) as connection:
            return export(connection, source, wanted.filters, wanted.order, form, settings, reader)
    cards = _cards(engine, source, wanted)
    if form is ZIP:
        with reading(engine) as connection:
            urls = picture_urls(connection, cards)
        return pictures_archive([_original(card, urls.get(card.variant_id)) for card in cards], settings)
    slides = deck(engine, settings, cards, wanted.title, audience, now)
    made = deck_files.as_pptx if form is PPTX else deck_files.as_pdf
    return made(slides, wanted.per_page)


def _cards(engine: Engine, source: VariantSource, wanted: Wanted) -> tuple[Card, ...]:
    finished = replace(wanted.filters, finished=True)
    with reading(engine) as connection:
        return gallery_page(connection, source, finished, wanted.order, None, MOST_SLIDES).cards


def _original(card: Card, url: str | None) -> Original:
    facts = {
        "job_id": card.job_id,
        "job_variants_id": card.variant_id,
        "variant": card.variant,
        "asset_id": card.picture_id,
        "tenant_id": card.tenant_id,
        "created_at": card.created_at.isoformat(),
        "copy": card.text or card.line,
        "scores": card.scores,
    }
    return Original(f"{str(card.job_id)[:8]}-v{card.variant}", url, facts)
